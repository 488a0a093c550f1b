"""A full disk and other limits: no file is bad because of them; it waits, and is loaded once there is room."""

import datetime as dt
import resource
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from flux_pipeline.cli.main import main
from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.orchestration.commands.launch import load_uploads
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.hand_in import hand_in, hand_in_feed
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import drop
from flux_pipeline_tests.shortages import limited
from flux_pipeline_tests.store.handing_in import ask

WEATHER = b"latitude,longitude,date,temperature_c\n48.86,2.35,2026-03-01,9.5\n"
SALES = "date,item,quantity,price\n2026-03-01,Tea,1,2\n"
STATUSES = "SELECT file_name, status FROM data_uploads ORDER BY 1"


# The server's own error of a full disk, where what ran out would be stored.
FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE disk_full USING MESSAGE = 'could not extend file "base/1/2": No space left on device'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON sold_out_days EXECUTE FUNCTION no_room()
"""
ROOM = "DROP FUNCTION no_room CASCADE"


def test_an_upload_that_the_database_has_no_room_for_waits_and_the_command_fails_though_all_else_was_done(
    store: Store,
    dagster_database: None,
    bistro: Restaurant,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The delays between attempts are Dagster's.
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    drop(store, "bistro", "sales", "a.csv", SALES)
    drop(store, "bistro", "sales", "b.csv", "no,sales\n1,2\n")
    drop(store, "bistro", "sold_out", "c.csv", "item,date\nTea,2026-03-01\n")
    with store.transaction(Role.OWNER) as owner:
        owner.exec_driver_sql(FULL)
    done = CliRunner().invoke(main, ["run", "--restaurant", "bistro", "--as-of", "2026-03-02"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (
        1,
        "Error: bistro: a file was refused, an upload waits to be loaded (the lines above say why)",
    )
    assert "c.csv is kept and waits for the next run. The database at" in done.output
    assert "has no room, memory or connection left (could not extend file" in done.output
    assert ask(store, bistro, STATUSES) == [("a.csv", "completed"), ("b.csv", "failed"), ("c.csv", "processing")]
    assert ask(store, bistro, "SELECT count(*) > 0 FROM demand_forecasts") == [(True,)]
    with store.transaction(Role.OWNER) as owner:
        owner.exec_driver_sql(ROOM)
    assert load_uploads(instance, "bistro").succeeded
    assert ask(store, bistro, STATUSES)[2] == ("c.csv", "completed")


def test_a_file_that_the_archive_has_no_room_for_stays_in_the_landing_folder(
    store: Store, bistro: Restaurant, tmp_path: Path
) -> None:
    source = Source.of(WEATHER, "w.csv")
    with limited(resource.RLIMIT_FSIZE, 10):
        with pytest.raises(TransientError, match=r"can't be kept .*File too large"):
            hand_in(store, bistro, Source.of(SALES.encode(), "a.csv"), "sales", record_refusal=True)
        with pytest.raises(TransientError, match=r"can't be kept .*File too large"):
            hand_in_feed(store, "weather", source, known_at=dt.datetime.now(dt.UTC))
    (tmp_path / "archive").write_text("a file")
    other = Store(store.settings.model_copy(update={"archive_dir": tmp_path / "archive"}), store.admin_url)
    with pytest.raises(PermanentError, match="can't be kept"):
        hand_in_feed(other, "weather", source, known_at=dt.datetime.now(dt.UTC))
    other.dispose()
    assert ask(store, bistro, STATUSES) == []
    assert hand_in_feed(store, "weather", source, known_at=dt.datetime.now(dt.UTC)).accounting.loaded == 1


def test_a_run_on_a_full_disk_ends_in_one_sentence(store: Store, bistro: Restaurant) -> None:
    with limited(resource.RLIMIT_FSIZE, 0):
        done = CliRunner().invoke(main, ["run", "--restaurant", "bistro"])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert done.output.startswith("Error: File too large. Make room or raise the limit, then try again.")
