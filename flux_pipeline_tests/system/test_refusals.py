"""What goes wrong is one clear sentence and a non-zero exit, never a traceback."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_pipeline_tests.system.conftest import Flux

SALES = "date,item,quantity,price\n2026-03-06,Soup,3,4.50\n"


@pytest.fixture(scope="module")
def sales(folder: Path) -> Path:
    path = folder / "sales.csv"
    path.write_text(SALES)
    return path


@pytest.fixture(scope="module", autouse=True)
def running_server(flux: Flux) -> Iterator[None]:
    """The commands of this module find the server up; starting it for each would be most of their time."""
    assert flux("db", "start").returncode == 0
    yield
    assert flux("db", "stop").returncode == 0


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence; fails where there is a traceback, a zero exit or more than one line."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


BISTRO = ("--restaurant", "bistro-quai-nord")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("upload", "nowhere.csv", *BISTRO), "The file nowhere.csv can't be read (No such file"),
        (("upload", ".", *BISTRO), "can't be read"),
        (("upload", "sales.csv", *BISTRO, "--kind", "wether"), "there are sales, menu, recipes"),
        (("upload", "sales.csv", *BISTRO, "--column", "item=dish"), "'dish'"),
        (("upload", "sales.csv", *BISTRO, "--column", "dish=item"), "'dish'"),
        (("upload", "sales.csv", *BISTRO, "--column", "item"), "FIELD=HEADER"),
        (("upload", "sales.csv"), "--restaurant"),
        (("upload", "sales.csv", *BISTRO, "--kind", "weather"), "shared by all"),
        (("upload", "sales.csv", "--restaurant", "bisto"), "There are: bistro-quai-nord"),
        (("run", "--restaurant", "bisto"), "There are: bistro-quai-nord"),
        (("run", *BISTRO, "--as-of", "yesterday"), "YYYY-MM-DD"),
        (("run", *BISTRO, "--as-of", "2999-01-01"), "last complete business day"),
        (("settings", "set", "forecast_horizon_days", "99", *BISTRO), "less than or equal to 28"),
        (("settings", "set", "horizon", "9", *BISTRO), "forecast_horizon_days"),
        (("forecast", "--restaurant", "bisto"), "There are: bistro-quai-nord"),
        (("forecast", *BISTRO, "--item", "unicorn"), "unicorn"),
        (("restaurants", "add", "x", "--name", "X", "--timezone", "Paris", "--currency", "EUR"), "Europe/Paris"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_sentence(
    demo: subprocess.CompletedProcess[str], flux: Flux, sales: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused(flux(*arguments))


def test_a_file_without_the_columns_says_what_it_has_and_how_to_name_them(
    demo: subprocess.CompletedProcess[str], flux: Flux, folder: Path
) -> None:
    (folder / "odd.csv").write_text("x1,x2,x3\n2026-03-06,Soup,3\n")
    said = refused(flux("upload", "odd.csv", *BISTRO))
    assert "x1" in said and "--column" in said


def test_a_port_that_is_taken_is_named_with_another(demo: subprocess.CompletedProcess[str], flux: Flux) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} can't be opened" in refused(flux("ui", "--port", str(port)))


def test_a_database_that_is_down_is_named_without_its_password(flux: Flux) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://admin:hunter2@127.0.0.1:{free.getsockname()[1]}/flux"
    for command in (("restaurants", "list"), ("run",), ("db", "upgrade"), ("demo",)):
        said = refused(flux(*command, FLUX_DATABASE_URL=url))
        assert "does not answer" in said and "hunter2" not in said
    done = flux("doctor", FLUX_DATABASE_URL=url)
    assert done.returncode != 0 and "FAIL  database" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_wrong_setting_is_named(flux: Flux) -> None:
    assert "FLUX_UI_PORT" in refused(flux("restaurants", "list", FLUX_UI_PORT="web"))


def test_missing_transformations_are_named(demo: subprocess.CompletedProcess[str], flux: Flux) -> None:
    said = refused(flux("run", *BISTRO, FLUX_SQL_DIR="/nowhere"))
    assert "FLUX_SQL_DIR" in said
