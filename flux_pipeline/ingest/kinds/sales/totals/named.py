"""Totals lines among the items, `01.03.2024;Tagessumme;5;5.90`, recognised by their name and their numbers.

An item may be called "Total", so a line is left out only if its numbers are the sum of other lines. labels.py finds
totals by their numbers that have a name of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from flux_pipeline.ingest.kinds.sales.amounts import complete_lines, read_sales_numbers
from flux_pipeline.ingest.kinds.sales.marks import read_marks
from flux_pipeline.ingest.reading.totals import names_total
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.wording import listed

# Relative to the sum: for what a till rounds line by line, or leaves out of its totals (a tip, a bag).
_TOLERANCE = 0.005
_NUMBERS = 2
TOTALS_LINE = "totals_line"
# A day with one other line equals that line's numbers, and any item might.
_FEWEST_BELOW = 2


def named_as_totals(items: Texts) -> np.ndarray:
    """Return which lines have an item that is named like a total: (n,) bool."""
    return items.where(names_total)


def have_labels(items: Texts, labels: frozenset[str]) -> np.ndarray:
    """Return which lines have an item of `labels`: (n,) bool."""
    return items.where(labels.__contains__)


def counted_rows(table: MappedTable) -> np.ndarray:
    """Return the rows of which totals may be the sum: records without void lines and sums of categories: (n,) bool."""
    rows: np.ndarray = is_data(table) & ~read_marks(table).void
    sums = table.set_aside.get(TOTALS_LINE)
    return rows if sums is None else rows & ~sums


class TotalsScan:
    """Number of lines that are named like totals, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self._name, self._line = "", 0

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        items = table.texts("item")
        named = named_as_totals(items) & is_data(table)
        if not named.any():
            return
        first = int(np.flatnonzero(named)[0])
        if not self.count:
            self._name, self._line = items.distinct[items.codes[first]], int(table.line_numbers[first])
        self.count += int(named.sum())

    def note(self, are_totals: bool) -> str:
        """Return a sentence on what happened to these lines."""
        lines = "1 line is" if self.count == 1 else f"{self.count:,} lines are"
        example = f"{listed([self._name])} on line {self._line}"
        if are_totals:
            return f"{lines} left out as totals of other lines ({example}{'' if self.count == 1 else ' is the first'})."
        return (
            f"{lines} named like a total ({example}), but the numbers are not the sum of other lines; they count as "
            "sales. If they are totals, take them out and send the file again."
        )


def check_totals(blocks: Iterable[MappedTable], survey: Survey, labels: frozenset[str] = frozenset()) -> bool:
    """Return whether at least half of the lines that are named like totals are the sum of other lines.

    The other lines may be those since the previous total, those of its day, or all above it; the sum may be that of
    their quantities or of their amounts. Items of `labels` are totals too.
    """
    days: defaultdict[np.datetime64, np.ndarray] = defaultdict(lambda: np.zeros(_NUMBERS + 1))
    before = since = np.zeros(_NUMBERS)
    checked: list[tuple[np.datetime64, np.ndarray, bool]] = []
    for table in blocks:
        numbers, day = sums_of(table, survey), survey.moments(table, "date").day
        named = named_as_totals(table.texts("item")) & is_data(table)
        others = counted_rows(table) & ~named & ~have_labels(table.texts("item"), labels)
        counted = np.where(others[:, None], numbers, 0)
        running = np.vstack([np.zeros(_NUMBERS), np.cumsum(counted, axis=0)])
        start = 0
        # A line without a day is rejected in any case.
        for row in np.flatnonzero(named & ~np.isnat(day)).tolist():
            sums = (before + running[row], since + running[row] - running[start])
            checked.append((day[row], numbers[row], any(_agree(numbers[row], each) for each in sums)))
            since, start = np.zeros(_NUMBERS), row
        before, since = before + running[-1], since + running[-1] - running[start]
        found, codes = np.unique(day, return_inverse=True)
        for number, column in enumerate((*counted.T, (counted != 0).any(axis=1))):
            for place, total in enumerate(np.bincount(codes, column, minlength=len(found))):
                days[found[place]][number] += total
    agreeing = sum(agrees or _agrees_with_day(own, days[day]) for day, own, agrees in checked)
    return 2 * agreeing >= max(len(checked), 1)


def sums_of(table: MappedTable, survey: Survey) -> np.ndarray:
    """Return quantity and amount of each line: (n, 2) float64, 0 where unknown."""
    found = read_sales_numbers(table, survey)
    lines = complete_lines(found, np.zeros(table.row_count, dtype=bool))
    # Without an amount, a price on a totals line would be multiplied by the total quantity.
    has_amount = table.has("amount") or table.has("gross_amount")
    return np.column_stack([lines.quantity, lines.amount if has_amount else np.zeros(table.row_count)]).astype(float)


def _agree(own: np.ndarray, sums: np.ndarray) -> bool:
    close = np.abs(own - sums) <= _TOLERANCE * np.abs(sums)
    return bool((close & (own != 0) & (sums != 0)).any())


def _agrees_with_day(own: np.ndarray, day: np.ndarray) -> bool:
    return bool(day[_NUMBERS] >= _FEWEST_BELOW) and _agree(own, day[:_NUMBERS])
