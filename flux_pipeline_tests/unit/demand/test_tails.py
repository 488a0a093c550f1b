"""Tails: a restaurant whose errors are at times large gets a heavier one, with few days the constant of all."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sample_demand
from flux_pipeline.demand.distribution.predictive import BAND, PUBLISHED_LEVELS, TAIL, counts_at
from flux_pipeline.demand.forecast import DemandForecast, forecast_demand
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON, calendar, sales_of, weekday_factor


def forecast(shock: np.ndarray, seed: int = 0, draws: int = 500, items: int = 2) -> DemandForecast:
    """Forecast items of 60 a day, whose sales are Poisson if the day's shock is 1."""
    days = calendar(len(shock) - HORIZON)
    rng = np.random.default_rng(seed)
    mean = 60.0 * weekday_factor(days) * shock
    sales = sales_of(days, {f"item {i}": rng.poisson(mean).astype(float) for i in range(items)})
    return forecast_demand(sales, days, as_of=AS_OF, settings=DemandSettings(forecast_draws=draws))


def normal_days(days: int, seed: int) -> np.ndarray:
    return np.exp(0.1 * np.random.default_rng(seed).standard_normal(days + HORIZON))


def doubled_days(days: int, seed: int) -> np.ndarray:
    """Return shocks of which one in forty is doubled."""
    doubled = np.random.default_rng(seed + 50).random(days + HORIZON) < 1 / 40
    return normal_days(days, seed) * np.where(doubled, 2.0, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_days_that_are_at_times_doubled_give_a_heavier_tail(seed: int) -> None:
    assert forecast(doubled_days(600, seed), seed).posterior.tail > 0.2


@pytest.mark.parametrize("seed", range(3))
def test_normal_days_give_the_constant_or_less(seed: int) -> None:
    assert 0.0 <= forecast(normal_days(600, seed), seed).posterior.tail < TAIL + 0.02


def test_guests_who_are_enrolled_give_hardly_any_tail() -> None:
    days = calendar(600)
    rng = np.random.default_rng(1)
    # All of them eat on nearly every day, so a day can be much worse than usual, but not much better.
    sales = sales_of(days, {"meals": np.rint(100 * rng.beta(20, 2, len(days)))})
    assert forecast_demand(sales, days, as_of=AS_OF).posterior.tail < TAIL / 2


@pytest.mark.parametrize("days", [0, 5, 12])
def test_few_days_give_the_constant(days: int) -> None:
    assert forecast(doubled_days(days, 1)).posterior.tail == pytest.approx(TAIL, abs=0.03)


def test_some_weeks_change_it_less_than_years() -> None:
    weeks, years = (forecast(doubled_days(days, 2)).posterior.tail for days in (60, 800))
    assert abs(weeks - TAIL) < abs(years - TAIL) / 2


def test_items_of_a_few_units_leave_the_constant() -> None:
    days = calendar(400)
    sales = sales_of(days, {"soup": np.random.default_rng(1).negative_binomial(1, 0.3, len(days)).astype(float)})
    assert forecast_demand(sales, days, as_of=AS_OF).posterior.tail == TAIL


def test_scatter_that_doubled_for_months_is_no_tail() -> None:
    shock = normal_days(600, 3)
    shock[300:390] = shock[300:390] ** 2.5
    assert forecast(shock).posterior.tail < TAIL + 0.05


def test_one_day_with_ten_times_the_sales_changes_little() -> None:
    usual, once = normal_days(400, 4), normal_days(400, 4)
    once[350] = 10.0
    assert forecast(once).posterior.tail == pytest.approx(forecast(usual).posterior.tail, abs=0.1)


def test_sales_after_the_last_day_change_nothing() -> None:
    days = calendar(300)
    quantity = np.random.default_rng(5).poisson(60.0 * doubled_days(300, 5)).astype(float)
    sales = sales_of(days, {"meals": quantity})
    later = days[-HORIZON:].assign(item="meals", quantity=600.0)[["item", "date", "quantity"]]
    known, more = (
        forecast_demand(each, days, as_of=AS_OF).posterior.tail for each in (sales, pd.concat([sales, later]))
    )
    assert known == more != TAIL


def test_a_heavier_tail_moves_what_is_above_the_band_and_nothing_else() -> None:
    levels = np.array([0.01, 0.1, 0.5, 0.9, 0.95, 0.99])
    mean, variance = np.array([12.0, 300.0]), np.array([30.0, 5000.0])
    score = np.broadcast_to(ndtri(levels), (2, len(levels)))
    usual, heavy = (counts_at(mean, variance, score, tail=tail) for tail in (TAIL, 0.45))
    np.testing.assert_array_equal(usual[:, :4], heavy[:, :4])
    assert (heavy[:, -1] > usual[:, -1]).all()
    assert pytest.approx(ndtri(0.9), abs=1e-4) == BAND


def test_quantiles_samples_and_the_stored_state_agree() -> None:
    made = forecast(doubled_days(600, 0), draws=10_000)
    assert made.posterior.tail > 0.2
    stored = DemandPosterior.from_json(json.loads(json.dumps(made.posterior.to_json())))
    assert stored == made.posterior
    samples = sample_demand(stored).quantity
    for at, q in enumerate(PUBLISHED_LEVELS):
        level = made.figures.quantiles[:, at].reshape(2, HORIZON)
        assert ((samples <= level).mean(axis=0) >= q - 0.015).all()
        assert ((samples < level).mean(axis=0) <= q + 0.015).all()


def test_a_state_of_before_tails_has_the_constant() -> None:
    made = forecast(doubled_days(600, 0)).posterior
    old = {key: value for key, value in made.to_json().items() if key != "tail"} | {"version": 2}
    read = DemandPosterior.from_json(old)
    assert read.tail == TAIL
    assert sample_demand(read).quantity.max() < sample_demand(made).quantity.max()
