"""Parts of one day as people write it: numbers in one of three orders, or the month by its name.

A single text often can't show which of two numbers is the day; _order.py decides that for the whole file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from flux_pipeline.ingest.cells.dates.names import is_weekday, month_of

# The order of the parts of a date: the year first, in four digits; the day before the month; the month before the day.
YEAR_FIRST, DAY_FIRST, MONTH_FIRST = "year_first", "day_first", "month_first"
# The year first and in two digits. Only if a hint or the country gives it, because `24/03/13` looks like the 24th.
SHORT_YEAR_FIRST = "short_year_first"

NO_YEAR = -1

# The longest date people write ("Mittwoch, den 25. September 2024") fits; a page of text does not.
_LONGEST = 48

# Enough for every day of a decade in four forms; the survey reads each, and each block reads it again.
_REMEMBERED = 16_384

_WORD = r"[^\W\d_]+"
_YEAR_FIRST = re.compile(
    r"([0-9]{4})(?:([-/.])\s?([0-9]{1,2})\s?\2\s?([0-9]{1,2})\.?|([0-9]{2})([0-9]{2})"
    r"|[年\ub144]\s?([0-9]{1,2})\s?[月\uc6d4]\s?([0-9]{1,2})\s?[日\uc77c])"
)
_YEAR_LAST = re.compile(r"([0-9]{1,2})\s?([-/.])\s?([0-9]{1,2})\s?\2\s?([0-9]{4}|[0-9]{2})")
_WITHOUT_YEAR = re.compile(r"([0-9]{1,2})([-/.])\s?([0-9]{1,2})\.?")
_DAY_AND_NAME = re.compile(
    rf"([0-9]{{1,2}})(?:st|nd|rd|th|er|[º°ª.])?[\s/-]*(?:(?:de|of|d['\u2019])\s*)??({_WORD})\.?"
    rf"(?:[\s/,-]*(?:(?:de|del)\s+)?([0-9]{{4}}|['\u2019]?[0-9]{{2}}))?"
)
_NAME_AND_DAY = re.compile(
    rf"({_WORD})\.?[\s/-]*([0-9]{{1,2}})(?:st|nd|rd|th|\.)?(?:(?:,\s*|[\s/-]+)([0-9]{{4}}|['\u2019]?[0-9]{{2}}))?"
)
_YEAR_AND_NAME = re.compile(rf"([0-9]{{4}})[\s/-]+({_WORD})\.?[\s/-]+([0-9]{{1,2}})")
_ARTICLE = re.compile(r"(?:le|den|the|el|il)\s+")
_WEEKDAY_BEFORE = re.compile(rf"({_WORD}(?:-{_WORD})?)\.?,?\s*(?:(?:den|the|le)\s+)?([^\s].*)")
_WEEKDAY_AFTER = re.compile(rf"(.*?[0-9.日\uc77c]),?\s*\(?({_WORD}(?:-{_WORD})?)\.?\)?")


class DayParts(NamedTuple):
    """A day as written.

    `year` is NO_YEAR if there is none. `first` and `second` are the month and the day of a `settled` text, whose form
    can be read in one way only; else the two numbers as written. `third` is the last of three numbers of two digits
    each, which is the day if the year comes first; else 0.
    """

    year: int
    first: int
    second: int
    settled: bool
    third: int = 0

    def in_order(self, order: str | None) -> tuple[int, int, int]:
        """Return year, month and day; NO_YEAR, 0 and 0 if the text can't be read in this order."""
        if self.settled or order == MONTH_FIRST:
            return self.year, self.first, self.second
        if order == DAY_FIRST:
            return self.year, self.second, self.first
        if order == SHORT_YEAR_FIRST and self.third:
            return 2000 + self.first, self.second, self.third
        return NO_YEAR, 0, 0


@lru_cache(maxsize=_REMEMBERED)
def read_day(text: str) -> DayParts | None:
    """Return the parts of a day, or None if the text isn't one; a weekday before or after it is ignored."""
    if not text or len(text) > _LONGEST:
        return None
    found = _read_numbers(text) or _read_name(text)
    if found:
        return found
    article = _ARTICLE.match(text)
    if article:
        return _read_name(text[article.end() :])
    before, after = _WEEKDAY_BEFORE.fullmatch(text), _WEEKDAY_AFTER.fullmatch(text)
    if before and is_weekday(before[1]):
        return _read_numbers(before[2]) or _read_name(before[2])
    if after and is_weekday(after[2]):
        return _read_numbers(after[1]) or _read_name(after[1])
    return None


def _read_numbers(text: str) -> DayParts | None:
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        month, day = (match[3] or match[5] or match[7]), (match[4] or match[6] or match[8])
        return DayParts(int(match[1]), int(month), int(day), settled=True)
    match = _YEAR_LAST.fullmatch(text)
    if match:
        two_digits_each = len(match[1]) == len(match[3]) == len(match[4]) == 2
        third = int(match[4]) if two_digits_each else 0
        return DayParts(_year(match[4]), int(match[1]), int(match[3]), settled=False, third=third)
    match = _WITHOUT_YEAR.fullmatch(text)
    return DayParts(NO_YEAR, int(match[1]), int(match[3]), settled=False) if match else None


def _read_name(text: str) -> DayParts | None:
    for pattern, day, name, year in ((_DAY_AND_NAME, 1, 2, 3), (_NAME_AND_DAY, 2, 1, 3), (_YEAR_AND_NAME, 3, 2, 1)):
        match = pattern.fullmatch(text)
        month = month_of(match[name]) if match else None
        if match and month:
            return DayParts(_year(match[year]), month, int(match[day]), settled=True)
    return None


def _year(text: str | None) -> int:
    """Return a year as written; a year of two digits is in this century."""
    if not text:
        return NO_YEAR
    digits = text.lstrip("'\u2019")
    return int(digits) + (2000 if len(digits) == 2 else 0)
