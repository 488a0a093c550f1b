"""Tests of the embedded server between commands: who starts it, joins it, keeps it running, and what stops it."""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from flux_pipeline.store.postgres import server
from flux_pipeline_tests.conftest import folder_for_servers
from flux_pipeline_tests.system import forking

LONG, SHORT, NEARLY_NONE = 10, 0.02, 1e-6
# The watcher looks every five seconds; a busy machine may need more.
PATIENCE_SECONDS = 60
# A small command: it queries the server, prints the server's number, and ends when its input does.
COMMAND = """
import pathlib, sys, psycopg
from flux_pipeline.store.postgres import server
home = pathlib.Path(sys.argv[1])
url = server.start(home, idle_minutes=float(sys.argv[2])).render_as_string(hide_password=False)
with psycopg.connect(url) as connection:
    connection.execute("SELECT 1")
print(server.running_process(home).pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def forked() -> Iterator[None]:
    """Start a server that forks commands, whose `flux` is the first on the path; importing takes longer than most."""
    with forking.running(dict(os.environ)) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    """A home whose data directory is created once for the module."""
    path = folder_for_servers("flux-idle-")
    yield path
    shutil.rmtree(path)


@pytest.fixture
def home(shared_home: Path) -> Iterator[Path]:
    """The home, without a server before and after the test."""
    yield shared_home
    for watcher in watchers(shared_home):
        watcher.kill()
    server.stop(shared_home)


def watchers(home: Path) -> list[psutil.Process]:
    """Return the watchers of a home's server."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if {server.WATCHER, str(home)} <= set(process.cmdline()):
                found.append(process)
    return found


def begin(home: Path, idle_minutes: float, program: str = "flux") -> subprocess.Popen[str]:
    """Start the small command."""
    return subprocess.Popen(
        [program, "-c", COMMAND, str(home), str(idle_minutes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(command: subprocess.Popen[str]) -> int:
    """Let a command end; return the number of the server that it used."""
    output, errors = command.communicate(timeout=PATIENCE_SECONDS)
    assert command.returncode == 0, errors
    assert errors == ""
    return int(output)


def run(home: Path, idle_minutes: float) -> int:
    """Run the small command; return the number of the server that it used."""
    return end(begin(home, idle_minutes))


def until(condition: Callable[[], bool]) -> bool:
    """Wait for a condition; return whether it came true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def flux(home: Path, *arguments: str) -> str:
    """Run a `flux` command with an idle time of ten minutes; return what it printed."""
    variables = {"FLUX_HOME": str(home), "FLUX_SERVER_IDLE_MINUTES": "10"}
    done = subprocess.run(
        ["flux", *arguments], env=os.environ | variables, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_next_command_joins_the_server(home: Path) -> None:
    first = run(home, LONG)
    process = server.running_process(home)
    assert process is not None and process.pid == first
    assert run(home, LONG) == first


def test_the_setting_keeps_the_server_running_after_a_command(home: Path) -> None:
    assert "stops 10 min after the last command" in flux(home, "doctor")
    assert server.running_process(home) is not None
    assert len(watchers(home)) == 1


def test_an_idle_server_stops_and_its_watcher_ends(home: Path) -> None:
    run(home, SHORT)
    assert until(lambda: server.running_process(home) is None)
    assert until(lambda: not watchers(home))
    assert (home / "server-watcher.log").read_text() == ""


def test_commands_in_parallel_leave_one_server_and_one_watcher(home: Path) -> None:
    commands = [begin(home, LONG) for _ in range(4)]
    assert len({end(command) for command in commands}) == 1
    assert len(watchers(home)) == 1


def test_a_command_that_begins_while_the_server_stops_succeeds(home: Path) -> None:
    def use_often(pauses: list[float]) -> list[int]:
        used = []
        for pause in pauses:
            used.append(run(home, NEARLY_NONE))
            time.sleep(pause)
        return used

    # The watcher looks every 50 ms, so that the pauses end before, during and after the stop.
    with ThreadPoolExecutor() as pool:
        rows = list(pool.map(use_often, [[0.01 * n for n in range(0, 40, 5)], [0.01 * n for n in range(40, 0, -5)]]))
    assert len(set(itertools.chain(*rows))) > 3, "the server did not stop between the commands"
    assert until(lambda: server.running_process(home) is None)


def test_a_server_in_use_is_not_idle(home: Path) -> None:
    command = begin(home, SHORT)
    assert command.stdout is not None
    number = int(command.stdout.readline())
    time.sleep(SHORT * 60 * 2)
    process = server.running_process(home)
    assert process is not None and process.pid == number
    command.communicate()
    assert until(lambda: server.running_process(home) is None)


def test_a_connected_program_keeps_the_server_running(home: Path) -> None:
    command = begin(home, SHORT)
    assert command.stdout is not None
    number = int(command.stdout.readline())
    password = (home / "pgdata" / "server-password").read_text().strip()
    with psycopg.connect(host=str(home / "pgdata"), user="postgres", dbname="postgres", password=password):
        command.communicate()
        time.sleep(SHORT * 60 * 2)
        process = server.running_process(home)
        assert process is not None and process.pid == number
    assert until(lambda: server.running_process(home) is None)


def test_without_idle_time_the_last_of_two_users_stops_the_server(home: Path) -> None:
    first, second = begin(home, 0), begin(home, 0)
    for command in (first, second):
        assert command.stdout is not None
        command.stdout.readline()
    first.communicate()
    assert server.running_process(home) is not None
    second.communicate()
    assert server.running_process(home) is None
    assert not watchers(home)


def test_the_command_after_a_killed_watcher_starts_another(home: Path) -> None:
    number = run(home, LONG)
    (watcher,) = watchers(home)
    watcher.kill()
    assert until(lambda: not watchers(home))
    assert run(home, LONG) == number
    assert len(watchers(home)) == 1


def test_a_killed_command_leaves_a_server_that_stops_when_idle(home: Path) -> None:
    # A forked command is not the process that is killed here.
    command = begin(home, SHORT, sys.executable)
    assert command.stdout is not None
    command.stdout.readline()
    command.kill()
    command.communicate()
    assert until(lambda: server.running_process(home) is None)


def test_a_server_that_is_to_stay_has_no_watcher_until_it_is_stopped(home: Path) -> None:
    number = run(home, LONG)
    flux(home, "db", "start")
    assert until(lambda: not watchers(home))
    assert run(home, SHORT) == number
    assert not watchers(home)
    assert "runs until `flux db stop`" in flux(home, "doctor")
    assert flux(home, "db", "stop") == "Stopped.\n"
    assert server.running_process(home) is None
    run(home, LONG)
    assert len(watchers(home)) == 1


def test_the_watcher_of_a_stopped_server_ends(home: Path) -> None:
    run(home, LONG)
    assert server.stop(home) is True
    assert until(lambda: not watchers(home))


@pytest.mark.parametrize("deleted", [".", "pgdata", "server-users"])
def test_the_server_of_a_deleted_home_ends_with_its_watcher(deleted: str) -> None:
    home = folder_for_servers("flux-deleted-")
    process = psutil.Process(run(home, LONG))
    subprocess.run(["rm", "-r", str((home / deleted).resolve())], check=True)
    assert until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    assert until(lambda: not watchers(home))
    shutil.rmtree(home, ignore_errors=True)


def test_the_number_of_a_stopped_server_may_belong_to_another_program(home: Path) -> None:
    number = run(home, LONG)
    noted = (home / "pgdata" / "postmaster.pid").read_text()
    assert server.stop(home) is True
    (home / "pgdata" / "postmaster.pid").write_text(noted.replace(str(number), str(os.getpid()), 1))
    assert server.running_process(home) is None
    assert run(home, LONG) != number
