"""Restaurants that share parameters of their demand, without a run that has found them."""

import datetime as dt

import pandas as pd

from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.priors import keep_parameters
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant

AS_OF = dt.date(2026, 6, 30)


def parameters(friday: float, drinks: float = 0.1) -> pd.DataFrame:
    rows = [("", "friday", friday), ("drinks", "friday", drinks)]
    return pd.DataFrame(rows, columns=["category", "parameter", "value"])


def add_sharing(
    store: Store, count: int, country: str = "DE", friday: float = 0.2, name: str = "one"
) -> list[Restaurant]:
    """Add restaurants that share what a run of each has found."""
    added = []
    for number in range(count):
        slug = f"{name}-{country.lower()}-{number}"
        new = NewRestaurant(slug, slug, "Europe/Berlin", "EUR", country)
        added.append(add_restaurant(store, new))
        with store.tenant(added[-1]) as tx:
            store_setting(tx, "forecast_share_priors", True)
            keep_parameters(tx, parameters(friday), AS_OF)
    return added
