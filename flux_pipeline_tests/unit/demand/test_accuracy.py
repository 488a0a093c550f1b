"""Losses and measures: values for known figures, sums over groups, and days on which nothing was sold."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.predictive import PUBLISHED_LEVELS
from flux_pipeline.demand.judging.losses import Accuracy, add_up, losses, measures, pinball_loss


def scored(actual, mean, quantiles, **columns) -> pd.DataFrame:
    """Return rows with their losses and those of a rule that always forecasts exactly 10."""
    actual = np.asarray(actual, dtype=float)
    ours = losses(actual, np.asarray(mean, dtype=float), np.asarray(quantiles, dtype=float))
    rule = losses(actual, np.full(len(actual), 10.0), np.full((len(actual), 4), 10.0)).add_prefix("four_week_")
    return pd.concat([pd.DataFrame({"actual_quantity": actual, **columns}), ours, rule], axis=1)


@pytest.mark.parametrize(
    ("actual", "absolute_error", "error", "pinball", "within"),
    [
        # At p10, and 2, 7 and 12 under the others: (0 + .5 * 2 + .1 * 7 + .01 * 12) / 4.
        (8.0, 2.0, 3.0, 0.455, (True, True)),
        (7.9, 2.1, 3.1, (0.9 * 0.1 + 0.5 * 2.1 + 0.1 * 7.1 + 0.01 * 12.1) / 4, (False, True)),
        (20.0, 10.0, -9.0, (0.1 * 12 + 0.5 * 10 + 0.9 * 5) / 4, (False, True)),
        (21.0, 11.0, -10.0, (0.1 * 13 + 0.5 * 11 + 0.9 * 6 + 0.99 * 1) / 4, (False, False)),
    ],
)
def test_losses_are_those_of_the_textbook(actual, absolute_error, error, pinball, within):
    row = losses(np.array([actual]), np.array([11.0]), np.array([[8.0, 10.0, 15.0, 20.0]])).iloc[0]
    assert row.absolute_error == pytest.approx(absolute_error)
    assert row.error == pytest.approx(error)
    assert row.pinball_loss == pytest.approx(pinball)
    assert (row.is_within_p10_p90, row.is_within_p99) == within


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9, 0.99])
def test_the_pinball_loss_is_least_at_the_true_quantile(level):
    sold = np.random.default_rng(1).gamma(4.0, 5.0, 20_000)
    candidates = np.quantile(sold, [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999])
    lost = [pinball_loss(sold, np.full((len(sold), 1), z), [level]).mean() for z in candidates]
    assert candidates[int(np.argmin(lost))] == pytest.approx(np.quantile(sold, level))


def test_measures_are_ratios_of_sums():
    rows = scored([10, 30], [12, 24], [[8, 12, 16, 20], [20, 24, 28, 32]])
    measured = measures(add_up(rows)).iloc[0]
    assert measured.row_count == 2
    assert measured.wape == pytest.approx((2 + 6) / 40)
    assert measured.bias == pytest.approx((2 - 6) / 40)
    assert measured.wql == pytest.approx(2 * rows.pinball_loss.sum() / 40)
    assert (measured.coverage_p10_p90, measured.coverage_p99) == (0.5, 1.0)
    assert measured.four_week_wape == pytest.approx(20 / 40)
    assert measured.skill == pytest.approx(1 - rows.pinball_loss.sum() / rows.four_week_pinball_loss.sum())


def test_sums_of_groups_add_up_to_the_whole():
    rng = np.random.default_rng(2)
    sold = rng.poisson(8, 60)
    quantiles = np.sort(rng.poisson(8, (60, 4)), axis=1)
    rows = scored(sold, quantiles[:, 1], quantiles, item=np.repeat(["a", "b", "c"], 20))
    by_item = add_up(rows, ["item"]).drop(columns="item").sum()
    pd.testing.assert_series_equal(by_item, add_up(rows).iloc[0], check_names=False)


@pytest.mark.parametrize(("actual", "forecast"), [(0, 0), (0, 5)], ids=["nothing was forecast", "something was"])
def test_measures_relative_to_sales_are_none_if_nothing_was_sold(actual, forecast):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = scored([actual] * 3, [forecast] * 3, [[forecast] * 4] * 3)
        measured = Accuracy.of(measures(add_up(rows)).iloc[0])
    assert (measured.wape, measured.bias, measured.wql, measured.four_week_wape) == (None, None, None, None)
    assert measured.coverage_p10_p90 == float(forecast == 0)
    assert measured.skill is not None and measured.skill > 0
    assert json.loads(json.dumps(measured.as_metadata()))["row_count"] == 3


def test_no_rows_have_no_measures():
    rows = scored([], [], np.zeros((0, 4)))
    measured = Accuracy.of(measures(add_up(rows)).iloc[0])
    assert measured.row_count == 0
    assert (measured.wape, measured.coverage_p10_p90, measured.skill) == (None, None, None)


def test_a_rare_items_honest_forecast_does_not_lose_against_nothing():
    """Sold one day in ten: the median is 0 and the mean 0.1; scored by the median, no forecast is better."""
    sold = np.tile([1.0, *[0.0] * 9], 50)
    honest = losses(sold, np.full(500, 0.1), np.tile([0.0, 0.0, 0.0, 1.0], (500, 1)))
    nothing = losses(sold, np.zeros(500), np.zeros((500, 4)))
    assert honest.absolute_error.sum() == nothing.absolute_error.sum()
    assert honest.error.sum() == pytest.approx(0)
    assert honest.pinball_loss.sum() < nothing.pinball_loss.sum()


def test_the_published_levels_are_those_of_the_table():
    assert PUBLISHED_LEVELS == (0.1, 0.5, 0.9, 0.99)
