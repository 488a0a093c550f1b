"""Filling of columns that have a text only in the first line of a group, as in a sheet with merged cells.

The module of a kind finds out whether a file is written in this way; here the gaps are filled, block by block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts


@dataclass(frozen=True)
class Filling:
    """The fields whose gaps are filled: `down` from any line above, `by_order` from lines above of the same order."""

    down: frozenset[str] = frozenset()
    by_order: frozenset[str] = frozenset()

    def __contains__(self, field: str) -> bool:
        return field in self.down or field in self.by_order


@dataclass(frozen=True)
class OrderAbove:
    """The order of the last line above: its ticket and its day, "" if it has none."""

    ticket: str
    day: str


def is_data(table: MappedTable) -> np.ndarray:
    """Return the rows that are records and not overlong: (n,) bool."""
    data: np.ndarray = ~(table.table.left_out | table.table.overlong)
    return data


def find_order_starts(table: MappedTable, above: OrderAbove | None) -> tuple[np.ndarray, OrderAbove | None]:
    """Return the rows with which an order begins, (n,) bool, and the order of the last row.

    An order begins where the ticket or the day changes; a line without either belongs to the order above. A line with
    a day and no ticket is an order of its own.
    """
    rows = np.flatnonzero(is_data(table))
    starts = np.zeros(table.row_count, dtype=bool)
    if not len(rows):
        return starts, above
    ticket, day = table.texts("ticket"), table.texts("date").map(_day_of)
    carried = [
        _carried(texts, rows, before)
        for texts, before in ((ticket, above.ticket if above else ""), (day, above.day if above else ""))
    ]
    starts[rows] = ticket.blank[rows] & ~day.blank[rows]
    for codes, _ in carried:
        starts[rows] |= codes[1:] != codes[:-1]
    if above is None:
        starts[rows[0]] = True
    return starts, OrderAbove(*(last for _, last in carried))


def fill_down(tables: Iterable[MappedTable], fields: Filling) -> Iterator[MappedTable]:
    """Yield the blocks of one table, with the empty cells of these fields filled from the last filled cell above."""
    last = dict.fromkeys(fields.down | fields.by_order, "")
    above: OrderAbove | None = None
    for table in tables:
        if not last:
            yield table
            continue
        data, filled = is_data(table), {}
        starts = np.zeros(table.row_count, dtype=bool)
        if fields.by_order:
            starts, above = find_order_starts(table, above)
        for name in last:
            begins = starts if name in fields.by_order else np.zeros(table.row_count, dtype=bool)
            filled[name], last[name] = _filled(table.texts(name), data, begins, last[name])
        yield replace(table, filled=filled)


def _day_of(text: str) -> str:
    """Return the day of a cell with day and time, such as `2024-03-01T12:00`; exact enough to see where it changes."""
    hour = text.find(":")
    return text[: max(text.rfind(" ", 0, hour), text.rfind("T", 0, hour), 0)] if hour > 0 else text


def _carried(texts: Texts, rows: np.ndarray, before: str) -> tuple[np.ndarray, str]:
    """Return the code of the text at or above each of the rows, beginning with that of `before`, and the last text."""
    distinct = [*texts.distinct, before]
    # The text before the block may be one of the block's.
    first = distinct.index(before)
    filled = np.concatenate([[True], ~texts.blank[rows]])
    codes = np.concatenate([[first], texts.codes[rows]])
    codes = codes[np.maximum.accumulate(np.where(filled, np.arange(len(codes)), 0))]
    return codes, str(distinct[codes[-1]])


def _filled(texts: Texts, data: np.ndarray, starts: np.ndarray, before: str) -> tuple[Texts, str]:
    """Return the column with its gaps among `data` filled, and its last text; it begins with the text `before`.

    At `starts` an order begins, which takes nothing from the rows above.
    """
    distinct = np.concatenate([texts.distinct, np.array([before, ""], dtype=object)])
    # The row of the last filled cell at or above each row, or of the start of its order; -1 is the text from the block
    # before.
    source = np.where((data & ~texts.blank) | starts, np.arange(len(texts)), -1)
    source = np.maximum.accumulate(source) if len(source) else source
    own = np.where(texts.blank, len(texts.distinct) + 1, texts.codes)
    codes = np.append(own, len(texts.distinct))[source]
    last = str(distinct[codes[-1]]) if len(codes) else before
    return Texts(distinct, np.where(data & texts.blank, codes, texts.codes)), last
