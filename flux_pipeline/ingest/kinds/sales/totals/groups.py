"""Rows of categories among the rows of items in a report: "Drinks" with the sums of the rows below or above it.

Such a report has no tickets. Two numbers of a row are the sums of the rows beside it by chance only once in a while, so
most rows of the file must be in such groups, or the row must be named like a category.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from flux_pipeline.ingest.columns.header_names import header_words_of, normalised_name
from flux_pipeline.ingest.kinds.sales.totals.named import counted_rows, named_as_totals, sums_of
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import listed

_FEWEST_BELOW = 2
_FEWEST_GROUPS = 2
# This many rows in one group rule out chance as well.
_FEWEST_IN_ONE = 5
# If only one of the numbers is there.
_FEWEST_OF_ONE_NUMBER = 4
# Of the rows of the file: the others may have no category.
_MOST = 0.8
# A report has an item once a day and category; a list of sales has it again and again.
_MOST_ONCE = 0.9
# Of a category's categories.
_DEEPEST = 3
# In thousandths of a unit and hundredths of money, for what a till rounds.
_CLOSE = np.array([0.5, 1.5])


@dataclass(frozen=True)
class _Rows:
    """Rows of a report: their places, lines, days, quantities and amounts, and names; `is_group` by the name.

    `found_above` is the number of rows of categories that were found above each; `has_both` says whether the report has
    quantities and amounts.
    """

    places: np.ndarray
    lines: np.ndarray
    days: np.ndarray
    numbers: np.ndarray
    names: list[str]
    is_group: np.ndarray
    found_above: np.ndarray
    has_both: bool

    def of(self, rows: np.ndarray) -> _Rows:
        return _Rows(
            places=self.places[rows],
            lines=self.lines[rows],
            days=self.days[rows],
            numbers=self.numbers[rows],
            names=[self.names[row] for row in rows.tolist()],
            is_group=self.is_group[rows],
            found_above=self.found_above[rows],
            has_both=self.has_both,
        )


class CategoryScan:
    """Whether a file is a report, with an item once a day and no tickets; only such a file is looked at again."""

    def __init__(self) -> None:
        self.applies = True

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        has_numbers = table.has("quantity") or table.has("amount") or table.has("gross_amount")
        self.applies &= not table.has("ticket") and has_numbers and "item" in table.headers
        rows = np.flatnonzero(is_data(table))
        if not self.applies or not len(rows):
            return
        said = np.zeros(len(rows), dtype=np.int64)
        for name in ("date", "category", "item"):
            texts = table.texts(name)
            said = said * len(texts.distinct) + texts.codes[rows]
        self.applies = len(np.unique(said)) >= _MOST_ONCE * len(rows)


def find_categories(blocks: Iterable[MappedTable], survey: Survey) -> tuple[np.ndarray, str | None]:
    """Return the places of the rows of categories, sorted, and a note on them."""
    rows = _read(blocks, survey)
    found = np.zeros(len(rows.places), dtype=bool)
    for _ in range(_DEEPEST):
        left = np.flatnonzero(~found)
        headings = _headings(replace(rows, found_above=np.cumsum(found)).of(left))
        if not len(headings):
            break
        found[left[headings]] = True
    if not found.any():
        return np.zeros(0, dtype=np.int64), None
    first = int(np.flatnonzero(found)[0])
    are = "row is" if found.sum() == 1 else "rows are"
    name = rows.names[first]
    return rows.places[found], (
        f"{int(found.sum()):,} {are} left out as sums of categories ({listed([name]) if name else 'the one'} on line "
        f"{rows.lines[first]} is the first)."
    )


def _read(blocks: Iterable[MappedTable], survey: Survey) -> _Rows:
    places, lines, days, numbers, names, are_groups = ([] for _ in range(6))
    start, has_both = 0, False
    for table in blocks:
        has_both = table.has("quantity") and (table.has("amount") or table.has("gross_amount"))
        items, categories = table.texts("item"), table.texts("category").rows
        own = sums_of(table, survey)
        aside = named_as_totals(items)
        for given in table.set_aside.values():
            aside |= given
        # Discounts and refunds are in no sum.
        rows = np.flatnonzero(counted_rows(table) & ~aside & own.any(axis=1) & (own >= 0).all(axis=1))
        shown = items.rows[rows]
        words = header_words_of("lines.group")
        places.append(start + rows)
        lines.append(table.line_numbers[rows])
        days.append(table.texts("date").rows[rows])
        numbers.append(own[rows])
        names += [item or category for item, category in zip(shown, categories[rows], strict=True)]
        are_groups += [
            not item or item == category or normalised_name(item) in words
            for item, category in zip(shown, categories[rows], strict=True)
        ]
        start += table.row_count
    return _Rows(
        places=np.concatenate(places),
        lines=np.concatenate(lines),
        days=np.concatenate(days),
        numbers=np.concatenate(numbers),
        names=names,
        is_group=np.array(are_groups, dtype=bool),
        found_above=np.zeros(len(names), dtype=np.int64),
        has_both=has_both,
    )


def _headings(rows: _Rows) -> np.ndarray:
    """Return which rows are sums of those below them, or of those above them, whichever are more."""
    count = len(rows.places)
    below = _believed(rows, _groups(rows))
    upwards = rows.of(np.arange(count)[::-1])
    above = count - 1 - _believed(upwards, _groups(upwards))
    return max(below, above, key=len)


def _groups(rows: _Rows) -> dict[int, int]:
    """Return the rows that are the sum of rows right below them on the same day, with the number of these."""
    sizes = _sizes(rows)
    found: dict[int, int] = {}
    free = 0
    for row in np.flatnonzero(sizes).tolist():
        size = int(sizes[row])
        if row >= free and rows.names[row] not in rows.names[row + 1 : row + size + 1]:
            found[row] = size
            free = row + size + 1
    return found


def _sizes(rows: _Rows) -> np.ndarray:
    """Return of how many rows below each row is the sum, 0 if it is none: (n,)."""
    count = len(rows.places)
    sizes = np.zeros(count, dtype=np.int64)
    if not count:
        return sizes
    own = np.arange(count)
    running = np.cumsum(rows.numbers, axis=0)
    leading = 1 if rows.has_both or rows.numbers[:, 1].any() else 0
    wanted = running[:, leading] + rows.numbers[:, leading]
    # Rows without money do not change the sum, and may be the last of it.
    for last in (
        np.searchsorted(running[:, leading], wanted - _CLOSE[leading]),
        np.searchsorted(running[:, leading], wanted + _CLOSE[leading], side="right") - 1,
    ):
        at = np.minimum(last, count - 1)
        agrees = (np.abs(running[at] - running - rows.numbers) <= _CLOSE).all(axis=1)
        agrees &= (last > own) & (last < count) & (rows.days[at] == rows.days)
        sizes = np.where(agrees, at - own, sizes)
    return sizes


def _believed(rows: _Rows, groups: dict[int, int]) -> np.ndarray:
    """Return which of the rows that are sums are those of categories."""
    if rows.found_above.any():
        # A category of categories has several of them below it.
        above = rows.found_above
        groups = {row: size for row, size in groups.items() if abs(above[row + size] - above[row]) >= _FEWEST_GROUPS}
        return np.array([*groups] if rows.has_both else [], dtype=np.int64)
    named = [row for row, size in groups.items() if rows.is_group[row] and size >= _FEWEST_BELOW]
    several = [row for row, size in groups.items() if size >= _FEWEST_BELOW]
    both = rows.has_both
    covered = sum(size + 1 for size in groups.values()) >= _MOST * len(rows.places)
    enough = len(several) >= (_FEWEST_GROUPS if both else _FEWEST_OF_ONE_NUMBER)
    enough |= both and bool(several) and sum(groups.values()) >= _FEWEST_IN_ONE
    if covered and enough:
        return np.array([*groups], dtype=np.int64)
    return np.array(named if both else [], dtype=np.int64)
