"""The drift of an ingredient: the share by which more leaves than recipes say, estimated from periods between counts.

Model: unexplained = drift * theoretical usage + noise. The noise of a period is the error of its first count, less that
of its last count, which the next period has with the opposite sign, and the noise of portions, whose variance is
proportional to usage. How much of the variance is that of counts is unknown, as is its size.

Source: generalized least squares with unknown variances as a Bayesian regression, Gelman et al., Bayesian Data
Analysis (3rd ed., 2013), sections 14.2 and 14.7. The prior is flat in the drift, in the logarithm of the noise's size
and, within bounds, in that of the ratio of both variances; the posterior is a mixture of t distributions over it.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, special

from flux_pipeline.inventory.distributions import Floats

# Parts of the variance that are of counts. With 0 a period without usage would have no noise at all; with nearly 1 the
# errors of counts would cancel, so that the interval of a year would be too short for noise of any other kind.
PARTS = 1 / (1 + np.exp(-np.linspace(-4, 2, 11)))
# The variance of what is rounded to thousandths, so that figures that agree to the last place are not certain.
_ROUNDING = 0.001**2 / 12


@dataclass(frozen=True)
class Drift:
    """What leaves unexplained, as a share of theoretical usage, with its interval of 95 %.

    `probability_of_none` is the probability that there is no drift or that less leaves than recipes say.
    """

    low: float
    estimate: float
    high: float
    probability_of_none: float


def estimate_drift(used: Floats, unexplained: Floats) -> Drift:
    """Estimate the drift of an ingredient.

    Args:
        used: theoretical usage of each period between counts (periods,); two or more periods, in order of time.
        unexplained: what left beyond it and recorded waste (periods,).
    """
    free = len(used) - 1
    means, scales, weights = np.empty((3, len(PARTS)))
    for at, part in enumerate(PARTS):
        # The covariance is tridiagonal: the diagonal above it, then itself.
        bands = np.vstack([np.full(len(used), -part / 2), part + (1 - part) * used / used.mean()])
        root = linalg.cholesky_banded(bands)
        scaled = linalg.cho_solve_banded((root, False), used)
        precision = float(used @ scaled)
        means[at] = scaled @ unexplained / precision
        left = unexplained - means[at] * used
        squares = float(left @ linalg.cho_solve_banded((root, False), left)) + _ROUNDING
        scales[at] = np.sqrt(squares / free / precision)
        weights[at] = -np.log(root[1]).sum() - np.log(precision) / 2 - free / 2 * np.log(squares)
    weights = np.exp(weights - weights.max())
    weights /= weights.sum()

    def below(share: float) -> float:
        return float(weights @ special.stdtr(free, (share - means) / scales))

    def quantile(probability: float) -> float:
        ends = means + scales * special.stdtrit(free, probability)
        low, high = float(ends.min()), float(ends.max())
        if high - low <= 1e-12:
            return low
        return float(optimize.brentq(lambda share: below(share) - probability, low, high))

    return Drift(quantile(0.025), float(weights @ means), quantile(0.975), below(0.0))
