"""Cold start: the expected level of an item before it has sold, and the spread before there are errors to measure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.model.spread import ERROR_STEPS, Dispersion
from flux_pipeline.demand.priors import DAY_VARIATION, LOG_DISPERSION, DemandPriors
from flux_pipeline.demand.settings import DemandSettings

# A category's prior weighs at most as much as two days of sales, because its items differ severalfold.
MOST_DAYS = 2.0
LEAST_DAYS = 0.05
# The usual spread of other restaurants weighs as much as that of twenty days with errors. With 10 or 40, wQL of
# restaurants with 10 to 42 days of history is the same within 0.6 %.
SPREAD_DAYS = 20.0


def level_prior(panel: Panel, exposure: Floats, settings: DemandSettings) -> tuple[Floats, Floats]:
    """Return Gamma(a, b) of each item's level (units a day), shapes (I,): category moments, shrunk to the global prior.

    Moments of a gamma over the items of a category: b = mean / variance, a = mean * b (empirical Bayes, Robbins 1956);
    the global prior (Gamma(2.0, 0.5) by default) counts as one more item.
    """
    mean0, b0 = settings.forecast_cold_start_mean, settings.forecast_cold_start_days
    count = len(panel.items)
    if not len(panel.dates):
        return np.full(count, mean0 * b0), np.full(count, b0)
    weighed = (exposure * panel.observed).sum(axis=0)
    crude = panel.quantity.sum(axis=0) / np.maximum(weighed, 1e-9)
    a, b = np.empty(count), np.empty(count)
    for code in range(len(panel.category_names)):
        members = panel.category == code
        known = crude[members & (weighed > 0)]
        mean, variance = _moments(known, mean0, mean0 / b0)
        days = float(np.clip(mean / max(variance, 1e-9), LEAST_DAYS, MOST_DAYS))
        a[members], b[members] = mean * days, days
    return a, b


def _moments(levels: Floats, mean0: float, variance0: float) -> tuple[float, float]:
    n = len(levels)
    if n == 0:
        return mean0, variance0
    mean = (levels.sum() + mean0) / (n + 1)
    spread = ((levels - mean) ** 2).sum() + (mean0 - mean) ** 2 + min(variance0, mean**2)
    return float(mean), float(spread / (n + 1))


def usual_spread(found: Dispersion, panel: Panel, priors: DemandPriors) -> Dispersion:
    """Average the measured spread with the usual one of other restaurants, if that is known, by the days with errors.

    The dispersion is averaged by its logarithm, the shock by its coefficient of variation.
    """
    days = max(len(panel.dates) - ERROR_STEPS, 0)
    own = days / (days + SPREAD_DAYS)
    variation, dispersion = priors.of(DAY_VARIATION), priors.of(LOG_DISPERSION)
    if variation is not None:
        found = replace(found, shock=float((own * found.shock**0.5 + (1 - own) * variation.mean) ** 2))
    if dispersion is not None:
        found = replace(found, phi=np.exp(own * np.log(found.phi) + (1 - own) * dispersion.mean))
    return found
