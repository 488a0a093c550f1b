"""Table whose columns are known by field, from which the kinds read. `columns` finds the fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from flux_pipeline.ingest.table.table import Table
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.names import fold_name

# How Square names the variation of an item that has only one.
_ONLY_VARIATION = frozenset({"", "regular"})


@dataclass(frozen=True, eq=False)
class MappedTable:
    """A table whose columns are known by field; `headers` maps each field found to its header in the file.

    `constants` has the text of every row for fields without a column; `only` has, by field, the text of the rows to
    take, if not all are. The columns named in `personal` are never read; `cleaned` returns what may be shown of a cell
    of any other unmapped column. `variation` is the column with the size or variant of the item, which becomes part of
    its name. `joined` has, by field, the columns whose texts are joined. `filled` are columns whose gaps are filled
    with the text above. `states` are columns without a field whose cells give the state of their lines, with what a
    cell means there. `set_aside` are rows that the whole file shows to carry nothing, by reason, each (n,) bool.
    """

    table: Table
    headers: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    variation: str | None = None
    cleaned: Callable[[str], str] = str
    filled: Mapping[str, Texts] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    set_aside: Mapping[str, np.ndarray] = field(default_factory=dict)
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

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
        texts = self.table.texts(self.headers[field])
        if field == "item" and self.variation is not None:
            return _varied(texts, self.table.texts(self.variation))
        return texts

    def raws(self, rows: np.ndarray) -> list[dict[str, str]]:
        """Return complete rows as read, by their numbers (m,): header -> text, without personal data.

        In a row of too many cells, any cell may have moved to the right of its header: of such a row only the cells
        before the first personal column are kept.
        """
        raws = self.table.raws(rows)
        mapped = {*self.headers.values(), *(name for names in self.joined.values() for name in names)}
        first = min((self.table.header.index(name) for name in self.personal), default=len(self.table.header))
        before = set(self.table.header[:first])
        for raw, overlong in zip(raws, self.table.overlong[rows].tolist(), strict=True):
            for name in list(raw):
                if name in self.personal or (overlong and self.personal and name not in before):
                    del raw[name]
                elif name not in mapped:
                    raw[name] = self.cleaned(raw[name])
        return raws


def _joined(columns: Sequence[Texts]) -> Texts:
    rows = np.empty(len(columns[0]), dtype=object)
    rows[:] = [" ".join(filter(None, cells)) for cells in zip(*(column.rows for column in columns), strict=True)]
    return Texts.of(rows)


def _varied(items: Texts, variations: Texts) -> Texts:
    """Return the name of each row, with its variation in brackets if that adds something: "Latte (Large)"."""
    width = len(variations.distinct)
    pairs, codes = np.unique(items.codes * width + variations.codes, return_inverse=True)
    names = np.empty(len(pairs), dtype=object)
    names[:] = [_full_name(items.distinct[pair // width], variations.distinct[pair % width]) for pair in pairs]
    return Texts(names, codes)


def _full_name(item: str, variation: str) -> str:
    adds_nothing = fold_name(variation) in _ONLY_VARIATION or fold_name(variation) == fold_name(item)
    return item if adds_nothing or not item else f"{item} ({variation})"
