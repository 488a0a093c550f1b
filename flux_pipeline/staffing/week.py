"""Declared opening hours as open minutes of each period of the clock, and the order in which a day is worked.

An interval that ends at or before its start runs past midnight; its hours belong to the day on which it began.
"""

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.settings import StaffingSettings

MINUTES_PER_DAY = 24 * 60


def open_minutes(opening_hours: pd.DataFrame, period_minutes: int = 60) -> np.ndarray:
    """Return the open minutes of each period of the clock.

    Args:
        opening_hours: columns day_of_week (0 = Monday), open_time, close_time (datetime.time), is_closed; a row for
            each day of week and interval. A day of week without a row is closed.
        period_minutes: length of a period, a divisor of an hour.

    Returns:
        (7, 1440 / period_minutes) float array, minutes between 0 and period_minutes. Overlapping intervals count once.

    Raises:
        PermanentError: a day of week is outside 0..6, or an open interval lacks its times.
    """
    is_open = np.zeros((7, MINUTES_PER_DAY), dtype=bool)
    for day_of_week, start, end in _intervals(opening_hours):
        is_open[day_of_week, np.arange(start, end) % MINUTES_PER_DAY] = True
    minutes: np.ndarray = is_open.reshape(7, -1, period_minutes).sum(axis=2).astype(float)
    return minutes


def check_week(opening_hours: pd.DataFrame) -> None:
    """Refuse declared hours that contradict each other.

    Args:
        opening_hours: as in `open_minutes`.

    Raises:
        PermanentError: a day is both closed and open, an interval ends when it begins (except 00:00 to 00:00, which is
            a whole day), or two intervals overlap, also across midnight.
    """
    open_days = set(opening_hours.day_of_week[~opening_hours.is_closed.astype(bool)])
    for day in sorted(open_days & set(opening_hours.day_of_week[opening_hours.is_closed.astype(bool)])):
        raise PermanentError(f"{WEEKDAYS[day]} is both closed and open; expected one of the two.")
    spans = sorted((day * MINUTES_PER_DAY + start, day, end - start) for day, start, end in _intervals(opening_hours))
    for start, day, length in spans:
        if length == MINUTES_PER_DAY and start % MINUTES_PER_DAY:
            raise PermanentError(
                f"On {WEEKDAYS[day]} an interval ends when it begins ({_clock(start)}); expected a later end, or "
                "00:00-00:00 for a whole day."
            )
    # The week is circular: the last interval may run into the first.
    for (start, day, length), (following, _, _) in zip(spans, [*spans[1:], *_a_week_later(spans[:1])], strict=True):
        if start + length > following:
            raise PermanentError(
                f"On {WEEKDAYS[day]} the interval from {_clock(start)} to {_clock(start + length)} runs into the one "
                f"from {_clock(following)}; expected intervals that do not overlap."
            )


def _a_week_later(spans: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return [(start + 7 * MINUTES_PER_DAY, day, length) for start, day, length in spans]


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def default_minutes(settings: StaffingSettings) -> np.ndarray:
    """Return the open minutes of a restaurant without declared hours: the settings' hours on every day."""
    start, end = settings.labor_default_open_time, settings.labor_default_close_time
    week = pd.DataFrame({"day_of_week": range(7), "open_time": start, "close_time": end, "is_closed": False})
    return open_minutes(week, settings.labor_period_minutes)


def place_in_day(minutes: np.ndarray, cutoff: dt.time) -> np.ndarray:
    """Return how many minutes after the cutoff of the business day each minute of the clock is, 0 to 1439."""
    place: np.ndarray = (np.asarray(minutes) - (cutoff.hour * 60 + cutoff.minute)) % MINUTES_PER_DAY
    return place


def _intervals(opening_hours: pd.DataFrame) -> Iterator[tuple[int, int, int]]:
    """Yield each open interval as (day of week, first minute, minute after the last); after midnight above 1440."""
    columns = (opening_hours[name] for name in ("day_of_week", "open_time", "close_time", "is_closed"))
    for day_of_week, open_time, close_time, is_closed in zip(*columns, strict=True):
        if day_of_week not in range(7):
            raise PermanentError(f"Opening hours name the day {day_of_week}; expected 0 (Monday) to 6 (Sunday).")
        if is_closed:
            continue
        start, end = _minute(open_time, day_of_week), _minute(close_time, day_of_week)
        yield int(day_of_week), start, end if end > start else end + MINUTES_PER_DAY


def _minute(time: object, day_of_week: object) -> int:
    if not isinstance(time, dt.time):
        raise PermanentError(
            f"Opening hours of day of week {day_of_week} have the time {time!r}; expected a time of day. "
            "Give both times or mark the day as closed."
        )
    return time.hour * 60 + time.minute
