"""Easter, which moves, and the days around it."""

from __future__ import annotations

from functools import cache

import numpy as np

from flux_pipeline.demand.inputs._frames import Bools, Days, Ints
from flux_pipeline.demand.priors import EASTER_DAYS

# Years whose Easter Sundays are known here: no restaurant's sales are older or newer.
YEARS = range(1900, 2201)


def days_after_easter(days: Days) -> Ints:
    """Return how many days after Easter Sunday each day is, from -3 (Maundy Thursday) up to the next year's -4."""
    sundays = _sundays()
    newest = np.searchsorted(sundays, days - EASTER_DAYS[0], side="right") - 1
    return np.asarray((days - sundays[newest]).astype(np.int64))


def is_easter(days: Days) -> Bools:
    """Return whether each day is from Good Friday to Easter Monday."""
    after = days_after_easter(days)
    return (after > EASTER_DAYS[0]) & (after < EASTER_DAYS[-1])


@cache
def _sundays() -> Days:
    return np.array([easter_sunday(year) for year in YEARS], dtype="datetime64[D]")


def easter_sunday(year: int) -> np.datetime64:
    """Compute Western Easter by the Gregorian computus (Meeus, Astronomical Algorithms, 1991, ch. 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return np.datetime64(f"{year}-{month:02d}-{day + 1:02d}")
