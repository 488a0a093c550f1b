"""Volatility: how much more or less a restaurant's days scatter now than over the half-year before.

Squared errors over their expectation are averaged with a memory of weeks and months, each shrunk to "as usual"; the
averages are weighed by how well they would have predicted the squares that followed, as the level is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats
from flux_pipeline.demand.model.discount import discounted_rows

# Half-lives in evidence days: three weeks of a restaurant that opens five days a week, and two months.
HALF_LIVES = (15.0, 40.0)
KEEP = 0.5 ** (1.0 / np.array(HALF_LIVES))[:, None]
# "As usual" weighs as much as this many days.
PRIOR_DAYS = 5.0
# One day's squares count as at most this many times their expectation.
SQUARE_LIMIT = 8.0
# A tenth of the prior chance is "as usual"; a prediction of 90 days ago counts half.
AS_USUAL = 0.1
LOG_PRIOR = np.log([(1.0 - AS_USUAL) / len(HALF_LIVES)] * len(HALF_LIVES) + [AS_USUAL])
SCORE_HALF_LIFE = 90.0


class Volatility(NamedTuple):
    """Factors of the variance: `now`, and `then` (T,), from the squares known before each day's forecast."""

    now: float
    then: Floats


def volatility(error: Floats, variance: Floats, weight: Floats, steps: int) -> Volatility:
    """Return the factors of the variance; 1 is the average over the days by `weight` (T,).

    Args:
        error: errors of forecasts made `steps` days before, units, (T, I).
        variance: their expected squares, (T, I); 0 on days without a forecast.
        weight: how much each day counts in what is usual.
        steps: a day's average predicts the squares this many days later.
    """
    # A day on which everything ran out shows no error.
    each = np.ones(error.shape[1])
    expected, found = variance @ each, np.minimum(error**2, SQUARE_LIMIT * variance) @ each
    seen = expected > 0
    then = np.ones(len(seen))
    expected, found, weight = expected[seen], found[seen], weight[seen]
    if len(found) <= steps:
        return Volatility(1.0, then)
    square = found / np.maximum(expected, 1e-9)
    square /= max(float(weight @ square) / float(weight.sum()), 1e-9)
    days = np.arange(len(square))
    factors = np.ones((len(LOG_PRIOR), len(square)))
    sums = discounted_rows(np.repeat(square[None], len(KEEP), axis=0), KEEP)
    factors[:-1] = (sums + PRIOR_DAYS) / ((1.0 - KEEP ** (days + 1)) / (1.0 - KEEP) + PRIOR_DAYS)
    before = factors[:, :-steps]
    # The log density of a normal error, but for constants.
    weight = 0.5 ** (days[: before.shape[1]][::-1] / SCORE_HALF_LIFE)
    score = LOG_PRIOR - 0.5 * ((np.log(before) + square[steps:] / before) @ weight)
    chance = np.exp(score - score.max())
    by_day = (chance / chance.sum()) @ factors
    then[np.flatnonzero(seen)[steps:]] = by_day[:-steps]
    return Volatility(float(by_day[-1]), then)
