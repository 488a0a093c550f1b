"""Costs to look at: each kind of mistake is found, names its line, and a plain menu is left alone."""

import datetime as dt
from decimal import Decimal

from flux_pipeline.costing.dishes import DishCost, IngredientCost, cost_dish
from flux_pipeline.costing.history import CostEntry, CostSource
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.suspicions import PricedDish, SuspicionKind, suspect_dishes, suspect_entries, suspect_jumps
from flux_pipeline.kitchen.explosion import Kitchen, Line, Recipe
from flux_pipeline.kitchen.units import find_unit

SETTINGS = CostingSettings()
COSTS = {"beef": "12", "bun": "0.4", "salt": "1", "sauce": "5"}
UNITS = {"beef": "kg", "bun": "piece", "salt": "kg", "sauce": "l"}
LINES = ("150 g beef", "1 piece bun", "2 g salt", "30 ml sauce")


def cost(item: str, lines: tuple[str, ...] = LINES, **costs: str) -> DishCost:
    split = [line.split(" ", 2) for line in lines]
    read = tuple(Line(what, Decimal(n), find_unit(unit), at) for at, (n, unit, what) in enumerate(split, 1))
    kitchen = Kitchen([Recipe(item, read)], {name: find_unit(unit) for name, unit in UNITS.items()})
    unit_costs = {name: IngredientCost(Decimal(amount)) for name, amount in {**COSTS, **costs}.items()}
    return cost_dish(kitchen.explode(item), unit_costs, SETTINGS)


def priced(dish: DishCost, price: str | None = "9", category: str = "Burgers") -> PricedDish:
    return PricedDish(dish, None if price is None else Decimal(price), category)


BURGERS = [priced(cost(f"burger {at}")) for at in range(5)]


def test_a_plain_menu_is_left_alone() -> None:
    assert suspect_dishes(BURGERS, SETTINGS) == []


def test_a_dish_that_costs_more_than_its_price_names_its_dearest_line() -> None:
    wrong = priced(cost("wrong", ("150 g beef", "1 piece bun", "2 kg salt", "30 l sauce")))
    found = suspect_dishes([*BURGERS, wrong], SETTINGS)
    assert [(each.kind, each.ingredient, each.line) for each in found] == [
        (SuspicionKind.COST_ABOVE_PRICE, "sauce", 4),
        (SuspicionKind.ONE_LINE_IS_ALL, "sauce", 4),
    ]
    assert found[0].sentence == (
        "'wrong' costs more than its net price. "
        "Look at the unit, pack and conversion of 30 l of 'sauce' in the recipe of 'wrong'."
    )


def test_a_dish_far_above_its_categorys_usual_cost_is_found() -> None:
    wrong = priced(cost("wrong", ("150 g beef", "1 piece bun", "2 g salt", "1300 ml sauce")))
    (found,) = suspect_dishes([*BURGERS, wrong], SETTINGS)
    assert (found.kind, found.ingredient) == (SuspicionKind.COST_ABOVE_CATEGORY, "sauce")
    assert suspect_dishes([priced(wrong.cost, category="Platters"), *BURGERS], SETTINGS) == []


def test_a_dish_of_two_lines_may_be_nearly_all_one() -> None:
    assert suspect_dishes([priced(cost("steak", ("300 g beef", "2 g salt")), "20")], SETTINGS) == []


def test_a_dish_without_price_or_cost_is_no_suspect() -> None:
    unknown = DishCost("unknown", None, None)
    assert suspect_dishes([priced(unknown), priced(cost("free"), None), priced(cost("gift"), "0")], SETTINGS) == []


def test_a_cost_that_jumps_names_the_line_that_moved() -> None:
    days = [dt.date(2026, 3, at) for at in (1, 8, 15)]
    costs = [cost("burger"), cost("burger", sauce="5.5"), cost("burger", sauce="500")]
    (found,) = suspect_jumps(list(zip(days, costs, strict=True)), SETTINGS)
    assert (found.kind, found.ingredient, found.line) == (SuspicionKind.COST_JUMPED, "sauce", 4)
    assert "on 2026-03-15" in found.sentence


def test_a_cost_that_falls_by_as_much_is_found_too_and_one_that_rises_is_not() -> None:
    days = [dt.date(2026, 3, at) for at in (1, 8)]
    assert suspect_jumps(list(zip(days, [cost("burger", beef="90"), cost("burger")], strict=True)), SETTINGS)
    assert not suspect_jumps(list(zip(days, [cost("burger", beef="20"), cost("burger")], strict=True)), SETTINGS)


def entry(amount: str, day: int, vendor: str | None = None) -> CostEntry:
    known = dt.datetime(2026, 3, day, tzinfo=dt.UTC)
    source = CostSource.VENDOR_PRICE if vendor else CostSource.INGREDIENTS
    return CostEntry("cumin", Decimal(amount), known.date(), known, source, vendor=vendor)


def test_an_ingredient_whose_cost_is_far_from_another_is_found() -> None:
    (found,) = suspect_entries([entry("0.012", 1), entry("0.34", 9, "Metro")], SETTINGS)
    assert found.ingredient == "cumin"
    assert "went from 0.012 (ingredient file) to 0.34 (Metro) on 2026-03-09" in found.sentence
    assert suspect_entries([entry("0.012", 1), entry("0.03", 9), entry("0", 10)], SETTINGS) == []
