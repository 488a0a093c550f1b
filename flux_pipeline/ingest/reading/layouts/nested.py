"""Tables whose rows hold for the rows below them: each ticket on a row, then the header of its items, then the items.

Such a file has an upper header once, or above each ticket, and a lower header that repeats below each row of the upper
table. Read as one table, each lower row also has the cells of the upper row that it belongs to; upper rows are marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from flux_pipeline.ingest.reading.headers import CountKnown, unique_names
from flux_pipeline.ingest.table.table import Column, Table
from flux_pipeline.ingest.table.texts import Texts

# One name that a header knows may be in any title.
_FEWEST_KNOWN = 2
_FEWEST_NAMES = 2
_LONGEST_NAME = 60
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True)
class Nested:
    """The layout of such a file.

    `upper` and `lower` are the cells of the two headers, equally many; `place` is the number of the upper one among the
    first records.
    """

    place: int
    upper: tuple[str, ...]
    lower: tuple[str, ...]

    @property
    def width(self) -> int:
        """The number of columns in the file."""
        return len(self.upper)

    @property
    def leading(self) -> tuple[int, ...]:
        """The columns that only the upper table has."""
        return tuple(
            place for place, (name, other) in enumerate(zip(self.upper, self.lower, strict=True)) if name and not other
        )

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns as one table: first the lower ones."""
        return unique_names([*filter(None, self.lower), *filter(None, self.upper)])

    @property
    def outer(self) -> tuple[str, ...]:
        """Those of `header` that a row takes from the upper row."""
        return self.header[sum(map(bool, self.lower)) :]

    @property
    def note(self) -> str:
        """A sentence on the layout."""
        lower, upper = ([f"'{name}'" for name in names if name] for names in (self.lower, self.upper))
        return (
            f"Two tables take turns: each row below the header {', '.join(lower[:3])} ... is read with the row above "
            f"that header ({', '.join(upper[:3])} ...)."
        )


def find_nested(records: Sequence[Sequence[str]], count_known: CountKnown) -> Nested | None:
    """Return the layout if the first records of a file are two tables that take turns, else None."""
    cells = [_trimmed(record) for record in records]
    filled = [place for place, record in enumerate(cells) if record]
    for lower in dict.fromkeys(cells[place] for place in filled if _may_be_header(cells[place])):
        if count_known([name for name in lower if name]) < _FEWEST_KNOWN:
            continue
        found = _layout(cells, filled, lower, count_known)
        if found:
            return found
    return None


def _layout(
    cells: Sequence[tuple[str, ...]], filled: Sequence[int], lower: tuple[str, ...], count_known: CountKnown
) -> Nested | None:
    at = [number for number, place in enumerate(filled) if cells[place] == lower]
    if at[0] < _FEWEST_NAMES:
        return None
    upper = cells[filled[at[0] - 2]]
    known = count_known([name for name in upper if name])
    if upper == lower or not _may_be_header(upper) or not known:
        return None
    width = max(len(upper), len(lower))
    found = Nested(filled[at[0] - 2], _padded(upper, width), _padded(lower, width))
    above = [cells[filled[number - 1]] for number in at]
    headers = {upper, lower}
    below = [
        cells[place]
        for number, place in enumerate(filled[at[0] + 1 :], start=at[0] + 1)
        if cells[place] not in headers and number + 1 not in at
    ]
    if not below or headers & {*above} or any(len(row) > width for row in above):
        return None
    if found.leading and (len(at) > 1 or 0 in found.leading):
        rows_fit = all(any(_cell(row, place) for place in found.leading) for row in above)
        # A last row, the totals of the file, is an upper row too.
        lower_rows = [row for row in below if not any(_cell(row, place) for place in found.leading)]
        return found if rows_fit and 2 * len(lower_rows) >= len(below) else None
    # Without empty columns only the place of a row shows its table, so the rows must differ in what they hold.
    differ = len(at) > 1 and not {_shape(row) for row in above} & {_shape(row) for row in below}
    return found if differ and known >= _FEWEST_KNOWN else None


def join_upper_rows(blocks: Iterable[Table], nested: Nested) -> Iterator[Table]:
    """Yield the blocks as one table; each has the columns of `nested.header`.

    The rows of the upper table are marked as headings, those that repeat either header as repeated headers.
    """
    last = ("",) * nested.width
    before: Table | None = None
    for table in chain(blocks, [None]):
        if before is not None:
            joined, last = _joined(before, nested, last, _begins_with_lower(table, nested))
            yield joined
        before = table


def _joined(table: Table, nested: Nested, last: tuple[str, ...], followed: bool) -> tuple[Table, tuple[str, ...]]:
    """Return a block as one table, and the cells of its last upper row; `followed` by a lower header below it."""
    is_lower_header = _repeats(table, nested.lower)
    data = ~(table.blank | is_lower_header | table.repeated_header)
    if nested.leading:
        is_upper = data & np.any([~table.columns[place].texts.blank for place in nested.leading], axis=0)
    else:
        is_upper = data & _above(data, is_lower_header, followed)
    rows = len(table.line_numbers)
    source = np.maximum.accumulate(np.where(is_upper, np.arange(rows), -1)) if rows else np.zeros(0, dtype=int)
    is_lower = data & ~is_upper
    columns, stray = [], np.zeros(rows, dtype=bool)
    for place, name in enumerate(nested.lower):
        if name:
            columns.append(_where(is_lower, table.columns[place]))
        else:
            stray |= is_lower & ~table.columns[place].texts.blank
    for place, name in enumerate(nested.upper):
        if name:
            columns.append(_from_above(table.columns[place], source, data, last[place]))
    uppers = np.flatnonzero(is_upper)
    if len(uppers):
        last = tuple(str(column.read[column.texts.codes[uppers[-1]]]) for column in table.columns)
    joined = replace(
        table,
        header=nested.header,
        columns=tuple(columns),
        overlong=table.overlong | stray,
        repeated_header=table.repeated_header | is_lower_header,
        heading=is_upper & ~table.totals,
        beyond={row: table.beyond.get(row, ("",)) for row in np.flatnonzero(table.overlong | stray).tolist()},
    )
    return joined, last


def _above(data: np.ndarray, is_lower_header: np.ndarray, followed: bool) -> np.ndarray:
    """Return the rows whose next row with a text is a lower header: (n,) bool."""
    above = np.zeros(len(data), dtype=bool)
    is_next = followed
    for row in range(len(data) - 1, -1, -1):
        if is_lower_header[row]:
            is_next = True
        elif data[row]:
            above[row], is_next = is_next, False
    return above


def _begins_with_lower(table: Table | None, nested: Nested) -> bool:
    if table is None:
        return False
    filled = np.flatnonzero(~(table.blank | table.repeated_header))
    return bool(len(filled)) and bool(_repeats(table, nested.lower)[filled[0]])


def _repeats(table: Table, names: Sequence[str]) -> np.ndarray:
    repeats: np.ndarray = ~table.blank & ~table.overlong
    for column, name in zip(table.columns, names, strict=True):
        repeats &= column.texts.spread(column.texts.distinct == name)
    return repeats


def _where(rows: np.ndarray, column: Column) -> Column:
    """Return the column with only these rows filled."""
    read = np.append(column.read, "")
    return _column(read, np.where(rows, column.texts.codes, len(column.read)), column)


def _from_above(column: Column, source: np.ndarray, rows: np.ndarray, before: str) -> Column:
    """Return the column with the cell of the row `source` (n,) in each of these rows; -1 is the text `before`."""
    read = np.append(column.read, ["", before])
    codes = np.append(column.texts.codes, len(read) - 1)[source]
    return _column(read, np.where(rows, codes, len(read) - 2), column)


def _column(read: np.ndarray, codes: np.ndarray, column: Column) -> Column:
    added = Column.of(read[len(column.read) :]).texts
    return Column(read, Texts(np.append(column.texts.distinct, added.rows), codes))


def _may_be_header(cells: Sequence[str]) -> bool:
    names = [cell for cell in cells if cell]
    return (
        len(names) >= _FEWEST_NAMES
        and len(set(names)) == len(names)
        and all(len(name) <= _LONGEST_NAME and _LETTER.search(name) and not _DIGIT.match(name) for name in names)
    )


def _shape(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        "" if not cell else "number" if _DIGIT.search(cell) and not _LETTER.search(cell) else "text" for cell in cells
    )


def _trimmed(record: Sequence[str]) -> tuple[str, ...]:
    cells = [cell.strip() for cell in record]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""
