"""Files on this machine as sources of bytes. The ingest room finds out what the bytes hold.

A file is opened once, without waiting for a writer if it is a pipe, and every pass reads through that descriptor: its
name may mean another file by then.
"""

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple

from flux_pipeline.errors import PermanentError, error_about
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.wording import shown_name

READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
# What may be where a file is expected, by its type in `st_mode`.
TYPES = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class FileState(NamedTuple):
    """What tells a file from another, and from itself after a change."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> "FileState":
        """Return the state in the result of a stat."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def file_source(path: Path) -> Source:
    """Return the file as a source that can be read several times while the file remains unchanged.

    Reading a file takes several passes that must see the same bytes; a pass that finds a changed file raises
    PermanentError.

    Raises:
        PermanentError: the file does not exist, can't be read, or is a folder, a pipe or the like.
        TransientError: the system can't open it now.
    """
    shown = shown_name(str(path))
    try:
        opened = OpenFile(os.open(path, READ), shown)
    except OSError as exc:
        message = f"The file {shown} can't be read ({exc.strerror}). Check its name and its permissions."
        raise error_about(exc, message) from exc
    if opened.is_not:
        todo = "Name the file itself." if opened.is_not == "a folder" else "Save what it gives to a file first."
        raise PermanentError(f"{shown} is {opened.is_not}. {todo}")
    return opened.source()


class OpenFile:
    """An open file, closed with the last reference to it.

    Attributes:
        found: the result of its stat when it was opened.
        is_not: what it is instead of a file, for example "a pipe"; "" for a file.
    """

    def __init__(self, descriptor: int, shown: str) -> None:
        """Take over the descriptor; `shown` is the file's path in messages."""
        self._descriptor, self._shown = descriptor, shown
        self.found = os.fstat(descriptor)
        self.is_not = TYPES.get(stat.S_IFMT(self.found.st_mode), "")

    def __del__(self) -> None:
        os.close(self._descriptor)

    def source(self) -> Source:
        """Return it as a source, whose name is the last part of the path."""
        return Source(self._shown.rpartition("/")[2], self._stream)

    def read(self, size: int, place: int) -> bytes:
        """Read some bytes at a place; raise PermanentError if the file has changed since it was opened."""
        piece = os.pread(self._descriptor, size, place)
        if FileState.of(os.fstat(self._descriptor)) != FileState.of(self.found):
            raise PermanentError(
                f"The file {self._shown} changed while it was read; expected a finished file. Send it again when no "
                "program writes to it any more."
            )
        return piece

    def _stream(self) -> BinaryIO:
        return io.BufferedReader(_Pass(self))


class _Pass(io.RawIOBase):
    """One pass over an open file, with a place of its own."""

    def __init__(self, file: OpenFile) -> None:
        self._file, self._place = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._file.found.st_size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        piece = self._file.read(len(buffer), self._place)
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)
