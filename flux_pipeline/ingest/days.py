"""Days as people write them, and in which order: the year first, the day first or the month first.

One order holds for all date columns of a file and is found from all their rows together, never row by row: read one by
one, 03/04 and 13/04 would land in different months. Times of day are in moments.py.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.texts import Tally, Texts

YEAR_FIRST, DAY_FIRST, MONTH_FIRST = "year_first", "day_first", "month_first"

_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.]?)([0-9]{2}|(?<=[-/.])[0-9])\2([0-9]{2}|(?<=[-/.])[0-9])")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")

# A clock that lost its battery says 1970, a slip of the hand 0204 or 22024; nobody's sales are from such a year.
_FIRST_YEAR, _LAST_YEAR = 1990, 2099

# A typed-in file may hold a few impossible dates; more than one in a hundred means that two orders are mixed, and then
# no reading of the rest can be trusted.
_STRAY_SHARE = 0.01

_NO_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class _Evidence:
    day_first: int
    month_first: int
    year_first: int
    either: int  # dates that both orders read, and read differently
    example: str | None  # one of those


def find_order(columns: Sequence[Tally]) -> str | None:
    """The order of the dates in these columns: YEAR_FIRST, DAY_FIRST, MONTH_FIRST, or None where there is no date.

    Raises PermanentError where every date can be read both ways, or where the dates contradict each other.
    """
    found = [_evidence(texts) for texts in columns]
    day_first = sum(evidence.day_first for evidence in found)
    month_first = sum(evidence.month_first for evidence in found)
    year_first = sum(evidence.year_first for evidence in found)
    either = sum(evidence.either for evidence in found)
    if day_first or month_first:
        if min(day_first, month_first) > _STRAY_SHARE * max(day_first, month_first):
            raise PermanentError(
                f"The file mixes two orders of dates: {day_first} can only be read with the day first, {month_first} "
                "only with the month first; expected one order. Write the dates as YYYY-MM-DD and send it again."
            )
        return DAY_FIRST if day_first > month_first else MONTH_FIRST
    example = next((evidence.example for evidence in found if evidence.example), None)
    if example and either > _STRAY_SHARE * year_first:
        first, second = (_spelt_out(example, order) for order in (DAY_FIRST, MONTH_FIRST))
        raise PermanentError(
            f"The dates can be read two ways: {example} is {first} with the day first and {second} with the month "
            "first; expected at least one day after the 12th, which would tell. Write the dates as YYYY-MM-DD, or send "
            "a longer period."
        )
    if year_first:
        return YEAR_FIRST
    # What is left are dates like 05/05, which both orders read alike.
    return DAY_FIRST if any(_YEAR_LAST.fullmatch(text) for texts in columns for text in texts.distinct) else None


def parse_days(texts: Texts, order: str | None) -> np.ndarray:
    """The day of each row: (n,) datetime64[D], NaT where the text is no day.

    ISO dates (also 20240301 and 2024/3/1) are read in every order; a two-digit year is one of this century.
    """
    parts = np.array([_numbers(text, order) for text in texts.distinct], dtype=np.int64).reshape(-1, 3)
    year, month, day = parts.T
    plausible = (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    months = (np.where(plausible, (year - 1970) * 12 + month - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (np.where(plausible, day, 1) - 1).astype("timedelta64[D]")
    # The 31st of a month of 30 days lands in the next month.
    plausible &= days.astype("datetime64[M]") == months
    return texts.spread(np.where(plausible, days, _NO_DAY))


def _numbers(text: str, order: str | None) -> tuple[int, int, int]:
    """Year, month and day as written; zeros where the text is no date in this order."""
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return int(match[1]), int(match[3]), int(match[4])
    match = _YEAR_LAST.fullmatch(text)
    if match is None or order not in (DAY_FIRST, MONTH_FIRST):
        return 0, 0, 0
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    year += 2000 if year < 100 else 0
    return (year, second, first) if order == DAY_FIRST else (year, first, second)


def _evidence(texts: Tally) -> _Evidence:
    day_first = month_first = year_first = either = 0
    example = None
    for text, count in zip(texts.distinct, texts.counts, strict=True):
        match = _YEAR_LAST.fullmatch(text)
        if match is None:
            year_first += int(count) if _YEAR_FIRST.fullmatch(text) else 0
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            day_first += int(count)
        elif second > 12 >= first:
            month_first += int(count)
        elif first <= 12 and second <= 12 and first != second:
            either += int(count)
            example = example or text
    return _Evidence(day_first, month_first, year_first, either, example)


def _spelt_out(text: str, order: str) -> str:
    year, month, day = _numbers(text, order)
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return "no date"
    return f"{date.day} {date:%B %Y}"
