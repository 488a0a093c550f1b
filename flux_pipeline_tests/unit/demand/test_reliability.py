"""Reliability of counts: nominal levels against a range of shares, which holds them if the forecast is calibrated."""

import numpy as np
import pytest
from scipy.stats import nbinom

from flux_pipeline.demand.judging._reliability import LEVELS, reliability


def forecasts(mean: float, phi: float, n: int = 4000, *, stretched: float = 1.0, seed: int = 0):
    """Return counts and the quantiles of their distribution, or of one whose spread is `stretched`."""
    rng = np.random.default_rng(seed)
    means = mean * rng.gamma(9.0, 1 / 9.0, n)
    sold = rng.negative_binomial(means / (phi - 1), 1 / phi).astype(float)
    quantiles = np.array([nbinom.ppf(q, means / (phi - 1), 1 / phi) for q in LEVELS]).T
    middle = quantiles[:, [4]]
    return sold, np.maximum(np.rint(middle + stretched * (quantiles - middle)), 0)


@pytest.mark.parametrize("mean", [0.05, 0.6, 5.0, 80.0])
def test_a_calibrated_forecast_of_counts_is_reliable_at_every_level(mean):
    shares = reliability(*forecasts(mean, 2.0))
    assert list(shares.nominal) == list(LEVELS)
    assert shares.is_reliable.all()
    assert (shares.observed_low <= shares.observed).all() and (shares.observed <= shares.observed_high).all()
    np.testing.assert_allclose(shares.observed, shares.nominal, atol=0.05)


def test_the_range_is_wider_the_fewer_are_sold():
    rare, often = (reliability(*forecasts(mean, 2.0)) for mean in (0.05, 80.0))
    assert (rare.observed_high - rare.observed_low).median() > 0.9
    assert (often.observed_high - often.observed_low).max() < 0.07


@pytest.mark.parametrize(("stretched", "too_many_outside"), [(0.5, True), (2.0, False)])
def test_a_band_that_is_too_narrow_or_too_wide_is_seen(stretched, too_many_outside):
    shares = reliability(*forecasts(80.0, 3.0, stretched=stretched)).set_index("nominal")
    assert not shares.is_reliable[0.1] and not shares.is_reliable[0.9]
    assert (shares.observed_low[0.1] > 0.1) == too_many_outside
    assert (shares.observed_high[0.9] < 0.9) == too_many_outside


def test_without_days_there_are_no_shares():
    shares = reliability(np.zeros(0), np.zeros((0, len(LEVELS))))
    assert len(shares) == len(LEVELS)
    assert shares[["observed_low", "observed", "observed_high"]].isna().all(axis=None)
