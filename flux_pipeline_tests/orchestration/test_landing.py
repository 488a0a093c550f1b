"""Files in the landing folder: archived without columns about people, or moved aside if they can't be read."""

import datetime as dt
import hashlib

import dagster as dg
import pytest
from sqlalchemy import text

from flux_pipeline.feeds.landing import Landed, landed_files
from flux_pipeline.orchestration.commands.launch import load_uploads, run_feeds
from flux_pipeline.settings import Settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.stock_outs import sold_out_days
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.records.alerts import list_alerts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.registry import Upload, list_uploads
from flux_pipeline_tests.orchestration.conftest import drop

SALES = "date,item,quantity,price,Customer\n2026-03-01,Tea,1,2,Ada Kok\n2026-03-01,Pie,0,4,Ben\n"
WEATHER = "latitude,longitude,date,temperature_c\n48.86,2.35,2026-03-01,9.5\n"
# It has no column that sales need, and names of guests under a header without meaning.
UNREADABLE = "a,b,c\nAda Kok,1,2\n"


def archived(settings: Settings) -> bytes:
    """Return the content of the archive."""
    assert not isinstance(settings.archive, str)
    return b"".join(path.read_bytes() for path in sorted(settings.archive.rglob("*")) if path.is_file())


def uploads(store: Store, restaurant: Restaurant) -> list[Upload]:
    with store.fleet() as fleet:
        return [upload for _, upload in list_uploads(fleet, restaurant.slug)]


def test_a_landed_export_is_archived_without_columns_about_guests(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "sales", "a.csv", SALES)
    metadata = load_uploads(instance, "bistro").metadata
    assert metadata["data_uploads"]["new_files"] == 1
    assert metadata["transactions"]["rows_loaded"] == 1
    assert archived(store.settings) == SALES.replace("Ada Kok", "").replace("Ben", "").encode()
    drop(store, "bistro", "sales", "again.csv", SALES)
    assert load_uploads(instance, "bistro").metadata["data_uploads"]["files_known_already"] == 1
    assert landed_files(store.settings.landing, "bistro") == Landed()


def test_the_run_that_takes_a_landed_file_knows_what_it_says(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "sales", "a.csv", SALES)
    drop(store, "bistro", "sold_out", "b.csv", "item,date\nTea,2026-03-01\n")
    # A forecast uses what was known when its run was started.
    started = instance.get_run_record_by_id(load_uploads(instance, "bistro").run_id)
    assert started is not None
    with store.tenant(bistro) as tx:
        assert len(sold_out_days(tx, dt.date(2026, 3, 1), started.create_timestamp)) == 1
        assert tx.connection.scalar(text("SELECT count(DISTINCT received_at) FROM data_uploads")) == 2


def test_an_unreadable_file_is_moved_aside_and_not_archived(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "sales", "odd.csv", UNREADABLE)
    drop(store, "bistro", "sales", "good.csv", SALES)
    metadata = load_uploads(instance, "bistro").metadata
    assert (metadata["data_uploads"]["files_refused"], metadata["transactions"]["uploads_loaded"]) == (1, 1)
    assert (store.settings.landing / "bistro/sales/refused/odd.csv").read_text() == UNREADABLE
    assert landed_files(store.settings.landing, "bistro") == Landed()
    assert b"Ada" not in archived(store.settings)
    (failed,) = [upload for upload in uploads(store, bistro) if upload.status == "failed"]
    assert (failed.file_name, failed.storage_uri) == ("odd.csv", "")
    assert "--column" in (failed.error or "")
    with store.tenant(bistro) as tx:
        size = tx.connection.scalar(text("SELECT size_bytes FROM data_uploads WHERE status = 'failed'"))
    assert size == len(UNREADABLE)


@pytest.mark.parametrize("content", ["x\n1\n", ""], ids=["no weather", "empty"])
def test_an_unreadable_feed_is_an_alert_until_one_is_read(
    store: Store, instance: dg.DagsterInstance, content: str
) -> None:
    drop(store, "shared", "weather", "w.csv", content)
    assert run_feeds(instance).metadata["weather_data"]["files_failed"] == 1
    assert (store.settings.landing / "shared/weather/refused/w.csv").read_text() == content
    assert landed_files(store.settings.landing, "shared") == Landed()
    assert open_alerts(store) == [(None, "every_file_was_read", "weather_data")]
    drop(store, "shared", "weather", "w.csv", WEATHER)
    assert run_feeds(instance).succeeded
    assert open_alerts(store) == []


def open_alerts(store: Store) -> list[tuple[str | None, str, str]]:
    with store.fleet() as fleet:
        return [(alert.slug, alert.kind, alert.about) for alert in list_alerts(fleet)]


def acts(store: Store, slug: str | None) -> list[tuple[str, str, str, object]]:
    with store.fleet() as fleet:
        found = [act for act in list_acts(fleet, slug=slug) if act.action == "uploads.add"]
    return [(act.actor, act.action, act.subject, act.after) for act in found]


def test_a_dropped_file_is_audited_once_with_where_it_came_from(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    for name in ("a.csv", "again.csv"):
        drop(store, "bistro", "sales", name, SALES)
        assert load_uploads(instance, "bistro").succeeded
    sha256 = hashlib.sha256(SALES.encode()).hexdigest()[:12]
    after = {"kind": "sales", "sha256": sha256, "from": "landing folder"}
    assert acts(store, "bistro") == [(store.settings.actor, "uploads.add", "a.csv", after)]


def test_an_unreadable_dropped_file_is_not_audited(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "sales", "odd.csv", UNREADABLE)
    assert load_uploads(instance, "bistro").metadata["data_uploads"]["files_refused"] == 1
    assert acts(store, "bistro") == []


def test_a_dropped_feed_is_audited_once(store: Store, instance: dg.DagsterInstance) -> None:
    for name in ("w.csv", "again.csv"):
        drop(store, "shared", "weather", name, WEATHER)
        assert run_feeds(instance).succeeded
    after = {"kind": "weather", "from": "landing folder"}
    assert acts(store, None) == [(store.settings.actor, "uploads.add", "w.csv", after)]
