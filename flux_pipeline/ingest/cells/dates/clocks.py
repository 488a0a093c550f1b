"""Times of day as people and programs write them: 24 and 12 hours, with or without a zone; and what is none.

A column may hold a million different ones, so that the common forms are read by numpy, all at once.
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

# What is read as `21:30`, too: `21.30`, `21.30.15`, `9.30pm`, and `2130` or `930` as tills count.
_POINTED = re.compile(r"([0-9]{1,2})\.([0-5][0-9])(?:\.([0-5][0-9]))?(\s*[AaPp]\.?\s?[Mm]\.?|\s*Uhr|\s*hrs?)?")
_DIGITS = re.compile(r"([0-9]{1,2})([0-5][0-9])")
_EAST_ASIAN = re.compile(
    r"(\uc624[\uc804\ud6c4]|[\u4e0a\u4e0b]\u5348|\u5348[\u524d\u5f8c])\s*([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"
)
_AFTERNOON = frozenset({"\uc624\ud6c4", "\u4e0b\u5348", "\u5348\u5f8c"})
# `12:30:45 p.m.` and a word before it is the longest of them.
_LONGEST_ODD = 16

# `10:15:30.123456+02:00` and some more, so that longer texts are seen to be longer.
_COMMON_WIDTH = 24
_LONGEST = 64

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# No zone of the world is further from UTC (Kiribati is the furthest).
_FURTHEST = 14 * HOUR

# 24:00 is the end of a day; where the night belongs to the day before, tills and timetables count on: 25:10 is ten past
# one. Nobody counts into the next morning's opening.
_LATEST_HOUR = 29

# Marks "no such part" beside real values, which are never this far from zero; as a timedelta64 it is NaT.
NONE = np.iinfo(np.int64).min


def parse_clock_texts(distinct: np.ndarray) -> np.ndarray:
    """Microseconds since midnight and microseconds east of UTC: (k, 2) int64, NONE for what is absent or unreadable."""
    if not len(distinct):
        return np.empty((0, 2), dtype=np.int64)
    found = _common(distinct)
    for place in np.flatnonzero(found[:, 0] == NONE):
        found[place] = _clock(distinct[place])
    return found


def parse_clocks(texts: Texts) -> tuple[np.ndarray, np.ndarray]:
    """Local times of day as `datetime.time`, (n,) objects, None where the cell is empty, and which cells are bad.

    24:00, as an hour of closing, is midnight, and 25:00 an hour later.
    """
    values = np.empty(len(texts.distinct), dtype=object)
    bad = np.zeros(len(texts.distinct), dtype=bool)
    for place, text in enumerate(texts.distinct):
        since_midnight, offset = _clock(text)
        bad[place] = bool(text) and (since_midnight == NONE or offset != NONE)
        if text and not bad[place]:
            values[place] = (dt.datetime.min + dt.timedelta(microseconds=since_midnight % DAY)).time()
    return texts.spread(values), texts.spread(bad)


def with_colon(text: str) -> str | None:
    """A time of day as it would be written with a colon, None where it isn't one of the forms that lack it: `21.30`,
    `9.30pm`, `2130`, or has its half of the day before it."""
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
    """Which texts are minutes and seconds that lost their hour, such as `15:50.5`: (k,) bool.

    Spreadsheets show times so, and save what they show. It is no time of day, and must not be taken for one.
    """
    return np.array([len(text) <= 9 and _HOURLESS.fullmatch(text) is not None for text in distinct], dtype=bool)


class ClockTally:
    """What the times of a column amount to, gathered block by block."""

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
        """How many rows hold a text."""
        return self._filled

    @property
    def tells_nothing(self) -> bool:
        """Whether no cell says when on its day something was.

        So where the only time is 00:00 without a zone: spreadsheets and programs print a plain date like that, and a
        restaurant that sells only at midnight is yet to be found. And where the hours are lost.
        """
        return self._good == self._at_midnight and self._good + self._hourless > 0


def _common(distinct: np.ndarray) -> np.ndarray:
    """What is written as H:MM or HH:MM, with or without seconds, their fraction, AM or PM, and a zone: (k, 2) int64.

    NONE for all else; whatever it reads, `_clock` would read alike.
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
    """Takes `Z` or `+02:00` off the end of each row, in place: its microseconds east of UTC, (k,) int64, or NONE."""
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
    """Takes `AM` or `pm` off the end of each row, in place: 1 for the afternoon, 0 for before, (k,) int64, or NONE."""
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
    # A number alone is no time of day: an hour needs its minutes, or a word.
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
