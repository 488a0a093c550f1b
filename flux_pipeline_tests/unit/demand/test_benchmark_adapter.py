"""The benchmark scores the product: its adapter gives what `forecast_demand` gives for the same history."""

import numpy as np
import pandas as pd

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline_tests.benchmarks.demand_adapter import forecast
from flux_pipeline_tests.unit.demand.simulated import AS_OF, cafe, calendar

QUANTILES = [0.1, 0.5, 0.9, 0.99]


def _long(restaurant: str, seed: int) -> pd.DataFrame:
    sales, days = cafe(120, seed)
    grid = calendar(120).drop(columns="is_open").merge(pd.DataFrame({"item": sales["item"].unique()}), how="cross")
    long = grid.merge(sales, how="left", on=["item", "date"]).fillna({"quantity": 0.0})
    long = long.merge(days.drop(columns="is_open"), on="date")
    return long.assign(restaurant=restaurant, is_promo=0, series=restaurant + "|" + long["item"])


def test_the_adapter_gives_the_products_own_forecast_in_the_requested_order():
    long = pd.concat([_long("one", 1), _long("two", 2)], ignore_index=True)
    past = long["date"] <= pd.Timestamp(AS_OF)
    history, future = long[past].reset_index(drop=True), long[~past].drop(columns="quantity")
    future = future.sample(frac=0.5, random_state=0).reset_index(drop=True)
    future["is_holiday"], history["is_holiday"] = 0, 0
    history.attrs["origin"] = pd.Timestamp(AS_OF)
    forecasts = forecast(history, future, QUANTILES)
    pd.testing.assert_frame_equal(forecasts[["series", "date"]], future[["series", "date"]])
    for restaurant, rows in forecasts.groupby("restaurant"):
        mine = history[history["restaurant"] == restaurant]
        days = long.loc[long["restaurant"] == restaurant, ["date", "precipitation_mm"]].drop_duplicates("date")
        days = days[(days["date"] <= pd.Timestamp(AS_OF)) | days["date"].isin(rows["date"])]
        direct = forecast_demand(
            mine[["item", "date", "quantity"]], days.assign(is_open=True, is_holiday=0), as_of=AS_OF
        ).rows
        both = rows.merge(direct, on=["item", "date"], suffixes=("", "_direct"))
        assert len(both) == len(rows)
        for column in ["mean", *(f"q{q}" for q in QUANTILES)]:
            np.testing.assert_allclose(both[column], both[f"{column}_direct"], rtol=1e-9)
