"""The menu engineering matrix and the margins that moved, in the metadata of the cost assets."""

import datetime as dt

import dagster as dg
import pytest

from flux_pipeline.orchestration.commands.launch import JobResult, run_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.costing import Kitchen
from flux_pipeline_tests.orchestration.test_published import DATA_URL

ASSETS = ["daily_item_sales", "menu_item_costs", "menu_profitability"]


@pytest.fixture
def as_of(bistro: Restaurant) -> dt.date:
    return bistro.last_complete_business_day(dt.datetime.now(dt.UTC))


@pytest.fixture
def corner(store: Store, bistro: Restaurant, as_of: dt.date) -> Kitchen:
    """Seven weeks of three dishes; a fortnight ago onions became dearer, and pies too."""
    kitchen, dear = Kitchen(store, bistro), as_of - dt.timedelta(days=14)
    days = [as_of - dt.timedelta(days=n) for n in range(50)]
    dishes = (("Soup", 37, 5), ("Zanzibar pie", 10, 9), ("Tea", 20, 3))
    kitchen.sell(
        "".join(
            f"{day},{item},Kitchen,{sold},{price + (item == 'Zanzibar pie' and day >= dear)}\n"
            for day in days
            for item, sold, price in dishes
        ),
        "date,item,category,quantity,price",
    )
    long_ago = dt.datetime.combine(days[-1], dt.time(9), dt.UTC)
    kitchen.file("ingredients", "name,unit,unit_cost\nOnions,kg,2.00\nFlour,kg,1.00\nLeaves,kg,20\n", long_ago)
    recipes = "Soup,Onions,500,g\nSoup,Flour,10,g\nZanzibar pie,Flour,300,g\nTea,Leaves,3,g\n"
    kitchen.file("recipes", f"item,ingredient,quantity,unit\n{recipes}", long_ago)
    came = dt.datetime.combine(dear, dt.time(9), dt.UTC)
    kitchen.file("ingredients", f"name,unit,unit_cost,valid_from\nOnions,kg,3.00,{dear}\n", came)
    return kitchen


def refresh(instance: dg.DagsterInstance, kitchen: Kitchen, as_of: dt.date) -> JobResult:
    result = run_restaurant(instance, kitchen.restaurant.slug, as_of, only=ASSETS)
    assert result.succeeded, result.failures
    return result


def test_the_matrix_is_drawn_for_new_results_and_only_named_for_unchanged_ones(
    instance: dg.DagsterInstance, corner: Kitchen, as_of: dt.date
) -> None:
    first = refresh(instance, corner, as_of).metadata["menu_profitability"]
    assert first["menu_matrix"].startswith(DATA_URL.replace("fan charts", "menu matrix"))
    assert len(first["menu_matrix"]) < 20_000
    second = refresh(instance, corner, as_of).metadata["menu_profitability"]
    assert second["menu_matrix_file"] == first["menu_matrix_file"] and "menu_matrix" not in second


def test_the_margins_that_moved_most_are_a_table_if_the_restaurant_wants_it(
    store: Store, instance: dg.DagsterInstance, corner: Kitchen, as_of: dt.date
) -> None:
    with store.tenant(corner.restaurant) as tx:
        store_setting(tx, "forecast_tables", True)
        store_setting(tx, "forecast_pictures", False)
    metadata = refresh(instance, corner, as_of).metadata
    assert "menu_matrix" not in metadata["menu_profitability"]
    assert [each.data for each in metadata["menu_item_costs"]["moved_margins"].records] == [
        {"item": "Zanzibar pie", "margin": 9.7, "change": 1.0, "because": "price 9.00 to 10.00"},
        {"item": "Soup", "margin": 3.49, "change": -0.5, "because": "Onions +0.50"},
    ]
    assert "moved_margins" not in refresh(instance, corner, as_of).metadata["menu_item_costs"]


def test_no_name_of_an_item_or_ingredient_is_in_the_metadata_unless_the_restaurant_wants_it(
    instance: dg.DagsterInstance, corner: Kitchen, as_of: dt.date
) -> None:
    metadata = str(refresh(instance, corner, as_of).metadata)
    assert not [name for name in ("Zanzibar", "Onions", "Leaves") if name in metadata]


def test_a_restaurant_without_recipes_has_no_matrix(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, as_of: dt.date
) -> None:
    kitchen = Kitchen(store, bistro)
    kitchen.sell("".join(f"{as_of - dt.timedelta(days=n)},Soup,3,9.00\n" for n in range(20)))
    metadata = refresh(instance, kitchen, as_of).metadata
    assert "menu_matrix" not in metadata["menu_profitability"] and "skipped" in metadata["menu_item_costs"]
