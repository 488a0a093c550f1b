"""Memory of a forecast: it is bounded by chunks of items and draws, which change no figure."""

import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.posterior import sample_demand, sum_samples
from flux_pipeline.demand.distribution.totals import total_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline_tests.unit.demand.simulated import AS_OF, calendar, weekday_factor

MEGABYTE = 2**20


def many(count: int, history: int, unit: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return sales, days and items of a restaurant with many items in three categories."""
    days, rng = calendar(history), np.random.default_rng(5)
    mean = rng.gamma(2.0, 3.0, count) * weekday_factor(days)[:history, None] * rng.gamma(50, 1 / 50, (history, 1))
    day, item = np.nonzero(quantity := rng.poisson(mean) * unit)
    names = np.array([f"item {number:04}" for number in range(count)], dtype=object)
    sales = pd.DataFrame({"item": names[item], "date": days.date.to_numpy()[day], "quantity": quantity[day, item]})
    return sales, days, pd.DataFrame({"item": names, "category": [f"category {n % 3}" for n in range(count)]})


def test_chunks_of_items_and_of_draws_change_a_forecast_by_rounding_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sales, days, items = many(60, 150, unit=0.001)

    def computed() -> object:
        forecast = forecast_demand(sales, days, as_of=AS_OF, items=items, seed=9)
        totals = total_demand(forecast.posterior, forecast.rows, items)
        samples = sum_samples(forecast.posterior)[0], sample_demand(forecast.posterior).quantity
        frames = [frame.to_dict("list") for frame in (forecast.rows, totals.by_category, totals.by_restaurant)]
        return rounded([*frames, forecast.posterior.to_json(), *(each.tolist() for each in samples)])

    whole = computed()
    monkeypatch.setattr("flux_pipeline.demand.model.chunks.ITEMS_AT_ONCE", 17)
    monkeypatch.setattr("flux_pipeline.demand.distribution.posterior.SAMPLES_AT_ONCE", 60 * 14 * 33)
    assert computed() == whole


def rounded(values: object) -> object:
    """Return values with nine digits: libraries multiply matrices of other shapes in another order."""
    return json.loads(json.dumps(values, default=str), parse_float=lambda text: f"{float(text):.9g}")


def test_a_forecast_of_many_items_takes_little_more_than_a_few_copies_of_their_sales() -> None:
    sales, days, items = many(1200, 60)
    grid = 1200 * 60 * 8
    tracemalloc.start()
    try:
        forecast = forecast_demand(sales, days, as_of=AS_OF, items=items, seed=9)
        fitted, kept = tracemalloc.get_traced_memory()[1], tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        total_demand(forecast.posterior, forecast.rows, items)
        summed = tracemalloc.get_traced_memory()[1] - kept
    finally:
        tracemalloc.stop()

    # All paths of all items are 90 times the sales, and all samples 270 MB.
    assert fitted < 60 * grid, f"{fitted / grid:.0f} times the sales"
    assert summed < 300 * MEGABYTE, f"{summed / MEGABYTE:.0f} MB"
