"""Demand of ingredients: exploded samples, quantiles of sums, and days beyond those known."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.demand import RecipeMatrix, explode_demand, extended

DISHES = ("burger", "fries", "water")
RECIPES = RecipeMatrix.of(
    DISHES,
    {
        "burger": {"beef": Decimal("0.15"), "oil": Decimal("0.0364")},
        "fries": {"potato": Decimal("0.2"), "oil": Decimal("0.02")},
    },
)


def test_ingredients_are_what_the_dishes_take_together() -> None:
    sold = np.array([[[10, 20, 5], [0, 3, 0]]])
    demand = explode_demand(sold, RECIPES)
    assert demand.ingredients == ("beef", "oil", "potato")
    assert demand.of("oil").tolist() == [pytest.approx([10 * 0.0364 + 20 * 0.02, 3 * 0.02])]
    assert demand.of("beef").tolist() == [pytest.approx([1.5, 0])]


@given(sold=arrays.arrays(np.int64, (7, 3, 3), elements=st.integers(0, 40)))
def test_quantiles_are_those_of_the_sums(sold: np.ndarray) -> None:
    demand = explode_demand(sold, RECIPES)
    daily, summed = demand.daily_quantiles((0.1, 0.5, 0.9)), demand.cumulated_quantiles((0.1, 0.5, 0.9))
    assert daily.shape == summed.shape == (3, 3, 3)
    for row, ingredient in enumerate(demand.ingredients):
        used = demand.of(ingredient)
        expected = np.quantile(used, (0.1, 0.5, 0.9), axis=0, method="inverted_cdf").T
        assert daily[row] == pytest.approx(expected)
        expected = np.quantile(used.cumsum(axis=1), (0.1, 0.5, 0.9), axis=0, method="inverted_cdf").T
        assert summed[row] == pytest.approx(expected)


def test_p90_of_a_shared_ingredient_is_below_the_sum_of_its_dishes_p90s() -> None:
    sold = np.random.default_rng(1).poisson(12, (2_000, 1, 4))
    dishes = ("a", "b", "c", "d")
    shared = RecipeMatrix.of(dishes, {dish: {"butter": Decimal("0.1")} for dish in dishes})
    alone = np.quantile(sold[:, 0, :], 0.9, axis=0, method="inverted_cdf").sum() * 0.1
    assert explode_demand(sold, shared).daily_quantiles((0.9,))[0, 0, 0] < 0.95 * alone


def test_samples_of_other_dishes_are_refused() -> None:
    with pytest.raises(PermanentError, match="expected samples, days, 3 dishes"):
        explode_demand(np.ones((5, 2, 4)), RECIPES)


def test_days_beyond_those_known_repeat_the_last_week() -> None:
    daily = np.arange(10.0)[None, :]
    assert extended(daily, 4).tolist() == [[0, 1, 2, 3]]
    assert extended(daily, 19)[0, 10:].tolist() == [3, 4, 5, 6, 7, 8, 9, 3, 4]
    assert extended(np.array([[2.0, 5.0]]), 5).tolist() == [[2, 5, 2, 5, 2]]
    with pytest.raises(PermanentError, match="no day of demand"):
        extended(np.ones((3, 0)), 2)
