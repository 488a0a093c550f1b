"""A table whose columns are known by field: what the kinds read from. How they became known stands in `columns`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from flux_pipeline.ingest.table import Table
from flux_pipeline.ingest.texts import Texts


@dataclass(frozen=True, eq=False)
class MappedTable:
    """A table whose columns are known by field; `headers` maps each field found to its header in the file."""

    table: Table
    headers: Mapping[str, str]

    @property
    def row_count(self) -> int:
        """How many rows stand below the header."""
        return len(self.table.line_numbers)

    @property
    def line_numbers(self) -> np.ndarray:
        """The line of the file in which each row begins: (n,) int64, the header's line counted."""
        return self.table.line_numbers

    def has(self, field: str) -> bool:
        """Whether the file brings this field."""
        return field in self.headers

    def texts(self, field: str) -> Texts:
        """The column of a field; a column of empty cells where the file doesn't bring it."""
        if field not in self.headers:
            return Texts(np.array([""], dtype=object), np.zeros(self.row_count, dtype=np.int64))
        return Texts.of(self._cells(field))

    def raws(self, rows: np.ndarray) -> list[dict[str, str]]:
        """Whole rows as read, by their numbers (m,): header -> text."""
        return self.table.raws(rows)

    def _cells(self, field: str) -> np.ndarray:
        return self.table.cells[self.table.header.index(self.headers[field])]
