"""Joint samples: drawn again exactly, in agreement with published quantiles, with a realistic spread of sums."""

import json

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sample_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, cafe, calendar, counts, sales_of


def test_samples_regenerate_exactly_after_a_json_round_trip():
    sales, days = cafe()
    posterior = forecast_demand(sales, days, as_of=AS_OF, seed=11).posterior
    stored = json.loads(json.dumps(posterior.to_json()))
    again = sample_demand(DemandPosterior.from_json(stored))
    first = sample_demand(posterior)
    assert again.quantity.tobytes() == first.quantity.tobytes()
    assert first.quantity.shape == (500, 3, 14)
    assert again.items == ["cake", "coffee", "soup"]
    assert list(again.dates) == list(first.dates)


def test_another_seed_gives_other_samples():
    sales, days = cafe()
    one, two = (sample_demand(forecast_demand(sales, days, as_of=AS_OF, seed=s).posterior) for s in (1, 2))
    assert (one.quantity != two.quantity).any()


def test_the_state_is_small_and_holds_no_draws():
    sales, days = cafe()
    few, many = (
        len(json.dumps(forecast_demand(sales, days, as_of=AS_OF, settings=s).posterior.to_json()))
        for s in (DemandSettings(), DemandSettings(forecast_draws=10_000))
    )
    assert many - few < 5
    assert few < 10_000


def test_samples_agree_with_the_published_quantiles():
    sales, days = cafe()
    forecast = forecast_demand(sales, days, as_of=AS_OF, settings=DemandSettings(forecast_draws=10_000))
    samples = sample_demand(forecast.posterior).quantity
    for q in (0.1, 0.5, 0.9, 0.99):
        level = forecast.rows[f"q{q}"].to_numpy().reshape(3, 14)
        at_most = (samples <= level).mean(axis=0)
        below = (samples < level).mean(axis=0)
        assert (at_most >= q - 0.015).all()
        assert (below <= q + 0.015).all()
    mean = forecast.rows["mean"].to_numpy().reshape(3, 14)
    np.testing.assert_allclose(samples.mean(axis=0), mean, rtol=0.06)


def test_samples_are_zero_on_closed_days():
    sales, days = cafe()
    days.loc[days["date"] == pd.Timestamp(AS_OF) + pd.Timedelta(days=2), "is_open"] = False
    samples = sample_demand(forecast_demand(sales, days, as_of=AS_OF).posterior).quantity
    assert (samples[:, :, 1] == 0).all()
    assert (samples[:, :, 0] > 0).any()


@pytest.mark.parametrize("together", [0.0, 0.3])
def test_items_move_together_as_far_as_their_history_did(together):
    days = calendar(365)
    rng = np.random.default_rng(3)
    shock = np.exp(together * rng.standard_normal(len(days)) - together**2 / 2)
    sales = sales_of(days, {f"item {i}": counts(40 * shock, 1.5, i) for i in range(8)})
    posterior = forecast_demand(sales, days, as_of=AS_OF, settings=DemandSettings(forecast_draws=4000)).posterior
    samples = sample_demand(posterior).quantity
    spread = samples.sum(axis=1).std(axis=0).mean()
    truth = np.sqrt(8 * 40 * 1.5 + (8 * 40) ** 2 * (np.exp(together**2) - 1))
    assert spread == pytest.approx(truth, rel=0.35)
    independent = np.sqrt(samples.var(axis=0).sum(axis=0)).mean()
    if together:
        assert spread > 1.8 * independent
    else:
        assert spread < 1.4 * independent


def test_samples_are_whole_multiples_of_the_unit_of_sale():
    days = calendar(100)
    sales = sales_of(days, {"cheese": counts(np.full(len(days), 12.0), 2.0, 1) * 0.1})
    quantity = sample_demand(forecast_demand(sales, days, as_of=AS_OF).posterior).quantity
    np.testing.assert_allclose(quantity / 0.1, np.rint(quantity / 0.1), atol=1e-6)
