"""Totals lines with a name of their own, such as "Food total" or "Takings of the day", recognised by their numbers.

Such a line has the quantity and the amount of the lines above it together. One dish may cost as much as two others, so
every line of that name must be such a sum.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from flux_pipeline.ingest.columns.header_names import header_words
from flux_pipeline.ingest.kinds.sales.totals.named import counted_rows, have_labels, named_as_totals, sums_of
from flux_pipeline.ingest.reading.totals import names_total
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.wording import count_of, listed

# Lines that a single total without a word for it must have above it.
_FEWEST_ABOVE = 5
_FEWEST_BELOW = 2
# Lines of one name that rule out chance, if only one of the numbers is there.
_FEWEST_OF_ONE_NUMBER = 3
# In money, and as a share, for what a till rounds line by line.
_CLOSE, _ROUNDED = 0.006, 0.0001


class LabelScan:
    """Items with a word for totals in their name, or only on the last line of a day."""

    def __init__(self) -> None:
        self._lines: Counter[str] = Counter()
        self._last: Counter[str] = Counter()
        self._groups = 0
        self._open: tuple[str, str] | None = None
        self._with_word: set[str] = set()

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        items, dates = table.texts("item"), table.texts("date")
        rows = np.flatnonzero(is_data(table) & ~items.blank & ~named_as_totals(items))
        if not len(rows):
            return
        codes, days = items.codes[rows], dates.codes[rows]
        for text, count in zip(items.distinct, np.bincount(codes, minlength=len(items.distinct)), strict=True):
            self._lines[text] += int(count)
            if count and _has_word(text):
                self._with_word.add(text)
        if self._open is not None and self._open[0] != dates.distinct[days[0]]:
            self._close()
        ends = np.flatnonzero(days[1:] != days[:-1])
        self._groups += len(ends)
        for code, count in zip(*np.unique(codes[ends], return_counts=True), strict=True):
            self._last[items.distinct[code]] += int(count)
        self._open = (dates.distinct[days[-1]], items.distinct[codes[-1]])

    def found(self) -> frozenset[str]:
        """Return the items that may be totals by their place or a word."""
        last_of_file = self._open[1] if self._open else ""
        self._close()
        at_ends = {
            text
            for text, count in self._last.items()
            if count == self._lines[text] and 2 * count >= self._groups and self._groups > 1
        }
        is_only = self._lines[last_of_file] == 1 and self._lines.total() > _FEWEST_ABOVE
        return frozenset(at_ends | self._with_word | ({last_of_file} if is_only else set()))

    def _close(self) -> None:
        if self._open is not None:
            self._groups += 1
            self._last[self._open[1]] += 1
            self._open = None


class _Above:
    """Sums and numbers of the lines so far: all of them, those since the last total, and those of each day."""

    def __init__(self) -> None:
        self._all, self._since = np.zeros(3), np.zeros(3)
        self._days: defaultdict[str, np.ndarray] = defaultdict(lambda: np.zeros(3))

    def add(self, numbers: np.ndarray, counted: np.ndarray, dates: Texts, start: int) -> None:
        """Take in the lines from the row `start` on: quantity and amount, (n, 2), and which of them count."""
        codes = dates.codes[start : start + len(numbers)]
        lines = np.column_stack([numbers, counted])
        for code in np.unique(codes):
            self._days[dates.distinct[code]] += lines[codes == code].sum(axis=0)
        self._all, self._since = self._all + lines.sum(axis=0), self._since + lines.sum(axis=0)

    def count_summed(self, own: np.ndarray, day: str) -> int:
        """Return of how many lines a line is the sum, 0 if it is none; if it is one, it is the last total."""
        known = [each for each in (self._since, self._days[day], self._all) if each[2] >= _FEWEST_BELOW]
        close = _CLOSE + np.abs(own) * _ROUNDED
        found = [int(each[2]) for each in known if own.any() and (np.abs(own - each[:2]) <= close).all()]
        if found:
            self._since = np.zeros(3)
        return max(found, default=0)


@dataclass
class _Label:
    """An item that may be a total: its `first` line, its lines, and those that are sums of at `most` so many lines."""

    first: int
    lines: int = 0
    sums: int = 0
    most: int = 0
    has_both: bool = False

    @property
    def is_total(self) -> bool:
        return self.sums == self.lines and (self.has_both or self.sums >= _FEWEST_OF_ONE_NUMBER)


def find_labels(
    blocks: Iterable[MappedTable], survey: Survey, labels: frozenset[str]
) -> tuple[frozenset[str], str | None]:
    """Return those of the items `labels` whose every line is the sum of other lines, and a note on them.

    The other lines may be those since the previous total, those above it of its day, or all above it.
    """
    seen: dict[str, _Label] = {}
    above = _Above()
    for table in blocks:
        numbers, items, dates = sums_of(table, survey), table.texts("item"), table.texts("date")
        counted = counted_rows(table) & ~named_as_totals(items)
        numbers = np.where(counted[:, None], numbers, 0)
        start = 0
        for row in np.flatnonzero(counted & have_labels(items, labels)).tolist():
            above.add(numbers[start:row], counted[start:row], dates, start)
            start, item = row, items.distinct[items.codes[row]]
            label = seen.setdefault(item, _Label(int(table.line_numbers[row])))
            summed = above.count_summed(numbers[row], dates.distinct[dates.codes[row]])
            start += bool(summed)
            label.lines, label.sums = label.lines + 1, label.sums + bool(summed)
            label.most = max(label.most, summed)
            label.has_both |= bool(numbers[row].all())
        above.add(numbers[start:], counted[start:], dates, start)
    found = frozenset(item for item, label in seen.items() if label.is_total)
    count = sum(seen[item].lines for item in found)
    # One line may be such a sum by chance, if it is that of a few.
    if not count or (count == 1 and max(seen[item].most for item in found) < _FEWEST_ABOVE):
        return frozenset(), None
    example = min(found, key=lambda item: seen[item].first)
    return found, (
        f"{count_of(count, 'line')} left out, with the sums of the lines above ({listed([example])} on line "
        f"{seen[example].first}{'' if count == 1 else ' is the first'})."
    )


@lru_cache(maxsize=4_096)
def _has_word(text: str) -> bool:
    return any(map(names_total, header_words(text)))
