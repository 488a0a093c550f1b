"""The demo in a fresh folder, the commands that show what it stored, and the restore of its lost database."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from flux_pipeline.store.postgres import server
from flux_pipeline_tests.ports import free_port
from flux_pipeline_tests.system.conftest import Flux

# Demos and a restore take minutes on a busy machine.
pytestmark = [pytest.mark.usefixtures("running_server"), pytest.mark.timeout(900)]

SLUGS = ("bistro-quai-nord", "hearth-and-crumb", "canteen-westhafen")


def test_the_demo_shows_uploads_forecasts_and_staffing(
    demo: subprocess.CompletedProcess[str],
) -> None:
    for slug in SLUGS:
        assert f"{slug}_sales.csv" in demo.stdout
        assert f"{slug}, " in demo.stdout
    for word in ("read", "loaded", "skipped", "rejected", "p10", "p50", "p90", "why", "Kitchen", "heads per hour"):
        assert word in demo.stdout
    assert demo.stdout.count("demand_forecast ") == len(SLUGS)
    assert "days of history" in demo.stdout
    assert "flux upload" in demo.stdout and "make ui" in demo.stdout
    for step in ("data_uploads", "transactions", "daily_item_sales", "demand_forecasts", "staffing_forecasts"):
        assert f"done  {step}" in demo.stderr
    assert "Warning" not in demo.stderr


def test_the_demo_ends_with_next_weeks_roster_and_an_hour_that_is_explained(
    demo: subprocess.CompletedProcess[str],
) -> None:
    roster = demo.stdout.partition("Audit rows")[2]
    assert "hours of heads covered, of those needed" in roster
    assert "15:00-16:00: 1 head of Kitchen is missing. It would be covered if" in roster
    assert "one more person in Kitchen would cover" in roster


def count_rows(flux: Flux) -> tuple[int, ...]:
    """Return how many rows the tables have that a demo fills."""
    tables = ["data_uploads", "transactions", "transaction_items", "demand_forecasts", "staffing_forecasts"]
    tables += ["weekly_rosters", "scheduled_shifts", "algorithm_runs", "menu_items", "weather_data", "feed_loads"]
    with psycopg.connect(flux("db", "url").stdout.strip()) as connection:
        found = connection.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
        return found.fetchone()  # type: ignore[return-value]


def test_the_database_url_stays_valid_until_the_server_is_stopped(
    demo: subprocess.CompletedProcess[str], flux: Flux, folder
) -> None:
    urls = {role: flux("db", "url", "--role", role).stdout.strip() for role in ("app", "fleet", "owner")}
    seen = {}
    for role, url in urls.items():
        with psycopg.connect(url) as connection:
            (seen[role],) = connection.execute("SELECT count(*) FROM restaurants").fetchone()  # type: ignore[misc]
    assert seen == {"app": 0, "fleet": 3, "owner": 0}
    assert server.running_process(folder / ".flux") is not None
    assert flux("db", "stop").returncode == 0
    assert server.running_process(folder / ".flux") is None
    assert flux("restaurants", "list").returncode == 0
    assert server.running_process(folder / ".flux") is None, "without idle time, a command leaves no server behind"
    assert flux("db", "start").returncode == 0


def test_forecasts_are_shown_as_a_table_csv_or_json(demo: subprocess.CompletedProcess[str], flux: Flux) -> None:
    chosen = ("forecast", "--restaurant", "hearth-and-crumb")
    assert "Butter croissant" in flux(*chosen).stdout
    rows = list(csv.DictReader(io.StringIO(flux(*chosen, "--csv").stdout)))
    assert len({row["date"] for row in rows}) == 14
    two = json.loads(flux(*chosen, "--json", "--days", "2", "--item", "croissant").stdout)
    assert {row["item"] for row in two} == {"Butter croissant", "Almond croissant"}
    assert len({row["date"] for row in two}) == 2
    assert all(row["p10"] <= row["p50"] <= row["p90"] <= row["p99"] for row in two)
    assert isinstance(two[0]["factors"], list)


def test_staffing_is_shown_as_a_table_in_order_of_service(demo: subprocess.CompletedProcess[str], flux: Flux) -> None:
    done = flux("staffing", "--restaurant", "hearth-and-crumb", "--days", "7")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("heads per hour") == 7
    assert "12h" in done.stdout
    rows = list(csv.DictReader(io.StringIO(flux("staffing", "--restaurant", "bistro-quai-nord", "--csv").stdout)))
    saturday = [int(row["period_start"][:2]) for row in rows if row["role"] == "Kitchen"]
    assert saturday.index(23) < saturday.index(0)


def test_the_doctor_finds_everything_in_order(demo: subprocess.CompletedProcess[str], flux: Flux) -> None:
    done = flux("doctor", FLUX_UI_PORT=str(free_port()))
    assert done.returncode == 0, done.stdout
    assert "Everything a run needs is there." in done.stdout
    assert "FAIL" not in done.stdout


def test_a_second_demo_changes_nothing_after_a_restore_and_reports_that(
    demo: subprocess.CompletedProcess[str], flux: Flux, folder: Path
) -> None:
    def succeed(*arguments: str) -> str:
        done = flux(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    before = count_rows(flux)
    assert any(before)
    assert " MB, " in succeed("db", "backup", "flux.backup")

    # The disk of the server is lost, the archive is not.
    succeed("db", "stop")
    pgdata = folder / ".flux" / "pgdata"
    lost = pgdata.rename(folder / "lost-pgdata")
    try:
        assert "each as backed up" in succeed("db", "restore", "flux.backup")
        assert "Nothing changed" in succeed("demo")
        assert count_rows(flux) == before
    finally:
        flux("db", "stop")
        shutil.rmtree(pgdata, ignore_errors=True)
        lost.rename(pgdata)
        flux("db", "start")
