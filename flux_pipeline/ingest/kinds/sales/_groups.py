"""Detection of sales files that give the date only in the first line of each day, as in a report with merged cells.

A wrong answer would move sales to another day, so the whole file decides. table/filling.py fills the gaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable

# If fewer lines lack a date, they are slips, and each is rejected on its own.
_FEWEST_BLANK = 0.2
# If this many lines lack it, the file is written that way, whatever its items are.
_SURELY_BLANK = 0.5
_STRAY = 0.01

_DATE, _ITEM = "date", "item"
# Fields of a ticket that may be given once per group in the same way.
_TICKET_FIELDS = ("time", "ticket")
_GROUP = (_DATE, *_TICKET_FIELDS)


@dataclass(frozen=True)
class Groups:
    """`fields` are given once per group and hold for all its lines; `notes` report it."""

    fields: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


class GroupScan:
    """Counts of lines with and without a date, gathered block by block."""

    def __init__(self) -> None:
        self._rows = self._blank = self._named = self._repeats = self._same_item = self._headless = 0
        self._first = 0
        self._filled_without_date = dict.fromkeys(_TICKET_FIELDS, 0)
        self._last: tuple[str, ...] | None = None
        self._last_line = 0

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
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
        for name in _TICKET_FIELDS:
            self._filled_without_date[name] += int((~table.texts(name).blank[rows] & blank).sum())
        if blank.any() and not self._first:
            self._first = int(table.line_numbers[rows[blank]][0])

    @staticmethod
    def _group_of(table: MappedTable, row: int) -> tuple[str, ...]:
        return tuple(_text(table, name, row) for name in _GROUP)

    def found(self) -> Groups:
        """Return the fields that are given once per group.

        They are if many lines lack a date but name their items, every group begins with a date, and no date repeats the
        one before.
        """
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
        fields = frozenset({_DATE, *(name for name, count in self._filled_without_date.items() if not count)})
        lines = "1 line has" if self._blank == 1 else f"{self._blank:,} lines have"
        note = f"{lines} no date (the first is line {self._first}) and take the date above, as with merged cells."
        return Groups(fields, (note,))


def _text(table: MappedTable, field: str, row: int) -> str:
    texts = table.texts(field)
    return str(texts.distinct[texts.codes[row]])
