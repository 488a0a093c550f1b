"""Small inputs for the staffing tests."""

import datetime as dt

import numpy as np
import pandas as pd

from flux_pipeline.staffing.forecast import StaffingDemand
from flux_pipeline.staffing.profile import IntradayProfile, intraday_profile
from flux_pipeline.staffing.settings import StaffingSettings

HOUR_COLUMNS = ["day_of_week", "open_time", "close_time", "is_closed"]
TICKET_COLUMNS = ["business_date", "minute", "quantity"]
NO_TICKETS = pd.DataFrame(columns=TICKET_COLUMNS)
NOTHING_DECLARED = pd.DataFrame(columns=HOUR_COLUMNS)
SETTINGS = StaffingSettings()
QUARTERS = StaffingSettings(labor_period_minutes=15)
CUTOFF = dt.time(4)
MONDAY = dt.date(2026, 3, 2)


def opening(*intervals: tuple[int, str, str], closed: tuple[int, ...] = ()) -> pd.DataFrame:
    """Return opening hours from (day of week, open, close) and the days that are declared closed."""
    rows = [(day, dt.time.fromisoformat(begin), dt.time.fromisoformat(end), False) for day, begin, end in intervals]
    return pd.DataFrame([*rows, *((day, None, None, True) for day in closed)], columns=HOUR_COLUMNS)


def every_day(begin: str, end: str) -> pd.DataFrame:
    """Return the same interval on every day of the week."""
    return opening(*((day, begin, end) for day in range(7)))


def tickets(weeks: int, by_weekday: dict[int, dict[int, float]]) -> pd.DataFrame:
    """Return the same sales for each week: weekday -> clock hour -> quantity."""
    rows = [
        (MONDAY + dt.timedelta(weeks=week, days=weekday), 60 * hour, quantity)
        for week in range(weeks)
        for weekday, by_hour in by_weekday.items()
        for hour, quantity in by_hour.items()
    ]
    return pd.DataFrame(rows, columns=TICKET_COLUMNS)


def dates_from_monday(count: int) -> pd.DatetimeIndex:
    """Return consecutive dates, the first a Monday."""
    return pd.date_range(MONDAY, periods=count)


def profile_of(opening_hours: pd.DataFrame) -> IntradayProfile:
    """Return the rhythm of a restaurant without ticket times."""
    return intraday_profile(NO_TICKETS, opening_hours, SETTINGS)


def demand_of(daily_items: np.ndarray, **changes: object) -> StaffingDemand:
    """Return the demand of (draws, days) samples from a Monday on, all in one category, every day open and usual."""
    days = daily_items.shape[1]
    given = {"is_open": np.ones(days, dtype=bool), "is_unusual": np.zeros(days, dtype=bool)}
    return StaffingDemand(
        **{"items": daily_items[:, None], "categories": ("any",), "dates": dates_from_monday(days), **given, **changes}
    )


def poisson_days(mean: float, draws: int, days: int) -> np.ndarray:
    """Draw (draws, days) samples of a day's items."""
    return np.random.default_rng(5).poisson(mean, (draws, days)).astype(float)
