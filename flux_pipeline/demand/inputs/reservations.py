"""Covers booked by day: the driver `reserved`. Of a day ahead, what its bookings will have grown to.

A day two weeks ahead has fewer bookings than it will have; told as they are, they would look like a bad day. What they
do to demand is not fitted here.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

# Pickup is averaged over so many of the newest days of the same weekday: two months, as habits drift.
PICKUP_DAYS = 8
# With fewer of them, days of all weekdays are averaged; with fewer of these too, nothing is known of pickup.
LEAST_SAME_WEEKDAYS, LEAST_DAYS = 3, 8
# Where nothing was heard of reservations for so long, nobody hands them in any more.
SILENT_DAYS = 7


def reserved_covers(
    bookings: pd.DataFrame,
    dates: pd.DatetimeIndex,
    *,
    open_days: pd.DatetimeIndex,
    as_of: dt.date,
    known_at: dt.datetime,
) -> pd.Series:
    """Covers by day: of the past those that were kept, of days ahead those on the books plus the pickup to come.

    Additive pickup: to the covers on the books so many days before, the mean is added of what days of that weekday
    still gained (cancellations taken off) from that long before until they came. See Weatherford & Kimes, "A comparison
    of forecasting methods for hotel revenue management", International Journal of Forecasting 19 (2003), 401-415, where
    it is among the best; a factor instead of a sum would explode where nothing is booked yet.

    Args:
        bookings: what was known at `known_at`, one row a reservation: business_date, party_size (covers), booked_at
            (UTC, NaT where unknown), gone_at (UTC: when it was known not to come; NaT where it comes), known_at (UTC).
        dates: the days wanted, past and ahead.
        open_days: the past days on which anything was sold; others tell nothing of pickup.
        as_of: the last day of history.
        known_at: the moment (aware) at which `as_of` is looked ahead from; what became known later must not be there.

    Returns:
        Covers by date; NaN where nothing is known: before the first reservation, after the last that was heard of them,
        and ahead where too few days with booking times show the pickup.
    """
    covers = np.full(len(dates), np.nan)
    if len(bookings):
        kept = bookings[bookings.gone_at.isna()].groupby("business_date").party_size.sum()
        today, now, last_heard = pd.Timestamp(as_of), _moment(known_at), _moment(bookings.known_at.max())
        is_told = last_heard >= now - pd.Timedelta(days=SILENT_DAYS)
        last = today if is_told else min(today, last_heard.normalize())
        past = (dates >= bookings.business_date.min()) & (dates <= last)
        covers[past] = kept.reindex(dates[past]).fillna(0.0)
        if is_told:
            days = _days_with_pickup(bookings, open_days[open_days <= today])
            ahead = dates > today
            covers[ahead] = [kept.get(day, 0.0) + _pickup(day, days, bookings, now) for day in dates[ahead]]
    return pd.Series(np.maximum(covers, 0.0), index=dates, name="reserved")


def _days_with_pickup(bookings: pd.DataFrame, open_days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The past days whose bookings all say when they were made, newest first."""
    is_timed = bookings.booked_at.notna()
    untimed = bookings.business_date[~is_timed].unique()
    first = bookings.business_date[is_timed].min()
    return pd.DatetimeIndex(open_days[(open_days >= first) & ~open_days.isin(untimed)][::-1])


def _pickup(day: pd.Timestamp, days: pd.DatetimeIndex, bookings: pd.DataFrame, known_at: pd.Timestamp) -> float:
    """Covers that a day gains from `known_at` on, on average of days like it; NaN where too few show it."""
    # Of days that come soon after the first booking ever, those that were made long before are not in the file.
    days = days[known_at - (day - days) >= _moment(bookings.booked_at.min())] if len(days) else days
    alike = days[days.day_of_week == day.day_of_week][:PICKUP_DAYS]
    if len(alike) < LEAST_SAME_WEEKDAYS:
        alike = days[: PICKUP_DAYS * 7]
        if len(alike) < LEAST_DAYS:
            return float("nan")
    of_these = bookings[bookings.business_date.isin(alike)]
    # The moment that lies as long before each of them as `known_at` before `day`.
    then = known_at - (day - of_these.business_date)
    booked, gone = (of_these[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in ("booked_at", "gone_at"))
    on_the_books = of_these.party_size[(booked <= then) & ~(gone <= then)].sum()
    return float(of_these.party_size[gone.isna()].sum() - on_the_books) / len(alike)


def _moment(moment: dt.datetime) -> pd.Timestamp:
    """An aware moment as naive UTC, to be compared with dates."""
    return pd.Timestamp(moment).tz_convert("UTC").tz_localize(None)
