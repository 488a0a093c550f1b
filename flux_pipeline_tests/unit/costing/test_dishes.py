"""Costs of dishes: loss by two rules, batches, missing costs, shares and margins."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.costing.dishes import DishCost, IngredientCost, cost_dish, loss_factor, margin_of, net_price_of
from flux_pipeline.costing.settings import CostingSettings, WasteRule
from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.explosion import Kitchen, Line, Recipe
from flux_pipeline.kitchen.units import find_unit

MARKUP = CostingSettings()
YIELD = CostingSettings(costing_waste_rule=WasteRule.YIELD)
OFF = CostingSettings(waste_factor_enabled=False)
KG, LITRE, ML = find_unit("kg"), find_unit("l"), find_unit("ml")


def cost_of(
    lines: dict[str, str],
    costs: dict[str, IngredientCost],
    settings: CostingSettings = MARKUP,
    times: Decimal = Decimal(1),
) -> DishCost:
    """Return the cost of a dish of kilograms."""
    recipe = Recipe(
        "dish", tuple(Line(name, Decimal(kg) * times, KG, at) for at, (name, kg) in enumerate(lines.items(), 1))
    )
    return cost_dish(Kitchen([recipe], dict.fromkeys(lines, KG)).explode("dish"), costs, settings)


@pytest.mark.parametrize(("settings", "expected"), [(MARKUP, "23.00"), (YIELD, "23.53"), (OFF, "20.00")])
def test_ten_kilograms_at_two_with_fifteen_per_cent_of_loss(settings: CostingSettings, expected: str) -> None:
    cost = cost_of({"tomato": "10"}, {"tomato": IngredientCost(Decimal(2), Decimal("0.15"))}, settings)
    assert cost.cost_with_waste is not None
    assert round(cost.cost_with_waste, 2) == Decimal(expected)
    assert cost.cost_without_waste == 20


@pytest.mark.parametrize(("used", "expected"), [("6", "0.024"), ("42", "0.168")])
def test_a_dish_pays_for_its_part_of_a_batch(used: str, expected: str) -> None:
    sauce = Recipe("sauce", (Line("oil", Decimal("7.5"), LITRE, 1),), Decimal("7.5"), LITRE)
    dish = Recipe("dish", (Line("sauce", Decimal(used), ML, 1),))
    exploded = Kitchen([sauce, dish], {"oil": LITRE}).explode("dish")
    assert cost_dish(exploded, {"oil": IngredientCost(Decimal(4))}, MARKUP).cost_with_waste == Decimal(expected)


def test_a_dish_with_a_part_without_cost_has_no_cost_and_names_it() -> None:
    cost = cost_of({"beef": "0.2", "truffle": "0.01", "gold": "0.001"}, {"beef": IngredientCost(Decimal(12))})
    assert cost.cost_with_waste is None
    assert cost.cost_without_waste is None
    assert [(each.name, each.recipe, each.line) for each in cost.missing] == [
        ("truffle", "dish", 2),
        ("gold", "dish", 3),
    ]
    assert "'truffle' has no cost on this day" in cost.missing[0].reason


def test_a_dish_that_cannot_be_exploded_has_no_cost_and_says_why() -> None:
    recipe = Recipe("dish", (Line("beef", Decimal(1), find_unit("bunch"), 1),))
    cost = cost_dish(Kitchen([recipe], {"beef": KG}).explode("dish"), {"beef": IngredientCost(Decimal(12))}, MARKUP)
    assert cost.cost_with_waste is None
    assert "1 bunch of 'beef' is how many kg?" in cost.missing[0].reason


def test_shares_are_of_the_cost_with_loss_and_the_largest_comes_first() -> None:
    costs = {"bread": IngredientCost(Decimal(2)), "beef": IngredientCost(Decimal(10), Decimal("0.2"))}
    cost = cost_of({"bread": "2", "beef": "1"}, costs)
    assert dict(cost.shares) == {"beef": Decimal("0.75"), "bread": Decimal("0.25")}
    assert list(cost.shares) == ["beef", "bread"]


def test_a_cost_is_rounded_once_at_its_end() -> None:
    tiny = {f"spice {at}": "0.0000001" for at in range(10)}
    assert cost_of(tiny, dict.fromkeys(tiny, IngredientCost(Decimal(1)))).cost_with_waste == Decimal("0.000001")


@pytest.mark.parametrize("waste", ["0.85", "1.4", "85", "-0.1"])
def test_a_loss_that_cannot_be_is_refused_with_what_to_enter(waste: str) -> None:
    with pytest.raises(PermanentError, match=r"enter a share from 0 to 0\.60"):
        IngredientCost(Decimal(1), Decimal(waste))


def test_a_negative_cost_is_refused() -> None:
    with pytest.raises(PermanentError, match="enter 0 or more"):
        IngredientCost(Decimal(-1))


def test_a_margin_is_to_the_cent() -> None:
    margin = margin_of(Decimal("10.084034"), Decimal("3.168"))
    assert (margin.amount, margin.percent) == (Decimal("6.92"), Decimal("68.58"))
    assert margin_of(Decimal(0), Decimal(3)).percent is None


def test_a_net_price_is_without_the_tax_of_its_category() -> None:
    taxed = CostingSettings(tax_rate=Decimal("0.19"), tax_rates_by_category={"Food": Decimal("0.07")})
    assert net_price_of(Decimal("11.90"), "Drinks", taxed) == 10
    assert net_price_of(Decimal("10.70"), "Food", taxed) == 10
    assert net_price_of(Decimal("11.90"), None, CostingSettings(prices_include_tax=False)) == Decimal("11.90")


amounts = st.decimals("0.001", "500", places=3)
losses = st.decimals("0", "0.60", places=2)
rules = st.sampled_from([MARKUP, YIELD, OFF])


@given(st.lists(st.tuples(amounts, amounts, losses), min_size=1, max_size=6), st.integers(2, 50), rules)
def test_a_cost_is_linear_in_unit_costs(parts: list[tuple[Decimal, Decimal, Decimal]], times: int, rule) -> None:
    lines = {f"i{at}": str(kg) for at, (kg, _, _) in enumerate(parts)}
    costs = {f"i{at}": IngredientCost(price, loss) for at, (_, price, loss) in enumerate(parts)}
    dearer = {name: IngredientCost(cost.unit_cost * times, cost.waste_factor) for name, cost in costs.items()}
    once, many = cost_of(lines, costs, rule).cost_with_waste, cost_of(lines, dearer, rule).cost_with_waste
    assert once is not None
    assert many is not None
    assert abs(many - once * times) <= Decimal("0.000001") * times


@given(amounts, amounts, losses, losses, rules)
def test_a_cost_never_falls_with_more_loss(kg: Decimal, price: Decimal, one: Decimal, other: Decimal, rule) -> None:
    less, more = (
        cost_of({"x": str(kg)}, {"x": IngredientCost(price, loss)}, rule).cost_with_waste
        for loss in sorted((one, other))
    )
    assert less is not None
    assert more is not None
    assert less <= more


@given(losses)
def test_yield_never_costs_less_than_markup(loss: Decimal) -> None:
    factors = [times / over for times, over in (loss_factor(loss, rule) for rule in (OFF, MARKUP, YIELD))]
    assert factors == sorted(factors)
