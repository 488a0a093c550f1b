"""Weekdays that drift: what the restaurant's week of the last months adds to that of its whole history.

After a lockdown or a new contract next door, Wednesdays may sell less than they used to. The factors of `effects` have
a memory of years; here the errors that they leave on each weekday are averaged with a memory of weeks, shrunk to none,
and weighed by how well they would have predicted, with "the week has not changed" as one of the hypotheses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Ints
from flux_pipeline.demand.model.discount import discounted_rows
from flux_pipeline.demand.model.scale import robust_sd

# The share of the evidence that remains after a week: half-lives of three and seven weeks. Longer ones only repeat the
# factors of the whole history; 0.6 added nothing.
KEEP_A_WEEK = (0.9, 0.8)
# Prior standard deviations of a weekday's drift on the log scale: a little, as usual, and a week turned upside down.
DRIFT_SDS = (0.05, 0.15, 0.3)
# Half of the prior chance is that the week is the one of the whole history, which is the last hypothesis.
UNCHANGED = 0.5
HYPOTHESES = len(KEEP_A_WEEK) * len(DRIFT_SDS)
LOG_PRIOR = np.log([(1.0 - UNCHANGED) / HYPOTHESES] * HYPOTHESES + [UNCHANGED])
# A prediction of 60 evidence days ago counts half; errors of one week have something in common, so a day counts half.
SCORE_HALF_LIFE = 60.0
TEMPER = 0.5
# A day's error is limited to this many standard deviations.
FURTHEST = 2.5
LEAST_SD = 0.02
# A weekday that sells a third, or three times as much, counts in full, however little days scatter.
LEAST_LIMIT = 1.0


@dataclass(frozen=True)
class WeekdayDrift:
    """Log factors of the drift: `past` (T,) as known before each day's week, `now` (7,) by weekday, Monday first."""

    past: Floats
    now: Floats


def fit_weekday_drift(total: Floats, mean: Floats, position: Ints, weekday: Ints) -> WeekdayDrift:
    """Fit the drift of the restaurant's total on T evidence days.

    `mean` (T,) is expected without it, `position` (T,) counts calendar days, `weekday` (T,) is 0 on Mondays.
    """
    error = np.log((total + 0.5) / (mean + 0.5))
    sd = max(robust_sd(error), LEAST_SD)
    limit = max(FURTHEST * sd, LEAST_LIMIT)
    error, days = error.clip(-limit, limit), len(error)
    # Weeks end on the last day's weekday, so that the newest one is whole. Those without a day don't count: what was
    # known before a long closure is known after it.
    calendar_week = (position - position[-1] - 1) // 7
    week = np.cumsum(np.diff(calendar_week, prepend=calendar_week[0]) > 0)
    drifts = _drifts(error, sd, week, weekday)
    past = drifts[:, weekday, week]
    weight = TEMPER * 0.5 ** (np.arange(days)[::-1] / SCORE_HALF_LIFE)
    score = LOG_PRIOR - 0.5 * ((error - past) ** 2 @ weight) / sd**2
    chance = np.exp(score - score.max())
    chance /= chance.sum()
    return WeekdayDrift(chance @ past, chance @ drifts[:, :, -1])


def _drifts(error: Floats, sd: float, week: Ints, weekday: Ints) -> Floats:
    """Return the drift of each weekday by each hypothesis, known before each of W weeks and after them (K, 7, W + 1).

    `error` (T,) has the standard deviation `sd`. By the last hypothesis nothing drifts. The drifts of a week add up to
    zero, because what all weekdays have in common is the level.
    """
    weeks = int(week[-1]) + 1
    values = np.zeros((2, 7, weeks))
    values[0, weekday, week], values[1, weekday, week] = error, 1.0
    open_weekdays = values[1].any(axis=1)
    each = np.repeat(values.reshape(1, -1, weeks), len(KEEP_A_WEEK), axis=0).reshape(-1, weeks)
    keep = np.repeat(KEEP_A_WEEK, 14)[:, None]
    sums, count = discounted_rows(each, keep).reshape(len(KEEP_A_WEEK), 2, 1, 7, weeks).swapaxes(0, 1)
    precision = (sd / np.array(DRIFT_SDS)[:, None, None]) ** 2
    drifts = np.zeros((len(LOG_PRIOR), 7, weeks + 1))
    drifts[:-1, :, 1:] = (sums / (count + precision)).reshape(-1, 7, weeks)
    drifts -= drifts.sum(axis=1, keepdims=True) / open_weekdays.sum() * open_weekdays[:, None]
    return drifts
