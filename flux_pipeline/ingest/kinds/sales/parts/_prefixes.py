"""Signs before an item's name that make it a part of the line above: `- Fries`, `+ Extra cheese`, `> no onion`.

A till also indents such lines; where indented lines have money, it was only typed that way. Where every item has the
sign, or tickets begin with it, it says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of, listed

_SIGN = re.compile(
    r"(?:[-+*>\u2013\u2014\u2022\u00b7\u00bb\u203a\u2192\u21b3\u2514\u251c\u25b8\u25ba\u2937]|\.\.)[-\u2500\s.>]*[^\W\d_]"
)
_INDENT = re.compile(r"(?:\t|[ \u00a0\u3000]{2,})\S")
# So many of the marked lines must have a line without a mark above them on their ticket.
_NEARLY_ALL = 0.95


@dataclass
class MarkedParts:
    """Marked lines of a file, and for each the place of the last line above it that has no mark, -1 for none."""

    places: list[np.ndarray] = field(default_factory=list)
    parents: list[np.ndarray] = field(default_factory=list)
    signed: list[np.ndarray] = field(default_factory=list)
    unmarked: int = 0
    first: tuple[str, int] = ("", 0)
    _group: str | None = None
    _above: int = -1

    def add(self, table: MappedTable, start: int) -> None:
        """Take in one more block, whose first row has the place `start`."""
        if "item" not in table.headers:
            return
        signed = table.texts("item").where(lambda text: _SIGN.match(text) is not None)
        marked = signed | _are_indented(table)
        rows = np.flatnonzero(is_data(table) & ~table.texts("item").blank)
        if not len(rows):
            return
        group = table.texts("ticket" if table.has("ticket") else "date")
        codes = group.codes[rows]
        # A ticket that is given once for its lines holds for those below.
        begins = ~group.blank[rows]
        begins[1:] &= codes[1:] != codes[:-1]
        begins[0] &= group.distinct[codes[0]] != self._group
        self._group = str(group.distinct[codes[-1]])
        is_marked = marked[rows]
        # The place of the last line without a mark, or -1 from where a ticket begins.
        at = np.where(~is_marked, start + rows, -1)
        known = np.flatnonzero(~is_marked | begins)
        latest = np.searchsorted(known, np.arange(len(rows)), side="right") - 1
        above = np.where(latest >= 0, at[known[latest]] if len(known) else -1, self._above)
        self._above = int(above[-1])
        self.unmarked += int((~is_marked).sum())
        if is_marked.any() and not self.first[1]:
            row = int(rows[is_marked][0])
            items = table.texts("item")
            self.first = (str(items.distinct[items.codes[row]]), int(table.line_numbers[row]))
        self.places.append(start + rows[is_marked])
        self.parents.append(above[is_marked])
        self.signed.append(signed[rows[is_marked]])

    def found(self, count: int) -> np.ndarray | None:
        """Return the place of each line's parent, -1 for none, (count,); None if the signs don't mark parts."""
        if not self.unmarked or not any(map(len, self.places)):
            return None
        parents = np.concatenate(self.parents)
        if (parents >= 0).mean() < _NEARLY_ALL:
            return None
        found = np.full(count, -1, dtype=np.int64)
        found[np.concatenate(self.places)] = parents
        return found

    def without_typed(self, parent: np.ndarray, amount: np.ndarray) -> np.ndarray:
        """Return the parents without those of indented lines, if any of these has money."""
        indented = np.concatenate(self.places)[~np.concatenate(self.signed)]
        return np.where(np.isin(np.arange(len(parent)), indented), -1, parent) if amount[indented].any() else parent

    def notes(self, parts: int, extras: int) -> tuple[str, ...]:
        """Return sentences on the lines that are parts, and on those with money of their own."""
        name, line = self.first
        notes = []
        if parts:
            verb = "is a part" if parts == 1 else "are parts"
            notes.append(
                f"By the signs before the items' names, {count_of(parts, 'line')} {verb} of the line above "
                f"({listed([name])} on line {line} has such a sign); their money counts once."
            )
        if extras:
            notes.append(f"{count_of(extras, 'line')} with such a sign and money of their own: counted.")
        return tuple(notes)


def _are_indented(table: MappedTable) -> np.ndarray:
    """Return the rows whose item begins with white space: (n,) bool."""
    if "item" in {*table.filled, *table.joined, *table.layout.combined}:
        return np.zeros(table.row_count, dtype=bool)
    column = table.table.columns[table.table.header.index(table.headers["item"])]
    return column.texts.spread(np.array([_INDENT.match(text) is not None for text in column.read], dtype=bool))
