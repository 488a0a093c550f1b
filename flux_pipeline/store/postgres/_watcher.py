"""Watcher of the embedded server: a process that stops the server once nobody has used it for a while, and ends.

`server.start` runs it, at most one for each home, as `python -m flux_pipeline.store.postgres._watcher HOME MINUTES`. It
also ends when the server was stopped or is to keep running. It waits for minutes, so it imports little.
"""

import contextlib
import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO

import psutil

from flux_pipeline.store.postgres import server

# A look takes some milliseconds.
PAUSE_SECONDS = 5.0
SHORTEST_PAUSE_SECONDS = 0.05
# PostgreSQL gives the process of each session a title, for example "postgres: flux_app flux [local] idle".
SESSION = "[local]"


def watch(home: Path, users: IO[str], idle_seconds: float) -> None:
    """Look at the server until there is nothing more to do; return with `users` locked or deleted."""
    pause = min(PAUSE_SECONDS, max(idle_seconds / 4, SHORTEST_PAUSE_SECONDS))
    process = server.running_process(home)
    last_joined, used_at = os.fstat(users.fileno()).st_mtime_ns, time.monotonic()
    while True:
        # At first the server is being started. Once its process is known, it can be ended even without its files.
        time.sleep(pause if process is not None else SHORTEST_PAUSE_SECONDS)
        # Deleting a home takes seconds and may begin with either file.
        is_deleted = not _is_at(users, server.users_file(home))
        if process is not None and (is_deleted or not (server.data_dir(home) / "postmaster.pid").exists()):
            _end_homeless(process)
        if is_deleted:
            return
        process = server.running_process(home)
        joined = os.fstat(users.fileno()).st_mtime_ns
        if joined != last_joined or not server.lock_alone(users):
            last_joined, used_at = joined, time.monotonic()
            continue
        # Nobody can join before `users` is unlocked.
        if process is None or server.stays(home):
            return
        if _has_session(process):
            used_at = time.monotonic()
        elif time.monotonic() - used_at >= idle_seconds and server.shut_down(home, process):
            return
        fcntl.flock(users, fcntl.LOCK_UN)


def _end_homeless(process: psutil.Process) -> None:
    """End a server whose data directory was deleted, at once; one that is about to end has nothing left to write."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGQUIT)


def _is_at(file: IO[str], path: Path) -> bool:
    """Return whether the open file is still the one at `path`, which it is not after the home was deleted."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _has_session(process: psutil.Process) -> bool:
    """Return whether a program is connected, for example psql or a BI tool."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in process.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if SESSION in " ".join(child.cmdline()):
                    return True
    return False


def main() -> None:
    """Watch the server of the home, for the minutes, that the command line names."""
    home, idle_seconds = Path(sys.argv[1]), float(sys.argv[2]) * 60
    os.chdir("/")
    with server.users_file(home).open("a") as users:
        watch(home, users, idle_seconds)
        # The watcher's own lock, which came with standard error, ends before that on `users`: a command that waits for
        # `users` has to see that it needs another watcher.
        fcntl.flock(sys.stderr, fcntl.LOCK_UN)


if __name__ == "__main__":
    main()
