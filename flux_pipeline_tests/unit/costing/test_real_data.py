"""Published and stored costs of others: USDA's prices, two kitchens' dishes, a printed menu engineering key."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from flux_pipeline.costing.dishes import IngredientCost, cost_dish
from flux_pipeline.costing.engineering import SoldItem, place_items
from flux_pipeline.costing.history import unit_cost_of, unit_cost_of_case
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.kitchen.conversions import Conversions
from flux_pipeline.kitchen.explosion import Kitchen, Line, Recipe
from flux_pipeline.kitchen.units import find_unit
from flux_pipeline_tests.unit.costing.exports import read_export

SETTINGS = CostingSettings()
# Its stored cost lacks the 20 g of thyme that its recipe has.
STALE = {"P-58362"}


def test_usda_prices_of_a_cup_are_price_times_size_over_yield(real_data: Path) -> None:
    checked = 0
    for name in ("fruit", "vegetable"):
        with (real_data / "costing" / f"ers_{name}_prices_2020.csv").open(encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                unit = find_unit(row["RetailPriceUnit"].removeprefix("per "))
                paid, yielded = Decimal(row["RetailPrice"]), Decimal(row["Yield"])
                cost = unit_cost_of(
                    paid,
                    Decimal(1),
                    unit,
                    ingredient="x",
                    ingredient_unit=unit,
                    conversions=Conversions(),
                    yielded=yielded,
                )
                line = Line("x", Decimal(row["CupEquivalentSize"]), find_unit(row["CupEquivalentUnit"]), 1)
                dish = Kitchen([Recipe("cup", (line,))], {"x": unit}).explode("cup")
                found = cost_dish(dish, {"x": IngredientCost(cost)}, SETTINGS).cost_with_waste
                assert found is not None, row
                assert abs(found - Decimal(row["CupEquivalentPrice"])) <= Decimal("0.0005"), row
                checked += 1
    assert checked == 153


@pytest.mark.parametrize(("name", "equal"), [("ubc_openkitchen_2021", 18), ("ubc_gather_grill_2021", 15)])
def test_dishes_of_a_kitchen_cost_what_it_stored_or_are_refused_by_name(real_data: Path, name: str, equal: int) -> None:
    export = read_export(real_data / "costing" / name)
    within, refused = 0, {}
    for product in export.products:
        # Its dishes are no components: those that contain dishes have been refused.
        dish = Recipe(product["product_id"], export.lines_of(product["product_id"]))
        kitchen = Kitchen([*export.prep_recipes(), dish], export.ingredients(), export.conversions)
        cost = cost_dish(kitchen.explode(dish.item), export.costs(), SETTINGS)
        if cost.cost_with_waste is None:
            refused[dish.item] = sorted({_kind_of(each.reason) for each in cost.missing})
        else:
            assert abs(cost.cost_with_waste / Decimal(product["stored_cost"]) - 1) <= Decimal("0.01"), product
            within += 1
    assert within == equal == export.expected["within_1pct"]
    assert refused == {item: reasons for item, _, reasons in export.expected["refused"]}


def _kind_of(reason: str) -> str:
    return "no conversion" if "Enter a row of unit_conversions" in reason else "component not in the export"


@pytest.mark.parametrize(("name", "refused"), [("ubc_openkitchen_2021", 0), ("ubc_gather_grill_2021", 1)])
def test_preparations_cost_what_follows_from_their_stored_components(real_data: Path, name: str, refused: int) -> None:
    export = read_export(real_data / "costing" / name)
    stored = {row["prep_id"]: Decimal(row["stored_cost_per_unit"]) for row in export.preps}
    units = export.ingredients() | {row["prep_id"]: find_unit(row["batch_uom"]) for row in export.preps}
    costs = export.costs() | {prep: IngredientCost(cost) for prep, cost in stored.items()}
    without = []
    for recipe in export.prep_recipes():
        kitchen = Kitchen([Recipe(recipe.item, recipe.lines)], units, export.conversions)
        cost = cost_dish(kitchen.explode(recipe.item), costs, SETTINGS).cost_with_waste
        if cost is None:
            without.append(recipe.item)
        elif recipe.item not in STALE:
            assert recipe.yield_quantity is not None
            assert abs(cost / recipe.yield_quantity - stored[recipe.item]) <= Decimal("0.0001"), recipe.item
    assert len(without) == refused


@pytest.mark.parametrize(("name", "prices"), [("ubc_openkitchen_2021", 267), ("ubc_gather_grill_2021", 335)])
def test_a_vendors_unit_cost_is_that_of_its_case(real_data: Path, name: str, prices: int) -> None:
    rows = read_export(real_data / "costing" / name).vendor_prices
    for row in rows:
        cost = unit_cost_of_case(Decimal(row["case_cost"]), Decimal(row["case_qty"]), Decimal(row["pack_qty"]))
        assert abs(cost - Decimal(row["unit_cost"])) <= max(Decimal("0.0001"), cost / 1000), row
    assert len(rows) == prices


def test_six_of_seven_printed_classes_follow_from_the_rule(real_data: Path) -> None:
    with (real_data / "costing" / "menu_engineering" / "published_key.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sold = [
        SoldItem(row["item"], None, Decimal(row["sold"]), Decimal(row["price"]) - Decimal(row["food_cost"]))
        for row in rows
    ]
    menu = place_items(sold, SETTINGS)
    printed = {row["item"]: row["published_class"].lower() for row in rows}
    differ = {each.item: each.menu_class for each in menu.items if each.menu_class != printed[each.item]}
    assert differ == {"Twisted Chicken Salad": "puzzle"}
    assert round(menu.items[0].mean_margin, 2) == Decimal("3.33")
    assert round(menu.items[0].least_popularity, 4) == Decimal("0.1")
