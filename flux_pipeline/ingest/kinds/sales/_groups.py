"""Detection of sales files that give a day or an order once for several lines, as in a report with merged cells.

A wrong answer would move sales to another day, or spread one line's refund to others, so the whole file decides.
table/filling.py fills the gaps.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from flux_pipeline.ingest.table.filling import Filling, OrderAbove, find_order_starts, is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import listed

# If fewer lines lack a date, they are slips, and each is rejected on its own.
_FEWEST_BLANK = 0.2
# If this many lines lack it, the file is written that way, whatever its items are.
_SURELY_BLANK = 0.5
_STRAY = 0.01

_DATE, _ITEM, _TICKET = "date", "item", "ticket"
# Fields of a ticket that may be given once per group in the same way.
_TICKET_FIELDS = ("time", _TICKET)
_GROUP = (_DATE, *_TICKET_FIELDS)

# Fields of an order, which may be given on its first line only.
_ORDER_FIELDS = (_DATE, "time", "channel", "covers", "event", "void", "refund", "location")
# This share of the orders must give a field on their first line; where fewer do, an empty cell says something.
_GIVEN = 0.95
_FEWEST_ORDERS = 2
# And this share of the other lines must leave it out; where fewer do, the gaps are slips.
_LEFT_OUT = 0.8


@dataclass(frozen=True)
class Groups:
    """`fields` are given once per group and hold for all its lines; `notes` report it."""

    fields: Filling = field(default_factory=Filling)
    notes: tuple[str, ...] = ()


class OrderScan:
    """Counts, by field, of the orders that give it on their first line and of the other lines that don't repeat it."""

    def __init__(self) -> None:
        self._orders = self._others = self._tickets_left_out = 0
        self._given: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._differs: Counter[str] = Counter()
        self._declared: frozenset[str] = frozenset()
        self._headers: dict[str, str] = {}
        self._above: OrderAbove | None = None
        self._last_line = 0

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        fields = [name for name in _ORDER_FIELDS if name in table.headers]
        if _TICKET not in table.headers or not fields or not table.row_count:
            return
        if int(table.line_numbers[0]) <= self._last_line:
            self._above = None  # another sheet
        self._last_line = int(table.line_numbers[-1])
        starts, self._above = find_order_starts(table, self._above)
        others = is_data(table) & ~starts
        self._orders += int(starts.sum())
        self._others += int(others.sum())
        self._tickets_left_out += int((others & table.texts(_TICKET).blank).sum())
        self._declared |= table.layout.once_per_order
        # Lines of an order that began in the block before are compared with nothing.
        first = np.maximum.accumulate(np.where(starts, np.arange(len(starts)), -1))
        for name in fields:
            texts = table.texts(name)
            self._headers[name] = table.headers[name]
            self._given[name] += int((starts & ~texts.blank).sum())
            self._left_out[name] += int((others & texts.blank).sum())
            differs = others & ~texts.blank & (first >= 0) & (texts.codes != texts.codes[first])
            self._differs[name] += int(differs.sum())

    def found(self) -> frozenset[str]:
        """Return the fields that are given on the first line of an order only."""
        fields = {name for name, count in self._left_out.items() if count and self._is_given_once(name)}
        return frozenset(fields | {_TICKET} if _DATE in fields and self._tickets_left_out else fields)

    def note(self, fields: frozenset[str]) -> str:
        """Return a sentence on the columns that are filled for all lines of an order."""
        columns = listed(self._headers[name] for name in _ORDER_FIELDS if name in fields)
        are = f"The column {columns} is" if len(fields) == 1 else f"The columns {columns} are"
        return f"{are} filled on the first line of an order only, and taken for all of its lines."

    def _is_given_once(self, name: str) -> bool:
        if name in self._declared:
            return True
        given = self._orders >= _FEWEST_ORDERS and self._given[name] >= _GIVEN * self._orders
        return given and self._left_out[name] >= _LEFT_OUT * self._others and not self._differs[name]


class GroupScan:
    """Counts of lines with and without a date, gathered block by block."""

    def __init__(self) -> None:
        self._orders = OrderScan()
        self._rows = self._blank = self._named = self._repeats = self._same_item = self._headless = 0
        self._first = 0
        self._filled_without_date = dict.fromkeys(_TICKET_FIELDS, 0)
        self._last: tuple[str, ...] | None = None
        self._last_line = 0

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        self._orders.add(table)
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
        """Return the fields that are given once per group, with what is reported of it."""
        by_order = self._orders.found()
        down = frozenset[str]()
        if self._are_groups():
            down = frozenset({_DATE, *(name for name, count in self._filled_without_date.items() if not count)})
        notes = []
        if _DATE in by_order or down:
            lines, take = ("1 line has", "takes") if self._blank == 1 else (f"{self._blank:,} lines have", "take")
            notes.append(
                f"{lines} no date (the first is line {self._first}) and {take} the date above, as with merged cells."
            )
        if shown := by_order - {_DATE, *_TICKET_FIELDS}:
            notes.append(self._orders.note(shown))
        return Groups(Filling(down - by_order, by_order), tuple(notes))

    def _are_groups(self) -> bool:
        """Return whether dates are given once per group.

        They are if many lines lack a date but name their items, every group begins with a date, and no date repeats the
        one before.
        """
        filled = self._rows - self._blank
        return (
            self._blank >= _FEWEST_BLANK * self._rows
            and self._blank > 0 < filled
            and not self._headless
            and self._named >= (1 - _STRAY) * self._blank
            and self._repeats <= _STRAY * filled
            and (self._same_item <= _STRAY * self._blank or self._blank >= _SURELY_BLANK * self._rows)
        )


def _text(table: MappedTable, field: str, row: int) -> str:
    texts = table.texts(field)
    return str(texts.distinct[texts.codes[row]])
