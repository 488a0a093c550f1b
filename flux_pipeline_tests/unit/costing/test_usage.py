"""Usage of ingredients: what leaves stock for a dish, with its loss, from day to day."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from flux_pipeline.costing.settings import CostingSettings, WasteRule
from flux_pipeline.costing.timeline import EVER, CostFacts
from flux_pipeline.costing.usage import Usage, usage_of, usage_over_time
from flux_pipeline.kitchen.conversions import Conversion, Conversions
from flux_pipeline.kitchen.explosion import Line, Recipe
from flux_pipeline.kitchen.units import find_unit

FIRST, LATER = dt.date(2026, 3, 2), dt.date(2026, 3, 9)
G, KG, LITRE, PIECE, PORTION = (find_unit(name) for name in ("g", "kg", "l", "piece", "portion"))
SAUCE = Recipe("sauce", (Line("tomato", Decimal(12), KG),), Decimal(10), LITRE)
PASTA = Recipe("pasta", (Line("sauce", Decimal("0.2"), LITRE), Line("noodles", Decimal(100), G)))
SMALLER = Recipe("pasta", (Line("noodles", Decimal(80), G),))


def facts(rule: WasteRule = WasteRule.YIELD) -> CostFacts:
    return CostFacts(
        first_day=FIRST,
        recipes={"sauce": [(EVER, SAUCE)], "pasta": [(EVER, PASTA), (LATER, SMALLER)]},
        units={"tomato": KG, "noodles": KG},
        entries={},
        losses={"tomato": [(EVER, Decimal("0.2"))]},
        conversions=Conversions([Conversion(Decimal(1), PIECE, Decimal(150), G, "tomato")]),
        prices={},
        categories={},
        rules=[(EVER, CostingSettings(costing_waste_rule=rule))],
        unpriced={},
    )


@pytest.mark.parametrize(
    ("rule", "tomatoes"), [(WasteRule.YIELD, Decimal("0.3")), (WasteRule.MARKUP, Decimal("0.288"))]
)
def test_a_dish_takes_what_its_preparations_take_with_their_loss(rule: WasteRule, tomatoes: Decimal) -> None:
    found = usage_over_time(facts(rule), ["pasta"])["pasta"]
    assert found == [
        (FIRST, Usage({"tomato": tomatoes, "noodles": Decimal("0.1")})),
        (LATER, Usage({"noodles": Decimal("0.08")})),
    ]


@pytest.mark.parametrize(
    ("item", "quantity", "unit", "expected"),
    [
        ("pasta", Decimal(2), PORTION, {"tomato": Decimal("0.6"), "noodles": Decimal("0.2")}),
        ("sauce", Decimal(5), LITRE, {"tomato": Decimal("7.5")}),
    ],
)
def test_what_is_thrown_away_takes_its_ingredients(item: str, quantity: Decimal, unit: object, expected: dict) -> None:
    assert usage_of(facts(), item, quantity, unit, FIRST).quantities == expected  # type: ignore[arg-type]


def test_four_hundred_grams_of_what_has_a_yield_take_half_a_kilo_as_it_is_bought_beside_the_loss() -> None:
    stew = Recipe("stew", (Line("carrot", Decimal(400), G), Line("tomato", Decimal(400), G)))
    known = replace(facts(), recipes={"stew": [(EVER, stew)]}, units={"carrot": KG, "tomato": KG})
    yields = {"carrot": [(EVER, Decimal("0.8")), (LATER, Decimal(1))], "tomato": [(EVER, Decimal("0.8"))]}
    # 0.4 / 0.8, and of tomatoes, of which a fifth is lost as well, 0.4 / 0.8 / 0.8.
    assert usage_over_time(known, ["stew"], yields)["stew"] == [
        (FIRST, Usage({"carrot": Decimal("0.5"), "tomato": Decimal("0.625")})),
        (LATER, Usage({"carrot": Decimal("0.4"), "tomato": Decimal("0.625")})),
    ]
    two = usage_of(known, "stew", Decimal(2), PORTION, FIRST, yields).quantities
    assert two == {"carrot": Decimal(1), "tomato": Decimal("1.25")}


def test_a_quantity_that_leads_nowhere_is_refused_with_a_sentence() -> None:
    (reason,) = usage_of(facts(), "sauce", Decimal(1), PIECE, FIRST).refusals
    assert "sauce" in reason
