"""A mistake in a command is one sentence and a non-zero exit, and a defect would not pass for one."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from flux_pipeline.cli.main import main
from flux_pipeline.store.restaurant import Restaurant

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
