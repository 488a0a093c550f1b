"""Check of the numbers of lines: whether a column numbers the lines of a ticket, and which lines were delivered twice.

An export may repeat a line with its number; that is one sale. A column that only looks like numbers of lines (the name
of a till, numbers that a spreadsheet rounded) must not make one line of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.dates.halves import split_moment
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.wording import count_of, listed

# One text on so many lines is the name of something.
_NEARLY_ALL = 0.9

_DAY = ("date", "year", "month", "day_of_month")
_SAID = ("item", "quantity", "price", "amount", "gross_amount")
_WEIGHT = np.uint64(1_000_003)


@dataclass(frozen=True)
class LineIds:
    """`are_ids`, or why not, in a sentence; `repeated` are the places of the lines that repeat another, sorted."""

    are_ids: bool = True
    note: str | None = None
    repeated: np.ndarray | None = None


class LineIdScan:
    """Hashes of each line with a number: of its number on its ticket, of its sale, and of all its cells."""

    def __init__(self) -> None:
        self._rows = 0
        self._header = ""
        self._parts: list[np.ndarray] = []

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        start, self._rows = self._rows, self._rows + table.row_count
        if "line_id" not in table.headers:
            return
        self._header = table.headers["line_id"]
        rows = np.flatnonzero(is_data(table) & ~table.texts("line_id").blank)
        if not len(rows):
            return
        days = [table.texts(name).map(lambda text: split_moment(text)[0]) for name in _DAY if table.has(name)]
        ids = [table.texts("line_id")]
        key = _hashes([*days, table.texts("ticket"), *ids], rows)
        said = _hashes([table.texts(name) for name in _SAID if table.has(name)], rows)
        names = [name for name in table.table.header if name not in table.personal]
        whole = _hashes([*map(table.table.texts, names), table.texts("ticket"), *days], rows)
        self._parts.append(np.column_stack([(start + rows).astype(np.uint64), _hashes(ids, rows), key, said, whole]))

    def found(self) -> LineIds:
        """Return whether they are numbers of lines, and the lines that repeat another one in every cell."""
        if not self._parts:
            return LineIds()
        places, ids, keys, said, whole = np.concatenate(self._parts).T
        counts = np.unique(ids, return_counts=True)[1]
        if len(ids) > 1 and counts.max() >= _NEARLY_ALL * len(ids) and len(np.unique(whole)) > 1:
            return LineIds(False, self._note(f"has one text on {counts.max():,} of {count_of(len(ids), 'line')}"))
        sales = len(np.unique(np.column_stack([keys, said]), axis=0)) if len(ids) > 1 else 1
        conflicts = sales - len(np.unique(keys))
        if conflicts:
            return LineIds(False, self._note("repeats within a ticket with another item, quantity or amount"))
        return LineIds(repeated=np.sort(places[pd.Series(whole).duplicated().to_numpy()].astype(np.int64)))

    def _note(self, why: str) -> str:
        return f"The column {listed([self._header])} {why}; it is not used as the number of lines."


def _hashes(columns: Sequence[Texts], rows: np.ndarray) -> np.ndarray:
    """Return a hash of the texts of some rows in several columns together: (m,) uint64."""
    combined = np.zeros(len(rows), dtype=np.uint64)
    for texts in columns:
        hashed = pd.util.hash_array(texts.distinct, categorize=False)
        combined = combined * _WEIGHT + hashed[texts.codes[rows]]
    return combined
