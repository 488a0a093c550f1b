"""Rows of quantity, price and amount that settle an ambiguous decimal mark: two of the three determine the third."""

from __future__ import annotations

import numpy as np

from flux_pipeline.ingest.cells.counts import without_units
from flux_pipeline.ingest.cells.numbers import may_be_thousands
from flux_pipeline.ingest.table.mapped import MappedTable

# Enough rows to settle it, and few enough to multiply in every way.
_MOST_ROWS = 500


class RowSums:
    """Texts of rows with all three numbers, at least one of them ambiguous, gathered block by block."""

    def __init__(self) -> None:
        self.rows: set[tuple[str, str, str]] = set()

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        amount = "amount" if table.has("amount") else "gross_amount"
        if len(self.rows) >= _MOST_ROWS or not all(name in table.headers for name in ("quantity", "price", amount)):
            return
        columns = [without_units(table.texts("quantity")), table.texts("price"), table.texts(amount)]
        is_open = np.zeros(table.row_count, dtype=bool)
        for texts in columns:
            is_open |= texts.where(may_be_thousands)
        for texts in columns:
            is_open &= ~texts.blank
        for row in np.flatnonzero(is_open)[: 2 * _MOST_ROWS].tolist():
            quantity, price, total = (str(texts.distinct[texts.codes[row]]) for texts in columns)
            self.rows.add((quantity, price, total))
