"""How sure the drivers' effects themselves are: an effect seen twice is a guess, and no two holidays are alike.

What is said here widens the days on which such drivers are at work; ordinary days have their errors judged in
`spread`, where weekday and level are already contained.
"""

from __future__ import annotations

import numpy as np

from flux_pipeline.demand.inputs.panel import Floats
from flux_pipeline.demand.model._design import Design
from flux_pipeline.demand.model._effects import TotalFit

# Holidays, days beside them and events scatter around their own mean effect by about 14 % a priori (0.02 = 0.14^2), as
# if that had been seen on four of them. Easter of the seaside bakery: without this 97.1 % of days stay under p99, with
# it 97.9 %, and wQL falls by 2 %; sets without such days don't change.
PRIOR_SCATTER = 0.02
PRIOR_DAYS = 4.0
# One day's squared relative error counts as 1 at most: a closed kitchen isn't scatter.
SQUARE_LIMIT = 1.0
# The median of a chi-square with one degree of freedom is 1 / 2.2 of its mean.
MEDIAN_TO_MEAN = 2.2


def effect_variance(design: Design, n_past: int, fit: TotalFit, total: Floats) -> Floats:
    """Variance (H,) of the log effects at work on each day ahead, beyond what ordinary days show; total (T,) units."""
    past, ahead = design.matrix[:n_past], design.matrix[n_past:]
    drivers = ahead[:, design.drivers]
    estimation = ((drivers @ fit.covariance[design.drivers, design.drivers]) * drivers).sum(axis=1)
    special = design.is_single_day
    if not special.any():
        return np.asarray(estimation)
    seen, coming = ((part[:, special] != 0).any(axis=1) for part in (past, ahead))
    square = np.minimum(((total - fit.mean) / np.maximum(fit.mean, 1e-9)) ** 2, SQUARE_LIMIT)
    ordinary = MEDIAN_TO_MEAN * float(np.median(square))
    scatter = (square[seen].sum() - ordinary * seen.sum() + PRIOR_DAYS * PRIOR_SCATTER) / (seen.sum() + PRIOR_DAYS)
    return np.asarray(estimation + max(scatter, 0.0) * coming)
