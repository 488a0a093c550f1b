"""Quantiles of the day's total over all items, from joint samples. Published totals are made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sample_demand
from flux_pipeline.demand.inputs.panel import Floats


def total_quantiles(posterior: DemandPosterior, levels: Sequence[float]) -> Floats:
    """Quantiles of the sum over all items on each of H days, shape (H, Q): sums of items' quantiles would be too wide.

    Each is a total that was drawn (the smallest whose share of draws reaches the level), so counts stay counts.
    """
    together = sample_demand(posterior).quantity.sum(axis=1)
    return np.asarray(np.quantile(together, list(levels), axis=0, method="inverted_cdf").T)
