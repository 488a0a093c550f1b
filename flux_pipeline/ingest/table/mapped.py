"""Table whose columns are known by field, from which the kinds read. `columns` finds the fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from flux_pipeline.ingest.table.table import Table
from flux_pipeline.ingest.table.texts import Texts


@dataclass(frozen=True)
class Combined:
    """A field that several columns give together: `text` returns its text from those of the columns, in order."""

    headers: tuple[str, ...]
    text: Callable[..., str]


@dataclass(frozen=True)
class Layout:
    """How the columns of a table give its fields, other than one column for each field.

    Attributes:
        combined: the fields that several columns give together.
        once_per_order: the fields that are given on the first line of an order only.
        day_only: the fields whose time of day is not that of the sale, such as the till's closing.
    """

    combined: Mapping[str, Combined] = field(default_factory=dict)
    once_per_order: frozenset[str] = frozenset()
    day_only: frozenset[str] = frozenset()

    @property
    def headers(self) -> frozenset[str]:
        """The columns that give a field together with others."""
        return frozenset(name for combined in self.combined.values() for name in combined.headers)


@dataclass(frozen=True, eq=False)
class MappedTable:
    """A table whose columns are known by field; `headers` maps each field found to its header in the file.

    `constants` has the text of every row for fields without a column; `only` has, by field, the text of the rows to
    take, if not all are. The columns named in `personal` are not kept; `cleaned` returns what may be shown of a cell of
    any other unmapped column. `joined` has, by field, the columns whose texts are joined. `filled` are columns whose
    gaps are filled with the text above. `states` are columns without a field whose cells give the state of their lines,
    with what a cell means there. `set_aside` are rows that the whole file shows to carry nothing, by reason, each (n,)
    bool. `taken_off` (n,) is what other rows take off the money of each, in hundredths.
    """

    table: Table
    headers: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    layout: Layout = field(default_factory=Layout)
    cleaned: Callable[[str], str] = str
    filled: Mapping[str, Texts] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    set_aside: Mapping[str, np.ndarray] = field(default_factory=dict)
    taken_off: np.ndarray | None = None
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _combined: dict[str, Texts] = field(default_factory=dict, init=False, repr=False)

    @property
    def row_count(self) -> int:
        """The number of rows below the header."""
        return len(self.table.line_numbers)

    @property
    def line_numbers(self) -> np.ndarray:
        """The line of the file in which each row begins: (n,) int64, the header's line counted."""
        return self.table.line_numbers

    def has(self, field: str) -> bool:
        """Return whether the file has this field."""
        return field in self.headers or field in self.constants

    def texts(self, field: str) -> Texts:
        """Return the column of a field; a column of empty cells if the file doesn't have it."""
        if field in self.filled:
            return self.filled[field]
        if field not in self.headers:
            constant = np.array([self.constants.get(field, "")], dtype=object)
            return Texts(constant, np.zeros(self.row_count, dtype=np.int64))
        if field in self.joined:
            return _joined([self.table.texts(name) for name in self.joined[field]])
        if field not in self.layout.combined:
            return self.table.texts(self.headers[field])
        if field not in self._combined:
            combined = self.layout.combined[field]
            self._combined[field] = _combine([self.table.texts(name) for name in combined.headers], combined.text)
        return self._combined[field]

    def raws(self, rows: np.ndarray) -> list[dict[str, str]]:
        """Return complete rows as read, by their numbers (m,): header -> text, without personal data.

        In a row of too many cells, any cell may have moved to the right of its header: of such a row only the cells
        before the first personal column are kept, and without such columns no words beyond the header.
        """
        raws = self.table.raws(rows)
        mapped = {*self.headers.values(), *(name for names in self.joined.values() for name in names)}
        first = min((self.table.header.index(name) for name in self.personal), default=len(self.table.header))
        before, header = set(self.table.header[:first]), set(self.table.header)
        for raw, overlong in zip(raws, self.table.overlong[rows].tolist(), strict=True):
            for name in list(raw):
                if name in self.personal or (overlong and self.personal and name not in before):
                    del raw[name]
                elif name not in mapped:
                    is_kept = name in header or not any(map(str.isalpha, raw[name]))
                    raw[name] = self.cleaned(raw[name]) if is_kept else ""
        return raws


def _combine(columns: Sequence[Texts], text: Callable[..., str]) -> Texts:
    """Return the text of each row, computed once for each combination of texts that occurs."""
    codes = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, _ = pd.factorize(codes * max(len(column.distinct), 1) + column.codes)
    _, rows = np.unique(codes, return_index=True)
    cells = zip(*(column.distinct[column.codes[rows]] for column in columns), strict=True)
    distinct = np.empty(len(rows), dtype=object)
    distinct[:] = [text(*row) for row in cells]
    return Texts(distinct, codes)


def _joined(columns: Sequence[Texts]) -> Texts:
    rows = np.empty(len(columns[0]), dtype=object)
    rows[:] = [" ".join(filter(None, cells)) for cells in zip(*(column.rows for column in columns), strict=True)]
    return Texts.of(rows)
