"""The folder in which programs find the embedded server's socket.

The socket is in the data directory, which only the server's user may enter. The system allows about a hundred bytes for
the path of a socket; for a longer one there is a link to the data directory, in a folder that is this user's alone.
"""

import contextlib
import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path

# 104 bytes on macOS, 108 on Linux, with the NUL at the end.
LONGEST_PATH = 103
SOCKET = ".s.PGSQL.5432"


def socket_folder(pgdata: Path) -> Path:
    """Return the data directory, or a link to it if a socket's path there would be too long."""
    target = pgdata.resolve()
    if _fits(target):
        return target
    name = hashlib.sha256(os.fsencode(target)).hexdigest()[:16]
    link = _private_folder(name) / name
    # Also an existing link is made again, so that it is never old enough to be cleaned away while Flux runs.
    new = link.with_name(secrets.token_hex(8))
    new.symlink_to(target)
    new.replace(link)
    return link


def _private_folder(name: str) -> Path:
    """Return a folder that belongs to this user and that nobody else may enter, on a path short enough for `name`."""
    user = f"flux-{os.geteuid()}"
    parent = next((path for path in (Path(tempfile.gettempdir()), Path("/tmp")) if _fits(path / user / name)), None)
    if parent is None:
        raise OSError(f"the path of the temporary folder {tempfile.gettempdir()} is too long for a socket")
    folder = parent / user
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077:
        return folder
    # Somebody else made it, to be trusted with our connections.
    return Path(tempfile.mkdtemp(prefix="flux-", dir=parent))


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET)) <= LONGEST_PATH
