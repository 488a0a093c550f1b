"""Cells that hold a day, a time of day or both, with or without a zone: taken apart, and put together as UTC.

Whose local time a bare time is, and what a bare day stands for, the kinds decide.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline.ingest.days import parse_days
from flux_pipeline.ingest.texts import Tally, Texts

_DAY_AND_CLOCK = re.compile(r"([0-9][^\sT]*)(?:T|\s+)([0-9].*)")
_STARTS_AS_CLOCK = re.compile(r"[0-9]{1,2}:")
_CLOCK = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?:\s*([AaPp])\.?[Mm]\.?)?"
    r"(?:\s*(?:([Zz]|UTC)|([+-])([0-9]{2}):?([0-9]{2})?))?"
)

_MICROSECOND = 1
_SECOND = 1_000_000 * _MICROSECOND
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE

# What a bare day stands for where a time is needed that must not be too early.
END_OF_DAY = np.timedelta64(24, "h")

_ENDS_OF_DAY = ("24:00", "24:00:00")

# Marks "no such part" beside real values, which are never this far from zero.
_NONE = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Moments:
    """A column of days and times, n rows.

    `day` datetime64[D], NaT where there is none; `clock` timedelta64[us] since local midnight, NaT where there is none;
    `offset` timedelta64[us] east of UTC, NaT where the cell names no zone. `bad_day` and `bad_clock` mark cells with a
    text there that can't be read; `blank` the empty ones.
    """

    day: np.ndarray
    clock: np.ndarray
    offset: np.ndarray
    blank: np.ndarray
    bad_day: np.ndarray
    bad_clock: np.ndarray

    @property
    def bad(self) -> np.ndarray:
        """Which cells hold a text and give no instant: (n,) bool."""
        bad: np.ndarray = ~self.blank & (np.isnat(self.day) | self.bad_clock)
        return bad

    def utc(self, bare_day_is: np.timedelta64) -> np.ndarray:
        """The instants, (n,) datetime64[us] in UTC: a time without zone is UTC, a bare day is `bare_day_is` into it."""
        offset = np.where(np.isnat(self.offset), np.timedelta64(0, "us"), self.offset)
        into_day = np.where(np.isnat(self.clock), bare_day_is.astype("timedelta64[us]"), self.clock - offset)
        instants: np.ndarray = self.day.astype("datetime64[us]") + into_day
        return instants

    def or_else(self, other: Moments) -> Moments:
        """These, and where a cell is empty the other column's."""
        names = ("day", "clock", "offset", "blank", "bad_day", "bad_clock")
        return Moments(**{name: np.where(self.blank, getattr(other, name), getattr(self, name)) for name in names})


@dataclass(frozen=True, eq=False)
class MomentTexts:
    """The two halves of each cell of a column: `days` and `clocks`, both n rows, empty where the half is absent."""

    days: Texts
    clocks: Texts


def split_moments(texts: Texts) -> MomentTexts:
    """Takes `2024-03-01 10:15`, `2024-03-01T10:15Z`, `03/08/2019 20:25`, `10:15` and bare days apart."""
    halves = [_split(text) for text in texts.distinct]
    days, clocks = (np.array([half[side] for half in halves] + [""], dtype=object)[:-1] for side in (0, 1))
    return MomentTexts(Texts(days, texts.codes).map(str), Texts(clocks, texts.codes).map(str))


def are_all_midnight(clocks: Tally) -> bool:
    """Whether the only time of a column is 00:00 without a zone: then it holds days, not times.

    Spreadsheets and programs print a plain date like that, and a restaurant that sells only at midnight is yet to be
    found.
    """
    parsed = [_clock(text) for text in clocks.distinct]
    good = [clock for clock in parsed if clock[0] != _NONE]
    return bool(good) and all(clock == (0, _NONE) for clock in good)


def parse_moments(texts: MomentTexts, order: str | None, *, untimed: bool = False) -> Moments:
    """Reads both halves; `order` is the order of the dates (days.py), `untimed` says that the times mean nothing."""
    day = parse_days(texts.days, order)
    parsed = np.array([_clock(text) for text in texts.clocks.distinct], dtype=np.int64).reshape(-1, 2)
    good = parsed[:, 0] != _NONE
    if untimed:
        parsed[:, 0] = _NONE
    # The least int64 is numpy's NaT, so what is absent becomes NaT by itself.
    clock = texts.clocks.spread(parsed[:, 0].astype("timedelta64[us]"))
    offset = texts.clocks.spread(parsed[:, 1].astype("timedelta64[us]"))
    return Moments(
        day=day,
        clock=clock,
        offset=offset,
        blank=texts.days.blank & texts.clocks.blank,
        bad_day=np.isnat(day) & ~texts.days.blank,
        bad_clock=texts.clocks.spread(~good) & ~texts.clocks.blank,
    )


def parse_clocks(texts: Texts) -> tuple[np.ndarray, np.ndarray]:
    """Local times of day as `datetime.time`, (n,) objects, None where the cell is empty, and which cells are bad.

    24:00, as an hour of closing, is midnight.
    """
    values = np.empty(len(texts.distinct), dtype=object)
    bad = np.zeros(len(texts.distinct), dtype=bool)
    for place, text in enumerate(texts.distinct):
        since_midnight, offset = (0, _NONE) if text in _ENDS_OF_DAY else _clock(text)
        bad[place] = bool(text) and (since_midnight == _NONE or offset != _NONE)
        if text and not bad[place]:
            values[place] = (dt.datetime.min + dt.timedelta(microseconds=since_midnight)).time()
    return texts.spread(values), texts.spread(bad)


def _split(text: str) -> tuple[str, str]:
    match = _DAY_AND_CLOCK.fullmatch(text)
    if match and not _STARTS_AS_CLOCK.match(text):
        return match[1], match[2]
    return ("", text) if _STARTS_AS_CLOCK.match(text) else (text, "")


def _clock(text: str) -> tuple[int, int]:
    """Microseconds since midnight and microseconds east of UTC; _NONE for what is absent or unreadable."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return _NONE, _NONE
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            return _NONE, _NONE
        hour = hour % 12 + (12 if match[5] in "Pp" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return _NONE, _NONE
    fraction = int((match[4] or "").ljust(6, "0")[:6])
    offset = _NONE
    if match[6]:
        offset = 0
    elif match[7]:
        offset = (int(match[8]) * _HOUR + int(match[9] or 0) * _MINUTE) * (-1 if match[7] == "-" else 1)
    return hour * _HOUR + minute * _MINUTE + second * _SECOND + fraction * _MICROSECOND, offset


def utc_index(instants: np.ndarray) -> pd.DatetimeIndex:
    """Instants (n,) datetime64 in UTC as a column that says so."""
    return pd.DatetimeIndex(instants.astype("datetime64[us]")).tz_localize("UTC")
