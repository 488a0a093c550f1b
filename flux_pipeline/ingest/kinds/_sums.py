"""Totals rows among the rows of a list, `2026-10-14,TOTAL,7`, recognised by their name and their numbers.

A thing may be called "Total cereal", so a row with such a name is left out only if its numbers are the sum of others.
reading/totals.py recognises totals rows without a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from flux_pipeline.ingest.cells.forms import Kind, parse_cells
from flux_pipeline.ingest.contracts import Field
from flux_pipeline.ingest.reading.totals import mentions_total, names_total
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of, listed

# Relative to the sum, for what is rounded row by row.
_TOLERANCE = 0.005
# `Total cereal` equals a single other row by chance.
_FEWEST_SUMMED = 2


@dataclass(frozen=True)
class Totals:
    """Rows, each as its line and its name: those that are totals, and those named like one that are not a sum."""

    sums: frozenset[tuple[int, str]] = frozenset()
    unclear: frozenset[tuple[int, str]] = frozenset()

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence on the rows left out."""
        if not self.sums:
            return ()
        line, name = min(self.sums)
        verb = "is" if len(self.sums) == 1 else "are"
        return (
            f"{count_of(len(self.sums), 'row')} {verb} left out as totals of other rows ({listed([name])} on line "
            f"{line}).",
        )


class TotalsCheck:
    """Rows named like totals, compared with the rows since the last total, those of the day, and all above."""

    def __init__(self, fields: Sequence[Field], day: str | None) -> None:
        self._labels = [field.name for field in fields if names_thing(field)]
        self._numbers = [field for field in fields if field.form.kind in (Kind.NUMBER, Kind.MONEY)]
        self._day = day
        self.applies = False

    def add(self, table: MappedTable) -> None:
        """Take in one more block, to find out whether any row is named like a total."""
        self.applies |= any(
            mentions_total(text) for name in self._labels for text in table.texts(name).distinct if text
        )

    def found(self, blocks: Iterable[MappedTable], survey: Survey) -> Totals:
        """Return the totals among the rows."""
        rows = [row for table in blocks for row in self._rows(table, survey)]
        of_day: defaultdict[object, list[np.ndarray]] = defaultdict(list)
        for row in rows:
            if not row.name:
                of_day[row.day].append(row.numbers)
        above: list[np.ndarray] = []
        since: list[np.ndarray] = []
        sums, unclear = set(), set()
        for row in rows:
            if not row.name:
                above.append(row.numbers)
                since.append(row.numbers)
                continue
            fewest = 1 if row.certain else _FEWEST_SUMMED
            is_sum = any(_is_sum(row.numbers, parts, fewest) for parts in (since, above, of_day[row.day]))
            if is_sum or (row.certain and not row.numbers.any()):
                sums.add((row.line, row.name))
                since = []
            elif row.certain:
                unclear.add((row.line, row.name))
            else:
                above.append(row.numbers)
                since.append(row.numbers)
        return Totals(frozenset(sums), frozenset(unclear))

    def _rows(self, table: MappedTable, survey: Survey) -> list[_Row]:
        numbers = np.zeros((table.row_count, len(self._numbers)))
        for place, field in enumerate(self._numbers):
            values, _ = parse_cells(table.texts(field.name), field.form, survey.mark(field.name))
            numbers[:, place] = np.nan_to_num(values)
        days = survey.moments(table, self._day).day if self._day else np.full(table.row_count, "NaT", "datetime64[D]")
        names = named_totals(table, self._labels)
        return [
            _Row(int(table.line_numbers[row]), names[row], is_total(names[row]), days[row], numbers[row])
            for row in np.flatnonzero(is_data(table)).tolist()
        ]


@dataclass(frozen=True, eq=False)
class _Row:
    """`name` is "" unless the row mentions a total; it is `certain` if the name can be nothing else."""

    line: int
    name: str
    certain: bool
    day: object
    numbers: np.ndarray


def is_total(text: str) -> bool:
    """Return whether a text can only be that of a total: a word for one alone, or a title: `Subtotal soups:`."""
    return names_total(text) or (text.rstrip().endswith(":") and mentions_total(text))


def names_thing(field: Field) -> bool:
    """Return whether a field names the thing that a row is about."""
    return field.is_label or field.name == "component_item"


def named_totals(table: MappedTable, labels: Sequence[str]) -> list[str]:
    """Return the text of each row that mentions a total, "" for other rows."""
    found = np.full(table.row_count, "", dtype=object)
    for name in labels:
        texts = table.texts(name)
        mentions = texts.where(mentions_total)
        found = np.where(mentions & (found == ""), texts.rows, found)
    return [" ".join(str(text).split()) for text in found]


def rows_among(table: MappedTable, labels: Sequence[str], lines: frozenset[tuple[int, str]]) -> np.ndarray:
    """Return which rows of a block are among these lines with names: (n,) bool."""
    if not lines:
        return np.zeros(table.row_count, dtype=bool)
    names = named_totals(table, labels)
    return np.array([pair in lines for pair in zip(table.line_numbers.tolist(), names, strict=True)], dtype=bool)


def _is_sum(own: np.ndarray, parts: Sequence[np.ndarray], fewest: int) -> bool:
    if len(parts) < fewest:
        return False
    total = np.sum(parts, axis=0)
    agrees = (np.abs(own - total) <= _TOLERANCE * np.abs(total)) & (own != 0)
    return bool(agrees.any())
