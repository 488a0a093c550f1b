"""Folders of the landing folder, opened one within the other without following a link; files are reached from there."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def opened_folder(root: Path, *names: str) -> Iterator[int]:
    """Open `root` and the folders below it, in which links are refused; yield the descriptor of the last.

    Raises:
        OSError: one of them can't be opened, is a link, or is not a folder; `filename` is its path.
    """
    path = root
    descriptor = _open(root, path)
    try:
        for name in names:
            path = path / name
            inner = _open(name, path, within=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def names_in(descriptor: int) -> list[str]:
    """Return the names in an open folder, in order."""
    with os.scandir(descriptor) as entries:
        return sorted(entry.name for entry in entries)


def _open(name: Path | str, path: Path, within: int | None = None) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=within)
    except OSError as exc:
        exc.filename = str(path)
        raise
