"""Sheets of an Excel workbook as tables of texts, read by python-calamine. Links to other files are not followed.

Cells with days and numbers are written as text here; the meaning of the text is found as for any other file.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.containers import Content
from flux_pipeline.ingest.reading.headers import SAMPLE_RECORDS, CountKnown, find_header, name_columns
from flux_pipeline.ingest.reading.layouts.facts import find_facts, join_facts
from flux_pipeline.ingest.reading.layouts.nested import find_nested, join_upper_rows
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.tables import make_table
from flux_pipeline.ingest.reading.workbooks._bounds import check_workbook
from flux_pipeline.ingest.table.table import Table

ENCODING = "workbook"

_BLOCK_ROWS = 100_000


@dataclass(frozen=True)
class Sheet:
    """A sheet with any text: its name, its header, and its rows; `outer` and `notes` are those of `OpenTable`."""

    name: str
    hidden: bool
    header: tuple[str, ...]
    encoding: str
    blocks: tuple[Table, ...]
    outer: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_sheets(content: Content, count_known: CountKnown, limits: Limits, *, facts_above: bool = False) -> list[Sheet]:
    """Return every sheet with any text, in the order of the workbook; cells with an error (`#REF!`) read as empty.

    With `facts_above`, a table of facts may be above the header of each.

    Raises PermanentError for a workbook that is damaged or too large, and for one without text.
    """
    with content.stream() as stream:
        packed = stream.read(limits.workbook_bytes + 1)
    check_workbook(packed, limits)
    sheets = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(packed)) as workbook:
            for number, about in enumerate(workbook.sheets_metadata):
                if about.typ is not SheetTypeEnum.WorkSheet:
                    continue
                hidden = about.visible is not SheetVisibleEnum.Visible
                found = workbook.get_sheet_by_index(number)
                sheet = _read_sheet(found, hidden, count_known, limits, facts_above=facts_above)
                if sheet is not None:
                    sheets.append(sheet)
    except CalamineError as error:
        raise _unreadable(error) from error
    except BaseException as error:
        # Panics of the library derive from BaseException, so that they are not caught by accident.
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable(error) from error
    if not sheets:
        raise PermanentError("The workbook is empty; expected a sheet with a header and one row for each record.")
    return sheets


def _unreadable(error: BaseException) -> PermanentError:
    return PermanentError(
        f"The workbook can't be read ({error}); expected an .xlsx file as Excel writes it, without a password. Save it "
        "again, or save the sheet as CSV."
    )


def _read_sheet(
    sheet: CalamineSheet, hidden: bool, count_known: CountKnown, limits: Limits, *, facts_above: bool
) -> Sheet | None:
    rows = ([cell if type(cell) is str else _as_text(cell) for cell in row] for row in sheet.iter_rows())
    # calamine also returns the rows above the first cell, so that positions are the sheet's own row numbers.
    above = 0
    while (first := list(islice(rows, SAMPLE_RECORDS))) and not any(any(map(str.strip, row)) for row in first):
        above += len(first)
    # A header is looked for below the first text, wherever that is.
    blank = next((place for place, row in enumerate(first) if any(map(str.strip, row))), 0)
    above, first = above + blank, first[blank:]
    if nested := find_nested(first, count_known):
        line = above + nested.place + 1
        names = tuple(f"column {place}" for place in range(1, nested.width + 1))
        below = _chain(first[nested.place + 1 :], rows)
        in_turn = tuple(join_upper_rows(sheet_blocks(below, names, nested.upper, line + 1), nested))
        return Sheet(sheet.name, hidden, nested.header, ENCODING, in_turn, nested.outer, (nested.note,))
    facts = find_facts(first, count_known) if facts_above else None
    place = facts.place if facts else find_header(first, count_known)[0]
    if place < 0:
        return None
    line = above + place + 1
    header, written = name_columns(first[place], line, limits)
    blocks = sheet_blocks(_chain(first[place + 1 :], rows), header, written, line + 1)
    if facts:
        names, outer = facts.names_in(header), facts.outer_in(header)
        joined = tuple(join_facts(blocks, facts, count_known))
        return Sheet(sheet.name, hidden, names, ENCODING, joined, outer, facts.notes)
    return Sheet(sheet.name, hidden, header, ENCODING, tuple(blocks))


def _chain(first: list[list[str]], rows: Iterator[list[str]]) -> Iterator[list[str]]:
    yield from first
    yield from rows


def sheet_blocks(
    rows: Iterator[list[str]], header: tuple[str, ...], written: tuple[str, ...], line: int
) -> Iterator[Table]:
    """Yield the rows of a sheet, the first of them on `line`, in blocks; at least one. Rows have a cell per column."""
    width, empty = len(header), True
    while (block := list(islice(rows, _BLOCK_ROWS))) or empty:
        beyond = {row: tuple(cells[width:]) for row, cells in enumerate(block) if any(map(str.strip, cells[width:]))}
        columns = [_objects([cells[place] for cells in block]) for place in range(width)]
        yield make_table(
            header, written, columns, np.arange(line, line + len(block), dtype=np.int64), ENCODING, "", beyond
        )
        line, empty = line + len(block), False


def _objects(values: Sequence[str]) -> np.ndarray:
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


def _as_text(cell: object) -> str:
    """Return a cell as text: `2`, `2.5`, `true`, `2024-03-01`, `2024-03-01 18:30:00`, `18:30:00`."""
    write = _WRITERS.get(type(cell))
    return write(cell) if write else str(cell)


def _write_float(cell: float) -> str:
    # Excel stores fifteen digits; a larger whole number would show digits that it never had.
    return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)


def _write_duration(cell: dt.timedelta) -> str:
    seconds = round(cell.total_seconds())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _write_time(cell: dt.time) -> str:
    if not cell.microsecond:
        return cell.isoformat()
    return _to_second(dt.datetime.combine(dt.date(1900, 1, 1), cell)).time().isoformat()


def _to_second(moment: dt.datetime) -> dt.datetime:
    # Excel stores fractions of a day: 12:30 may read as 12:29:59.999999.
    if not moment.microsecond:
        return moment
    try:
        return (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
    except OverflowError:
        return moment.replace(microsecond=0)


_WRITERS: dict[type, Callable[[Any], str]] = {
    float: _write_float,
    bool: lambda cell: "true" if cell else "false",
    dt.datetime: lambda cell: _to_second(cell).isoformat(sep=" "),
    dt.time: _write_time,
    dt.timedelta: _write_duration,
}
