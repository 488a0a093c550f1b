"""Detection of lists that give a field only in the first row of each group, as a sheet with merged cells does.

A recipe names its item once, a delivery its day. A wrong answer would move rows to another group, so the whole file
decides. table/filling.py fills the gaps; sales have a scan of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.kinds._sums import is_total
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of, listed

# If fewer rows lack the field, or only one, they may be slips, and each is rejected on its own.
_FEWEST_BLANK = 0.3
_FEWEST_ROWS = 2
# If fewer of the rows without it have what each row needs, they are remarks.
_MOST = 0.8


class GroupScan:
    """Counts of rows with and without the field `lead`, gathered block by block.

    `others` are fields that may be given together with it; `needed` are those that each row of the kind has. Rows whose
    field among `labels` names a total don't count.
    """

    def __init__(self, lead: Field, others: Sequence[Field], needed: Sequence[str], labels: Sequence[str]) -> None:
        self._lead = lead
        self._labels = labels
        self._needed = needed
        self._header = lead.name
        self._full = 0
        self._rows = self._blank = self._first = self._last_line = 0
        self._may_be = True
        self._with_lead = {field.name: True for field in others}
        self._last: str | None = None

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        data = is_data(table)
        for name in self._labels:
            data &= ~table.texts(name).where(is_total)
        rows = np.flatnonzero(data)
        if self._lead.name not in table.headers:
            self._may_be = False
            return
        if not len(rows):
            return
        self._header = table.headers[self._lead.name]
        if int(table.line_numbers[0]) <= self._last_line:
            self._last = None  # another sheet
        self._last_line = int(table.line_numbers[-1])
        leads = table.texts(self._lead.name)
        blank = leads.blank[rows]
        codes = leads.codes[rows]
        # A file that repeats the field where it is the same has no gaps to fill, and one that begins with a gap no
        # text to fill it with.
        repeats = ~blank[1:] & (codes[1:] == codes[:-1])
        begins = not blank[0] and leads.distinct[codes[0]] != self._last if self._last is not None else not blank[0]
        carries_on = self._last is not None and bool(blank[0])
        self._may_be &= not repeats.any() and (begins or carries_on)
        self._full += int(np.any([~table.texts(name).blank[rows] & blank for name in self._needed], axis=0).sum())
        filled = leads.distinct[codes[~blank]]
        self._last = filled[-1] if len(filled) and not blank[-1] else ""
        for name in self._with_lead:
            self._with_lead[name] &= bool((table.texts(name).blank[rows] == blank).all())
        self._rows += len(rows)
        self._blank += int(blank.sum())
        if blank.any() and not self._first:
            self._first = int(table.line_numbers[rows[blank]][0])

    def found(self) -> frozenset[str]:
        """Return the fields that are given once per group, none if the file isn't written that way.

        It is if many rows lack the field, the first row has it, no row repeats it, and the rows without it are rows of
        the kind.
        """
        if not self._may_be or self._blank < max(_FEWEST_ROWS, _FEWEST_BLANK * self._rows):
            return frozenset()
        if self._full < _MOST * self._blank:
            return frozenset()
        return frozenset({self._lead.name, *(name for name, together in self._with_lead.items() if together)})

    def note(self) -> str:
        """Return a sentence on the rows that were filled."""
        return (
            f"{count_of(self._blank, 'row')} without {listed([self._header])} (the first is line {self._first}) take "
            "the one above, as with merged cells."
        )


def is_heading(table: MappedTable, fields: frozenset[str]) -> np.ndarray:
    """Return the rows that hold nothing but these fields: (n,) bool. They are titles of the rows below."""
    heading = np.zeros(table.row_count, dtype=bool)
    for name in fields & table.headers.keys():
        heading |= ~table.table.texts(table.headers[name]).blank
    for name, header in table.headers.items():
        if name not in fields:
            heading &= table.table.texts(header).blank
    return heading
