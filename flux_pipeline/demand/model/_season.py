"""Time of year: the restaurant's next movements, predicted from the same weeks of earlier years.

The curve is that of the whole restaurant, from the wandering level of `_effects`. It needs 1.2 years of history.
"""

from __future__ import annotations

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats
from flux_pipeline.demand.model._effects import TotalFit

# 52 whole weeks, so that a day is compared with the same weekday.
YEAR_DAYS = 364
LEAST_HISTORY_DAYS = 438  # 1.2 years: below it the horizon has no last year to look at
# The share of last year's movement that repeats: 0.7 until the restaurant's own history shows another (0.4 to 0.8
# differ by 0.5 % of wQL); the prior weighs as much as PRIOR_NOISE of squared fortnightly log movements.
REPEAT_PRIOR = 0.7
PRIOR_NOISE = 0.05
FORTNIGHT = 14


def season_curve(fit: TotalFit, last_position: int, n_calendar: int) -> Floats | None:
    """Return the log curve of the year on the calendar days 0 .. n_calendar - 1, or None if the history is too short.

    Only earlier years enter a day's value. The movement of a day is the mean of the movements 364, 728, ... days before
    it; the curve is their sum times the share of such movements that was repeated in this restaurant's history.
    """
    if last_position < LEAST_HISTORY_DAYS:
        return None
    calendar = np.arange(n_calendar, dtype=float)
    level = np.interp(calendar, fit.knots, fit.knot_log_level)
    movement = np.zeros(n_calendar)
    movement[1 : last_position + 1] = np.diff(level[: last_position + 1])
    total, years = np.zeros(n_calendar), np.zeros(n_calendar)
    for year in range(1, n_calendar // YEAR_DAYS + 1):
        lag = year * YEAR_DAYS
        total[lag:] += movement[:-lag]
        years[lag:] += 1
    curve = np.cumsum(total / np.maximum(years, 1))
    return curve * _repeats(level[: last_position + 1], curve)


def _repeats(level: Floats, curve: Floats) -> float:
    """Return the share of the curve's movement that the level followed (ridge regression to the prior)."""
    at = np.arange(YEAR_DAYS, len(level) - FORTNIGHT)
    x = curve[at + FORTNIGHT] - curve[at]
    y = level[at + FORTNIGHT] - level[at]
    weight = 1.0 / FORTNIGHT  # fortnights overlap
    share = (REPEAT_PRIOR * PRIOR_NOISE + weight * (x * y).sum()) / (PRIOR_NOISE + weight * (x * x).sum())
    return float(np.clip(share, 0.0, 1.0))
