"""A mistake in a command is one sentence and a non-zero exit, and a defect would not pass for one."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from flux_pipeline.cli.main import main
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.ports import free_port

SALES = "date,item,quantity,price\n2026-03-06,Soup,3,4.50\n"
BISTRO = ("--restaurant", "bistro")


@pytest.fixture
def sales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder has a sales.csv."""
    monkeypatch.chdir(tmp_path)
    Path("sales.csv").write_text(SALES)


def refused(*arguments: str) -> str:
    """The one sentence; fails where a command succeeds, raises anything or says more than one line."""
    done = CliRunner().invoke(main, list(arguments))
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code != 0, done.stdout
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("upload", ".", *BISTRO), ". is a folder. Name the file itself."),
        (("upload", "nowhere.csv", *BISTRO), "The file nowhere.csv can't be read (No such file"),
        (("upload", "sales.csv", *BISTRO, "--column", "item=dish"), "'dish'"),
        (("run", *BISTRO, "--as-of", "2999-01-01"), "last complete business day"),
        (("forecast", *BISTRO), "bistro has no forecast yet. Run `flux run --restaurant bistro`"),
        (
            ("upload", "sales.csv", *BISTRO, "--kind", "wether"),
            "Unknown kind 'wether'. Choose one of: sales, menu, recipes",
        ),
        (("upload", "sales.csv", *BISTRO, "--column", "dish=item"), "'dish'"),
        (("upload", "sales.csv", *BISTRO, "--column", "item"), "FIELD=HEADER"),
        (("upload", "sales.csv"), "--restaurant"),
        (("upload", "sales.csv", *BISTRO, "--kind", "weather"), "shared by all"),
        (("upload", "sales.csv", "--restaurant", "bisto"), "Choose one of: bistro"),
        (("run", "--restaurant", "bisto"), "Choose one of: bistro"),
        (("run", *BISTRO, "--as-of", "yesterday"), "YYYY-MM-DD"),
        (("settings", "set", "forecast_horizon_days", "99", *BISTRO), "less than or equal to 28"),
        (("settings", "set", "horizon", "9", *BISTRO), "forecast_horizon_days"),
        (("forecast", "--restaurant", "bisto"), "Choose one of: bistro"),
        (("restaurants", "add", "x", "--name", "X", "--timezone", "Paris", "--currency", "EUR"), "Europe/Paris"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_sentence(bistro: Restaurant, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused(*arguments)


def test_a_file_without_the_columns_says_what_it_has_and_ends_with_a_command_that_names_them(
    bistro: Restaurant, tmp_path: Path
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("x1,x2,x3\n2026-03-06,Soup,3\n")
    said = CliRunner().invoke(main, ["upload", str(file), *BISTRO]).stderr.splitlines()
    assert "'x1', 'x2', 'x3'" in said[0] and said[0].endswith("Most likely:")
    assert said[1:] == [f"  flux upload {file} --restaurant bistro --column item=x2 --column quantity=x3"]


def test_a_port_that_is_taken_is_named_with_another(bistro: Restaurant) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} can't be opened" in refused("ui", "--port", str(port))


@pytest.mark.parametrize("command", ["restaurants list", "run", "db upgrade", "demo"])
def test_a_database_that_is_down_is_named_without_its_password(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_DATABASE_URL", url_of_nothing())
    message = refused(*command.split())
    assert "does not answer" in message and "hunter2" not in message


def test_the_doctor_names_a_database_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_DATABASE_URL", url_of_nothing())
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code != 0 and "FAIL  database" in done.stdout


def url_of_nothing() -> str:
    """Return the URL of a server at a port where none listens."""
    return f"postgresql://admin:hunter2@127.0.0.1:{free_port()}/flux"


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_UI_PORT", "web")
    assert "FLUX_UI_PORT" in refused("restaurants", "list")


def test_missing_transformations_are_named(
    dagster_database: None, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUX_SQL_DIR", "/nowhere")
    assert "FLUX_SQL_DIR" in refused("run", *BISTRO)
