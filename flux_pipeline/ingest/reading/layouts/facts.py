"""Tables with a small table of facts above them: where and in which time zone the rows below were measured.

A service for weather writes the coordinates of each place first, then, below a blank line, the rows, and perhaps
another table with other columns. Read as one table, each row also has the facts of its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.dates.halves import split_moment
from flux_pipeline.ingest.cells.dates.parts import read_day
from flux_pipeline.ingest.reading.headers import CountKnown, unique_names
from flux_pipeline.ingest.table.table import Column, Table
from flux_pipeline.wording import count_of

_FEWEST_NAMES = 2
_NAME = re.compile(r"[^\W\d].*[^\W\d_].*|[^\W\d_]", re.DOTALL)


@dataclass(frozen=True)
class Facts:
    """The layout of such a file.

    `place` is the number of the header below the facts among the first records, `header` its cells. `names` are the
    columns of the facts, `rows` their cells by the text of the column `key` of both tables, or by "" if one row holds
    for all. `left_out` is the number of rows between the facts and the header, which are of another table.
    """

    place: int
    header: tuple[str, ...]
    names: tuple[str, ...]
    key: str | None
    rows: Mapping[str, tuple[str, ...]]
    left_out: int

    def names_in(self, header: Sequence[str]) -> tuple[str, ...]:
        """Return the names of all columns, if those of the rows are `header`, each once."""
        return unique_names([*header, *(name for name in self.names if name != self.key)])

    def outer_in(self, header: Sequence[str]) -> tuple[str, ...]:
        """Return those of `names_in` that are facts."""
        return self.names_in(header)[len(header) :]

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence on rows that were left out."""
        if not self.left_out:
            return ()
        return (
            f"{count_of(self.left_out, 'row')} between the facts above the table and its header left out: they are "
            "another table. If it is needed, send it as a file of its own.",
        )


def find_facts(records: Sequence[Sequence[str]], count_known: CountKnown) -> Facts | None:
    """Return the layout if the first records of a file are facts with a table below them, else None.

    Of several tables below, it is the one with the most known names, and of equal ones the last. Raises PermanentError
    if there are facts a second time, as in exports that were joined.
    """
    cells = [_trimmed(record) for record in records]
    headers = [place for place, record in enumerate(cells) if _is_header(record, count_known)]
    if len(headers) < _FEWEST_NAMES:
        return None
    first, *tables = headers
    names, facts = cells[first], [record for record in cells[first + 1 : tables[0]] if record]
    best = max(tables, key=lambda place: (count_known(cells[place]), place))
    main = cells[best]
    key = names[0] if names[0] in main else None
    gained = [name for name in names if name not in main and count_known([name])]
    if not facts or not gained or any(_is_day(cell) for record in facts for cell in record):
        return None
    if names in (cells[place] for place in tables):
        raise _twice(names)
    rows = {(record[0] if key else ""): _padded(record, len(names)) for record in facts}
    if len(rows) != len(facts):
        return None
    between = sum(bool(record) for record in cells[tables[0] : best]) - sum(first < place < best for place in tables)
    return Facts(best, main, names, key, rows, between)


def join_facts(blocks: Iterable[Table], facts: Facts, count_known: CountKnown) -> Iterator[Table]:
    """Yield the blocks with the facts as further columns of each row; rows of another table are marked.

    Raises PermanentError if the facts are given a second time: the rows below would be of another place.
    """
    within = False
    for table in blocks:
        other = np.zeros(len(table.line_numbers), dtype=bool)
        turns = _find_headers(table, count_known) | dict.fromkeys(np.flatnonzero(table.repeated_header).tolist(), ())
        start = 0
        for row in sorted(turns):
            other[start:row] = within
            if turns[row] == facts.names:
                raise _twice(facts.names)
            within, start = bool(turns[row]), row
        other[start:] = within
        yield replace(
            table,
            header=facts.names_in(table.header),
            columns=(*table.columns, *_columns(table, facts)),
            other=other & ~table.blank & ~table.repeated_header,
        )


def _twice(names: Sequence[str]) -> PermanentError:
    return PermanentError(
        f"The file has facts about its rows twice ({', '.join(names[:3])} ...); expected one export. Upload each as a "
        "file of its own."
    )


def _columns(table: Table, facts: Facts) -> list[Column]:
    rows = np.full(len(table.line_numbers), "", dtype=object)
    if facts.key is not None:
        rows = table.texts(facts.key).rows
    columns = []
    for place, name in enumerate(facts.names):
        if name != facts.key:
            cells = np.empty(len(rows), dtype=object)
            cells[:] = [facts.rows[key][place] if key in facts.rows else "" for key in rows]
            columns.append(Column.of(np.where(table.blank | table.repeated_header, "", cells)))
    return columns


def _find_headers(table: Table, count_known: CountKnown) -> dict[int, tuple[str, ...]]:
    """Return the rows that are the header of another table, each with its cells."""
    may_be = ~(table.blank | table.repeated_header)
    for column in table.columns:
        names = np.array([not text or _may_name(text) for text in column.texts.distinct], dtype=bool)
        may_be &= column.texts.spread(names)
        if not may_be.any():
            return {}
    found = {}
    for row in np.flatnonzero(may_be).tolist():
        cells = [str(column.texts.distinct[column.texts.codes[row]]) for column in table.columns]
        record = _trimmed([*cells, *table.beyond.get(row, ())])
        if _is_header(record, count_known):
            found[row] = record
    return found


def _is_header(cells: Sequence[str], count_known: CountKnown) -> bool:
    return len(cells) >= _FEWEST_NAMES and all(map(_may_name, cells)) and count_known(cells) > 0


def _may_name(text: str) -> bool:
    return _NAME.match(text) is not None


def _is_day(text: str) -> bool:
    day, _ = split_moment(text)
    return read_day(day) is not None and not re.fullmatch(r"[-+]?[0-9.]+", text)


def _trimmed(record: Sequence[str]) -> tuple[str, ...]:
    cells = [cell.strip() for cell in record]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))[:width]
