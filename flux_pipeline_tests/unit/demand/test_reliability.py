"""Counts hit their quantiles: nominal levels are held against a range of shares, and a calibrated forecast is in it."""

import numpy as np
import pytest
from scipy.stats import nbinom

from flux_pipeline.demand.judging._reliability import LEVELS, reliability


def forecasts(mean: float, phi: float, n: int = 4000, *, stretched: float = 1.0, seed: int = 0):
    """Counts and the quantiles of their own distribution, or of one as if the spread were `stretched`."""
    rng = np.random.default_rng(seed)
    means = mean * rng.gamma(9.0, 1 / 9.0, n)
    sold = rng.negative_binomial(means / (phi - 1), 1 / phi).astype(float)
    quantiles = np.array([nbinom.ppf(q, means / (phi - 1), 1 / phi) for q in LEVELS]).T
    middle = quantiles[:, [4]]
    return sold, np.maximum(np.rint(middle + stretched * (quantiles - middle)), 0)


@pytest.mark.parametrize("mean", [0.05, 0.6, 5.0, 80.0])
def test_a_calibrated_forecast_of_counts_is_reliable_at_every_level(mean):
    told = reliability(*forecasts(mean, 2.0))
    assert list(told.nominal) == list(LEVELS)
    assert told.is_reliable.all()
    assert (told.observed_low <= told.observed).all() and (told.observed <= told.observed_high).all()
    np.testing.assert_allclose(told.observed, told.nominal, atol=0.05)


def test_the_fewer_are_sold_the_wider_is_the_range():
    rare, often = (reliability(*forecasts(mean, 2.0)) for mean in (0.05, 80.0))
    assert (rare.observed_high - rare.observed_low).median() > 0.9
    assert (often.observed_high - often.observed_low).max() < 0.07


@pytest.mark.parametrize(("stretched", "too_many_outside"), [(0.5, True), (2.0, False)])
def test_a_band_that_is_too_narrow_or_too_wide_is_seen(stretched, too_many_outside):
    told = reliability(*forecasts(80.0, 3.0, stretched=stretched)).set_index("nominal")
    assert not told.is_reliable[0.1] and not told.is_reliable[0.9]
    assert (told.observed_low[0.1] > 0.1) == too_many_outside
    assert (told.observed_high[0.9] < 0.9) == too_many_outside


def test_without_days_there_are_no_shares():
    told = reliability(np.zeros(0), np.zeros((0, len(LEVELS))))
    assert len(told) == len(LEVELS)
    assert told[["observed_low", "observed", "observed_high"]].isna().all(axis=None)
