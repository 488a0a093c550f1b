"""A kitchen on one day: trees of batches, and the check of a whole kitchen."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from flux_pipeline.costing.check import check_kitchen
from flux_pipeline.costing.history import CostEntry, CostSource
from flux_pipeline.costing.oneday import CostNode, KitchenDay
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.timeline import EVER, CostFacts
from flux_pipeline.kitchen.conversions import Conversions
from flux_pipeline.kitchen.explosion import Recipe
from flux_pipeline_tests.unit.kitchen.test_explosion import BURGER, INGREDIENTS, MAYONNAISE, recipe

DAY = dt.date(2026, 3, 10)
KNOWN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
# A batch of mayonnaise: 6.5 l at 3.00 and 60 at 0.175 are 30.00.
COSTS = {"oil": "3.00", "egg": "0.175", "bun": "0.40", "beef": "12"}
ALL = CostingSettings(waste_factor_enabled=False)


def entry(name: str, cost: str, since: dt.date = EVER) -> CostEntry:
    return CostEntry(name, Decimal(cost), since, KNOWN, CostSource.INGREDIENTS)


def facts(
    *recipes: Recipe, without: str = "", later: tuple[CostEntry, ...] = (), settings: CostingSettings = ALL
) -> CostFacts:
    entries = defaultdict(list, {name: [entry(name, cost)] for name, cost in COSTS.items() if name != without})
    for each in later:
        entries[each.ingredient].append(each)
    return CostFacts(
        dt.date(2026, 3, 1),
        {each.item: [(EVER, each)] for each in recipes},
        INGREDIENTS,
        entries,
        {"egg": [(EVER, Decimal("0.10"))]},
        Conversions(),
        {"burger": [(EVER, Decimal(9))]},
        {"burger": "Mains"},
        [(EVER, settings)],
        {},
    )


def flat(nodes: tuple[CostNode, ...], depth: int = 0) -> Iterator[tuple[int, str, str, str | None]]:
    for node in nodes:
        quantity = f"{node.quantity.normalize():f} {node.unit.name}"
        yield depth, node.name, quantity, None if node.cost is None else f"{node.cost:.4f}"
        yield from flat(node.parts, depth + 1)


def test_a_preparation_is_costed_by_its_batch_and_by_one_unit_of_it() -> None:
    batch = KitchenDay(facts(MAYONNAISE, BURGER), DAY).batch("mayonnaise")
    assert (batch.cost.cost_with_waste, batch.cost_of_one) == (Decimal(30), Decimal(4))
    assert list(flat(batch.parts)) == [(0, "oil", "6.5 l", "19.5000"), (0, "egg", "60 piece", "10.5000")]


def test_a_dish_is_a_tree_through_its_preparations_whose_costs_are_its_cost() -> None:
    day = KitchenDay(facts(MAYONNAISE, BURGER, settings=CostingSettings()), DAY)
    batch = day.batch("burger")
    assert list(flat(batch.parts)) == [
        (0, "bun", "1 piece", "0.4000"),
        (0, "beef", "150 g", "1.8000"),
        (0, "mayonnaise", "42 ml", "0.1739"),
        (1, "oil", "0.0364 l", "0.1092"),
        (1, "egg", "0.336 piece", "0.0647"),
    ]
    assert sum(node.cost or 0 for node in batch.parts) == day.cost("burger").cost_with_waste
    assert abs(sum(node.share or 0 for node in batch.parts) - 1) < Decimal("0.0005")


def test_a_preparation_in_a_preparation_that_comes_twice_has_the_quantities_of_the_dish() -> None:
    dip = recipe("dip", "1 l mayonnaise", yields="2 l")
    dish = recipe("dish", "100 ml dip", "50 ml mayonnaise", "200 ml dip")
    day = KitchenDay(facts(MAYONNAISE, dip, dish), DAY)
    found = list(flat(day.batch("dish").parts))
    assert [each[2] for each in found if each[1] == "mayonnaise"] == ["0.05 l", "50 ml", "0.1 l"]
    assert [each[3] for each in found if each[0] == 0] == ["0.2000", "0.2000", "0.4000"]
    assert day.cost("dish").cost_with_waste == Decimal("0.8")


def test_a_line_without_a_cost_leaves_the_others_theirs() -> None:
    batch = KitchenDay(facts(MAYONNAISE, BURGER, without="egg"), DAY).batch("burger")
    assert batch.cost.cost_with_waste is None and "'egg' has no cost" in batch.cost.missing[0].reason
    costs = {name: cost for _, name, _, cost in flat(batch.parts)}
    assert costs == {"bun": "0.4000", "beef": "1.8000", "mayonnaise": None, "oil": "0.1092", "egg": None}
    broken = KitchenDay(facts(BURGER), DAY).batch("burger")
    assert [each[3] for each in flat(broken.parts)] == ["0.4000", "1.8000", None]


def test_a_line_that_leads_back_to_the_dish_has_no_cost() -> None:
    circle = recipe("mayonnaise", "6.5 l oil", "1 portion burger", yields="7.5 l")
    batch = KitchenDay(facts(circle, BURGER), DAY).batch("burger")
    assert [each[3] for each in flat(batch.parts)] == ["0.4000", "1.8000", None]
    assert "contain each other" in batch.cost.missing[0].reason


def test_nothing_looks_wrong_in_a_plain_kitchen() -> None:
    assert not check_kitchen(facts(MAYONNAISE, BURGER), ["burger"], DAY, CostingSettings())


def test_a_cost_that_jumps_is_found_in_the_dish_and_in_the_ingredient() -> None:
    dear = facts(MAYONNAISE, BURGER, later=(entry("beef", "120", dt.date(2026, 3, 5)),))
    found = check_kitchen(dear, ["burger"], DAY, CostingSettings())
    (jump,) = found.jumps
    assert (jump.ingredient, jump.line) == ("beef", 2) and "on 2026-03-05" in jump.sentence
    assert [each.ingredient for each in found.entries] == ["beef"]
    assert {each.ingredient for each in found.dishes} == {"beef"}
    assert len(found) == len(found.dishes) + 2


def test_recipes_that_contain_each_other_are_found_once_each() -> None:
    recipes = [recipe("a", "1 portion b"), recipe("b", "1 portion a"), recipe("c", "1 portion c")]
    found = check_kitchen(facts(*recipes), ["a"], DAY, CostingSettings())
    assert {frozenset(path) for path in found.cycles} == {frozenset("ab"), frozenset("c")}
    assert all(path[0] == path[-1] for path in found.cycles)
