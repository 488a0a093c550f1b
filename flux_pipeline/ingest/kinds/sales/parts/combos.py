"""Combos: lines that are a part of another, so that a menu's money is not counted twice, nor an extra as a dish.

A column names the line that they are a part of, or a sign before their name says so (_prefixes.py). A till may export
a combo as a line with its price, followed by its parts. If the money of the parts adds up to that of the combo, or they
have none, they explain it: either the combo or its parts count. Parts with money of their own beyond that (an extra)
count beside it; parts without money ("no onion") don't.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from flux_pipeline.ingest.columns.header_names import header_words, header_words_of, normalised_name
from flux_pipeline.ingest.kinds.sales.amounts import complete_lines, read_sales_numbers
from flux_pipeline.ingest.kinds.sales.parts._prefixes import MarkedParts
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.wording import count_of, listed

_EMPTY = frozenset({""})
_NO_PARENT = frozenset({"", "0", "0.0", "-", "null", "none", "NULL", "None", "00000000-0000-0000-0000-000000000000"})
# So many of the parents that are named must be there.
_NEARLY_ALL = 0.95
# In hundredths of money, for what a till rounds.
_CLOSE = 2
_NUMBERS = ("quantity", "price", "amount", "gross_amount", "discount")
_DEEPEST = 5
_no_lines = partial(np.zeros, 0, np.int64)


@dataclass(frozen=True)
class Combos:
    """The lines of combos that their parts explain, by their places, sorted.

    Attributes:
        columns: the headers of the column that names a line's parent and of the one that numbers the lines, unless that
            is a field; empty if there are no combos.
        parts: the parts of explained combos.
        parents: the combos whose parts have all of their money.
        parts_of_paid: those of the parts that belong to `parents`.
        headings: lines without money above parts that have it.
        combos: the number of lines that have parts.
        extras: the number of lines that are named as parts and have money of their own.
        notes: what a person should know, in sentences.
    """

    columns: tuple[str, ...] = ()
    parts: np.ndarray = field(default_factory=_no_lines)
    parents: np.ndarray = field(default_factory=_no_lines)
    headings: np.ndarray = field(default_factory=_no_lines)
    parts_of_paid: np.ndarray = field(default_factory=_no_lines)
    combos: int = 0
    extras: int = 0
    notes: tuple[str, ...] = ()

    def set_aside(self, counted: str) -> dict[str, np.ndarray]:
        """Return the lines that don't count, by reason; `counted` is "combo" or "parts"."""
        if counted == "parts":
            paid = self.parents
            without_money = np.setdiff1d(self.parts, self.parts_of_paid)
            return {"combo": np.union1d(paid, self.headings), "combo_part": without_money}
        return {"combo": self.headings, "combo_part": self.parts}


class ComboScan:
    """The columns that may name a line's parent, those that may number the lines, and the lines' numbers."""

    def __init__(self) -> None:
        self._columns: dict[str, list[np.ndarray]] = {}
        self._parents: list[str] | None = None
        self._links: list[str] = []
        self._data: list[np.ndarray] = []
        self._table: MappedTable | None = None
        self._numbers: dict[str, list[np.ndarray]] = {name: [] for name in _NUMBERS}
        self._marked, self._rows = MarkedParts(), 0

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        if self._parents is None:
            self._choose(table)
        if not self._parents:
            self._marked.add(table, self._rows)
        self._rows += table.row_count
        if not self._parents or self._table is None:
            return
        self._data.append(is_data(table))
        for name in (*self._parents, *self._links, *self._key):
            texts = table.table.texts(name)
            hashed = pd.util.hash_array(texts.distinct, categorize=False)
            empty = _NO_PARENT if name in self._parents else _EMPTY
            hashed = np.where(np.array([text in empty for text in texts.distinct], dtype=bool), np.uint64(0), hashed)
            self._columns.setdefault(name, []).append(hashed[texts.codes])
        for name, parts in self._numbers.items():
            parts.append(table.texts(name).rows)

    def found(self, survey: Survey, repeated: np.ndarray | None, blocks: Callable[[], Iterable[MappedTable]]) -> Combos:
        """Return the lines of combos that are explained by their parts, without the places of `repeated` lines.

        `blocks` reads the file again.
        """
        if not self._parents and (above := self._marked.found(self._rows)) is not None:
            if repeated is not None:
                above[repeated] = -1
            amount = np.concatenate([_amounts(table, survey) for table in blocks()])
            combos = _explained(self._marked.without_typed(above, amount), amount)
            return replace(combos, notes=self._marked.notes(len(combos.parts), combos.extras))
        if not self._parents or not self._data or self._table is None:
            return Combos()
        columns = {name: np.concatenate(parts) for name, parts in self._columns.items()}
        data = np.concatenate(self._data)
        if repeated is not None:
            data[repeated] = False
        ticket = sum((columns[name] for name in self._key), np.zeros(len(data), dtype=np.uint64))
        for name in self._parents:
            has_parent = data & (columns[name] != 0)
            if not has_parent.any():
                continue
            parent = self._parent_places(columns, name, has_parent, ticket, data)
            if parent is not None:
                link, places = parent
                used = (name,) if link in self._table.headers.values() else (name, link)
                combos = _explained(places, self._amounts(survey))
                return replace(combos, columns=used, notes=_notes(name, combos))
        filled = [name for name in self._parents if (columns[name][data] != 0).any()]
        if filled:
            return Combos(notes=(f"The column {listed(filled[:1])} names no line of the file and is not used.",))
        return Combos()

    def _choose(self, table: MappedTable) -> None:
        """Choose the columns by their names, from the first block."""
        used = {header for field, header in table.headers.items() if field not in ("line_id", "item")}
        free = [name for name in table.table.header if name not in used and name not in table.personal]
        self._parents = [
            name
            for name in free
            if (header_words_of("lines.parent") & {*header_words(name)} or _names_whole(name))
            and name not in table.headers.values()
        ]
        mapped = [table.headers["line_id"]] if "line_id" in table.headers else []
        ids = header_words_of("lines.id")
        others = [name for name in free if ids & {*header_words(name)} and name not in self._parents]
        self._links = list(dict.fromkeys([*mapped, *others]))
        self._key = [table.headers["ticket"]] if "ticket" in table.headers else []
        self._table = table

    def _parent_places(
        self,
        columns: Mapping[str, np.ndarray],
        name: str,
        has_parent: np.ndarray,
        ticket: np.ndarray,
        data: np.ndarray,
    ) -> tuple[str, np.ndarray] | None:
        """Return the column that numbers the parents and the place of each line's parent, -1 for none: (n,).

        None if no column does.
        """
        for link in self._links:
            own = pd.Series(np.flatnonzero(data), index=pd.MultiIndex.from_arrays([ticket[data], columns[link][data]]))
            own = own[~own.index.duplicated()]
            wanted = pd.MultiIndex.from_arrays([ticket[has_parent], columns[name][has_parent]])
            places = own.reindex(wanted).to_numpy()
            there = ~np.isnan(places.astype(float))
            itself = there & (places == np.flatnonzero(has_parent))
            if there.mean() >= _NEARLY_ALL and not itself.any():
                found = np.full(len(data), -1, dtype=np.int64)
                found[np.flatnonzero(has_parent)[there]] = places[there].astype(np.int64)
                return link, found
        return None

    def _amounts(self, survey: Survey) -> np.ndarray:
        assert self._table is not None
        columns = {name: Texts.of(np.concatenate(parts)) for name, parts in self._numbers.items()}
        # The whole file in the place of one block.
        return _amounts(replace(self._table, filled=columns), survey)


def _names_whole(header: str) -> bool:
    return any(words in normalised_name(header) for words in header_words_of("lines.part_of"))


def _amounts(table: MappedTable, survey: Survey) -> np.ndarray:
    numbers = read_sales_numbers(table, survey)
    return complete_lines(numbers, np.zeros(len(numbers.price.scaled), dtype=bool)).amount


def _explained(parent: np.ndarray, amount: np.ndarray) -> Combos:
    """Return the combos among lines, by the place of each line's parent, -1 for none, and its money: each (n,)."""
    is_part = parent >= 0
    money = np.bincount(parent[is_part], amount[is_part], minlength=len(parent)).astype(np.int64)
    count = np.bincount(parent[is_part], minlength=len(parent))
    explained = (count > 0) & ((money == 0) | (np.abs(money - amount) <= _CLOSE * np.maximum(count, 1)))
    # A heading without money: the parts have it, and they count.
    heading = (count > 0) & (amount == 0) & (money != 0)
    is_free = is_part & (amount == 0) & ~heading[parent]
    parts = np.zeros(len(parent), dtype=bool)
    for _ in range(_DEEPEST):
        # A part of a part goes with the outermost combo.
        parts = is_free | (is_part & (explained[parent] | parts[parent]))
    paid = explained & ~parts & (money != 0)
    of_paid = parts & is_part & paid[parent]
    combos = int((np.bincount(parent[parts], minlength=len(parent)) > 0)[~parts].sum())
    extras = int((is_part & ~parts & ~heading[parent]).sum())
    return Combos(
        parts=np.flatnonzero(parts),
        parents=np.flatnonzero(paid),
        headings=np.flatnonzero(heading),
        parts_of_paid=np.flatnonzero(of_paid),
        combos=combos,
        extras=extras,
    )


def _notes(name: str, found: Combos) -> tuple[str, ...]:
    lines = count_of(len(found.parts), "line")
    note = (
        f"{count_of(found.combos, 'combo')}, with {lines} as parts of them by {listed([name])}; their money counts "
        "once."
    )
    extras = f"{count_of(found.extras, 'line')} with a parent in {listed([name])} and money of their own: counted."
    return (note, extras) if found.extras else (note,)
