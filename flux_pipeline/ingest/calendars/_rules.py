"""Bounds on rules of repetition: what it would cost to follow them, so that no calendar can keep a process busy."""

from __future__ import annotations

import calendar
import datetime as dt
import math
from typing import Any

from dateutil.rrule import rrulestr

# What a rule looks at for each day between its start and the end of the window, as parts of what a daily rule does.
_COST_OF_A_DAY = {"DAILY": 1.0, "WEEKLY": 0.2, "MONTHLY": 0.1, "YEARLY": 0.1}
# As much as an event twice a day for a century; a rule that costs more does not describe an event for people.
MOST_OF_A_RULE = 100_000
# All rules of a calendar together: some ten seconds.
MOST_OF_A_CALENDAR = 3_000_000
_LAST_YEARS = range(9944, 9972)
_CLOCKS = ("BYHOUR", "BYMINUTE", "BYSECOND")
# Rules of these parts give a date, unless they count in whole weeks and name another weekday.
_PLAIN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH"}


def cost_of(rule: Any, start: dt.date, end: dt.date) -> float:
    """Return what it costs to follow a rule (an icalendar.vRecur) to `end`.

    It is infinite for a rule that repeats within a day, or that gives no date.

    Raises ValueError for a rule that can't be read.
    """
    frequency = str(next(iter(rule.get("FREQ", [""])), "")).upper()
    intervals = [int(each) for each in rule.get("INTERVAL", [1])]
    if frequency not in _COST_OF_A_DAY or len(intervals) != 1 or intervals[0] < 1:
        return math.inf
    clocks = math.prod(max(1, len(rule.get(name, []))) for name in _CLOCKS)
    cost = max(1, (end - start).days) * _COST_OF_A_DAY[frequency] * clocks
    is_plain = rule.keys() <= _PLAIN and intervals[0] % 7
    return cost if is_plain or _has_dates(rule, start) else math.inf


def _has_dates(rule: Any, start: dt.date) -> bool:
    """Return whether a rule gives any date.

    One that gives none (30 February) would be followed to the year 9999, the last that dates can have. So it is tried
    in one of the last years whose days fall on the same weekdays as those of its start, leap years included.
    """
    first = dt.date(start.year, 1, 1).weekday()
    year = next(each for each in _LAST_YEARS if each % 4 == start.year % 4 and calendar.weekday(each, 1, 1) == first)
    text = ";".join(
        f"{name}={part}"
        for name, part in (each.split("=", 1) for each in rule.to_ical().decode().split(";"))
        if name not in {"UNTIL", "COUNT"}
    )
    tried = rrulestr(text, dtstart=dt.datetime(year, start.month, start.day))
    return next(iter(tried), None) is not None
