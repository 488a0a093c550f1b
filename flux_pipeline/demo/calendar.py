"""Calendar of the demo: its window, public holidays, and the days on which a restaurant is closed."""

import datetime as dt
from typing import NamedTuple

import holidays
import numpy as np
import pandas as pd

from flux_pipeline.demand.settings import LONGEST_HORIZON_DAYS
from flux_pipeline.demo.restaurants import DemoRestaurant

# Irregular closed days are announced before the first forecast whose horizon includes them.
CLOSURE_NOTICE = dt.timedelta(days=LONGEST_HORIZON_DAYS)

# Without a language the names follow the machine's locale, and the demo would differ between machines.
LANGUAGE = "en_US"


class DemoWindow(NamedTuple):
    """The days of history, both included."""

    first_day: dt.date
    last_day: dt.date


def demo_window(today: dt.date, months: int = 18) -> DemoWindow:
    """Return the window from the first of the month `months` months back to the day before `today`."""
    month_count = today.year * 12 + today.month - 1 - months
    return DemoWindow(dt.date(month_count // 12, month_count % 12 + 1, 1), today - dt.timedelta(days=1))


def public_holidays(country_code: str, dates: pd.DatetimeIndex) -> dict[dt.date, str]:
    """Return the national holidays in the years of `dates`, by date, from the `holidays` package."""
    years = sorted(set((dates.year - 1).tolist()) | set((dates.year + 1).tolist()))
    named = holidays.country_holidays(country_code, years=range(years[0], years[-1] + 1), language=LANGUAGE)
    return dict(named.items())


def simulate_closures(restaurant: DemoRestaurant, first_day: dt.date, last_day: dt.date) -> pd.DataFrame:
    """Return the closed days that are not in the weekly pattern.

    Returns:
        Columns date (datetime.date), reason, known_at (datetime with UTC), by date. `last_day` may lie ahead.
    """
    temper = restaurant.temper
    dates = pd.date_range(first_day, last_day)
    named = public_holidays(restaurant.country_code, dates) if temper.closes_on_holidays else {}
    weekly = _open_weekdays(restaurant)
    rows = []
    for day in (stamp.date() for stamp in dates):
        own = (day.month, day.day) in temper.closed_on
        if weekly[day.weekday()] and (own or day in named):
            known_at = dt.datetime.combine(day - CLOSURE_NOTICE, dt.time(9), dt.UTC)
            rows.append((day, named.get(day, "closed for the holidays"), known_at))
    return pd.DataFrame(rows, columns=["date", "reason", "known_at"])


def is_open(restaurant: DemoRestaurant, dates: pd.DatetimeIndex) -> np.ndarray:
    """Return on which dates it is open by its weekly pattern and not closed for another reason, (dates,) bool."""
    weekly: np.ndarray = _open_weekdays(restaurant)[dates.day_of_week.to_numpy()]
    if not len(dates):
        return weekly
    closures = simulate_closures(restaurant, dates.min().date(), dates.max().date())
    opened: np.ndarray = weekly & ~dates.isin(pd.DatetimeIndex(closures["date"]))
    return opened


def _open_weekdays(restaurant: DemoRestaurant) -> np.ndarray:
    """Return which weekdays are open by the weekly pattern, (7,) bool."""
    hours = restaurant.opening_hours
    return np.isin(np.arange(7), hours.loc[~hours["is_closed"].astype(bool), "day_of_week"])
