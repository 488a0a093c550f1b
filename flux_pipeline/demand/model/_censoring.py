"""Stock-outs: on a day on which an item ran out, demand was at least what was sold.

Such a count is censored from the right; here it is replaced by the expected demand. The caller states which items ran
out (`is_sold_out` in `item_days`); `exposure` fits the effects of weekdays and drivers.
"""

from __future__ import annotations

import numpy as np
import scipy.special

from flux_pipeline.demand.distribution.predictive import unit_of_sale
from flux_pipeline.demand.inputs.panel import Floats, Panel
from flux_pipeline.demand.model.discount import around, level_around
from flux_pipeline.demand.model.spread import DEFAULT_PHI

# Expected demand and level depend on each other; after ten rounds an item that runs out on every second day moves by
# less than 1 % a round.
ROUNDS = 10
# A count this unlikely (one in a million) means that the level is wrong; it is not evidence of unmet demand.
LEAST_CHANCE = 1e-6


def expected_wants(panel: Panel, exposure: Floats, phi: Floats | float = DEFAULT_PHI) -> Floats:
    """Replace each censored count of the sales (T, I) by the expected demand at or above it; `exposure` (T, I).

    Expectation-maximisation (Dempster, Laird & Rubin 1977) of the level under fixed exposures and dispersion `phi`.
    """
    unit = unit_of_sale(panel.quantity)
    sold = panel.quantity / unit
    weighed = np.where(panel.observed, exposure, 0.0)
    known = ~panel.censored
    # The first guess leaves censored days out; they would pull the level down to the stock.
    mean = level_around(around((sold * known).T), around((weighed * known).T)).T * exposure
    exposed = around(weighed.T)
    wanted = sold.copy()
    at = np.nonzero(panel.censored)
    spread = np.broadcast_to(np.asarray(phi, dtype=float), (sold.shape[1],))[at[1]]
    for _ in range(ROUNDS):
        wanted[at] = _expected_from(sold[at], mean[at], spread)
        mean = level_around(around(wanted.T), exposed).T * exposure
    return np.asarray(wanted * unit)


def _expected_from(least: Floats, mean: Floats, phi: Floats) -> Floats:
    """Compute E[Y | Y >= least] of negative binomials with that mean and variance phi x mean, all (N,).

    From y p(y; r) = mean p(y - 1; r + 1), hence E[Y; Y >= k] = mean P(Y' >= k - 1), Y' of size r + 1.
    """
    mean = np.maximum(mean, 1e-3)
    size = mean / np.maximum(phi - 1.0, 0.05)
    miss = mean / (mean + size)
    chance = _at_least(least, size, miss)
    expected = mean * _at_least(least - 1, size + 1, miss) / np.maximum(chance, LEAST_CHANCE)
    return np.asarray(np.where(chance > LEAST_CHANCE, np.maximum(expected, least), least))


def _at_least(count: Floats, size: Floats, miss: Floats) -> Floats:
    """Compute P(Y >= count) of a negative binomial by the incomplete beta function."""
    return np.asarray(np.where(count > 0, scipy.special.betainc(np.maximum(count, 1e-9), size, miss), 1.0))
