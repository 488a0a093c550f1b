"""Tails: how far the largest errors of a restaurant lie above its 80 % band, compared with what is usual.

Each past error has a normal score in the distribution that was known before its day. Scores above the band exceed it by
0.47 on average if they are normal, and by `GAIN` times the tail weight more if they are stretched by it (`predictive`).
So the weight follows from their mean excess, in which the usual excess counts as some errors of its own.

A restaurant's items have one weight: with weights of their own, shrunk to it, the loss of p99 is 0.4 to 1.3 % higher
on the average of nine sets.
"""

from __future__ import annotations

import numpy as np

from flux_pipeline.demand.distribution.predictive import BAND, TAIL
from flux_pipeline.demand.inputs.panel import Floats

# Half-life in evidence days. Only an error in ten is above the band: with 90 days the shares of days above p99 differ
# from 1 % by 0.53 % on the average of nine sets, with 180 by 0.50 %, with 365 by 0.45 %, with the constant by 0.51 %.
HALF_LIFE = 365.0
# The mean excess that leaves the constant of all restaurants: public sets have 0.51 to 0.60.
USUAL_EXCESS = 0.5364
# With normal scores s above the band, the mean of s (s - band) is 1; the limit beyond p99 takes a tenth of it.
GAIN = 0.9
# The usual excess counts as much as this many errors above the band; the items of a day are one error at most. With 15
# to 45 quantile losses are the same within 0.04 %.
PRIOR_ERRORS = 20.0
# One error counts at most this far above the band: one day with ten times the sales says little about others.
LARGEST_EXCESS = 2.5
# Below, whole numbers are so coarse that their scores say little.
LEAST_MEAN = 5.0
# Only errors of more standard deviations have scores above the band, but for gammas of a shape under a half.
NEAREST = 1.1
# Beyond, p99 is further from the mean than 1.5 times a normal one.
LARGEST_TAIL = 0.5


def tail_weight(error: Floats, variance: Floats, mean: Floats) -> float:
    """Return the tail weight of a restaurant's distributions above the band (0 is normal, see `predictive`).

    Only errors above count: sales that fall short have other reasons, and no published quantile is below the band.

    Args:
        error: errors of past forecasts, units of sale, (T, I).
        variance: their squares as expected when the forecast was made, (T, I).
        mean: what was forecast, units of sale, (T, I); 0 if there was no forecast.
    """
    counted = mean >= LEAST_MEAN
    at = np.flatnonzero(counted & (error > NEAREST * np.sqrt(variance)))
    day = at // mean.shape[1]
    forecast = mean.ravel()[at]
    root = forecast / np.sqrt(variance.ravel()[at])
    # Wilson and Hilferty's approximation of the gamma, as in `predictive`, solved for the score.
    score = 3.0 * root * (np.cbrt(1.0 + error.ravel()[at] / forecast) - 1.0) + 1.0 / (3.0 * root)
    excess = (score - BAND).clip(0.0, LARGEST_EXCESS)
    age = len(mean) - 1 - day
    # The items of a day rise and fall together, so they count as one.
    weight = (excess > 0) * 0.5 ** (age / HALF_LIFE) / np.count_nonzero(counted, axis=1)[day]
    found = (weight @ excess + PRIOR_ERRORS * USUAL_EXCESS) / (weight.sum() + PRIOR_ERRORS)
    return min(max(float(TAIL + (found - USUAL_EXCESS) / GAIN), 0.0), LARGEST_TAIL)
