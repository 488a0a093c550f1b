"""Mishaps in one restaurant's landing folder: the sensor and the run report them, and everything else goes on."""

import datetime as dt
import os
import socket

import dagster as dg
import pytest

from flux_pipeline.orchestration.automation.sensors import run_key
from flux_pipeline.orchestration.commands.launch import load_uploads, run_feeds
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import drop
from flux_pipeline_tests.orchestration.test_by_themselves import requested, tick_sensor
from flux_pipeline_tests.store.handing_in import ask

NIGHT = dt.datetime(2026, 7, 1, 5, 30, tzinfo=dt.UTC)
SALES = "date,item,quantity,price\n2026-03-01,Tea,1,2\n"
KITCHEN = os.fsdecode(b"K\xfcche.csv")
LINES = "two\nlines" + "x" * 246
BROKEN = ("pipe.csv", "socket.csv", "folder.csv", "link.csv")


@pytest.fixture
def mishaps(store: Store, bistro: Restaurant, cafe: Restaurant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop files of every sort for the bistro, and put a link to its folder in the place of the café's."""
    for number, name in enumerate((KITCHEN, LINES)):
        drop(store, "bistro", "sales", name, SALES.replace("03-01", f"03-0{number + 2}"))
    # Refused twice, so that the second needs a longer name.
    drop(store, "bistro", "menu", LINES, "no menu\n1\n")
    drop(store, "bistro", "menu/refused", LINES, "no menu\n0\n")
    folder = store.settings.landing / "bistro" / "sales"
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    (folder / "link.csv").symlink_to("/etc/hostname")
    (store.settings.landing / "cafe").symlink_to(store.settings.landing / "bistro")
    drop(store, "shared", "weather", KITCHEN, "latitude,longitude,date,temperature_c\n48.86,2.35,2026-03-01,9.5\n")
    (store.settings.landing / "shared" / os.fsdecode(b"Caf\xe9")).mkdir()
    # The path of a socket is limited, so it is bound by a relative one.
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.csv")


def test_a_mishap_of_one_restaurant_keeps_the_sensor_from_nothing(
    store: Store, instance: dg.DagsterInstance, mishaps: None, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tick_sensor(instance)
    logged = capsys.readouterr().err
    assert requested(result) == [("refresh_restaurant", "bistro"), ("refresh_feeds", None)]
    assert all(request.run_key.encode() for request in result.run_requests)  # type: ignore[union-attr]
    for name in BROKEN:
        assert f"bistro: {store.settings.landing}/bistro/sales/{name} is a {name.removesuffix('.csv')}." in logged
    assert f"cafe: {store.settings.landing}/cafe is a link, not a folder." in logged


def test_a_mishap_of_one_restaurant_keeps_no_other_file_from_being_loaded(
    store: Store, instance: dg.DagsterInstance, mishaps: None, bistro: Restaurant, cafe: Restaurant
) -> None:
    of_cafe, of_bistro, of_all = load_uploads(instance, "cafe"), load_uploads(instance, "bistro"), run_feeds(instance)
    assert of_cafe.failures == of_bistro.failures == of_all.failures == []
    # The link to the bistro's folder brought the café nothing.
    assert ask(store, cafe, "SELECT file_name FROM data_uploads") == []
    assert of_cafe.metadata["data_uploads"]["files_left_in_landing"] == 1
    assert of_bistro.metadata["data_uploads"]["files_left_in_landing"] == len(BROKEN)
    assert ask(store, bistro, "SELECT kind, file_name, status FROM data_uploads ORDER BY 1, 2") == [
        ("menu", LINES.replace("\n", r"\n"), "failed"),
        ("sales", r"K\xfcche.csv", "completed"),
        ("sales", LINES.replace("\n", r"\n"), "completed"),
    ]
    assert len(list((store.settings.landing / "bistro" / "menu" / "refused").iterdir())) == 2
    assert of_all.metadata["weather_data"]["files_read"] == 1
    with store.feeds() as connection:
        assert connection.exec_driver_sql("SELECT file_name FROM feed_loads").scalars().all() == [r"K\xfcche.csv"]


def test_a_file_with_the_size_and_time_of_the_last_one_requests_a_run(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    keys = []
    for content in ("x", "y", "y"):
        path = drop(store, "bistro", "sales", "a.csv", content)
        os.utime(path, (1_700_000_000, 1_700_000_000))
        # A file from the future is the newest for ever.
        os.utime(drop(store, "bistro", "sales", "z.csv", "x"), (4_000_000_000, 4_000_000_000))
        keys.append([tick_sensor(instance).run_requests[0].run_key for _ in range(2)])  # type: ignore[union-attr, index]
    assert all(one == other for one, other in keys)
    assert len({one for one, _ in keys}) == 3


def test_what_is_left_requests_another_run_every_hour() -> None:
    later = NIGHT.replace(hour=NIGHT.hour + 1)
    keys = [run_key("bistro", work, now) for now in (NIGHT, later) for work in (["a", "b"], ["b", "a"], ["b"])]
    assert keys[0] == keys[1] and len(set(keys)) == 4


def test_a_landing_folder_that_is_a_link_is_not_followed(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "sales", "a.csv", SALES)
    landing = store.settings.landing
    landing.rename(landing.with_name("elsewhere"))
    landing.symlink_to(landing.with_name("elsewhere"))
    skipped = tick_sensor(instance)
    assert isinstance(skipped, dg.SkipReason)
    assert "is a link. Name the folder itself with FLUX_LANDING_DIR." in (skipped.skip_message or "")
    result = load_uploads(instance, "bistro")
    assert (result.failures, result.metadata["data_uploads"]["files_left_in_landing"]) == ([], 1)
    assert ask(store, bistro, "SELECT file_name FROM data_uploads") == []
