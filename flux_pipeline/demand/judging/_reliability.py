"""Reliability of quantiles: nominal probabilities against the share of days at or under each quantile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from flux_pipeline.demand.inputs.panel import Floats

LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def reliability(actual: Floats, quantiles: Floats, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Compare nominal with observed shares, one row per level; actuals (N,) and quantiles (N, Q).

    Demand comes in whole counts, so actuals often equal a quantile z of level q, and no single share is expected: with
    F the forecast, P(Y < z) = F(z - 1) < q <= F(z) = P(Y <= z). So a calibrated forecast has q between the share of
    days under z and the share of days at or under z. In the words of Czado, Gneiting & Held 2009 ("Predictive model
    assessment for count data", Biometrics 65, section 2.1): the probability integral transform of a count is an
    interval [F(y - 1), F(y)], and its mass is spread evenly over it (their non-randomised PIT). The result has both
    ends and, between them, that even spread: an actual equal to z counts as under it by (q - F(z - 1)) / (F(z) -
    F(z - 1)), with F taken from the levels, halfway to the next one. Rare items make the interval wide: a day without
    a sale shows little about whether a p50 of 0 is right.

    Returns:
        nominal, observed_low, observed_high (shares of days under, and at or under), observed (between them; nominal
        if the forecast is calibrated), is_reliable (nominal is between low and high, give or take two standard errors
        of a share of N independent days; real days are not fully independent). Shares are NaN without any day.
    """
    n = len(actual)
    q = np.asarray(levels, dtype=float)
    if n == 0:
        low = high = observed = np.full(len(q), np.nan)
    else:
        under, hit = actual[:, None] < quantiles, actual[:, None] == quantiles
        low, high = under.mean(axis=0), (under | hit).mean(axis=0)
        observed = (under + hit * _share_under(quantiles, q)).mean(axis=0)
    give = 2.0 * np.sqrt(q * (1.0 - q) / max(n, 1))
    return pd.DataFrame(
        {
            "nominal": q,
            "observed_low": low,
            "observed_high": high,
            "observed": observed,
            "is_reliable": (low - give <= q) & (q <= high + give),
        }
    )


def _share_under(quantiles: Floats, q: Floats) -> Floats:
    """Return the part of each quantile z's probability below its level: (q - F(z - 1)) / (F(z) - F(z - 1))."""
    at_least = np.concatenate([[0.0], (q[1:] + q[:-1]) / 2.0])
    at_most = np.concatenate([at_least[1:], [1.0]])
    below, upto = np.tile(at_least, (len(quantiles), 1)), np.tile(at_most, (len(quantiles), 1))
    for k in range(1, len(q)):
        same = quantiles[:, k] == quantiles[:, k - 1]
        below[same, k] = below[same, k - 1]
    for k in reversed(range(len(q) - 1)):
        same = quantiles[:, k] == quantiles[:, k + 1]
        upto[same, k] = upto[same, k + 1]
    # Sales below 0 have no probability.
    below[quantiles == 0.0] = 0.0
    return np.asarray((q - below) / (upto - below))
