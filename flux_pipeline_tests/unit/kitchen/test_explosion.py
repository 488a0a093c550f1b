"""Explosion of recipes: batches, any depth, cycles, and lines that can't be known."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.kitchen.conversions import Conversion, Conversions
from flux_pipeline.kitchen.explosion import Kitchen, Line, Recipe
from flux_pipeline.kitchen.units import find_unit

INGREDIENTS = {
    name: find_unit(unit) for name, unit in {"oil": "l", "egg": "piece", "bun": "piece", "beef": "kg"}.items()
}


def recipe(item: str, *lines: str, yields: str | None = None) -> Recipe:
    """Return a recipe from lines such as "42 ml mayonnaise"."""
    split = [line.split(" ", 2) for line in lines]
    read = tuple(Line(what, Decimal(n), find_unit(unit), at) for at, (n, unit, what) in enumerate(split, start=1))
    if yields is None:
        return Recipe(item, read)
    quantity, unit = yields.split(" ", 1)
    return Recipe(item, read, Decimal(quantity), find_unit(unit))


MAYONNAISE = recipe("mayonnaise", "6.5 l oil", "60 piece egg", yields="7.5 l")
BURGER = recipe("burger", "1 piece bun", "150 g beef", "42 ml mayonnaise")


def test_a_dish_takes_its_part_of_a_batch() -> None:
    exploded = Kitchen([MAYONNAISE, BURGER], INGREDIENTS).explode("burger")
    assert exploded.refusals == ()
    expected = {"bun": "1", "beef": "0.15", "oil": "0.0364", "egg": "0.336"}
    assert exploded.totals() == {name: Decimal(quantity) for name, quantity in expected.items()}


def test_every_part_says_what_it_came_through() -> None:
    exploded = Kitchen([MAYONNAISE, BURGER], INGREDIENTS).explode("burger")
    assert [(part.ingredient, part.through, part.line) for part in exploded.parts] == [
        ("bun", ("burger",), 1),
        ("beef", ("burger",), 2),
        ("oil", ("burger", "mayonnaise"), 1),
        ("egg", ("burger", "mayonnaise"), 2),
    ]


def test_an_ingredient_that_comes_twice_is_summed_in_the_totals_only() -> None:
    eggy = recipe("egg burger", "1 piece egg", "42 ml mayonnaise")
    exploded = Kitchen([MAYONNAISE, eggy], INGREDIENTS).explode("egg burger")
    assert len(exploded.parts) == 3
    assert exploded.totals()["egg"] == Decimal("1.336")


def test_a_recipe_without_a_yield_makes_one_portion() -> None:
    menu = recipe("menu", "2 portion burger")
    assert Kitchen([MAYONNAISE, BURGER, menu], INGREDIENTS).explode("menu").totals()["bun"] == 2


@pytest.mark.parametrize("unit", ["portion", "piece"])
def test_a_dish_that_yields_portions_is_sold_by_one(unit: str) -> None:
    stew = recipe("stew", "8 kg beef", yields=f"40 {unit}")
    assert Kitchen([stew], INGREDIENTS).explode("stew").totals() == {"beef": Decimal("0.2")}


def test_a_dish_that_yields_litres_needs_to_know_its_portion() -> None:
    soup = recipe("soup", "2 kg beef", yields="10 l")
    refused = Kitchen([soup], INGREDIENTS).explode("soup")
    assert refused.parts == ()
    assert "1 portion of 'soup' is how many l?" in refused.refusals[0].reason
    portion = Conversion(Decimal(1), find_unit("portion"), Decimal("0.25"), find_unit("l"), "soup")
    assert Kitchen([soup], INGREDIENTS, Conversions([portion])).explode("soup").totals() == {"beef": Decimal("0.05")}


@pytest.mark.parametrize("unit", ["ml", "g", "can"])
def test_a_preparation_without_a_batch_size_is_refused_by_volume_or_weight(unit: str) -> None:
    sauce = recipe("sauce", "1 l oil")
    refused = Kitchen([sauce, recipe("dish", f"42 {unit} sauce")], INGREDIENTS).explode("dish")
    assert refused.refusals[0].line == 1
    assert f"'sauce' is used by {unit}, but its recipe has no batch size" in refused.refusals[0].reason


def test_a_preparation_by_weight_whose_batch_is_a_volume_needs_its_conversion() -> None:
    dish = recipe("dish", "42 g mayonnaise")
    refused = Kitchen([MAYONNAISE, dish], INGREDIENTS).explode("dish")
    assert "1 g of 'mayonnaise' is how many l?" in refused.refusals[0].reason
    weighs = Conversion(Decimal(1), find_unit("l"), Decimal("0.84"), find_unit("kg"), "mayonnaise")
    exploded = Kitchen([MAYONNAISE, dish], INGREDIENTS, Conversions([weighs])).explode("dish")
    assert exploded.totals()["egg"] == Decimal("0.4")


@pytest.mark.parametrize("length", [1, 2, 7])
def test_a_cycle_is_refused_with_its_path(length: int) -> None:
    ring = [recipe(f"r{at}", f"1 portion r{(at + 1) % length}") for at in range(length)]
    kitchen = Kitchen([*ring, recipe("dish", "1 portion r0"), MAYONNAISE, BURGER], INGREDIENTS)
    for item in ("dish", "r0"):
        (refused,) = kitchen.explode(item).refusals
        path = refused.reason.split(": ")[1].split(". ")[0].replace("'", "").split(" -> ")
        assert len(path) == length + 1
        assert path[0] == path[-1]
        assert all(int(there[1:]) == (int(here[1:]) + 1) % length for here, there in pairwise(path))
    assert not kitchen.explode("burger").refusals


def test_every_line_that_is_unknown_is_named_with_its_recipe() -> None:
    sauce = recipe("sauce", "1 l wine", "1 bunch egg", yields="1 l")
    dish = recipe("dish", "10 ml sauce", "0 kg beef", "5 ml sauce")
    refusals = Kitchen([sauce, dish], INGREDIENTS).explode("dish").refusals
    assert [(each.item, each.component, each.line) for each in refusals] == [
        ("sauce", "wine", 1),
        ("sauce", "egg", 2),
        ("dish", "beef", 2),
    ]
    assert "neither an ingredient nor an item with a recipe" in refusals[0].reason


def test_a_batch_of_nothing_is_refused() -> None:
    sauce = recipe("sauce", "1 l oil", yields="0 l")
    assert "above 0" in Kitchen([sauce, recipe("dish", "1 ml sauce")], INGREDIENTS).explode("dish").refusals[0].reason


def test_an_item_without_a_recipe_is_refused() -> None:
    assert "has no recipe" in Kitchen([], INGREDIENTS).explode("dish").refusals[0].reason


def test_recipes_may_be_hundreds_deep() -> None:
    chain = [recipe(f"r{at}", f"1 portion r{at + 1}", "1 ml oil") for at in range(300)]
    exploded = Kitchen([*chain, recipe("r300", "1 ml oil")], INGREDIENTS).explode("r0")
    assert exploded.totals() == {"oil": Decimal("0.301")}


def test_recipes_that_double_at_every_level_are_refused_before_they_fill_the_memory() -> None:
    doubling = [recipe(f"r{at}", f"1 portion r{at + 1}", f"1 portion r{at + 1}") for at in range(40)]
    refused = Kitchen([*doubling, recipe("r40", "1 ml oil")], INGREDIENTS).explode("r0")
    assert "has more than 10,000 parts" in refused.refusals[0].reason


amounts = st.decimals("0.001", "1000", places=3)


@given(st.lists(amounts, min_size=1, max_size=5), amounts, amounts)
def test_ten_times_the_ingredients_and_the_yield_changes_nothing(
    lines: list[Decimal], yields: Decimal, used: Decimal
) -> None:
    def totals(times: int) -> dict[str, Decimal]:
        sauce = recipe("sauce", *(f"{line * times} l oil" for line in lines), yields=f"{yields * times} l")
        return Kitchen([sauce, recipe("dish", f"{used} ml sauce")], INGREDIENTS).explode("dish").totals()

    assert totals(10) == totals(1)


@given(amounts, amounts, st.integers(2, 9))
def test_quantities_are_linear_in_a_line(quantity: Decimal, yields: Decimal, times: int) -> None:
    sauce = recipe("sauce", "3 l oil", yields=f"{yields} l")

    def oil(used: Decimal) -> Decimal:
        return Kitchen([sauce, recipe("dish", f"{used} ml sauce")], INGREDIENTS).explode("dish").totals()["oil"]

    assert abs(oil(quantity * times) / (oil(quantity) * times) - 1) < Decimal("1e-24")
