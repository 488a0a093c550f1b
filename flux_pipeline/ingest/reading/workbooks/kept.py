"""Sheets of a workbook in the form that Flux keeps: a zip archive with a CSV file for each sheet and a list of them.

Each record is kept as in the sheet, so that rows keep their numbers and cells their line breaks. redaction.py decides
what may be kept; sheets.py reads workbooks as programs save them.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.containers import DAMAGE, KEPT_SHEETS, Content, open_archive, refuse_oversize
from flux_pipeline.ingest.reading.headers import name_columns
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.workbooks.sheets import ENCODING, Sheet, sheet_blocks

# Instead of the time of day: two runs over one file must write the same bytes.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

_PIECE = 2**20


@dataclass(frozen=True)
class SheetToKeep:
    """A sheet: its name, the names of its columns, (row number, cells) for each row below.

    `outer`: as in `OpenTable`.
    """

    name: str
    header: tuple[str, ...]
    records: Iterable[tuple[int, list[str]]]
    outer: tuple[str, ...] = ()


class _Page(io.RawIOBase):
    """The bytes written and not yet taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


def write_kept_sheets(sheets: Iterable[SheetToKeep]) -> Iterator[bytes]:
    """Yield the bytes of the archive: uncompressed, and the same for the same sheets."""
    page, listed = _Page(), []
    with zipfile.ZipFile(page, "w", zipfile.ZIP_STORED) as archive:
        for place, sheet in enumerate(sheets, start=1):
            name = f"{place} {''.join(c if c.isalnum() or c in ' .-' else '_' for c in sheet.name)}.csv"
            with archive.open(zipfile.ZipInfo(name, _LONG_AGO), "w", force_zip64=True) as member:
                for piece in _as_csv(sheet):
                    member.write(piece.encode())
                    yield page.take()
            outer = {"outer": list(sheet.outer)} if sheet.outer else {}
            listed.append({"name": sheet.name, "file": name, **outer})
        archive.writestr(zipfile.ZipInfo(KEPT_SHEETS, _LONG_AGO), json.dumps({"version": 1, "sheets": listed}))
    yield page.take()


def _as_csv(sheet: SheetToKeep) -> Iterator[str]:
    """Yield the text in pieces. The header comes right before the first row; lines above it are empty."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    line = 0
    for number, cells in sheet.records:
        if not line:
            line = number - 1
            page.write("\n" * (line - 1))
            writer.writerow(sheet.header)
        page.write("\n" * (number - line - 1))
        writer.writerow(cells)
        line = number
        if page.tell() > _PIECE:
            yield page.getvalue()
            page.seek(0)
            page.truncate()
    if not line:
        writer.writerow(sheet.header)
    yield page.getvalue()


def read_kept_sheets(content: Content, limits: Limits) -> list[Sheet]:
    """Return the sheets written by `write_kept_sheets`, as for a workbook.

    Raises PermanentError if the archive is damaged or exceeds the limits of a workbook.
    """
    with content.stream() as stream:
        packed = b"".join(iter(lambda: stream.read(_PIECE), b""))
    archive = open_archive(io.BytesIO(packed), limits)
    try:
        listed = json.loads(b"".join(_unpacked(archive, KEPT_SHEETS, len(packed), limits)))["sheets"]
        return [_read(archive, about, len(packed), limits) for about in listed]
    except (*DAMAGE, csv.Error, KeyError, TypeError) as error:
        raise PermanentError(
            f"The kept sheets can't be read ({error}); expected an archive written by Flux. Restore it from a backup, "
            "or upload the workbook again."
        ) from error


def _read(archive: zipfile.ZipFile, about: dict[str, Any], packed: int, limits: Limits) -> Sheet:
    text = b"".join(_unpacked(archive, about["file"], packed, limits)).decode()
    records = csv.reader(io.StringIO(text, newline=""))
    line, head = next(((line, head) for line, head in enumerate(records, start=1) if head), (1, [""]))
    header, written = name_columns(head, line, limits)
    rows = _padded(records, len(header), limits)
    blocks = tuple(sheet_blocks(rows, header, written, line + 1))
    return Sheet(str(about["name"]), False, header, ENCODING, blocks, tuple(about.get("outer", ())))


def _padded(records: Iterator[list[str]], width: int, limits: Limits) -> Iterator[list[str]]:
    for number, cells in enumerate(records, start=1):
        if number * width > limits.workbook_cells:
            raise PermanentError(
                f"A sheet spans more than {limits.workbook_cells:,} cells; expected fewer. Split it, for example by "
                "year."
            )
        yield cells + [""] * (width - len(cells))


def _unpacked(archive: zipfile.ZipFile, name: str, packed: int, limits: Limits) -> Iterator[bytes]:
    size = 0
    with archive.open(name) as stream:
        while chunk := stream.read(_PIECE):
            size += len(chunk)
            refuse_oversize(size, packed, limits.workbook_bytes, limits)
            yield chunk
