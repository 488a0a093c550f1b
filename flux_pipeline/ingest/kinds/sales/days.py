"""Time of a sale: the instant in UTC, and the business day that it counts for. Reservations are dated the same way."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.dates.clocks import DAY
from flux_pipeline.ingest.cells.dates.moments import Moments, utc_index
from flux_pipeline.ingest.columns.header_names import header_words_of, split_remark
from flux_pipeline.ingest.contracts import Place


@dataclass(frozen=True, eq=False)
class SoldWhen:
    """`business_date` (n,) datetime64[s], midnight, NaT where no date was read; `sold_at` (n,) UTC, NaT if untimed."""

    business_date: np.ndarray
    sold_at: pd.DatetimeIndex


def is_business_day(header: str) -> bool:
    """Return whether a column of this name holds business days rather than calendar days."""
    # Business days, not calendar days: at half past one in the night it is still the day before.
    return split_remark(header)[0] in header_words_of("sales.business_day")


def find_business_days(dates: Moments, times: Moments, place: Place | None, *, stated: bool = False) -> SoldWhen:
    """Combine the date and the time column.

    A time cell with a date of its own uses that date (tills print the business day beside it); a time without a zone is
    local time of `place`. A local time before the cutoff counts for the day before; a row without a time counts for its
    date. Hours from 24 on are after midnight of the date beside them, and count for that date. If `stated`, the dates
    are business days already: a time before the cutoff is then on the calendar day after. Raises PermanentError if
    there are times and no place, or if its timezone is unknown.
    """
    by_time = ~np.isnat(times.clock)
    clock = np.where(by_time, times.clock, dates.clock)
    offset = np.where(by_time, times.offset, dates.offset)
    has_own_day = by_time & ~np.isnat(times.day)
    day = np.where(has_own_day, times.day, dates.day)
    if np.isnat(clock).all():
        return SoldWhen(dates.day.astype("datetime64[s]"), utc_index(clock + np.datetime64("NaT", "us")))
    known = _known_place(place)
    counts_for_stated = ~has_own_day & (clock >= np.timedelta64(DAY, "us"))
    if stated:
        in_the_night = by_time & ~has_own_day & (clock < np.timedelta64(known.clock.cutoff_after_midnight))
        day = np.where(in_the_night, day + np.timedelta64(1, "D"), day)
        counts_for_stated |= by_time
    written = day.astype("datetime64[us]") + clock
    sold_at = _to_utc(written, offset, known.timezone)
    local = written
    if not np.isnat(offset).all():
        there = sold_at.tz_convert(known.timezone).tz_localize(None).to_numpy()
        local = np.where(np.isnat(offset), written, there)
    business = np.where(counts_for_stated, dates.day.astype("datetime64[s]"), _business_dates(local, dates.day, known))
    return SoldWhen(business, sold_at)


def _known_place(place: Place | None) -> Place:
    if place is None:
        raise PermanentError(
            "The file has times of day, and the restaurant's timezone is unknown; expected one such as Europe/Paris. "
            "Name the restaurant that the file belongs to."
        )
    try:
        ZoneInfo(place.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PermanentError(
            f"The system doesn't know the restaurant's timezone '{place.timezone}'; expected an IANA name such as "
            "Europe/Paris. Correct it in the restaurant's row."
        ) from error
    return place


def _to_utc(written: np.ndarray, offset: np.ndarray, timezone: str) -> pd.DatetimeIndex:
    local = pd.DatetimeIndex(written)
    # The night the clocks go back has one hour twice. It is taken as the first, because nothing in the file settles it
    # and an hour more or less moves no business day. A time in the hour that is skipped in spring was typed, or printed
    # by a clock that was late; it is moved to the first instant that exists. Neither loses the row.
    by_place = local.tz_localize(timezone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward")
    by_place = by_place.tz_convert("UTC")
    if np.isnat(offset).all():
        return by_place
    by_offset = utc_index(written - offset)
    return by_place.where(np.isnat(offset), by_offset)


def _business_dates(local: np.ndarray, stated: np.ndarray, place: Place) -> np.ndarray:
    counted = (local - np.timedelta64(place.clock.cutoff_after_midnight)).astype("datetime64[D]")
    # Rows without a time have no local time.
    return np.where(np.isnat(local), stated, counted).astype("datetime64[s]")
