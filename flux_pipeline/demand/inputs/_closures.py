"""Closures: days on which a restaurant is closed although it usually opens on that weekday.

People buy more on the day before a holiday on which their baker is closed. Weekly days off need no driver: the factors
of the weekdays beside them contain their effect.
"""

from __future__ import annotations

import numpy as np

from flux_pipeline.demand.inputs._frames import Bools, Floats, Ints
from flux_pipeline.demand.inputs.drivers import CLOSED_DAY
from flux_pipeline.demand.inputs.easter import is_easter
from flux_pipeline.demand.inputs.tables import DayTable
from flux_pipeline.demand.priors import CLOSED_HOLIDAY, HOLIDAY

WEEK = 7
# A weekday is usually open if it was on most of its dates in the eight weeks before, so that after four weeks of being
# closed, that is usual. In a restaurant's first two weeks nothing is usual, and only holidays are closures.
USUAL_WEEKS = 8
LEAST_WEEKS = 2


def closures(days: DayTable) -> dict[str, Floats]:
    """Return which days are closures on a public holiday, and which are others, as drivers (1 or 0 for each day).

    A driver without any such day is omitted. A day without data does not count, because the restaurant may have been
    open. Good Friday to Easter Monday do not count either, because days around Easter have effects of their own.
    """
    closed, opened = np.flatnonzero(~days.is_open & days.has_data), np.flatnonzero(days.is_open)
    if not len(closed) or not len(opened):
        return {}
    is_holiday = days.drivers[HOLIDAY] == 1 if HOLIDAY in days.drivers else np.zeros(len(days.day), dtype=bool)
    at = (days.day - days.day[opened[0]]).astype(np.int64)
    closed = closed[at[closed] > 0]
    is_new = at[closed] < LEAST_WEEKS * WEEK
    closed = closed[np.where(is_new, is_holiday[closed], _is_usually_open(at[opened], at[closed]))]
    closed = closed[~is_easter(days.day[closed])]
    found = {}
    for name, rows in ((CLOSED_HOLIDAY, closed[is_holiday[closed]]), (CLOSED_DAY, closed[~is_holiday[closed]])):
        if len(rows):
            found[name] = np.zeros(len(days.day))
            found[name][rows] = 1.0
    return found


def _is_usually_open(opened: Ints, wanted: Ints) -> Bools:
    """Return whether the weekday of each wanted day is usually open; both count days from the first open one."""
    weeks = max(int(opened[-1]), int(wanted.max(initial=0))) // WEEK + 1
    is_open = np.zeros((USUAL_WEEKS + weeks, WEEK))  # weeks from the first open day on, and as many before as are usual
    is_open.ravel()[USUAL_WEEKS * WEEK + opened] = 1.0
    until = np.cumsum(is_open, axis=0)
    lately = until[USUAL_WEEKS - 1 : -1] - np.concatenate([np.zeros((1, WEEK)), until[: weeks - 1]])
    week = wanted // WEEK
    return np.asarray(lately[week, wanted % WEEK] > 0.5 * np.minimum(week, USUAL_WEEKS))
