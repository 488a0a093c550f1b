"""Covers booked by day, the driver `reserved`: for a day ahead, the covers that its bookings will have grown to.

A day two weeks ahead has fewer bookings now than it will have in the end; unadjusted, it would look like a bad day. The
model fits the effect on demand.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

# Pickup is averaged over this many of the newest days of the same weekday: two months, as habits drift.
PICKUP_DAYS = 8
# With fewer days of the weekday, days of all weekdays are averaged; with fewer of these too, pickup is unknown.
LEAST_SAME_WEEKDAYS, LEAST_DAYS = 3, 8
# After this many days without new reservations, they are assumed to be no longer handed in.
SILENT_DAYS = 7


def reserved_covers(
    bookings: pd.DataFrame,
    dates: pd.DatetimeIndex,
    *,
    open_days: pd.DatetimeIndex,
    as_of: dt.date,
    known_at: dt.datetime,
) -> pd.Series:
    """Return covers by day: for past days those that were kept, for days ahead those booked plus the pickup to come.

    Additive pickup: to the covers booked so many days ahead, add the mean number of covers, less cancellations, that
    days of that weekday gained from the same lead time until the day itself. See Weatherford & Kimes, "A comparison of
    forecasting methods for hotel revenue management", International Journal of Forecasting 19 (2003), 401-415, where it
    is among the best; a factor instead of a sum would explode on days without bookings yet.

    Args:
        bookings: the reservations as known at `known_at`, one row each: business_date, party_size (covers), booked_at
            (UTC, NaT if unknown), gone_at (UTC: when it was known that the party does not come; else NaT), known_at
            (UTC).
        dates: the wanted days, past and ahead.
        open_days: the past days with a sale; other days show no pickup.
        as_of: the last day of history.
        known_at: the moment (aware) at which the forecast is made; `bookings` must not contain later knowledge.

    Returns:
        Covers by date; NaN if unknown: before the first reservation, after the last news of any, and ahead if too few
        days with booking times show the pickup.
    """
    covers = np.full(len(dates), np.nan)
    if len(bookings):
        kept = bookings[bookings.gone_at.isna()].groupby("business_date").party_size.sum()
        today, now, last_known = pd.Timestamp(as_of), _moment(known_at), _moment(bookings.known_at.max())
        is_current = last_known >= now - pd.Timedelta(days=SILENT_DAYS)
        last = today if is_current else min(today, last_known.normalize())
        past = (dates >= bookings.business_date.min()) & (dates <= last)
        covers[past] = kept.reindex(dates[past]).fillna(0.0)
        if is_current:
            days = _days_with_pickup(bookings, open_days[open_days <= today])
            ahead = dates > today
            covers[ahead] = [kept.get(day, 0.0) + _pickup(day, days, bookings, now) for day in dates[ahead]]
    return pd.Series(np.maximum(covers, 0.0), index=dates, name="reserved")


def _days_with_pickup(bookings: pd.DataFrame, open_days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the past days whose bookings all have a booking time, newest first."""
    is_timed = bookings.booked_at.notna()
    untimed = bookings.business_date[~is_timed].unique()
    first = bookings.business_date[is_timed].min()
    return pd.DatetimeIndex(open_days[(open_days >= first) & ~open_days.isin(untimed)][::-1])


def _pickup(day: pd.Timestamp, days: pd.DatetimeIndex, bookings: pd.DataFrame, known_at: pd.Timestamp) -> float:
    """Return the covers that days like `day` gain on average from `known_at` on; NaN if too few days show it."""
    # The file lacks the early bookings of days that came soon after the first booking in it.
    days = days[known_at - (day - days) >= _moment(bookings.booked_at.min())] if len(days) else days
    alike = days[days.day_of_week == day.day_of_week][:PICKUP_DAYS]
    if len(alike) < LEAST_SAME_WEEKDAYS:
        alike = days[: PICKUP_DAYS * 7]
        if len(alike) < LEAST_DAYS:
            return float("nan")
    of_these = bookings[bookings.business_date.isin(alike)]
    # The moment that is as long before each of them as `known_at` is before `day`.
    then = known_at - (day - of_these.business_date)
    booked, gone = (of_these[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in ("booked_at", "gone_at"))
    on_the_books = of_these.party_size[(booked <= then) & ~(gone <= then)].sum()
    return float(of_these.party_size[gone.isna()].sum() - on_the_books) / len(alike)


def _moment(moment: dt.datetime) -> pd.Timestamp:
    """Return an aware moment as naive UTC, to be compared with dates."""
    return pd.Timestamp(moment).tz_convert("UTC").tz_localize(None)
