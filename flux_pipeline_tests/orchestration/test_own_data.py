"""Upload and forecast of a user's own file, and of a bakery's real sales if the data is available."""

import csv
import io
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from flux_pipeline.cli.main import main
from flux_pipeline.store.door import Store

pytestmark = pytest.mark.usefixtures("no_pictures")

ADD = ("restaurants", "add", "french", "--name", "French bakery", "--timezone", "Europe/Paris", "--currency", "EUR")
COLUMNS = ("date=ds", "item=unique_id", "amount=y", "price=unit_price")


@pytest.fixture(autouse=True)
def user(dagster_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands work in a folder of their own, with a database for Dagster."""
    monkeypatch.chdir(tmp_path)


def flux(*arguments: str) -> Result:
    """Run a command in this process, in a terminal wide enough for every line."""
    done = CliRunner().invoke(main, arguments, env={"COLUMNS": "200"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def words_in_bash(command: str) -> list[str]:
    """Return the arguments that bash makes of a line that begins with `flux`."""
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, text=True, check=True)
    program, *arguments, _end = done.stdout.split("\0")
    assert program == "flux"
    return arguments


def test_the_french_bakery_as_in_the_readme(store: Store, real_data: Path) -> None:
    assert flux(*ADD, "--country", "FR").exit_code == 0
    file = real_data / "french_bakery" / "daily_sales_french_bakery.csv"
    options = [part for column in COLUMNS for part in ("--column", column)]
    upload = ("upload", str(file), "--restaurant", "french", "--kind", "sales", *options)
    first = flux(*upload)
    assert first.exit_code == 0, first.stderr
    for figure in ("57,046", "29,150", "27,892 rows whose quantity is 0", "4 rows with an amount but no price"):
        assert figure in first.stdout
    again = flux(*upload)
    assert again.exit_code == 0 and "0 rows loaded" in again.stdout
    run = flux("run", "--restaurant", "french", "--as-of", "2022-09-01")
    assert run.exit_code == 0, run.stderr
    french = ("forecast", "--restaurant", "french", "--as-of", "2022-09-01")
    rows = list(csv.DictReader(io.StringIO(flux(*french, "--csv").stdout)))
    one = flux(*french, "--item", "baguette")
    assert "french, BAGUETTE (as of 2022-09-01)" in one.stdout
    assert "TRADITIONAL" not in one.stdout
    assert "Fri 2022-09-02" in one.stdout
    assert (min(row["date"] for row in rows), max(row["date"] for row in rows)) == ("2022-09-02", "2022-09-15")
    assert all(float(r["p10"]) <= float(r["p50"]) <= float(r["p90"]) <= float(r["p99"]) for r in rows)
    with store.fleet() as connection:
        total = connection.execute(text("SELECT sum(line_amount)::text FROM transaction_items")).scalar_one()
    assert total == "558607.85"


def test_an_own_file_is_loaded_and_forecast(tmp_path: Path) -> None:
    corner = ("corner", "--name", "Corner", "--timezone", "UTC", "--currency", "USD")
    assert flux("restaurants", "add", *corner).exit_code == 0
    lines = [f"2026-0{month}-{day:02d},Soup,{3 + day % 4},4.50" for month in (8, 9) for day in range(1, 31)]
    (tmp_path / "own.csv").write_text("date,item,quantity,price\n" + "\n".join(lines) + "\n2026-10-01,,2,4.50\n")
    upload = flux("upload", "own.csv", "--restaurant", "corner")
    assert upload.exit_code == 0, upload.stderr
    assert "61" in upload.stdout and "1 row without item" in upload.stdout
    assert "line 62: The row has no item" in upload.stdout
    assert flux("settings", "set", "forecast_horizon_days", "3", "--restaurant", "corner").exit_code == 0
    assert "forecast_horizon_days *" in flux("settings", "list", "--restaurant", "corner").stdout
    assert flux("hours", "set", "daily", "07:00-14:00", "--restaurant", "corner").exit_code == 0
    assert flux("hours", "set", "sat", "closed", "--restaurant", "corner").exit_code == 0
    listed = flux("hours", "list", "--restaurant", "corner").stdout
    assert listed.count("07:00-14:00") == 6 and "closed" in listed
    assert flux("closures", "add", "2026-10-02", "--reason", "stocktaking", "--restaurant", "corner").exit_code == 0
    assert "stocktaking" in flux("closures", "list", "--restaurant", "corner").stdout
    assert flux("closures", "remove", "2026-10-02", "--restaurant", "corner").exit_code == 0
    assert flux("run", "--restaurant", "corner", "--as-of", "2026-09-30").exit_code == 0
    rows = list(csv.DictReader(io.StringIO(flux("forecast", "--restaurant", "corner", "--csv").stdout)))
    assert [row["date"] for row in rows] == ["2026-10-01", "2026-10-02", "2026-10-03"]
    assert float(rows[2]["p99"]) == 0 and "closed on Saturdays" in rows[2]["logic_trigger"]
    assert "Soup" in flux("forecast", "--restaurant", "corner").stdout
    assert "unicorn" in flux("forecast", "--restaurant", "corner", "--item", "unicorn").stderr
    heads = flux("staffing", "--restaurant", "corner")
    # From opening work at six to closing work at two.
    assert " 6h " in heads.stdout and " 14h " in heads.stdout and "15h" not in heads.stdout
    assert "warning" not in heads.stderr


def coffee(path: Path, day: str, money: str) -> None:
    """Write 30 sales like those of a vending machine, whose columns can't all be recognised."""
    times = [f"{hour:02d}:{minute:02d}" for hour in range(8, 18) for minute in (5, 25, 45)]
    lines = [f"{day},{day} {time},card,{38.7 - place % 2},Latte {place % 3}" for place, time in enumerate(times)]
    path.write_text("\n".join([f"date,datetime,cash_type,{money},coffee_name", *lines]) + "\n", encoding="utf-8")


def last_command(text: str) -> str:
    """Return the command at the end of a message."""
    command = text.rstrip().splitlines()[-1]
    assert command.startswith("  flux upload ")
    return command


def test_the_command_at_the_end_of_a_refusal_loads_the_file_as_it_is_pasted(tmp_path: Path) -> None:
    assert (
        flux("restaurants", "add", "kiosk", "--name", "Kiosk", "--timezone", "UTC", "--currency", "EUR").exit_code == 0
    )
    coffee(tmp_path / "März & Kim's $HOME.csv", "2026-03-06", "the money's sum")
    given = ("--date-order", "year-first", "--encoding", "utf-8", "--add", "--dry-run")
    refused = flux("upload", "März & Kim's $HOME.csv", "--restaurant", "kiosk", *given)
    assert refused.exit_code == 1
    command = last_command(refused.stderr)
    assert {*given, "item=coffee_name", "quantity=1"} <= set(command.split())
    tried = flux(*words_in_bash(command))
    assert tried.exit_code == 0 and "Nothing was written" in tried.stdout, tried.stderr
    loaded = flux(*words_in_bash(command.replace(" --dry-run", "")))
    assert loaded.exit_code == 0, loaded.stderr
    assert "Loaded" in loaded.stdout and " 30 " in loaded.stdout


def test_a_file_that_was_refused_in_the_landing_folder_is_loaded_by_the_command_of_uploads_show(store: Store) -> None:
    added = flux("restaurants", "add", "stand", "--name", "Stand", "--timezone", "UTC", "--currency", "EUR")
    assert added.exit_code == 0
    landing = store.settings.landing / "stand" / "sales"
    coffee(landing / "Würste vom Kiosk.csv", "2026-03-07", "Geld & Münzen")
    flux("run", "--restaurant", "stand", "--as-of", "2026-03-06")
    assert list(landing.glob("*.csv")) == []
    listed = flux("uploads", "list", "--restaurant", "stand", "--limit", "1").stdout.splitlines()
    [newest] = [line.split()[0] for line in listed if " stand " in line]
    loaded = flux(*words_in_bash(last_command(flux("uploads", "show", newest).stdout)))
    assert loaded.exit_code == 0, loaded.stderr
    assert "Loaded" in loaded.stdout and " 30 " in loaded.stdout


def test_a_refused_feed_ends_with_the_whole_command_too(tmp_path: Path) -> None:
    (tmp_path / "sky.csv").write_text("a,b\n1,2\n")
    refused = flux("upload", "sky.csv", "--kind", "weather")
    assert last_command(refused.stderr).startswith("  flux upload sky.csv --kind weather --column ")


def test_weather_and_events_are_uploaded_for_all(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("latitude,longitude,date,temperature_c\n48.86,2.35,2026-03-01,9.5\n")
    first = flux("upload", "w.csv", "--kind", "weather")
    assert first.exit_code == 0, first.stderr
    assert "weather" in first.stdout
    assert "0 rows loaded" in flux("upload", "w.csv", "--kind", "weather").stdout
