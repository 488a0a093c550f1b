"""The predictive distribution against textbook distributions, and where its forms meet."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

from flux_pipeline.demand.distribution import predictive
from flux_pipeline.demand.distribution.predictive import counts_at, unit_of_sale
from flux_pipeline.demand.inputs.easter import easter_sunday

PROBABILITIES = np.array([0.1, 0.25, 0.5, 0.75, 0.9])


@pytest.mark.parametrize(("mean", "phi"), [(0.1, 1.5), (3.0, 1.0), (12.0, 2.5), (39.0, 5.0)])
def test_over_dispersed_counts_are_negative_binomial(mean, phi):
    variance = mean * max(phi, 1.0011)
    found = counts_at(np.array([mean]), np.array([variance]), ndtri(PROBABILITIES)[None, :])[0]
    expected = stats.nbinom.ppf(PROBABILITIES, mean**2 / (variance - mean), mean / variance)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("trials", "chance"), [(10, 0.7), (50, 0.6), (4, 0.5)])
def test_under_dispersed_counts_are_binomial(trials, chance):
    mean, variance = trials * chance, trials * chance * (1 - chance)
    found = counts_at(np.array([mean]), np.array([variance]), ndtri(PROBABILITIES)[None, :])[0]
    np.testing.assert_array_equal(found, stats.binom.ppf(PROBABILITIES, trials, chance))


@pytest.mark.parametrize("phi", [0.3, 1.5, 4.0])
def test_exact_and_approximate_quantiles_agree_at_the_switch(phi):
    below, above = predictive.TABLE_MEAN - 0.01, predictive.TABLE_MEAN + 0.01
    mean = np.array([below, above])
    found = counts_at(mean, phi * mean, np.repeat(ndtri(PROBABILITIES)[None, :], 2, axis=0))
    assert np.abs(found[0] - found[1]).max() <= 1


def test_p99_is_stretched_beyond_the_textbook():
    found = counts_at(np.array([20.0]), np.array([40.0]), ndtri([[0.99]]))[0, 0]
    assert found > stats.nbinom.ppf(0.99, 20, 0.5)


@pytest.mark.parametrize(
    ("values", "unit"), [([3, 6, 9], 1.0), ([0.5, 2.0], 0.5), ([0.25, 1.5], 0.25), ([0.1, 0.7], 0.1), ([0.123], 0.001)]
)
def test_the_unit_of_sale_is_what_the_history_shows(values, unit):
    assert unit_of_sale(np.array(values, dtype=float)[:, None]).tolist() == [unit]


@pytest.mark.parametrize("date", ["2016-03-27", "2019-04-21", "2024-03-31", "2025-04-20", "2038-04-25"])
def test_easter_is_where_the_church_puts_it(date):
    assert str(easter_sunday(int(date[:4]))) == date


@pytest.mark.parametrize("shape", [0.3, 2.0, 5.0, 50.0])
def test_large_counts_are_rounded_gammas_however_skewed(shape):
    found = counts_at(np.array([1000.0]), np.array([1000.0**2 / shape]), ndtri(PROBABILITIES)[None, :])[0]
    np.testing.assert_allclose(found, stats.gamma.ppf(PROBABILITIES, shape, scale=1000 / shape), rtol=0.01, atol=1)
