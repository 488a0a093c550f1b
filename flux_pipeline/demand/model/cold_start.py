"""Cold start: the expected level of an item before it has sold, from its category and a global prior."""

from __future__ import annotations

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.settings import DemandSettings

# A category's prior weighs at most as much as two days of sales, because its items differ severalfold.
MOST_DAYS = 2.0
LEAST_DAYS = 0.05


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
