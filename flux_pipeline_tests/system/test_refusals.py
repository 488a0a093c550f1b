"""Refusals of commands in a process of their own: one clear sentence and a non-zero exit, never a traceback.

Mistakes that a command notices by itself are tested within the tests' process: store/test_mistakes.py.
"""

import socket
import subprocess
from pathlib import Path

import pytest

from flux_pipeline_tests.system.conftest import Flux

pytestmark = pytest.mark.usefixtures("running_server")

SALES = "date,item,quantity,price\n2026-03-06,Soup,3,4.50\n"


@pytest.fixture(scope="module")
def sales(folder: Path) -> Path:
    path = folder / "sales.csv"
    path.write_text(SALES)
    return path


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence; fail on a traceback, a zero exit or more than one line."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


BISTRO = ("--restaurant", "bistro-quai-nord")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("upload", "nowhere.csv", *BISTRO), "The file nowhere.csv can't be read (No such file"),
        (("upload", "sales.csv", *BISTRO, "--column", "item=dish"), "'dish'"),
        (("run", *BISTRO, "--as-of", "2999-01-01"), "last complete business day"),
        (("forecast", *BISTRO, "--item", "unicorn"), "unicorn"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_sentence(
    demo: subprocess.CompletedProcess[str], flux: Flux, sales: Path, arguments: tuple[str, ...], expected: str
) -> None:
    assert expected in refused(flux(*arguments))


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
        message = refused(flux(*command, FLUX_DATABASE_URL=url))
        assert "does not answer" in message and "hunter2" not in message
    done = flux("doctor", FLUX_DATABASE_URL=url)
    assert done.returncode != 0 and "FAIL  database" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_wrong_setting_is_named(flux: Flux) -> None:
    assert "FLUX_UI_PORT" in refused(flux("restaurants", "list", FLUX_UI_PORT="web"))


def test_missing_transformations_are_named(demo: subprocess.CompletedProcess[str], flux: Flux) -> None:
    assert "FLUX_SQL_DIR" in refused(flux("run", *BISTRO, FLUX_SQL_DIR="/nowhere"))
