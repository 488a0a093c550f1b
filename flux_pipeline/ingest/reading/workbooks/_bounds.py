"""Safety check of a workbook before it is loaded whole: its unpacked size, and the rectangle that each sheet spans.

The workbook reader allocates memory for the last row and column, and ends the process if there is not enough. sheets.py
reads the cells.
"""

from __future__ import annotations

import copy
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from itertools import chain
from operator import itemgetter

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.containers import DAMAGE, open_archive, refuse_oversize
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.wording import listed

_CHUNK = 2**20

# The usual form of cells and rows: ten times as fast to find, because it begins with fixed letters.
_CELL = re.compile(rb'<c r="([A-Za-z]+)([0-9]+)"')
_ROW = re.compile(rb'<row r="([0-9]+)"')

# The place of a cell (r="B7") or a row (r="7"), however it is spaced and quoted.
_PLACE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]*)([0-9]+)[\"']")

# Cells may leave out their place and then follow the cell before; a new row starts again at the first column.
_UNPLACED = re.compile(rb"(</(?:\w+:)?row\b)|<(?:\w+:)?c(?![\w:.-])(?![^>]*\sr\s*=)")
_UNPLACED_ROW = re.compile(rb"<(?:\w+:)?row(?![\w:.-])(?![^>]*\sr\s*=)")


def check_workbook(content: bytes, limits: Limits) -> None:
    """Raise PermanentError for a workbook that is damaged, unpacks to more than the limit or spans too many cells."""
    archive = open_archive(io.BytesIO(content), limits)
    total = 0
    for entry in archive.infolist():
        bounds = _Bounds()
        # The last tag is examined only when another one begins.
        for chunk in chain(_unpacked(archive, entry), [b"<"]):
            total += len(chunk)
            refuse_oversize(total, len(content), limits.workbook_bytes, limits)
            if entry.filename.endswith((".xml", ".rels")):
                bounds.take(chunk, entry.filename)
                _refuse_span(bounds, limits)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    # The size given in the archive for an entry can't be trusted, so it is read to the end instead.
    unsized = copy.copy(entry)
    unsized.file_size = sys.maxsize
    try:
        with archive.open(unsized) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except DAMAGE as error:
        raise PermanentError(
            f"The workbook can't be read ({listed([entry.filename])}: {error}); expected a complete .xlsx file without "
            "a password. Save it again, or save the sheet as CSV."
        ) from error


class _Bounds:
    """An upper bound on the last row and column in a sheet's XML."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._letters: set[bytes] = set()
        self._placed_rows = self._placed_columns = 0
        self._unplaced_rows = self._in_row = self._unplaced_columns = 0
        self._carried = b""

    def take(self, chunk: bytes, name: str) -> None:
        """Look at the next part of the XML."""
        if not self._carried and b"\0" in chunk[:200]:
            raise PermanentError(
                f"The workbook's {listed([name])} is in UTF-16; expected UTF-8. Save the workbook again, or as CSV."
            )
        # A tag that has not ended is kept for the next chunk.
        text, mark, rest = (self._carried + chunk).rpartition(b"<")
        self._carried = mark + rest or b" "
        if len(self._carried) > 2 * _CHUNK:
            raise PermanentError(
                f"The workbook's {listed([name])} holds a tag or a text of more than {2 * _CHUNK:,} bytes; expected "
                "shorter ones. Save the workbook again, or as CSV."
            )
        cells, rows = _CELL.findall(text), _ROW.findall(text)
        if (
            len(cells) == text.count(b"<c")
            and len(rows) == text.count(b"<row")
            and not (b":c" in text or b":row" in text)
        ):
            places = [*cells, *((b"", row) for row in rows)]
            self._in_row = 0 if b"</row" in text else self._in_row
        else:
            places = _PLACE.findall(text)
            self._take_unplaced(text)
        self._take_places(places)
        self.rows = self._placed_rows + self._unplaced_rows
        self.columns = self._placed_columns + self._unplaced_columns

    def _take_places(self, places: list[tuple[bytes, bytes]]) -> None:
        for letters in {*map(itemgetter(0), places)} - self._letters:
            self._letters.add(letters)
            self._placed_columns = max(self._placed_columns, _number(letters))
        self._placed_rows = max([self._placed_rows, *(int(digits[:12]) for digits in {*map(itemgetter(1), places)})])

    def _take_unplaced(self, text: bytes) -> None:
        self._unplaced_rows += sum(1 for _ in _UNPLACED_ROW.finditer(text))
        for end_of_row in _UNPLACED.findall(text):
            self._in_row = 0 if end_of_row else self._in_row + 1
            self._unplaced_columns = max(self._unplaced_columns, self._in_row)


def _refuse_span(bounds: _Bounds, limits: Limits) -> None:
    if bounds.rows * bounds.columns > limits.workbook_cells:
        raise PermanentError(
            f"A sheet of the workbook spans {bounds.rows:,} rows and {bounds.columns:,} columns; expected at most "
            f"{limits.workbook_cells:,} cells, including empty ones. Delete cells far outside the table, or save the "
            "sheet as CSV."
        )


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:8]:
        number = number * 26 + letter - 64
    return number
