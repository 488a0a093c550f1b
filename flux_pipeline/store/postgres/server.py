"""The embedded PostgreSQL server: it is started, joined and stopped here.

Each process that uses the server keeps a shared lock on the home's `server-users` until it ends, however it ends. So a
process that gets the exclusive lock knows that nobody uses the server and that nobody joins it meanwhile. The server is
stopped only under that lock: by the last user at its end, or by a watcher (`_watcher.py`) when the server has been idle
for a while. A server that is to keep running (`flux db start`, `flux db url`) is stopped by `flux db stop` alone.

Only processes of the OS user who owns the home reach the server, and each login needs its password. `_cluster` makes
and starts it. No module here knows the tables.
"""

import atexit
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.postgres import _cluster as cluster
from flux_pipeline.store.postgres import _os_user as os_user
from flux_pipeline.store.postgres._socket import socket_folder

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

# A checkpoint of a full cache on a slow disk takes some seconds.
STOP_SECONDS = 60
WATCHER = "flux_pipeline.store.postgres._watcher"

# The lock on the users of each home's server, for the life of this process.
_joined: dict[Path, IO[str]] = {}


def data_dir(home: Path) -> Path:
    """Return the server's data directory under Flux's home."""
    return home / "pgdata"


def programs_dir() -> Path:
    """Return the folder of the programs that come with the server: pg_dump, pg_restore, psql."""
    return os_user.programs_dir()


def users_file(home: Path) -> Path:
    """Return the file that each user of the server keeps locked."""
    return home / "server-users"


def stays(home: Path) -> bool:
    """Return whether the server of `home` is to run until `flux db stop`."""
    return _stay_mark(home).exists()


def start(home: Path, *, stay: bool = False, idle_minutes: float = 0) -> "URL":
    """Start the server of `home`, or join it if it runs; create its data directory the first time.

    Args:
        home: Flux's home folder; it is created if absent.
        stay: leave the server running until `flux db stop`.
        idle_minutes: how long the server runs on after its last user; with 0, the last user stops it.

    Returns:
        The URL of the server's superuser, with no driver named.

    Raises:
        PermanentError: the server can't be created or started; the message names its log.
    """
    # The watcher imports this module and has to stay small.
    from sqlalchemy.engine import URL  # noqa: PLC0415

    from flux_pipeline.store.postgres._password import password_of  # noqa: PLC0415

    pgdata = data_dir(home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        if stay:
            _stay_mark(home).touch()
        _join(home, stop_at_end=idle_minutes == 0)
        if idle_minutes and not stays(home):
            _start_watcher(home, idle_minutes)
        with _alone(home):
            _prepare(home)
            cluster.ensure_running(pgdata)
        folder = socket_folder(pgdata)
    except (OSError, subprocess.SubprocessError) as exc:
        raise PermanentError(
            f"The embedded PostgreSQL under {pgdata} does not start ({exc}). Read its log, {pgdata / 'log'}; free disk "
            "space or memory, or name a server of your own with FLUX_DATABASE_URL."
        ) from exc
    return URL.create(
        "postgresql", cluster.SUPERUSER, password_of(pgdata), database="postgres", query={"host": str(folder)}
    )


def stop(home: Path) -> bool:
    """Stop the server of `home`, even while others use it; return whether it was running."""
    _stay_mark(home).unlink(missing_ok=True)
    process = running_process(home)
    if process is None:
        return False
    if not shut_down(home, process):
        raise PermanentError(
            f"The embedded PostgreSQL (process {process.pid}) has not stopped after {STOP_SECONDS} s. Read its log, "
            f"{data_dir(home) / 'log'}, then wait for it or end the process."
        )
    return True


def shut_down(home: Path, process: psutil.Process) -> bool:
    """End all sessions and stop the server; nothing committed is lost. Return whether it ended within STOP_SECONDS."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while running_process(home) == process:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def running_process(home: Path) -> psutil.Process | None:
    """Return the server's main process, None if it is not running. Reads a file and asks the system; starts nothing."""
    return cluster.find_process(data_dir(home))


def lock_alone(file: IO[str]) -> bool:
    """Take the exclusive lock on an open file unless another process has a lock on it; return whether it was taken."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stay_mark(home: Path) -> Path:
    return home / "stays-running"


def _join(home: Path, *, stop_at_end: bool) -> None:
    """Become a user of the server until this process ends; first wait for a process that is stopping the server."""
    if home not in _joined:
        users = users_file(home).open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
        os.utime(users.fileno())  # The watcher sees also a command that begins and ends while it sleeps.
        _joined[home] = users
        if stop_at_end:
            atexit.register(_stop_unused, home, users, os.getpid())


def keep_through_exec(home: Path) -> int:
    """Let this process stay a user of the server when it runs another program; return the number of the open lock."""
    users = _joined[home]
    os.set_inheritable(users.fileno(), True)
    return users.fileno()


def rejoin(home: Path, lock: int, *, stop_at_end: bool) -> None:
    """Become a user of the server in the program that took the place of one, whose lock is open as number `lock`."""
    _join(home, stop_at_end=stop_at_end)
    os.close(lock)


def _stop_unused(home: Path, users: IO[str], joined_by: int) -> None:
    """Stop the server at the end of this process if nobody else uses it and it is not to keep running."""
    # A forked process shares the lock but did not join.
    if os.getpid() == joined_by and not stays(home) and lock_alone(users):
        process = running_process(home)
        if process is not None:
            shut_down(home, process)


def _start_watcher(home: Path, idle_minutes: float) -> None:
    """Start the process that stops an idle server, unless one runs already."""
    with (home / "server-watcher.log").open("a") as log:
        if lock_alone(log):
            # The watcher inherits the open file and so keeps it locked until it ends.
            subprocess.Popen(
                [sys.executable, "-m", WATCHER, str(home), str(idle_minutes)],
                cwd=Path(__file__).parents[3],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Run the block while no other process starts the server of `home`; wait for one that does."""
    with (home / "server-start").open("a") as file:
        patience = cluster.Patience(data_dir(home))
        while not lock_alone(file):
            patience.pause()
        yield


def _prepare(home: Path) -> None:
    """Create the data directory if there is none, and see to it that its server asks for passwords."""
    from flux_pipeline.store.postgres import _password as passwords  # noqa: PLC0415

    pgdata = data_dir(home)
    if not pgdata.exists() or not any(pgdata.iterdir()):
        cluster.create(pgdata, passwords.new_password())
    elif not passwords.asks_for_passwords(pgdata):
        process = running_process(home)
        if process is not None and not shut_down(home, process):
            raise TimeoutError(f"a server that asks for no password has not stopped after {STOP_SECONDS} s")
        passwords.secure(pgdata)
