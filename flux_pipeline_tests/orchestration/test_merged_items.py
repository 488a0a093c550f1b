"""Merged items: forecast as one from the next run on, while their published forecasts stay."""

import datetime as dt

import dagster as dg
import pytest

from flux_pipeline.orchestration.commands.launch import run_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.demand import read_forecasts
from flux_pipeline.store.menu.merging import merge_items
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import FORECAST, LAST, drop
from flux_pipeline_tests.store.handing_in import ask

PUBLISHED = (
    "SELECT to_jsonb(f) - 'is_current' - 'updated_at' FROM demand_forecasts f ORDER BY created_at, forecast_date, id"
)


@pytest.mark.usefixtures("no_pictures")
def test_merged_items_are_forecast_as_one_and_history_is_unchanged(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    days = [LAST - dt.timedelta(days=n) for n in range(60)]
    lines = "".join(f"{day},Soup,6,4.50\n{day},Soups,2,4.50\n" for day in days)
    drop(store, "bistro", "sales", "sales.csv", f"date,item,quantity,price\n{lines}")
    assert run_restaurant(instance, "bistro", LAST, only=FORECAST).succeeded
    published = ask(store, bistro, PUBLISHED)
    with store.tenant(bistro) as tx:
        before = read_forecasts(tx)
        merge_items(tx, "Soups", "Soup")
    assert set(before["item"]) == {"Soup", "Soups"}
    assert ask(store, bistro, PUBLISHED) == published
    result = run_restaurant(instance, "bistro", LAST, only=FORECAST)
    assert result.succeeded, result.failures
    with store.tenant(bistro) as tx:
        after = read_forecasts(tx)
    assert set(after["item"]) == {"Soup"}
    assert 7 < after.predicted_quantity.mean() < 9
    assert ask(store, bistro, PUBLISHED)[: len(published)] == published
