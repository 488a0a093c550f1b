"""Containers of a file's data: gzip and zip archives, opened according to their content.

Nothing is written to disk, so paths in an archive have no effect. The meaning of the bytes is found elsewhere.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.wording import listed

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_LONGEST_SIGNATURE = 4

# The name of the list of sheets in an archive written by workbooks/kept.py, by which such an archive is recognised.
KEPT_SHEETS = "flux_kept_sheets.json"

# Raised by the libraries for archives that are cut off, altered or of an unknown sort.
DAMAGE = (
    *(zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError),
    *(IndexError, OverflowError, RuntimeError),
)


class Bytes:
    """A stream of a file's data that stops at the limits. A context manager; `read` works as for any stream."""

    def __init__(self, stream: BinaryIO, limit: int, limits: Limits, packed: int | None, opened: ExitStack) -> None:
        self._stream, self._limit, self._limits, self._packed, self._opened = stream, limit, limits, packed, opened
        self._size = 0

    def read(self, size: int) -> bytes:
        """Return at most `size` further bytes, fewer only at the end; raise PermanentError at a limit or for damage."""
        try:
            chunk = self._stream.read(size)
        except DAMAGE as error:
            raise _damaged(str(error)) from error
        self._size += len(chunk)
        refuse_oversize(self._size, self._packed, self._limit, self._limits)
        return chunk

    def __enter__(self) -> Bytes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()


@dataclass(frozen=True)
class Content:
    """The data of a file, unpacked: `stream()` opens a fresh stream each time.

    `is_kept_sheets` marks a workbook's sheets as Flux keeps them (workbooks/kept.py), `is_joined` a text that is made
    of several files of an archive (bundles.py) or of a calendar (_calendars.py).
    """

    stream: Callable[[], Bytes]
    is_workbook: bool
    is_kept_sheets: bool = False
    is_joined: bool = False


def unpack(source: Source, limits: Limits, join: Callable[[list[str]], Content | None] = lambda names: None) -> Content:
    """Return the data in a file: the file itself, or the one file in a gzip or zip archive.

    `join` is given the names of the files in a zip archive, and returns their data if they belong together.
    Raises PermanentError for a damaged archive, an archive of several files or none, and an archive within another.
    """
    with source.stream() as stream:
        start = stream.read(_LONGEST_SIGNATURE)
        size = stream.seek(0, io.SEEK_END)
    # This holds for an archive too, because it unpacks to more.
    refuse_oversize(size, None, limits.text_bytes, limits)
    if start.startswith(_GZIP):
        return _inside(lambda: _open_gzip(source, size, limits), "gzip", limits)
    if start not in _ZIP:
        return Content(lambda: _open_plain(source, limits.text_bytes, limits), is_workbook=False)
    with source.stream() as stream:
        names = [entry.filename for entry in open_archive(stream, limits).infolist()]
    if is_workbook(names):
        return Content(lambda: _open_plain(source, limits.workbook_bytes, limits), is_workbook=True)
    if KEPT_SHEETS in names:
        return Content(lambda: _open_plain(source, limits.workbook_bytes, limits), False, is_kept_sheets=True)
    files = [name for name in names if not _is_litter(name)]
    if (joined := join(files)) is not None:
        return joined
    name = _only_file(files)
    return _inside(lambda: open_zipped(source, name, limits), "zip", limits)


def open_archive(stream: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """Return a zip archive; raise PermanentError if it can't be read or lists too many files."""
    bounded = _Bounded(stream, limits.archive_directory_bytes)
    try:
        archive = zipfile.ZipFile(bounded)
    except DAMAGE as error:
        raise _damaged(str(error)) from error
    bounded.most = None
    return archive


def is_workbook(names: list[str]) -> bool:
    """Return whether an archive of these files is an Excel workbook; raise PermanentError for unsupported workbooks."""
    unsupported = (("xl/workbook.bin", "a binary Excel workbook (.xlsb)"), ("content.xml", "an OpenDocument file"))
    for part, name in unsupported:
        if part in names:
            raise PermanentError(f"The file is {name}; expected .xlsx or CSV. Save it as one of these.")
    return "xl/workbook.xml" in names


def refuse_oversize(size: int, packed: int | None, limit: int, limits: Limits) -> None:
    """Raise PermanentError if data exceed the limit for a file, or unpack to too many times `packed` bytes."""
    if size > limit:
        raise PermanentError(
            f"The file holds more than {limit / 1e6:,.0f} MB; expected less. Split it, by year for instance."
        )
    if packed is not None and size > limits.ratio_from_bytes and size > packed * limits.ratio:
        raise PermanentError(
            f"The file unpacks to more than {limits.ratio} times its {packed:,} bytes, like a zip bomb and unlike any "
            "export. If it is what you expect, unpack it yourself and upload the file in it."
        )


class _Bounded(io.RawIOBase):
    """A stream that refuses a single read beyond `most`: zipfile reads the list of files in one go."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream = stream
        self.most: int | None = most

    def read(self, size: int = -1) -> bytes:
        if self.most is not None and size > self.most:
            raise PermanentError(
                "The archive lists too many files; expected a zip archive of one file. Zip that file alone."
            )
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _inside(opens: Callable[[], Bytes], sort: str, limits: Limits) -> Content:
    with opens() as stream:
        start = stream.read(_LONGEST_SIGNATURE)
        packed_again = start.startswith(_GZIP) or start in _ZIP
        # A workbook is a zip archive too; it is small enough to be looked into, or else refused.
        content = io.BytesIO(start + _read_all(stream, limits)) if start in _ZIP else None
    if content is not None:
        names = [entry.filename for entry in open_archive(content, limits).infolist()]
        if is_workbook(names):
            return Content(opens, is_workbook=True)
    if packed_again:
        raise PermanentError(
            f"The {sort} archive holds another archive; expected a data file in it. Unpack it once and upload that."
        )
    return Content(opens, is_workbook=False)


def _read_all(stream: Bytes, limits: Limits) -> bytes:
    parts, size = [], 0
    while chunk := stream.read(2**20):
        parts.append(chunk)
        size += len(chunk)
        refuse_oversize(size, None, limits.workbook_bytes, limits)
    return b"".join(parts)


def _open_plain(source: Source, limit: int, limits: Limits) -> Bytes:
    opened = ExitStack()
    return Bytes(opened.enter_context(source.stream()), limit, limits, None, opened)


def _open_gzip(source: Source, packed: int, limits: Limits) -> Bytes:
    opened = ExitStack()
    stream = opened.enter_context(source.stream())
    unpacked = opened.enter_context(gzip.GzipFile(fileobj=stream, mode="rb"))
    return Bytes(unpacked, limits.text_bytes, limits, packed, opened)  # type: ignore[arg-type]


def open_zipped(source: Source, name: str, limits: Limits) -> Bytes:
    """Open a file in a zip archive; raise PermanentError if it has a password or is damaged."""
    opened = ExitStack()
    archive = open_archive(opened.enter_context(source.stream()), limits)
    entry = archive.getinfo(name)
    if entry.flag_bits & 1:
        raise PermanentError(f"{listed([name])} in the archive has a password. Zip it without one.")
    try:
        stream = opened.enter_context(archive.open(entry))
    except DAMAGE as error:
        raise _damaged(str(error)) from error
    return Bytes(stream, limits.text_bytes, limits, entry.compress_size, opened)  # type: ignore[arg-type]


def _only_file(files: list[str]) -> str:
    if len(files) == 1:
        return files[0]
    found = f"{len(files):,} files ({listed(files)})" if files else "no file"
    raise PermanentError(
        f"The archive holds {found}; expected one. "
        + ("Upload each as a file of its own." if files else "Zip the export again.")
    )


def _is_litter(name: str) -> bool:
    """Return whether a name is a folder, or a file that operating systems leave in folders."""
    last = name.rsplit("/", 1)[-1]
    return not last or name.startswith("__MACOSX/") or last.startswith("._") or last in (".DS_Store", "Thumbs.db")


def _damaged(why: str) -> PermanentError:
    return PermanentError(
        f"The archive can't be read ({why or 'it is cut off'}); expected a complete gzip or zip archive. Create it "
        "again, or upload the file in it directly."
    )
