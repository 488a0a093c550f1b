"""Preparations: what dishes and batches take of them at any depth, and the prep sheet for all of them."""

from decimal import Decimal

import numpy as np
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.planning.prep import Preparation
from flux_pipeline.inventory.planning.preparations import DaySold, find_preparations, plan_sheet
from flux_pipeline.kitchen.conversions import Conversion, Conversions
from flux_pipeline.kitchen.explosion import Kitchen, Line, Recipe
from flux_pipeline.kitchen.units import find_unit


def recipe(item: str, *lines: tuple[str, str, str], makes: tuple[str, str] | None = None) -> Recipe:
    made_of = tuple(
        Line(component, Decimal(quantity), find_unit(unit), number)
        for number, (component, quantity, unit) in enumerate(lines, start=1)
    )
    return Recipe(item, made_of, *((Decimal(makes[0]), find_unit(makes[1])) if makes else (None, None)))


RECIPES = [
    recipe("Steak", ("Demi-glace", "60", "ml"), ("Beef", "200", "g")),
    recipe("Soup", ("Stock", "0.25", "l"), makes=("40", "portion")),
    recipe("Menu", ("Steak", "1", "portion"), ("Soup", "2", "portion")),
    recipe("Demi-glace", ("Stock", "6", "l"), makes=("1.5", "l")),
    recipe("Stock", ("Bones", "4", "kg"), makes=("10", "l")),
]
UNITS = {"Beef": find_unit("g"), "Bones": find_unit("kg")}


def kitchen_of(*recipes: Recipe, conversions: Conversions | None = None) -> tuple[dict[str, Recipe], Kitchen]:
    return {each.item: each for each in recipes}, Kitchen(recipes, UNITS, conversions)


def sheet(sold: dict[str, list[float]], **available: str) -> dict[str, tuple[float, int, Decimal]]:
    """Plan the sheet with the median: projected use, batches and what is for other batches."""
    recipes, kitchen = kitchen_of(*RECIPES)
    found = find_preparations(sold, recipes, kitchen)
    stock = {
        name: Preparation(
            name, recipes[name].yield_quantity or Decimal(0), available=Decimal(available.get(name[:4], 0))
        )
        for name in found.names
    }
    day = DaySold(tuple(sold), np.array(list(sold.values())).T)
    planned = plan_sheet(found, day, stock, 0.5)
    return {each.line.preparation.name: (each.line.projected, each.line.batches, each.for_others) for each in planned}


def test_a_batch_of_one_preparation_has_enough_of_another() -> None:
    """Ten steaks take 0.6 of 1.5 l of sauce: a whole batch is made, which takes 6 l of stock and not 2.4."""
    planned = sheet({"Steak": [8, 10, 30]})
    assert planned["Demi-glace"] == (pytest.approx(0.6), 1, 0)
    assert planned["Stock"] == (pytest.approx(6), 1, 6)
    assert planned["Soup"] == (0, 0, 0)


def test_what_dishes_take_through_a_preparation_that_is_there_is_still_projected() -> None:
    assert sheet({"Steak": [8, 10, 30]}, Demi="2")["Stock"] == (pytest.approx(2.4), 1, 0)
    assert sheet({"Steak": [8, 10, 30]}, Demi="2", Stoc="2.4")["Stock"] == (pytest.approx(2.4), 0, 0)


def test_what_dishes_take_directly_is_beside_what_batches_take() -> None:
    """A batch of soup takes 0.25 l of the stock, and one of sauce 6 l; a tenth of each is sold."""
    both = sheet({"Soup": [4.0], "Steak": [2.5]})
    assert both["Soup"] == (4, 1, 0)
    assert both["Stock"] == (pytest.approx(6.25), 1, Decimal("6.25"))


def test_samples_are_added_before_quantiles_are_taken() -> None:
    """The medians of both dishes are 0, and that of what they take together is not."""
    assert sheet({"Soup": [40, 0, 0], "Menu": [0, 0, 20]})["Soup"][0] == 40


def test_a_dish_takes_preparations_through_others_of_any_depth() -> None:
    recipes, kitchen = kitchen_of(*RECIPES)
    found = find_preparations(["Steak", "Soup", "Menu", "Water"], recipes, kitchen)
    assert set(found.names) == {"Soup", "Demi-glace", "Stock"}
    assert found.names.index("Demi-glace") < found.names.index("Stock")
    assert found.in_all["Steak"] == {"Demi-glace": Decimal("0.06"), "Stock": Decimal("0.24")}
    assert found.direct["Steak"] == {"Demi-glace": Decimal("0.06")}
    # 0.25 l of stock make 40 portions of soup, which is a preparation of the menu and a dish of its own.
    assert found.in_all["Soup"] == {"Soup": Decimal(1), "Stock": Decimal("0.00625")}
    assert found.direct["Soup"] == {"Soup": Decimal(1)}
    assert found.in_all["Menu"] == {"Soup": 2, "Demi-glace": Decimal("0.06"), "Stock": Decimal("0.2525")}
    # A steak makes one portion, so it is not a preparation, and what it takes is direct.
    assert found.direct["Menu"] == {"Soup": 2, "Demi-glace": Decimal("0.06")}
    assert found.per_batch == {"Soup": {"Stock": Decimal("0.25")}, "Demi-glace": {"Stock": 6}, "Stock": {}}
    assert found.refused == () and "Water" not in found.in_all


def test_a_line_that_cannot_be_converted_is_left_out_and_said() -> None:
    stock = recipe("Stock", ("Bones", "4", "kg"), makes=("10", "l"))
    soup = recipe("Soup", ("Stock", "250", "g"), ("Stock", "1", "l"))
    recipes, kitchen = kitchen_of(soup, stock)
    found = find_preparations(["Soup"], recipes, kitchen)
    assert found.in_all["Soup"] == {"Stock": 1}
    (sentence,) = found.refused
    assert sentence.startswith("In the recipe of 'Soup': ") and "'Stock'" in sentence
    weighs = Conversions([Conversion(Decimal(1), find_unit("l"), Decimal(1000), find_unit("g"), "Stock")])
    recipes, kitchen = kitchen_of(soup, stock, conversions=weighs)
    assert find_preparations(["Soup"], recipes, kitchen).in_all["Soup"] == {"Stock": Decimal("1.25")}


def test_recipes_that_contain_each_other_are_refused_with_their_path() -> None:
    one = recipe("Stock", ("Sauce", "1", "l"), makes=("10", "l"))
    other = recipe("Sauce", ("Stock", "1", "l"), makes=("1", "l"))
    with pytest.raises(PermanentError, match="The recipes contain each other"):
        find_preparations(["Stock"], *kitchen_of(one, other))
