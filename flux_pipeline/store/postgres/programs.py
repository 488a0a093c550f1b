"""PostgreSQL's client programs: this module finds those on this machine that fit a server, and runs them.

`store.backup` decides what they are run for.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy.engine import URL

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.postgres import server

PROGRAMS = ("pg_dump", "pg_restore", "psql")
# Where Debian's packages put the programs of each version.
DEBIAN_DIR = Path("/usr/lib/postgresql")
SECRETS = ("password", "sslpassword")


@dataclass(frozen=True)
class Programs:
    """A folder with pg_dump, pg_restore and psql of one version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The first number of the version."""
        return major_of(self.version)


def major_of(version: str) -> int:
    """Return the first number of a version, 19 of "19beta1"; raise ValueError if it does not start with a digit."""
    return int(version[: len(version) - len(version.lstrip("0123456789"))])


def find_programs(server_major: int, oldest: int) -> Programs:
    """Find the programs for a server: those of its own version if this machine has them, else those shipped with Flux.

    Args:
        server_major: the server's version, for example 18.
        oldest: the lowest version that is good enough.

    Raises:
        PermanentError: this machine has none of a sufficient version.
    """
    on_path = shutil.which("pg_dump")
    folders = [DEBIAN_DIR / str(server_major) / "bin", *([Path(on_path).parent] if on_path else [])]
    found = [programs for folder in folders if (programs := _look(folder)) is not None]
    exact = [programs for programs in found if programs.major == server_major and programs.major >= oldest]
    if exact:
        return exact[0]
    shipped = _look(server.programs_dir())
    if shipped is not None and shipped.major >= oldest:
        return shipped
    versions = ", ".join(each.version for each in [*found, *([shipped] if shipped else [])])
    raise PermanentError(
        f"The server is PostgreSQL {server_major} and needs pg_dump, pg_restore and psql of version {oldest} or newer; "
        f"this machine has {versions or 'none'}. Install the package postgresql-client-{max(oldest, server_major)}, or "
        "put the folder of its programs on the PATH."
    )


def _look(folder: Path) -> Programs | None:
    if not all(os.access(folder / name, os.X_OK) for name in PROGRAMS):
        return None
    try:
        done = subprocess.run(
            [str(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\d+[.\w]*", done.stdout)
    return Programs(folder, version[0]) if done.returncode == 0 and version else None


class Running:
    """A running program; its pipes are `stdin` and `stdout`."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        """Args: the process and the file that its standard error goes to."""
        self._process = process
        self._errors = errors

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe that the program reads from."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe that the program writes to."""
        assert self._process.stdout is not None
        return self._process.stdout

    def failure(self) -> str | None:
        """Wait for the program to end; return its error, or None if it succeeded."""
        if self._process.wait() == 0:
            return None
        self._errors.seek(0)
        return error_line(self._errors.read().decode(errors="replace")) or f"exit code {self._process.returncode}"


@contextlib.contextmanager
def running(programs: Programs, name: str, *arguments: str, url: URL | None = None) -> Iterator[Running]:
    """Run one of the programs; kill it if it still runs when the block ends.

    Args:
        programs: the folder that holds it.
        name: the program, for example "pg_dump".
        arguments: its options.
        url: the database, with the role to connect as. The password is passed in the environment, because others on the
            machine can read a command line.
    """
    command = [str(programs.folder / name), *arguments]
    # In English, because `error_line` looks for the words "error" and "fatal".
    variables = dict(os.environ) | {"LC_ALL": "C", "PGAPPNAME": "flux", "PGCONNECT_TIMEOUT": "10"}
    if url is not None:
        command += ["--no-password", "--dbname", _without_secrets(url)]
        if url.password:
            variables["PGPASSWORD"] = str(url.password)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=variables)
        try:
            yield Running(process, errors)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                # Nothing reads what is left in the buffer.
                with contextlib.suppress(OSError):
                    assert pipe is not None
                    pipe.close()


def error_line(output: str) -> str:
    """Return the line with the error, without the program's name and the line number."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\b(error|fatal):", line, re.IGNORECASE)]
    line = (errors or lines[-1:] or [""])[0]
    return re.sub(r"^\S+ (error|fatal): +", "", line, flags=re.IGNORECASE)


def _without_secrets(url: URL) -> str:
    query = {name: value for name, value in url.query.items() if name not in SECRETS}
    # URL.set ignores a None, so it can't remove the password; URL.create can.
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return bare.render_as_string(hide_password=False)
