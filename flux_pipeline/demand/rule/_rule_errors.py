"""How wrong the four-week rule usually is: variance per item and shared by a day, from its own past errors.

Var[y] = phi * mean + shock * mean^2, as in `dispersion`, but of errors of the rule itself: what a mean of four days
misses is in them, so nothing is assumed. The distribution's form is `predictive`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flux_pipeline.demand.inputs.panel import Bools, Floats

# Before anything could be judged: the middle of what real menus show (1.6 to 5.3, forecasting.md), a day shock of 15 %.
USUAL_PHI = 2.5
USUAL_SHOCK = 0.02
# A canteen with enrolled guests; below this quantiles collapse onto one number.
LEAST_PHI = 0.1
# An item's phi is its own after about 20 judged days.
POOL_DAYS = 20.0
# One odd day (a Christmas) enters with at most this many standard deviations.
FURTHEST = 3.5


@dataclass(frozen=True)
class RuleErrors:
    """`phi` (I,), `shock` (squared coefficient of variation of a day).

    `day_persistence`, `item_persistence`: share of the shared and of the own error that lasts over the horizon.
    """

    phi: Floats
    shock: float
    day_persistence: float
    item_persistence: float


def judge_errors(quantity: Floats, mean: Floats, seen: Bools) -> RuleErrors:
    """Moments of the errors; sold `quantity`, the rule's `mean` and whether there was one (`seen`), all (T, I)."""
    error, mean = np.where(seen, quantity - mean, 0.0), np.where(seen, mean, 0.0)
    phi, shock = np.full(mean.shape[1], USUAL_PHI), USUAL_SHOCK
    # Twice is enough: what is odd depends on the variance, the variance hardly on the few odd days.
    for _ in range(2 if seen.any() else 0):
        limit = FURTHEST * np.sqrt(phi * mean + shock * mean**2 + 1.0)
        bounded = np.clip(error, -limit, limit)
        shock = _shock(bounded, mean)
        phi = _phi(bounded, mean, shock)
    score = np.clip(error / np.sqrt(phi * mean + shock * mean**2 + 1e-9), -4.0, 4.0)
    together = error.sum(axis=1, keepdims=True) / np.maximum(mean.sum(axis=1, keepdims=True), 1e-9)
    return RuleErrors(
        phi=phi,
        shock=shock,
        day_persistence=_persistence(np.clip(together, -1.0, 1.0)),
        item_persistence=_persistence(score),
    )


def _shock(error: Floats, mean: Floats) -> float:
    """Products of different items' errors over products of their means: what moves them together on a day."""
    crossed = (error.sum(axis=1) ** 2).sum() - (error**2).sum()
    crossed_mean = (mean.sum(axis=1) ** 2).sum() - (mean**2).sum()
    return float(np.clip(crossed / max(crossed_mean, 1e-9), 0.0, 1.0)) if crossed_mean > 0 else 0.0


def _phi(error: Floats, mean: Floats, shock: float) -> Floats:
    """Pearson's moment estimate per item, shrunk on the log scale to the pooled one by judged days."""
    excess = (error**2 - shock * mean**2).sum(axis=0)
    expected = mean.sum(axis=0)
    own = np.where(expected > 0, np.maximum(excess / np.maximum(expected, 1e-9), LEAST_PHI), USUAL_PHI)
    # A day on which a twentieth of a unit is expected tells little about spread.
    told = np.minimum(mean, 1.0).sum(axis=0)
    pooled = ((told * np.log(own)).sum() + 5.0 * np.log(USUAL_PHI)) / (told.sum() + 5.0)
    return np.asarray(np.exp((told * np.log(own) + POOL_DAYS * pooled) / (told + POOL_DAYS)))


def _persistence(values: Floats) -> float:
    """Mean autocorrelation over lags 1 to 6, within [0, 0.8]."""
    lags = [lag for lag in range(1, 7) if lag < len(values)]
    power = float((values**2).mean()) if values.size else 0.0
    if not lags or power < 1e-12:
        return 0.0
    return float(np.clip(np.mean([(values[lag:] * values[:-lag]).mean() for lag in lags]) / power, 0.0, 0.8))
