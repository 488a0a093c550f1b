"""Totals come from the joint samples: means add up, quantiles don't."""

import math

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.distribution.totals import DemandTotals, total_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline_tests.unit.demand.simulated import AS_OF, cafe

QUANTILES = ["q0.1", "q0.5", "q0.9", "q0.99"]
MENU = pd.DataFrame({"item": ["coffee", "cake", "soup"], "category": ["Drinks", "Food", "Food"]})


@pytest.fixture(scope="module")
def forecast() -> DemandForecast:
    sales, days = cafe()
    days.loc[days.index[-3], "is_open"] = False
    return forecast_demand(sales, days, as_of=AS_OF, seed=3)


@pytest.fixture(scope="module")
def totals(forecast: DemandForecast) -> DemandTotals:
    return total_demand(forecast.posterior, forecast.rows, MENU)


def test_means_add_up_exactly(forecast: DemandForecast, totals: DemandTotals) -> None:
    items = forecast.rows.groupby("date")["mean"].agg(math.fsum)
    assert totals.by_restaurant["mean"].tolist() == items.tolist()
    categories = totals.by_category.groupby("date")["mean"].sum()
    np.testing.assert_allclose(categories, items, rtol=1e-14)
    assert totals.by_restaurant.item_count.eq(3).all()
    assert totals.by_category.groupby("category").item_count.first().to_dict() == {"Drinks": 1, "Food": 2}


def test_quantiles_are_those_of_the_summed_samples_and_the_sums_of_categories_add_up(
    forecast: DemandForecast, totals: DemandTotals
) -> None:
    samples = sample_demand(forecast.posterior)
    at = {name: samples.items.index(name) for name in samples.items}
    food = samples.quantity[:, [at["cake"], at["soup"]]].sum(axis=1)
    drinks = samples.quantity[:, at["coffee"]]
    everything = samples.quantity.sum(axis=1)
    np.testing.assert_array_equal(food + drinks, everything)
    for sums, published in (
        (everything, totals.by_restaurant),
        (food, totals.by_category[totals.by_category.category == "Food"]),
    ):
        for q in (0.1, 0.5, 0.9, 0.99):
            level = published[f"q{q}"].to_numpy()
            # The smallest of the sums that at least the share q of them stays at or under.
            assert ((sums <= level).mean(axis=0) >= q).all() and ((sums < level).mean(axis=0) < q).all()
            assert all(value in column for value, column in zip(level, sums.T, strict=True))


def test_quantiles_of_the_sum_are_not_the_sums_of_the_quantiles(forecast: DemandForecast, totals: DemandTotals) -> None:
    summed = forecast.rows.groupby("date")[QUANTILES].sum()
    published = totals.by_restaurant.set_index("date")
    is_open = summed["q0.99"] > 0
    assert (published["q0.1"][is_open] > summed["q0.1"][is_open]).all()
    assert (published["q0.9"][is_open] < summed["q0.9"][is_open]).all()
    assert (published["q0.5"][is_open] != summed["q0.5"][is_open]).any()


def test_a_category_of_one_item_has_the_figures_of_the_item(forecast: DemandForecast, totals: DemandTotals) -> None:
    columns = ["mean", *QUANTILES]
    coffee = forecast.rows[forecast.rows["item"] == "coffee"].set_index("date")[columns]
    drinks = totals.by_category[totals.by_category.category == "Drinks"].set_index("date")[columns]
    pd.testing.assert_frame_equal(drinks, coffee, check_freq=False)


def test_totals_are_whole_and_rising_and_zero_on_a_closed_day(totals: DemandTotals) -> None:
    for frame in (totals.by_category, totals.by_restaurant):
        levels = frame[QUANTILES].to_numpy()
        assert (levels == np.round(levels)).all() and (np.diff(levels, axis=1) >= 0).all()
        closed = frame.date == frame.date.sort_values().unique()[-3]
        assert (frame.loc[closed, ["mean", *QUANTILES]] == 0).all().all()
        assert (frame.loc[~closed, "mean"] > 0).all()


@pytest.mark.parametrize("category", [None, float("nan"), pd.NA])
def test_items_without_a_category_are_together_under_none(forecast: DemandForecast, category: object) -> None:
    menu = pd.DataFrame({"item": ["coffee", "cake"], "category": ["Drinks", category]}, dtype=object)
    by_category = total_demand(forecast.posterior, forecast.rows, menu).by_category
    assert by_category.category.drop_duplicates().tolist() == [None, "Drinks"]
    assert by_category.item_count.drop_duplicates().tolist() == [2, 1]


def test_without_a_menu_all_items_are_one_category_without_a_name(forecast: DemandForecast) -> None:
    totals = total_demand(forecast.posterior, forecast.rows)
    assert totals.by_category.category.isna().all()
    pd.testing.assert_frame_equal(totals.by_category.drop(columns="category"), totals.by_restaurant)


def test_the_same_forecast_gives_the_same_bytes(forecast: DemandForecast, totals: DemandTotals) -> None:
    again = total_demand(forecast.posterior, forecast.rows, MENU.iloc[::-1])
    assert again.by_category.to_csv() == totals.by_category.to_csv()
    assert again.by_restaurant.to_csv() == totals.by_restaurant.to_csv()


def test_a_restaurant_without_items_sells_nothing() -> None:
    _, days = cafe()
    nothing = pd.DataFrame({"item": [], "date": pd.to_datetime([]), "quantity": []})
    forecast = forecast_demand(nothing, days, as_of=AS_OF)
    totals = total_demand(forecast.posterior, forecast.rows)
    assert totals.by_category.empty and "category" in totals.by_category
    assert (totals.by_restaurant[["item_count", "mean", *QUANTILES]] == 0).all().all()
