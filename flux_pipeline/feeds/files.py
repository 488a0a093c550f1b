"""Files on this machine as sources of bytes. The ingest room finds out what the bytes hold."""

import io
import os
from pathlib import Path
from typing import BinaryIO

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Source


def file_source(path: Path) -> Source:
    """Return the file as a source that can be read several times while the file remains unchanged.

    Reading a file takes several passes that must see the same bytes; a pass that finds a changed file raises
    PermanentError.

    Raises:
        PermanentError: the file does not exist or cannot be read.
    """
    with _open(path) as stream:
        seen = stream.state()
    if not path.is_file():
        raise PermanentError(f"{path} is not a file. Name the file itself.")
    return Source(path.name, lambda: _buffered(path, seen))


class _Unchanging(io.FileIO):
    """A file that refuses to be read once its state differs from `seen`: (device, inode, size, time of change)."""

    seen: tuple[int, ...] | None = None

    def state(self) -> tuple[int, ...]:
        found = os.fstat(self.fileno())
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        count = super().readinto(buffer)
        self._check()
        return count

    def readall(self) -> bytes:
        content = super().readall()
        self._check()
        return content

    def _check(self) -> None:
        if self.seen is not None and self.state() != self.seen:
            raise PermanentError(
                f"The file {self.name} changed while it was read; expected a finished file. Send it again when no "
                "program writes to it any more."
            )


def _open(path: Path) -> _Unchanging:
    try:
        return _Unchanging(path, "rb")
    except OSError as exc:
        raise PermanentError(
            f"The file {path} can't be read ({exc.strerror}). Check its name and its permissions."
        ) from exc


def _buffered(path: Path, seen: tuple[int, ...]) -> BinaryIO:
    opened = _open(path)
    opened.seen = seen
    return io.BufferedReader(opened)
