"""Days of each row of a column, once the order of the file's dates is known (_order.py).

parts.py reads a single text, clocks.py times of day.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from flux_pipeline.ingest.cells.dates.names import month_of
from flux_pipeline.ingest.cells.dates.parts import NO_YEAR, read_day
from flux_pipeline.ingest.table.texts import Texts

# A clock that lost its battery gives 1970, a typing error 0204 or 22024; no sales are from such years.
_FIRST_YEAR, _LAST_YEAR = 1990, 2099

_NO_DAY = np.datetime64("NaT", "D")
_NOTHING = (NO_YEAR, 0, 0)


def parse_days(texts: Texts, order: str | None, years: np.ndarray | None = None) -> np.ndarray:
    """Return the day of each row: (n,) datetime64[D], NaT if the text is not a day.

    ISO dates (also 20240301 and 2024/3/1) and months by name are read in every order; a two-digit year is in this
    century. `years` (n,) is the year of each row whose text has none; without it such a text is not a day.
    """
    found = [read_day(text) for text in texts.distinct]
    parts = np.array([each.in_order(order) if each else _NOTHING for each in found], dtype=np.int64).reshape(-1, 3)
    if years is None:
        return texts.spread(_days(*parts.T))
    row_parts = texts.spread(parts)
    return _days(np.where(row_parts[:, 0] == NO_YEAR, years, row_parts[:, 0]), row_parts[:, 1], row_parts[:, 2])


def parse_split_days(parts: Mapping[str, Texts], years: np.ndarray | None = None) -> np.ndarray:
    """Return the day of each row from the columns `year`, `month` and `day_of_month`: (n,) datetime64[D], or NaT.

    The month may be a name, the year may have two digits. `years` (n,) is used for rows without a year.
    """
    day, month = parse_whole_numbers(parts["day_of_month"]), parse_months(parts["month"])
    year = parse_years(parts["year"])
    return _days(year if years is None else np.where(parts["year"].blank, years, year), month, day)


def parse_years(texts: Texts) -> np.ndarray:
    """Return the year of each row, one of two digits in this century: (n,) int64, NO_YEAR for other texts."""
    years = parse_whole_numbers(texts)
    return np.where((years >= 0) & (years < 100), years + 2000, years)


def parse_months(texts: Texts) -> np.ndarray:
    """Return the month of each row, by number or name: (n,) int64, NO_YEAR for other texts."""
    numbers = [_whole_number(text) if text[:1].isdigit() else month_of(text) or NO_YEAR for text in texts.distinct]
    return texts.spread(np.array(numbers, dtype=np.int64))


def parse_whole_numbers(texts: Texts) -> np.ndarray:
    """Return whole numbers of up to four digits: (n,) int64, NO_YEAR for other texts."""
    return texts.spread(np.array([_whole_number(text) for text in texts.distinct], dtype=np.int64))


def is_plausible(days: np.ndarray) -> np.ndarray:
    """Return which days (n,) datetime64[D] may be in a restaurant's file: (n,) bool."""
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    plausible: np.ndarray = ~np.isnat(days) & (years >= _FIRST_YEAR) & (years <= _LAST_YEAR)
    return plausible


def _days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    plausible = (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = (np.where(plausible, (year - 1970) * 12 + month - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (np.where(plausible, day, 1) - 1).astype("timedelta64[D]")
    # The 31st of a month with 30 days would be in the next month.
    plausible &= days.astype("datetime64[M]") == months
    return np.where(plausible, days, _NO_DAY)


def _whole_number(text: str) -> int:
    """Return a number of up to four digits, also as programs print whole floats (`7.0`); NO_YEAR for other texts."""
    digits = text.removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 4 else NO_YEAR
