"""Volatility: how much more or less a restaurant's days scatter now than over the half-year before.

Squared errors over their expectation are averaged with a memory of weeks and months, each shrunk to "as usual"; the
averages are weighed by how well they would have predicted the squares that followed, as the level is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats
from flux_pipeline.demand.model.discount import discounted

# Half-lives in evidence days: three weeks of a restaurant that opens five days a week, and two months.
HALF_LIVES = (15.0, 40.0)
# "As usual" weighs as much as this many days.
PRIOR_DAYS = 5.0
# One day's squares count as at most this many times their expectation.
SQUARE_LIMIT = 8.0
# A tenth of the prior chance is "as usual"; a prediction of 90 days ago counts half.
AS_USUAL = 0.1
SCORE_HALF_LIFE = 90.0


class Volatility(NamedTuple):
    """Factors of the variance: `now`, and `then` (T,), the one that was known before each day's forecast."""

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
    seen = variance.sum(axis=1) > 0
    error, variance, weight = error[seen], variance[seen], weight[seen]
    then = np.ones(len(seen))
    if len(error) <= steps:
        return Volatility(1.0, then)
    square = np.minimum(error**2, SQUARE_LIMIT * variance).sum(axis=1) / np.maximum(variance.sum(axis=1), 1e-9)
    square /= max(float((weight * square).sum() / weight.sum()), 1e-9)
    keep = 0.5 ** (1.0 / np.array(HALF_LIVES))
    values = np.stack([square, np.ones(len(square))], axis=1)[:, :, None]
    sums = discounted(values, np.broadcast_to(keep, (len(square), 1, len(keep))))
    factors = (sums[:, 0] + PRIOR_DAYS) / (sums[:, 1] + PRIOR_DAYS)
    factors = np.concatenate([factors, np.ones((len(square), 1))], axis=1)
    before, after = factors[:-steps], square[steps:, None]
    age = np.arange(len(after))[::-1, None]
    # The log density of a normal error, but for constants.
    score = -0.5 * (0.5 ** (age / SCORE_HALF_LIFE) * (np.log(before) + after / before)).sum(axis=0)
    score += np.log(np.append(np.full(len(keep), (1.0 - AS_USUAL) / len(keep)), AS_USUAL))
    chance = np.exp(score - score.max())
    by_day = factors @ (chance / chance.sum())
    then[np.flatnonzero(seen)[steps:]] = by_day[:-steps]
    return Volatility(float(by_day[-1]), then)
