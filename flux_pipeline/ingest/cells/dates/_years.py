"""Years of dates without a year, found from the day of the first row and the order of the file's rows.

The survey walks once over the whole file, so that reading block by block gives the same years.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.dates.parts import DAY_FIRST, MONTH_FIRST, NO_YEAR, read_day
from flux_pipeline.ingest.table.texts import Texts

# Days before each month of a leap year, so that 29 February has its own place.
_BEFORE_MONTH = np.array([0, 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335])
_DAYS_IN_MONTH = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

# A step back of more than half a year is the turn of the year; a smaller one is a row out of order.
_HALF_A_YEAR = 183

# A step ahead of eleven months or more is a row of last December among those of January; a smaller one may be a
# restaurant that was closed over the winter.
_ELEVEN_MONTHS = 335


@dataclass(frozen=True)
class YearTurns:
    """Years by line: from each of `lines` (ascending) on, the year is the one in `years` at the same place."""

    lines: tuple[int, ...]
    years: tuple[int, ...]

    def of(self, line_numbers: np.ndarray) -> np.ndarray:
        """Return the year of each row, by the line in which it begins: (n,) int64."""
        place = np.searchsorted(np.array(self.lines), line_numbers, side="right") - 1
        return np.array(self.years)[np.maximum(place, 0)]


class DayTrail:
    """The days of the year in the order of the file's rows, gathered block by block; only changes are kept."""

    def __init__(self) -> None:
        self._lines: list[np.ndarray] = []
        self._places: dict[str, list[np.ndarray]] = {DAY_FIRST: [], MONTH_FIRST: []}

    def add_texts(self, line_numbers: np.ndarray, texts: Texts) -> None:
        """Take in one more block of a column of dates; those with a year don't count."""
        read = [read_day(text) for text in texts.distinct]
        places = {}
        for order in self._places:
            parts = [each.in_order(order) if each and each.year == NO_YEAR else (NO_YEAR, 0, 0) for each in read]
            _, months, days = np.array(parts, dtype=np.int64).reshape(-1, 3).T
            places[order] = texts.spread(_place_in_year(months, days))
        self._add(line_numbers, places)

    def add_numbers(self, line_numbers: np.ndarray, months: np.ndarray, days: np.ndarray) -> None:
        """Take in one more block of months and days of the month, (n,) int64 each."""
        places = _place_in_year(months, days)
        self._add(line_numbers, dict.fromkeys(self._places, places))

    def walk(self, year_from: str | None, order: str | None, known_at: dt.datetime | None) -> YearTurns:
        """Return the year of each line. The first day is `year_from` (ISO); no year may be after that of `known_at`.

        Raises PermanentError if `year_from` is missing, not a day, or not the first row's day, and if the years would
        pass the day on which the file came in.
        """
        lines, places = self._together(MONTH_FIRST if order == MONTH_FIRST else DAY_FIRST)
        start = _first_day(year_from, places)
        if not len(places):
            return YearTurns((0,), (start.year,))
        step = np.diff(places)
        turn = np.where(step < -_HALF_A_YEAR, 1, np.where(step > _ELEVEN_MONTHS, -1, 0))
        years = start.year + np.concatenate([[0], np.cumsum(turn)])
        if known_at is not None and years.max() > known_at.year:
            raise PermanentError(
                f"Counted from {start.isoformat()}, the dates without a year reach {years.max()}, after the file came "
                f"in ({known_at.date().isoformat()}); expected the rows in the order of their days. Sort them, or add "
                "a column with the year to the file."
            )
        changes = np.flatnonzero(np.concatenate([[True], turn != 0]))
        return YearTurns(tuple(lines[changes].tolist()), tuple(years[changes].tolist()))

    def _add(self, line_numbers: np.ndarray, places: dict[str, np.ndarray]) -> None:
        # A row of a wide table becomes several rows on the same line, in any order.
        _, rows = np.unique(line_numbers, return_index=True)
        rows = rows[(places[DAY_FIRST][rows] > 0) | (places[MONTH_FIRST][rows] > 0)]
        if not len(rows):
            return
        lines, before = line_numbers[rows], self._lines[-1][-1] if self._lines else 0
        if lines[0] < before:
            raise PermanentError(
                "The dates have no year and the file has more than one sheet; expected one sheet, whose rows give the "
                "years by their order. Send each sheet as a file of its own, or add the year to the dates."
            )
        day_first, month_first = places[DAY_FIRST][rows], places[MONTH_FIRST][rows]
        changed = (np.diff(day_first, prepend=-1) != 0) | (np.diff(month_first, prepend=-1) != 0)
        changed[-1] = True  # the next block compares its first line with this one
        self._lines.append(lines[changed])
        self._places[DAY_FIRST].append(day_first[changed].astype(np.int16))
        self._places[MONTH_FIRST].append(month_first[changed].astype(np.int16))

    def _together(self, order: str) -> tuple[np.ndarray, np.ndarray]:
        if not self._lines:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        lines, places = np.concatenate(self._lines), np.concatenate(self._places[order]).astype(np.int64)
        known = places > 0
        return lines[known], places[known]


def _first_day(year_from: str | None, places: np.ndarray) -> dt.date:
    if year_from is None:
        raise PermanentError(
            "The dates of the file have no year; expected one in each, or the day of the first row. Give that day, "
            "such as --year-from 2019-07-11, and the rows after it are dated by their order."
        )
    try:
        start = dt.date.fromisoformat(year_from)
    except ValueError as error:
        raise PermanentError(
            f"'{year_from}' is not a day from which years can be counted; expected the day of the first row as "
            "YYYY-MM-DD. Correct --year-from."
        ) from error
    if len(places) and places[0] != _BEFORE_MONTH[start.month] + start.day:
        raise PermanentError(
            f"--year-from is {start.isoformat()}, but the first row of the file is of {_named(int(places[0]))}; "
            "expected the day of the first row. Correct the day, or the order of the rows."
        )
    return start


def _named(place: int) -> str:
    day = dt.date(2000, 1, 1) + dt.timedelta(days=place - 1)
    return f"{day.day} {day:%B}"


def _place_in_year(months: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return 1 for 1 January to 366 for 31 December, 0 for anything else: (n,) int64."""
    month = np.where((months >= 1) & (months <= 12), months, 0)
    real = (month > 0) & (days >= 1) & (days <= _DAYS_IN_MONTH[month])
    return np.where(real, _BEFORE_MONTH[month] + days, 0)
