"""PostgreSQL's own programs: which of those on this machine fit a server, and how they are run.

What they are run for stands in `backup` and `restore`.
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
    """The first number of a version, 19 of "19beta1"; ValueError where it begins with none."""
    return int(version[: len(version) - len(version.lstrip("0123456789"))])


def find_programs(server_major: int, oldest: int) -> Programs:
    """The programs for a server: those of its own version if this machine has them, else those that come with Flux.

    Args:
        server_major: the server's version, for example 18.
        oldest: the least version that will do.

    Raises:
        PermanentError: there are none.
    """
    on_path = shutil.which("pg_dump")
    folders = [DEBIAN_DIR / str(server_major) / "bin", *([Path(on_path).parent] if on_path else [])]
    found = [programs for folder in folders if (programs := _look(folder)) is not None]
    exact = [programs for programs in found if programs.major == server_major and programs.major >= oldest]
    if exact:
        return exact[0]
    brought = _look(server.programs_dir())
    if brought is not None and brought.major >= oldest:
        return brought
    there = ", ".join(each.version for each in [*found, *([brought] if brought else [])])
    raise PermanentError(
        f"The server is PostgreSQL {server_major} and needs pg_dump, pg_restore and psql of version {oldest} or newer; "
        f"here they are {there or 'missing'}. Install the package postgresql-client-{max(oldest, server_major)}, or "
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
    """A program at work; its pipes are `stdin` and `stdout`."""

    def __init__(self, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        """Args: the process and the file that takes what it says of errors."""
        self._process = process
        self._errors = errors

    @property
    def stdin(self) -> IO[bytes]:
        """What it reads."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        """What it writes."""
        assert self._process.stdout is not None
        return self._process.stdout

    def failure(self) -> str | None:
        """Wait for its end; why it failed, None where it did not."""
        if self._process.wait() == 0:
            return None
        self._errors.seek(0)
        return telling_line(self._errors.read().decode(errors="replace")) or f"exit code {self._process.returncode}"


@contextlib.contextmanager
def running(programs: Programs, name: str, *arguments: str, url: URL | None = None) -> Iterator[Running]:
    """Run one of the programs; what still runs when the block ends is killed.

    Args:
        programs: where it is.
        name: which.
        arguments: its options.
        url: the database, as the role that it connects as. The password goes by the environment, because others on the
            machine can read a command line.
    """
    command = [str(programs.folder / name), *arguments]
    # In English, because its telling line is looked for.
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
                # What is left in the buffer has no reader any more.
                with contextlib.suppress(OSError):
                    assert pipe is not None
                    pipe.close()


def telling_line(said: str) -> str:
    """The line that says what went wrong, without the program's name and the line's number."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\b(error|fatal):", line, re.IGNORECASE)]
    line = (telling or lines[-1:] or [""])[0]
    return re.sub(r"^\S+ (error|fatal): +", "", line, flags=re.IGNORECASE)


def _without_secrets(url: URL) -> str:
    query = {name: value for name, value in url.query.items() if name not in SECRETS}
    # URL.set leaves alone what it is given None for.
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return bare.render_as_string(hide_password=False)
