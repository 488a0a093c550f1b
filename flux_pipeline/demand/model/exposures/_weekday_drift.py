"""Weekdays that drift: what the restaurant's week of the last months adds to that of its whole history.

After a lockdown or a new contract next door, Wednesdays may sell less than they used to. The factors of `effects` have
a memory of years; here the errors that they leave on each weekday are averaged with a memory of weeks, shrunk to none,
and weighed by how well they would have predicted, with "the week has not changed" as one of the hypotheses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Ints
from flux_pipeline.demand.model.discount import discounted
from flux_pipeline.demand.model.scale import robust_sd

# The share of the evidence that remains after a week: half-lives of three and seven weeks. Longer ones only repeat the
# factors of the whole history; 0.6 added nothing.
KEEP_A_WEEK = (0.9, 0.8)
# Prior standard deviations of a weekday's drift on the log scale: a little, as usual, and a week turned upside down.
DRIFT_SDS = (0.05, 0.15, 0.3)
# Half of the prior chance is that the week is the one of the whole history.
UNCHANGED = 0.5
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
    """Log factors of the drift: `past` (T,) as known a week before each day, `now` (7,) by weekday, Monday first."""

    past: Floats
    now: Floats


def fit_weekday_drift(total: Floats, mean: Floats, weekday: Ints) -> WeekdayDrift:
    """Fit the drift of the restaurant's total; `mean` (T,) is expected without it, `weekday` (T,) Monday 0."""
    error = np.log((total + 0.5) / (mean + 0.5))
    sd = max(robust_sd(error), LEAST_SD)
    limit = max(FURTHEST * sd, LEAST_LIMIT)
    error = np.clip(error, -limit, limit)
    open_weekdays = np.zeros(7)
    open_weekdays[np.unique(weekday)] = 1.0
    drifts = _drifts(error / sd**2, np.full(len(error), sd**-2), weekday, open_weekdays)
    week = int(open_weekdays.sum())
    past = np.zeros(drifts.shape[:2])
    past[week:] = np.take_along_axis(drifts[:-week], weekday[week:, None, None], axis=2)[:, :, 0]
    age = np.arange(len(error))[::-1, None]
    weight = TEMPER * 0.5 ** (age / SCORE_HALF_LIFE)
    score = -0.5 * (weight * (error[:, None] - past) ** 2).sum(axis=0) / sd**2
    count = drifts.shape[1] - 1
    score += np.log(np.append(np.full(count, (1.0 - UNCHANGED) / count), UNCHANGED))
    chance = np.exp(score - score.max())
    chance /= chance.sum()
    return WeekdayDrift(past @ chance, chance @ drifts[-1])


def _drifts(error: Floats, evidence: Floats, weekday: Ints, open_weekdays: Floats) -> Floats:
    """Return the drift of each weekday known after each day by each hypothesis (T, K, 7), the last one being none.

    `error`, `evidence` (T,): errors weighted by their precision, and the precision. The drifts of a week sum to zero:
    what all weekdays have in common is the level.
    """
    of_weekday = np.eye(7)[weekday]
    keep = np.array(KEEP_A_WEEK) ** (1.0 / open_weekdays.sum())
    values = np.stack([error, evidence], axis=1)[:, :, None, None] * of_weekday[:, None, None, :]
    sums = discounted(values, np.broadcast_to(keep[:, None], (len(error), 1, len(keep), 1)))
    precision = np.array(DRIFT_SDS)[:, None, None] ** -2.0
    drifts = (sums[:, 0, None] / (sums[:, 1, None] + precision)).reshape(len(error), -1, 7)
    drifts -= drifts.sum(axis=2, keepdims=True) * open_weekdays / open_weekdays.sum()
    return np.concatenate([drifts, np.zeros((len(error), 1, 7))], axis=1)
