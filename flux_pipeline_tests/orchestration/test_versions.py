"""Unsynced assets: Dagster calls an asset stale exactly when rows that it is made from have changed."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest
from sqlalchemy import text

from flux_pipeline import ingest
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands.launch import load_uploads, run_feeds, run_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import drop
from flux_pipeline_tests.store.handing_in import ask

pytestmark = pytest.mark.usefixtures("no_pictures")

EXAMPLES = Path(ingest.__file__).parent / "examples"
NIGHTLY = (
    "data_uploads",
    "transactions",
    "daily_item_sales",
    "demand_forecasts",
    "staffing_forecasts",
    "forecast_accuracy",
    "algorithm_runs",
)


@pytest.fixture
def as_of(bistro: Restaurant) -> dt.date:
    return bistro.last_complete_business_day(dt.datetime.now(dt.UTC))


def sales(as_of: dt.date, level: int, days: int = 30) -> str:
    lines = [f"{as_of - dt.timedelta(days=n)},Soup,{level + n % 5},4.50" for n in range(days)]
    return "date,item,quantity,price\n" + "\n".join(lines) + "\n"


def stale(instance: dg.DagsterInstance, slug: str) -> set[str]:
    """Return the assets that Dagster calls unsynced for a restaurant, or missing."""
    resolver = CachingStaleStatusResolver(instance, build_defs().resolve_asset_graph(), LoadingContextForTest(instance))
    statuses = {name: resolver.get_status(dg.AssetKey(name), slug) for name in NIGHTLY}
    assert StaleStatus.MISSING not in statuses.values(), statuses
    return {name for name, status in statuses.items() if status is StaleStatus.STALE}


def refresh(instance: dg.DagsterInstance, slug: str, as_of: dt.date | None, *only: str) -> None:
    result = run_restaurant(instance, slug, as_of, only=only or None)
    assert result.succeeded, result.failures


def test_new_files_make_what_was_made_from_the_old_ones_unsynced_until_the_next_run(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, cafe: Restaurant, as_of: dt.date
) -> None:
    for slug in (bistro.slug, cafe.slug):
        # It is still yesterday evening in New York when the day has ended in Paris.
        drop(store, slug, "sales", "first.csv", sales(as_of - dt.timedelta(days=1), 10))
        refresh(instance, slug, None)
    assert stale(instance, bistro.slug) == set()
    # What did not change leaves the rest in sync.
    upstream = ("data_uploads", "transactions", "daily_item_sales", "demand_forecasts", "forecast_accuracy")
    refresh(instance, bistro.slug, None, *upstream)
    assert stale(instance, bistro.slug) == set()
    hours = (EXAMPLES / "operating_hours.csv").read_text()
    drop(store, bistro.slug, "operating_hours", "hours.csv", hours)
    assert load_uploads(instance, bistro.slug).succeeded
    assert stale(instance, bistro.slug) == {"daily_item_sales", "demand_forecasts", "staffing_forecasts"}
    assert stale(instance, cafe.slug) == set()
    refresh(instance, bistro.slug, None)
    assert stale(instance, bistro.slug) == set()
    # Events that all restaurants share.
    drop(store, "shared", "local_events", "e.csv", (EXAMPLES / "local_events.csv").read_text())
    assert run_feeds(instance).succeeded
    assert stale(instance, bistro.slug) == stale(instance, cafe.slug) == {"demand_forecasts"}


def test_a_withdrawal_makes_sales_and_forecast_unsynced_until_the_run_that_it_starts(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, as_of: dt.date
) -> None:
    drop(store, bistro.slug, "sales", "long.csv", sales(as_of - dt.timedelta(days=5), 10))
    drop(store, bistro.slug, "sales", "wrong.csv", sales(as_of, 900, days=5))
    refresh(instance, bistro.slug, as_of)
    with store.tenant(bistro) as tx:
        withdraw_upload(tx, tx.connection.scalar(text("SELECT id FROM data_uploads WHERE file_name LIKE '%wrong%'")))
    assert load_uploads(instance, bistro.slug).succeeded
    assert {"daily_item_sales", "demand_forecasts"} <= stale(instance, bistro.slug)
    refresh(instance, bistro.slug, as_of)
    assert stale(instance, bistro.slug) == set()
    assert ask(store, bistro, "SELECT max(quantity) FROM daily_item_sales") == [(14,)]
