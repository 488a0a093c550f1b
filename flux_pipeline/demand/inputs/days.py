"""The frame `days` that the model reads: whether each day is open, and what is known about it.

A day with a sale was open. One without a sale before the newest one was closed or not uploaded, and counts as closed.
A day after the newest sale is open unless closures, opening hours, habit or a public holiday suggest that it is closed;
if it is past, it is not uploaded yet.
"""

import datetime as dt
from collections.abc import Iterable

import holidays
import numpy as np
import pandas as pd

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demand.inputs._events import SCHOOL_HOLIDAY, event_drivers
from flux_pipeline.demand.inputs.drivers import WORDS
from flux_pipeline.demand.inputs.weather import weather_drivers

# Eight weeks show a habit: a weekday that was closed every time is a day off, one that was open once may be open again.
HABIT_WEEKS = 8
# With fewer weeks a weekday without sales may be chance.
LEAST_WEEKS = 3
# A restaurant that was closed on most of its public holidays is expected to close again; a habit needs two of them.
LEAST_HOLIDAYS = 2


def build_days(
    sold_on: pd.DatetimeIndex,
    *,
    as_of: dt.date,
    horizon_days: int,
    opening_hours: pd.DataFrame,
    closures: pd.DataFrame,
    country_code: str | None,
    weather: pd.DataFrame,
    event_days: pd.DataFrame,
) -> pd.DataFrame:
    """Build one row per day from the first sale to the day after the horizon.

    What the last day of the horizon sells depends on whether the restaurant is closed on the next.

    Args:
        sold_on: the business days with a sale, up to `as_of`.
        as_of: the last day of history.
        horizon_days: the number of days after it.
        opening_hours: day_of_week (0 = Monday), is_closed; empty if nothing is declared.
        closures: date, reason: irregular closed days known at `as_of`.
        country_code: ISO 3166, for public holidays; None: none are known.
        weather: see `weather_drivers`; as known at `as_of`.
        event_days: see `event_drivers`; as known at `as_of`, with school holidays as events of their kind.

    Returns:
        date, is_open, closed_reason ("" if open), has_data (False: not uploaded yet), is_holiday, is_school_holiday,
        and the columns of `event_drivers` and `weather_drivers`. A feed without rows adds no column.
    """
    first = sold_on.min() if len(sold_on) else pd.Timestamp(as_of)
    dates = pd.date_range(first, pd.Timestamp(as_of) + pd.Timedelta(days=horizon_days + 1), name="date")
    days = pd.DataFrame({"date": dates})
    days["is_holiday"] = _is_holiday(dates, country_code)
    holiday_dates = dates[days.is_holiday.to_numpy() == 1]
    newest = sold_on.max() if len(sold_on) else pd.Timestamp(as_of)
    sold, later = dates[dates <= newest], dates[dates > newest]
    days["closed_reason"] = [
        *np.where(sold.isin(sold_on), "", "no sales"),
        *_reasons_closed(later, sold_on, opening_hours, closures, holiday_dates),
    ]
    is_late = (dates > newest) & (dates <= pd.Timestamp(as_of)) & (days.closed_reason == "")
    days.loc[is_late, "closed_reason"] = "no sales"
    days["has_data"] = ~is_late
    days["is_open"] = days.closed_reason == ""
    if not event_days.empty:
        days = _with_events(days, event_days[event_days.date.isin(dates)])
    if not weather.empty:
        days = days.join(weather_drivers(weather, dates[:-1], as_of), on="date")
    return days


def _with_events(days: pd.DataFrame, event_days: pd.DataFrame) -> pd.DataFrame:
    """Add school holidays as a flag, and the pull of all other events."""
    is_school_holiday = event_days.kind == SCHOOL_HOLIDAY
    if is_school_holiday.any():
        days["is_school_holiday"] = days.date.isin(event_days.date[is_school_holiday]).astype(int)
    if is_school_holiday.all():
        return days
    events = event_drivers(event_days[~is_school_holiday])
    nothing = {name: "" if str(name).endswith(WORDS) else 0.0 for name in events}
    return days.join(events, on="date").fillna(nothing)


def knows_holidays(country_code: str) -> bool:
    """Return whether the public holidays of a country (ISO 3166) are known."""
    return country_code in holidays.list_supported_countries()


def _is_holiday(dates: pd.DatetimeIndex, country_code: str | None) -> np.ndarray:
    """Return 1 for public holidays of the country, by the `holidays` package; 0 for other days or without a country."""
    if country_code is None or not knows_holidays(country_code):
        return np.zeros(len(dates), dtype=int)
    known = holidays.country_holidays(country_code, years=range(dates[0].year, dates[-1].year + 1))
    return dates.isin(pd.DatetimeIndex(pd.to_datetime(list(known)))).astype(int)


def _reasons_closed(
    dates: pd.DatetimeIndex,
    sold_on: pd.DatetimeIndex,
    opening_hours: pd.DataFrame,
    closures: pd.DataFrame,
    holiday_dates: pd.DatetimeIndex,
) -> list[str]:
    """Return why each day after the newest sale is closed, "" if it is open; the most certain reason wins."""
    announced = dict(zip(pd.to_datetime(closures.date), closures.reason, strict=True))
    days_off = _declared_days_off(opening_hours) if len(opening_hours) else habitual_days_off(sold_on)
    why_off = "by its opening hours" if len(opening_hours) else f"no sale on that weekday in {HABIT_WEEKS} weeks"
    keeps_holidays = closes_on_holidays(sold_on, holiday_dates, days_off)
    reasons = []
    for date in dates:
        reason = ""
        if date in announced:
            reason = announced[date] or "closed"
        elif date.day_of_week in days_off:
            reason = f"closed on {WEEKDAYS[date.day_of_week]}s, {why_off}"
        elif keeps_holidays and date in holiday_dates:
            reason = "public holiday, on which it has been closed before"
        reasons.append(reason)
    return reasons


def _declared_days_off(opening_hours: pd.DataFrame) -> set[int]:
    open_days = opening_hours[~opening_hours.is_closed.astype(bool)].day_of_week
    return set(range(7)) - set(open_days.astype(int))


def habitual_days_off(sold_on: pd.DatetimeIndex) -> set[int]:
    """Return the weekdays (0 = Monday) without a single sale in the newest eight weeks of history."""
    if not len(sold_on):
        return set()
    last = sold_on.max()
    recent = sold_on[sold_on > last - pd.Timedelta(weeks=HABIT_WEEKS)]
    weeks = (last - recent.min()).days / 7
    return set(range(7)) - set(recent.day_of_week) if weeks >= LEAST_WEEKS else set()


def closes_on_holidays(sold_on: pd.DatetimeIndex, holiday_dates: Iterable[pd.Timestamp], days_off: set[int]) -> bool:
    """Return whether the restaurant was closed on most past public holidays that fell on a working weekday."""
    if not len(sold_on):
        return False
    first, last = sold_on.min(), sold_on.max()
    past = [d for d in holiday_dates if first <= d <= last and d.day_of_week not in days_off]
    closed = sum(date not in sold_on for date in past)
    return len(past) >= LEAST_HOLIDAYS and closed > len(past) / 2
