"""Lines that a till's export marks as no sale by a type of its own: how many of each type, and their money.

Discounts and deposits are among them, so the sender sees by how much the sales differ from the till's total.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

import numpy as np

from flux_pipeline.ingest.cells.numbers import read_number
from flux_pipeline.ingest.kinds.sales._marks import read_marks
from flux_pipeline.ingest.survey import Survey, numbers_of
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import shortened

_NUMBERS = ("quantity", "price", "amount")
_MOST_TYPES, _LONGEST = 8, 60


class LeftOutScan:
    """Counts of the lines that are no sale, by the type that the file gives them and their numbers."""

    def __init__(self) -> None:
        self._lines: Counter[tuple[str, ...]] = Counter()

    def add(self, table: MappedTable) -> None:
        """Take in one more block; only files that give the type of a line by several columns or codes count."""
        if "event" not in table.layout.combined:
            return
        rows = np.flatnonzero(read_marks(table).not_a_sale & is_data(table))
        types = [table.table.texts(name).rows[rows] for name in table.layout.combined["event"].headers]
        numbers = [numbers_of(table, name).rows[rows] for name in _NUMBERS]
        names = [" / ".join(filter(None, each)) for each in zip(*types, strict=True)]
        self._lines.update(zip(names, *numbers, strict=True))

    def notes(self, survey: Survey) -> tuple[str, ...]:
        """Return a sentence on these lines, if there are any."""
        counts: Counter[str] = Counter()
        money: defaultdict[str, Decimal] = defaultdict(Decimal)
        for (name, *texts), count in self._lines.items():
            quantity, price, amount = (
                read_number(text, survey.mark(field), money=True) for field, text in zip(_NUMBERS, texts, strict=True)
            )
            counts[name] += count
            money[name] += count * (amount if amount is not None else (quantity or Decimal(0)) * (price or Decimal(0)))
        if not counts:
            return ()
        shown = ", ".join(
            f"{shortened(name or 'no type', _LONGEST)} ({count:,} {'line' if count == 1 else 'lines'}, "
            f"{money[name]:,.2f})"
            for name, count in counts.most_common(_MOST_TYPES)
        )
        more = f" and {len(counts) - _MOST_TYPES} more types" if len(counts) > _MOST_TYPES else ""
        return (f"Left out as no sale, with their money: {shown}{more}.",)
