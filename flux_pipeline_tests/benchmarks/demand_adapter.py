"""Adapter that lets the public benchmark score the product's own forecast; it only translates frames.

The benchmark gives one row per item and open day; here that becomes `sales`, `days` and `item_days` of each restaurant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from flux_pipeline.demand.forecast import forecast_demand

NOT_DRIVERS = {"restaurant", "item", "series", "date", "quantity"}
ITEM_DRIVERS = {"is_promo", "price_ratio"}


def forecast(history: pd.DataFrame, future: pd.DataFrame, quantiles: Sequence[float]) -> pd.DataFrame:
    """Return the future rows in their order with `mean` and one column per quantile: the benchmark's signature."""
    as_of = pd.Timestamp(history.attrs.get("origin", history["date"].max())).date()
    known = [c for c in history.columns if c not in NOT_DRIVERS]
    of_items = [c for c in known if c in ITEM_DRIVERS]
    of_days = [c for c in known if c not in ITEM_DRIVERS]
    every = pd.concat([pd.DataFrame(history), pd.DataFrame(future)], ignore_index=True)
    every.attrs = {}  # pandas copies these deeply with every slice
    restaurants = set(future["restaurant"])
    sales = dict(_by_restaurant(every.iloc[: len(history)][["restaurant", "item", "date", "quantity"]]))
    days = dict(_by_restaurant(every.drop_duplicates(["restaurant", "date"])[["restaurant", "date", *of_days]]))
    item_days = dict(_by_restaurant(every[["restaurant", "item", "date", *of_items]])) if of_items else {}
    forecasts = {
        restaurant: forecast_demand(
            sales[restaurant],
            days[restaurant].assign(is_open=True),
            as_of=as_of,
            item_days=item_days.get(restaurant),
            quantiles=quantiles,
        ).rows
        for restaurant in restaurants
    }
    columns = ["mean", *(f"q{q}" for q in quantiles)]
    rows = pd.concat(forecasts, names=["restaurant"]).reset_index("restaurant")[
        ["restaurant", "item", "date", *columns]
    ]
    found = future[["restaurant", "item", "date"]].merge(rows, how="left", on=["restaurant", "item", "date"])
    return future.assign(**{c: found[c].to_numpy() for c in columns})


def _by_restaurant(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each restaurant with its rows, without the column restaurant, as slices of one sorted frame."""
    codes, names = pd.factorize(frame["restaurant"])
    order = np.argsort(codes, kind="stable")
    rest = frame.drop(columns="restaurant").iloc[order]
    ends = np.cumsum(np.bincount(codes, minlength=len(names)))
    for name, end, start in zip(names, ends, np.concatenate([[0], ends[:-1]]), strict=True):
        yield name, rest.iloc[start:end]
