"""Whether the date of a sales file stands in the first line of its day only, as in a report with merged cells.

A wrong answer would move sales to another day, so it is told by the whole file; columns/filling.py does what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable

# Fewer lines without a date are slips, each to be rejected by itself.
_FEWEST_BLANK = 0.2
# Where as many lack it, it is the custom of the file, whatever stands in them.
_SURELY_BLANK = 0.5
_STRAY = 0.01

_DATE, _ITEM = "date", "item"
# What belongs to a ticket and may stand once in the same way.
_BESIDE = ("time", "ticket")
_GROUP = (_DATE, *_BESIDE)


@dataclass(frozen=True)
class Groups:
    """`fields` stand once a group and hold for all of it; `notes` say so."""

    fields: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


class GroupWatch:
    """Gathers it block by block."""

    def __init__(self) -> None:
        self._rows = self._blank = self._named = self._repeats = self._same_item = self._headless = 0
        self._first = 0
        self._beside = dict.fromkeys(_BESIDE, 0)
        self._last: tuple[str, ...] | None = None
        self._last_line = 0

    def add(self, table: MappedTable) -> None:
        """One more block."""
        rows = np.flatnonzero(is_data(table))
        if not table.has(_DATE) or not len(rows):
            return
        if int(table.line_numbers[0]) <= self._last_line:
            self._last = None  # another sheet
        self._last_line = int(table.line_numbers[-1])
        dates, items = table.texts(_DATE), table.texts(_ITEM)
        blank = dates.blank[rows]
        self._rows += len(rows)
        self._blank += int(blank.sum())
        self._named += int((~items.blank[rows] & blank).sum())
        if self._last is None:
            self._headless += int(blank[0])
        else:
            self._repeats += int(not blank[0] and self._group_of(table, rows[0]) == self._last[:-1])
            self._same_item += int(blank[0] and _text(table, _ITEM, rows[0]) == self._last[-1])
        self._last = (*self._group_of(table, rows[-1]), _text(table, _ITEM, rows[-1]))
        item_codes = items.codes[rows]
        both_filled = ~blank[1:] & ~blank[:-1]
        same = np.ones(len(rows) - 1, dtype=bool)
        for name in _GROUP:
            codes = table.texts(name).codes[rows]
            same &= codes[1:] == codes[:-1]
        self._repeats += int((both_filled & same).sum())
        self._same_item += int((blank[1:] & (item_codes[1:] == item_codes[:-1])).sum())
        for name in _BESIDE:
            self._beside[name] += int((~table.texts(name).blank[rows] & blank).sum())
        if blank.any() and not self._first:
            self._first = int(table.line_numbers[rows[blank]][0])

    @staticmethod
    def _group_of(table: MappedTable, row: int) -> tuple[str, ...]:
        return tuple(_text(table, name, row) for name in _GROUP)

    def found(self) -> Groups:
        """Which fields stand once a group: the lines without a date are many and name their items, every group begins
        with a date, and none repeats the one before."""
        filled = self._rows - self._blank
        are_groups = (
            self._blank >= _FEWEST_BLANK * self._rows
            and self._blank > 0 < filled
            and not self._headless
            and self._named >= (1 - _STRAY) * self._blank
            and self._repeats <= _STRAY * filled
            and (self._same_item <= _STRAY * self._blank or self._blank >= _SURELY_BLANK * self._rows)
        )
        if not are_groups:
            return Groups()
        fields = frozenset({_DATE, *(name for name, count in self._beside.items() if not count)})
        lines = "1 line has" if self._blank == 1 else f"{self._blank:,} lines have"
        note = f"{lines} no date (the first is line {self._first}) and, as in merged cells, belong to the date above."
        return Groups(fields, (note,))


def _text(table: MappedTable, field: str, row: int) -> str:
    texts = table.texts(field)
    return str(texts.distinct[texts.codes[row]])
