"""Moments: cells that hold a day, a time of day or both, with or without a zone, converted to UTC.

The kinds decide whose local time a bare time is, and which moment a bare day means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flux_pipeline.ingest.cells.dates._days import is_plausible, parse_days
from flux_pipeline.ingest.cells.dates._serials import serial_clocks, serial_days, serial_numbers
from flux_pipeline.ingest.cells.dates.clocks import NONE, hourless, parse_clock_texts
from flux_pipeline.ingest.cells.dates.halves import MomentTexts
from flux_pipeline.ingest.table.texts import Texts

# The moment that a bare day means if the moment must not be too early.
END_OF_DAY = np.timedelta64(24, "h")

_NO_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True, eq=False)
class Moments:
    """A column of days and times, n rows.

    `day` datetime64[D], NaT if there is none; `clock` timedelta64[us] since local midnight, NaT if there is none;
    `offset` timedelta64[us] east of UTC, NaT if the cell names no zone. `bad_day` and `bad_clock` mark cells with a
    text there that can't be read; `blank` marks empty cells.
    """

    day: np.ndarray
    clock: np.ndarray
    offset: np.ndarray
    blank: np.ndarray
    bad_day: np.ndarray
    bad_clock: np.ndarray

    @property
    def bad(self) -> np.ndarray:
        """The filled cells that give no instant: (n,) bool."""
        bad: np.ndarray = ~self.blank & (np.isnat(self.day) | self.bad_clock)
        return bad

    def utc(self, bare_day_is: np.timedelta64) -> np.ndarray:
        """Return instants, (n,) datetime64[us] in UTC; a time without zone is UTC, a bare day adds `bare_day_is`."""
        offset = np.where(np.isnat(self.offset), np.timedelta64(0, "us"), self.offset)
        into_day = np.where(np.isnat(self.clock), bare_day_is.astype("timedelta64[us]"), self.clock - offset)
        instants: np.ndarray = self.day.astype("datetime64[us]") + into_day
        return instants

    def in_zone(self, timezone: str) -> Moments:
        """Return these moments by the clock of an IANA timezone; those that name no zone of their own stay."""
        zoned = ~np.isnat(self.offset) & ~np.isnat(self.clock) & ~np.isnat(self.day)
        local = utc_index(self.utc(END_OF_DAY)).tz_convert(timezone).tz_localize(None).to_numpy()
        day = local.astype("datetime64[D]")
        clock = (local - day.astype(local.dtype)).astype("timedelta64[us]")
        return replace(self, day=np.where(zoned, day, self.day), clock=np.where(zoned, clock, self.clock))

    def filled_from(self, other: Moments) -> Moments:
        """Return these moments, with empty cells taken from the other column."""
        names = ("day", "clock", "offset", "blank", "bad_day", "bad_clock")
        return Moments(**{name: np.where(self.blank, getattr(other, name), getattr(self, name)) for name in names})


def parse_moments(
    texts: MomentTexts,
    order: str | None,
    *,
    untimed: bool = False,
    serial: bool = False,
    years: np.ndarray | None = None,
) -> Moments:
    """Read both halves of each cell.

    Args:
        texts: the halves of n cells.
        order: of the dates of the file (_order.py).
        untimed: whether the times of the column are meaningless.
        serial: whether plain numbers are days and times as spreadsheets count them.
        years: (n,) the year of each row whose date has none.
    """
    days = texts.days
    numbers = serial_numbers(days.distinct) if serial else np.full(len(days.distinct), np.nan)
    is_number = ~np.isnan(numbers)
    day = parse_days(Texts(np.where(is_number, "", days.distinct), days.codes), order, years)
    parsed = parse_clock_texts(texts.clocks.distinct)
    bad_clock = parsed[:, 0] == NONE
    if untimed:
        parsed[:, 0] = NONE
        bad_clock &= ~hourless(texts.clocks.distinct)
    # The smallest int64 is numpy's NaT, so missing values become NaT automatically.
    clock = texts.clocks.spread(parsed[:, 0].astype("timedelta64[us]"))
    offset = texts.clocks.spread(parsed[:, 1].astype("timedelta64[us]"))
    if is_number.any():
        found = serial_days(numbers)
        in_number_rows = days.spread(is_number)
        day = np.where(in_number_rows, days.spread(np.where(is_plausible(found), found, _NO_DAY)), day)
        if not untimed:
            clock = np.where(in_number_rows & texts.clocks.blank, days.spread(serial_clocks(numbers)), clock)
    is_only_time = days.spread(is_number & np.isnat(serial_days(numbers)))
    bad_day = np.isnat(day) & ~days.blank & ~is_only_time
    return Moments(
        day=day,
        clock=clock,
        offset=offset,
        blank=days.blank & texts.clocks.blank,
        bad_day=bad_day,
        bad_clock=texts.clocks.spread(bad_clock) & ~texts.clocks.blank,
    )


def bare_days(day: np.ndarray, blank: np.ndarray) -> Moments:
    """Return days (n,) datetime64[D] without times as moments; `blank` (n,) bool marks rows without a day."""
    nothing = np.full(len(day), "NaT", dtype="timedelta64[us]")
    return Moments(day, nothing, nothing, blank, np.isnat(day) & ~blank, np.zeros(len(day), dtype=bool))


def utc_index(instants: np.ndarray) -> pd.DatetimeIndex:
    """Return instants (n,) datetime64 in UTC as an index with that zone."""
    return pd.DatetimeIndex(instants.astype("datetime64[us]")).tz_localize("UTC")
