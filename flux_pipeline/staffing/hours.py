"""Hours to staff on each date. How many heads each hour needs is decided in `forecast`."""

import numpy as np
import pandas as pd

from flux_pipeline.staffing.profile import IntradayProfile
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.staffing.week import default_minutes, in_service_order, open_minutes


def open_hours(
    dates: pd.DatetimeIndex, opening_hours: pd.DataFrame, profile: IntradayProfile, settings: StaffingSettings
) -> pd.DataFrame:
    """Return the hours to staff on each date, by its weekday.

    Declared opening hours go first. Without them, the hours with at least `labor_minimum_hour_share` of the day's items
    are staffed; without a rhythm either, the default hours of the settings.

    Args:
        dates: business dates.
        opening_hours: columns day_of_week, open_time, close_time, is_closed; may be empty. With at least one open
            interval in it, a weekday without one is closed.
        profile: the rhythm of the week.
        settings: default hours and the smallest share that counts.

    Returns:
        Columns date (datetime64) and hour (local clock hour, int), by date, in the order in which the hours are worked:
        those after midnight come last and have the date of the business day before.

    Raises:
        PermanentError: the opening hours are wrong.
    """
    is_open = _open_by_weekday(opening_hours, profile, settings)
    order = [in_service_order(is_open[weekday]) for weekday in range(7)]
    weekdays = dates.day_of_week.to_numpy()
    counts = np.array([len(order[weekday]) for weekday in weekdays], dtype=np.int64)
    hours = np.concatenate([np.zeros(0, dtype=np.int64), *(order[weekday] for weekday in weekdays)])
    return pd.DataFrame({"date": dates.repeat(counts), "hour": hours})


def _open_by_weekday(opening_hours: pd.DataFrame, profile: IntradayProfile, settings: StaffingSettings) -> np.ndarray:
    """Return which hours of each weekday are staffed, (7, 24) bool."""
    declared = open_minutes(opening_hours) > 0
    if declared.any():
        return declared
    busy = (profile.share >= settings.labor_minimum_hour_share) & (profile.share > 0)
    # A weekday whose items are spread too thinly for the bound, or that never sold, is open at the default hours.
    return np.where(busy.any(axis=1, keepdims=True), busy, default_minutes(settings) > 0)
