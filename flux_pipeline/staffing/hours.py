"""Periods to staff on each date. How many heads each of them needs is decided in `forecast`."""

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.staffing.profile import IntradayProfile
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.staffing.week import default_minutes, open_minutes, place_in_day


def open_periods(
    dates: pd.DatetimeIndex,
    opening_hours: pd.DataFrame,
    profile: IntradayProfile,
    settings: StaffingSettings,
    cutoff: dt.time,
) -> pd.DataFrame:
    """Return the periods to staff on each date, by its weekday.

    Declared opening hours go first. Without them, the hours with at least `labor_minimum_hour_share` of the day's items
    are staffed, unless the weekday never sold in them; without a rhythm either, the default hours of the settings.

    Args:
        dates: business dates.
        opening_hours: columns day_of_week, open_time, close_time, is_closed; may be empty. With at least one open
            interval in it, a weekday without one is closed.
        profile: the rhythm of the week.
        settings: default hours, the smallest share that counts, the length of a period.
        cutoff: the local time at which a business day ends.

    Returns:
        Columns date (datetime64) and minute (of the local clock, at which a period begins), by date, in the order in
        which they are worked: those after midnight come last and have the date of the business day before.

    Raises:
        PermanentError: the opening hours are wrong.
    """
    is_open = _open_by_weekday(opening_hours, profile, settings)
    starts = np.arange(is_open.shape[1]) * settings.labor_period_minutes
    in_order = np.argsort(place_in_day(starts, cutoff), kind="stable")
    order = [starts[in_order][is_open[weekday, in_order]] for weekday in range(7)]
    weekdays = dates.day_of_week.to_numpy()
    counts = np.array([len(order[weekday]) for weekday in weekdays], dtype=np.int64)
    minutes = np.concatenate([np.zeros(0, dtype=np.int64), *(order[weekday] for weekday in weekdays)])
    return pd.DataFrame({"date": dates.repeat(counts), "minute": minutes})


def _open_by_weekday(opening_hours: pd.DataFrame, profile: IntradayProfile, settings: StaffingSettings) -> np.ndarray:
    """Return which periods of each weekday are staffed, (7, periods) bool."""
    declared = open_minutes(opening_hours, settings.labor_period_minutes) > 0
    if declared.any():
        return declared
    by_hour = profile.rhythm.reshape(7, 24, -1).sum(axis=2)
    is_busy = (by_hour >= settings.labor_minimum_hour_share) & (by_hour > 0) & ~profile.closed_hours
    busy = np.repeat(is_busy, profile.share.shape[-1] // 24, axis=1)
    # A weekday whose items are spread too thinly for the bound, or that never sold, is open at the default hours.
    return np.where(busy.any(axis=1, keepdims=True), busy, default_minutes(settings) > 0)
