"""Times of day as people and programs write them: 24 and 12 hours, with or without a zone.

A column may hold a million different ones, so numpy reads the common forms all at once.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np

from flux_pipeline.ingest.table.texts import Texts

_CLOCK = re.compile(
    r"([0-9]{1,2})(?:[:hH]([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?)?"
    r"(?:\s*([AaPp])\.?\s?[Mm]\.?|\s*(?:Uhr|hrs?|h))?"
    r"(?:\s*(?:([Zz]|UTC|GMT)|(?:UTC|GMT)?([+\u2212-])([0-9]{2}):?([0-9]{2})?))?(?:\s*\([^()]*\))?"
)
_HOURLESS = re.compile(r"[0-9]{1,2}:[0-9]{2}\.[0-9]{1,3}")

# Also read as `21:30`: `21.30`, `21.30.15`, `9.30pm`, and `2130` or `930` as tills write it.
_POINTED = re.compile(r"([0-9]{1,2})\.([0-5][0-9])(?:\.([0-5][0-9]))?(\s*[AaPp]\.?\s?[Mm]\.?|\s*Uhr|\s*hrs?)?")
_DIGITS = re.compile(r"([0-9]{1,2})([0-5][0-9])")
_EAST_ASIAN = re.compile(
    r"(\uc624[\uc804\ud6c4]|[\u4e0a\u4e0b]\u5348|\u5348[\u524d\u5f8c])\s*([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"
)
_AFTERNOON = frozenset({"\uc624\ud6c4", "\u4e0b\u5348", "\u5348\u5f8c"})
# Between the two times of a span.
_UP_TO = re.compile(r"\s*(?:[-\u2013\u2014~]|\b(?:to|till|until|bis|tot|al)\b)\s*", re.IGNORECASE)
_BETWEEN_SPANS = re.compile(r"\s*[,;/&+\n]\s*|\s+(?:and|und|et|y|e|en)\s+")
_LONGEST_HOUR = 2

Spans = tuple[tuple[dt.time, dt.time], ...]

# The longest such text is `12:30:45 p.m.` with a word before it.
_LONGEST_ODD = 16

# Room for `10:15:30.123456+02:00` and a little more, so that longer texts are recognised as longer.
_COMMON_WIDTH = 24
_LONGEST = 64

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# The largest offset of any zone (Kiribati).
_FURTHEST = 14 * HOUR

# 24:00 is the end of a day. Tills and timetables whose night belongs to the day before count on: 25:10 is ten past one.
# They stop before the next morning's opening.
_LATEST_HOUR = 29

# Marks a missing part among real values, which are never this far from zero; as a timedelta64 it is NaT.
NONE = np.iinfo(np.int64).min


def parse_clock_texts(distinct: np.ndarray) -> np.ndarray:
    """Return microseconds since midnight and east of UTC: (k, 2) int64, NONE for missing or unreadable parts."""
    if not len(distinct):
        return np.empty((0, 2), dtype=np.int64)
    found = _common(distinct)
    for place in np.flatnonzero(found[:, 0] == NONE):
        found[place] = _clock(distinct[place])
    return found


def parse_clocks(texts: Texts) -> tuple[np.ndarray, np.ndarray]:
    """Return local times of day as `datetime.time`, (n,) objects, None for an empty cell, and which cells are bad.

    24:00, as a closing time, is midnight, and 25:00 an hour later.
    """
    values = np.empty(len(texts.distinct), dtype=object)
    bad = np.zeros(len(texts.distinct), dtype=bool)
    for place, text in enumerate(texts.distinct):
        since_midnight, offset = _clock(text)
        bad[place] = bool(text) and (since_midnight == NONE or offset != NONE)
        if text and not bad[place]:
            values[place] = (dt.datetime.min + dt.timedelta(microseconds=since_midnight % DAY)).time()
    return texts.spread(values), texts.spread(bad)


def spans_of(text: str) -> Spans | None:
    """Return the spans of "09:00-17:00", "9am to 5pm" or "10-14, 18-24"; None for any other text, such as "9-5".

    An end before the start is on the next day, but only a time with minutes or a half of the day says so.
    """
    spans = [_span(part) for part in _BETWEEN_SPANS.split(text.strip())]
    found = tuple(span for span in spans if span is not None)
    return found if len(found) == len(spans) else None


def _span(text: str) -> tuple[dt.time, dt.time] | None:
    halves = _UP_TO.split(text.strip())
    found = [_clock(f"{half}:00" if half.isdecimal() and len(half) <= _LONGEST_HOUR else half)[0] for half in halves]
    if len(found) != 2 or NONE in found:
        return None
    if text.replace(" ", "").replace("-", "").isdecimal() and found[1] <= found[0] <= DAY // 2:
        return None
    start, end = ((dt.datetime.min + dt.timedelta(microseconds=each % DAY)).time() for each in found)
    return start, end


def with_colon(text: str) -> str | None:
    """Return a time of day written with a colon, from one of the forms without it; None for other texts.

    These are `21.30`, `9.30pm`, `2130`, and times with the half of the day before them.
    """
    if len(text) > _LONGEST_ODD:
        return None
    if match := _POINTED.fullmatch(text):
        return ":".join(filter(None, match.groups()[:3])) + (match[4] or "")
    if match := _DIGITS.fullmatch(text):
        return f"{match[1]}:{match[2]}"
    if match := _EAST_ASIAN.fullmatch(text):
        return f"{match[2]} {'pm' if match[1] in _AFTERNOON else 'am'}"
    return None


def hourless(distinct: np.ndarray) -> np.ndarray:
    """Return which texts are minutes and seconds that lost their hour, such as `15:50.5`: (k,) bool.

    Spreadsheets show times in this form, and save what they show. It must not be read as a time of day.
    """
    return np.array([len(text) <= 9 and _HOURLESS.fullmatch(text) is not None for text in distinct], dtype=bool)


class ClockTally:
    """Counts of a column's times, gathered block by block."""

    def __init__(self) -> None:
        self._filled = self._hourless = self._good = self._at_midnight = 0

    def add(self, texts: Texts) -> None:
        """Count the rows of one more block."""
        counts, found = texts.counts, parse_clock_texts(texts.distinct)
        midnight = (found == (0, NONE)).all(axis=1)
        self._filled += int(counts[[bool(text) for text in texts.distinct]].sum())
        self._good += int(counts[found[:, 0] != NONE].sum())
        self._at_midnight += int(counts[midnight].sum())
        self._hourless += int(counts[hourless(texts.distinct)].sum())

    @property
    def filled(self) -> int:
        """The number of rows with a text."""
        return self._filled

    @property
    def has_no_times(self) -> bool:
        """Whether no cell has a time that means something.

        That is so if the only time is 00:00 without a zone: spreadsheets and programs print a plain date in this form,
        and no restaurant is known that sells only at midnight. It is also so if the hours are lost.
        """
        return self._good == self._at_midnight and self._good + self._hourless > 0


def _common(distinct: np.ndarray) -> np.ndarray:
    """Read times written as H:MM or HH:MM, with or without seconds, their fraction, AM or PM, and a zone: (k, 2) int64.

    NONE for all other texts; `_clock` gives the same results.
    """
    short = [text if len(text) < _COMMON_WIDTH and text.isascii() else "" for text in distinct]
    cells = np.array(short, dtype=f"S{_COMMON_WIDTH}").view(np.uint8).reshape(-1, _COMMON_WIDTH).copy()
    offset = _cut_zone(cells)
    afternoon = _cut_half_of_day(cells)
    one_digit = cells[:, 1] == ord(":")
    cells[one_digit] = np.roll(cells[one_digit], 1, axis=1)
    cells[one_digit, 0] = ord("0")
    length = _lengths(cells)
    digits = cells - np.uint8(ord("0"))
    is_digit = digits <= 9
    values = np.where(is_digit, digits, 0).astype(np.int64)
    hour, minute, second = (values[:, place] * 10 + values[:, place + 1] for place in (0, 3, 6))
    ok = is_digit[:, [0, 1, 3, 4]].all(axis=1) & (cells[:, 2] == ord(":")) & (hour <= 23) & (minute <= 59)
    has_seconds = is_digit[:, [6, 7]].all(axis=1) & (cells[:, 5] == ord(":")) & (second <= 59)
    has_fraction = np.isin(cells[:, 8], (ord("."), ord(","))) & (length >= 10) & (length <= 15)
    has_fraction &= (is_digit | (cells == 0))[:, 9:].all(axis=1)
    ok &= (length == 5) | (has_seconds & ((length == 8) | has_fraction))
    ok &= (afternoon == NONE) | ((hour >= 1) & (hour <= 12))
    hour = np.where(afternoon == NONE, hour, hour % 12 + 12 * afternoon)
    fraction = np.where(length > 8, values[:, 9:15] @ (10 ** np.arange(5, -1, -1)), 0)
    found = hour * HOUR + minute * MINUTE + np.where(length >= 8, second * SECOND + fraction, 0)
    return np.stack([np.where(ok, found, NONE), np.where(ok, offset, NONE)], axis=1)


def _cut_zone(cells: np.ndarray) -> np.ndarray:
    """Cut `Z` or `+02:00` off the end of each row, in place; return microseconds east of UTC, (k,) int64, or NONE."""
    length = _lengths(cells)
    end = np.take_along_axis(cells, np.maximum(length[:, None] - np.arange(6, 0, -1), 0), axis=1)
    digits = (end[:, [1, 2, 4, 5]] - np.uint8(ord("0"))).astype(np.int64)
    amount = (digits[:, 0] * 10 + digits[:, 1]) * HOUR + (digits[:, 2] * 10 + digits[:, 3]) * MINUTE
    named = np.isin(end[:, 0], (ord("+"), ord("-"))) & (end[:, 3] == ord(":")) & (digits <= 9).all(axis=1)
    named &= (length > 6) & (amount <= _FURTHEST)
    utc = np.isin(end[:, 5], (ord("Z"), ord("z"))) & (length > 1)
    _cut(cells, length - np.where(utc, 1, np.where(named, 6, 0)))
    return np.where(utc, 0, np.where(named, np.where(end[:, 0] == ord("-"), -amount, amount), NONE))


def _cut_half_of_day(cells: np.ndarray) -> np.ndarray:
    """Cut `AM` or `pm` off the end of each row, in place; return 1 for PM, 0 for AM, (k,) int64, or NONE."""
    length = _lengths(cells)
    end = np.take_along_axis(cells, np.maximum(length[:, None] - np.arange(3, 0, -1), 0), axis=1)
    # Upper and lower case of a letter differ in one bit.
    upper = end & 0xDF
    has = (upper[:, 2] == ord("M")) & np.isin(upper[:, 1], (ord("A"), ord("P"))) & (length > 3)
    _cut(cells, length - np.where(has, 2 + (end[:, 0] == ord(" ")), 0))
    return np.where(has, (upper[:, 1] == ord("P")).astype(np.int64), NONE)


def _cut(cells: np.ndarray, length: np.ndarray) -> None:
    cells[np.arange(_COMMON_WIDTH) >= length[:, None]] = 0


def _lengths(cells: np.ndarray) -> np.ndarray:
    lengths: np.ndarray = (cells != 0).sum(axis=1)
    return lengths


def _clock(text: str) -> tuple[int, int]:
    match = _CLOCK.fullmatch(with_colon(text) or text) if len(text) <= _LONGEST else None
    # A number alone is not a time of day: an hour needs its minutes, or a word.
    if match is None or (match[2] is None and not match[5] and not text.endswith(("h", "Uhr"))):
        return NONE, NONE
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            return NONE, NONE
        hour = hour % 12 + (12 if match[5] in "Pp" else 0)
    if hour > (23 if match[6] or match[7] else _LATEST_HOUR) or minute > 59 or second > 59:
        return NONE, NONE
    fraction = int((match[4] or "").ljust(6, "0")[:6])
    offset = NONE
    if match[6]:
        offset = 0
    elif match[7]:
        offset = (int(match[8]) * HOUR + int(match[9] or 0) * MINUTE) * (1 if match[7] == "+" else -1)
        if abs(offset) > _FURTHEST:
            return NONE, NONE
    return hour * HOUR + minute * MINUTE + second * SECOND + fraction, offset
