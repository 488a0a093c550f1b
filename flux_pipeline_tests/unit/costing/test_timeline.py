"""Costs over time: a row for each day of change says what costing the dish on any day would."""

import datetime as dt
import itertools
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.costing.dishes import IngredientCost, cost_dish
from flux_pipeline.costing.history import CostEntry, CostSource, cost_on
from flux_pipeline.costing.settings import CostingMethod, CostingSettings, WasteRule
from flux_pipeline.costing.timeline import EVER, CostFacts, ItemCost, cost_items, value_on
from flux_pipeline.kitchen.conversions import Conversion, Conversions
from flux_pipeline.kitchen.explosion import Kitchen, Line, Recipe
from flux_pipeline.kitchen.units import find_unit

FIRST, DAYS = dt.date(2026, 3, 2), 24
CAME = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
G, KG, ML, LITRE, PORTION, BUNCH = (find_unit(name) for name in ("g", "kg", "ml", "l", "portion", "bunch"))
INGREDIENTS = {"onion": KG, "oil": LITRE, "salt": G}
SAUCES, DISHES = ("sauce", "base"), ("soup", "stew")

HOUSE = Conversions(
    [
        Conversion(Decimal(1), LITRE, Decimal("0.9"), KG),
        Conversion(Decimal(1), BUNCH, Decimal(80), G),
        Conversion(Decimal(1), PORTION, Decimal(200), G),
    ]
)

amounts = st.decimals("0.001", "900", places=3)
losses = st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("0.6")])
days = st.integers(-3, DAYS + 3).map(lambda number: FIRST + dt.timedelta(days=number))
rules = st.builds(
    CostingSettings,
    waste_factor_enabled=st.booleans(),
    costing_waste_rule=st.sampled_from(WasteRule),
    costing_method=st.sampled_from(CostingMethod),
    costing_average_days=st.integers(1, 9),
    tax_rate=st.sampled_from([Decimal(0), Decimal("0.19")]),
)


def often(usual: st.SearchStrategy, seldom: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(usual, usual, usual, seldom)


def dated(values: st.SearchStrategy, most: int = 3) -> st.SearchStrategy:
    """Values by the days from which they hold, the first from the start."""
    later = st.dictionaries(days, values, max_size=most)
    return st.tuples(values, later).map(lambda drawn: [(EVER, drawn[0]), *sorted(drawn[1].items(), key=lambda e: e[0])])


def recipes_of(item: str, components: tuple[str, ...]) -> st.SearchStrategy:
    """Recipes of an item from ingredients and from what may be below it, some of them in units that lead nowhere."""
    units = st.sampled_from([G, KG, ML, LITRE, PORTION, BUNCH])
    lines = st.lists(
        st.builds(Line, st.sampled_from([*components, *INGREDIENTS]), amounts, units), min_size=1, max_size=4
    )
    batch = often(st.tuples(amounts, st.sampled_from([KG, LITRE, PORTION])), st.none())
    return st.builds(lambda lines, batch: Recipe(item, tuple(lines), *(batch or (None, None))), lines, batch)


def entries_of(ingredient: str) -> st.SearchStrategy:
    entry = st.builds(
        CostEntry,
        st.just(ingredient),
        amounts,
        days,
        st.just(CAME),
        st.sampled_from(CostSource),
        st.sampled_from(["Mill", "Farm"]),
        quantity=amounts,
    )
    first = entry.map(lambda each: replace(each, valid_from=EVER))
    # Which of two costs of one day counts is decided by when they were known, and here all are known at once.
    later = st.lists(entry, max_size=4, unique_by=lambda each: each.valid_from)
    return often(st.tuples(first, later).map(lambda drawn: [drawn[0], *drawn[1]]), later)


kitchens = st.builds(
    CostFacts,
    st.just(FIRST),
    st.fixed_dictionaries(
        {
            "base": dated(recipes_of("base", ())),
            "sauce": dated(recipes_of("sauce", ("base",))),
            **{dish: dated(recipes_of(dish, SAUCES)) for dish in DISHES},
        }
    ),
    st.just(INGREDIENTS),
    st.fixed_dictionaries({name: entries_of(name) for name in INGREDIENTS}),
    st.fixed_dictionaries(
        {}, optional={name: dated(st.sampled_from([Decimal("0.1"), Decimal("0.6")])) for name in INGREDIENTS}
    ),
    often(st.just(HOUSE), st.just(Conversions())),
    st.fixed_dictionaries({}, optional={dish: dated(amounts) for dish in DISHES}),
    st.just({}),
    dated(rules, most=2),
    st.just({}),
)


def row_on(rows: list[ItemCost], day: dt.date) -> ItemCost:
    return [row for row in rows if row.valid_from <= day][-1]


@given(kitchens)
def test_each_days_row_is_what_costing_the_dish_on_that_day_says(facts: CostFacts) -> None:
    found = list(cost_items(facts, DISHES))
    for dish in DISHES:
        rows = [row for row in found if row.item == dish]
        assert [row.valid_from for row in rows] == sorted({row.valid_from for row in rows})
        assert rows[0].valid_from == FIRST
        for day in (FIRST + dt.timedelta(days=number) for number in range(DAYS)):
            now = value_on(facts.rules, day)
            assert now is not None
            in_force = [value_on(each, day) for each in facts.recipes.values()]
            exploded = Kitchen([each for each in in_force if each], facts.units, facts.conversions).explode(dish)
            costs = {}
            for name, entries in facts.entries.items():
                chosen = cost_on(entries, day, CAME, now)
                if chosen is not None:
                    loss = value_on(facts.losses.get(name, ()), day) or Decimal(0)
                    costs[name] = IngredientCost(chosen.unit_cost, loss)
            expected, row = cost_dish(exploded, costs, now), row_on(rows, day)
            assert row.cost.cost_with_waste == expected.cost_with_waste
            assert row.cost.cost_without_waste == expected.cost_without_waste
            assert (row.cost.shares, row.cost.missing) == (expected.shares, expected.missing)


@given(kitchens)
def test_two_rows_in_a_row_never_say_the_same(facts: CostFacts) -> None:
    found = list(cost_items(facts, DISHES))
    for before, after in itertools.pairwise(found):
        assert before.item != after.item or not after.says_the_same(before)


@given(kitchens, st.integers(2, 20))
def test_costs_over_time_are_linear_in_unit_costs(facts: CostFacts, times: int) -> None:
    entries = {
        name: [replace(each, unit_cost=each.unit_cost * times) for each in known]
        for name, known in facts.entries.items()
    }
    one, other = (list(cost_items(each, DISHES)) for each in (facts, replace(facts, entries=entries)))
    for dish in DISHES:
        once, many = ([row for row in rows if row.item == dish] for rows in (one, other))
        for day in (FIRST + dt.timedelta(days=number) for number in range(DAYS)):
            cost, more = row_on(once, day).cost.cost_with_waste, row_on(many, day).cost.cost_with_waste
            assert (cost is None) == (more is None)
            if cost is not None and more is not None:
                assert abs(more - cost * times) <= Decimal("0.000001") * times
