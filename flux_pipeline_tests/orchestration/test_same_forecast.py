"""Forecasts that the benchmark scores and that the product publishes: same function, same defaults, same figures."""

import datetime as dt

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from flux_pipeline.orchestration.commands.launch import run_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.demand import read_forecasts
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.benchmarks.demand_adapter import forecast
from flux_pipeline_tests.orchestration.conftest import drop

pytestmark = pytest.mark.usefixtures("no_pictures")

AS_OF = pd.Timestamp("2026-05-31")
QUANTILES = [0.1, 0.5, 0.9, 0.99]


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    """Half a year of three items with weekdays and a shared shock, closed on Mondays; 0 on days without sales."""
    rng = np.random.default_rng(7)
    dates = pd.date_range("2025-12-01", AS_OF)
    dates = dates[dates.day_of_week != 0]
    shock = rng.gamma(40, 1 / 40, len(dates))
    weekend = np.where(dates.day_of_week >= 5, 1.6, 1.0)
    frames = [
        pd.DataFrame({"item": item, "date": dates, "quantity": rng.poisson(mean * shock * weekend).astype(float)})
        for item, mean in (("Croissant", 40), ("Baguette", 25), ("Éclair", 1.2))
    ]
    return pd.concat(frames, ignore_index=True).assign(restaurant="r")


def test_the_benchmark_adapter_returns_what_the_asset_publishes(
    store: Store, instance: dg.DagsterInstance, history: pd.DataFrame
) -> None:
    restaurant = add_restaurant(store, NewRestaurant("bakery", "Bakery", "Europe/Paris", "EUR"))
    sales = history.rename(columns={"quantity": "quantity"}).assign(price=2.5, date=history.date.dt.date)
    drop(store, "bakery", "sales", "s.csv", sales[["date", "item", "quantity", "price"]].to_csv(index=False))
    assert run_restaurant(instance, "bakery", AS_OF.date()).succeeded
    with store.tenant(restaurant) as tx:
        published = read_forecasts(tx)
    # The benchmark's history begins at an item's first sale.
    first = history[history.quantity > 0].groupby("item").date.min()
    known = history[history.date >= history["item"].map(first)].assign(series=history["item"]).reset_index(drop=True)
    known.attrs["origin"] = AS_OF
    ahead = [AS_OF + dt.timedelta(days=n) for n in range(1, 15)]
    future = pd.DataFrame(
        [("r", item, item, day) for item in first.index for day in ahead if day.day_of_week != 0],
        columns=["restaurant", "item", "series", "date"],
    )
    scored = forecast(known, future, QUANTILES).set_index(["item", "date"]).sort_index()
    published["date"] = pd.to_datetime(published.date)
    written = published.set_index(["item", "date"]).sort_index().loc[scored.index]
    for column, ours in {
        "mean": "predicted_quantity",
        "q0.1": "p10",
        "q0.5": "p50",
        "q0.9": "p90",
        "q0.99": "p99",
    }.items():
        np.testing.assert_allclose(written[ours], scored[column].round(3), atol=0.0011, err_msg=column)
