"""Costs of items over time: a row for each day on which an item's cost, price or gaps change.

A day is costed by the rules that are in force on it, so that a changed setting changes no day before it. An item is
costed again only on days on which something that it is made of changes.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from flux_pipeline.costing.dishes import (
    COST,
    DishCost,
    IngredientCost,
    Margin,
    cost_dish,
    cost_of,
    margin_of,
    net_price_of,
    rounded,
    sum_up,
)
from flux_pipeline.costing.history import CostEntry, cost_on, days_of_change
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.kitchen.conversions import Conversions
from flux_pipeline.kitchen.explosion import Explosion, Kitchen, Recipe
from flux_pipeline.kitchen.units import Unit

EVER = dt.date.min
# Entries that are not known yet have been left out by whoever read them.
ALL_KNOWN = dt.datetime.max.replace(tzinfo=dt.UTC)

ValueT = TypeVar("ValueT")
# Values by the days from which they hold, in the order of the days.
Dated = Sequence[tuple[dt.date, ValueT]]


@dataclass(frozen=True)
class CostFacts:
    """What is known of a house's kitchen at one moment; items and ingredients by their names.

    Attributes:
        first_day: the day from which items are costed.
        recipes: of each item, with what is off the menu.
        units: the unit of each ingredient.
        entries: the costs of each ingredient, in its unit.
        losses: the share of each ingredient that is lost.
        conversions: of ingredients, preparations and the house.
        prices: of each item, as the guest pays them.
        categories: of each item that has one.
        rules: the settings; the first hold from the start.
        unpriced: why costs of an ingredient can't be used, in sentences.
    """

    first_day: dt.date
    recipes: Mapping[str, Dated[Recipe]]
    units: Mapping[str, Unit]
    entries: Mapping[str, Sequence[CostEntry]]
    losses: Mapping[str, Dated[Decimal]]
    conversions: Conversions
    prices: Mapping[str, Dated[Decimal]]
    categories: Mapping[str, str]
    rules: Dated[CostingSettings]
    unpriced: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ItemCost:
    """What one of an item costs and leaves from a day on; price and margin are None if they are not known."""

    item: str
    valid_from: dt.date
    cost: DishCost
    net_price: Decimal | None
    margin: Margin | None

    def says_the_same(self, other: "ItemCost") -> bool:
        """Return whether both rows would show the same figures."""
        return (self.net_price, self.cost.cost_with_waste, self.cost.cost_without_waste) == (
            other.net_price,
            other.cost.cost_with_waste,
            other.cost.cost_without_waste,
        ) and (self.cost.shares, self.cost.missing) == (other.cost.shares, other.cost.missing)


def cost_items(facts: CostFacts, items: Iterable[str]) -> Iterator[ItemCost]:
    """Yield the costs of items over time, each item's in the order of the days.

    Args:
        facts: what is known.
        items: those to cost; one without a recipe on the first day has a gap until it gets one.
    """
    explosions = explode_over_time(facts, items)
    wanted = {part.ingredient for dated in explosions.values() for _, each in dated for part in each.parts}
    costs = {name: unit_costs(facts, name) for name in wanted}
    for item, dated in explosions.items():
        before = None
        for row in _rows_of_item(facts, item, dated, costs):
            if before is None or not row.says_the_same(before):
                yield row
            before = row


def value_on(dated: Dated[ValueT], day: dt.date) -> ValueT | None:
    """Return the value that holds on a day, None if none does yet."""
    found = None
    for since, value in dated:
        if since > day:
            break
        found = value
    return found


def unit_costs(facts: CostFacts, ingredient: str) -> list[tuple[dt.date, IngredientCost | None]]:
    """Return what one unit of an ingredient costs by the rules of each day, and what is lost of it."""
    entries = sorted(facts.entries.get(ingredient, ()), key=lambda entry: entry.valid_from)
    losses = facts.losses.get(ingredient, ())
    days = {facts.first_day} | {max(day, facts.first_day) for day, _ in losses}
    for (since, settings), until in zip(facts.rules, [*(day for day, _ in facts.rules[1:]), None], strict=True):
        first = max(since, facts.first_day)
        last = dt.date.max if until is None else until - dt.timedelta(days=1)
        if first <= last:
            days.update(days_of_change(entries, first, last, ALL_KNOWN, settings))
    found: list[tuple[dt.date, IngredientCost | None]] = []
    for day in sorted(days):
        rules = value_on(facts.rules, day)
        assert rules is not None, "the first rules hold from the start"
        chosen = cost_on(entries, day, ALL_KNOWN, rules)
        cost = None
        if chosen is not None:
            cost = IngredientCost(chosen.unit_cost, value_on(losses, day) or Decimal(0))
        if not found or found[-1][1] != cost:
            found.append((day, cost))
    return found


def explode_over_time(facts: CostFacts, items: Iterable[str]) -> dict[str, list[tuple[dt.date, Explosion]]]:
    """Return what each item takes of each ingredient, by the days on which a recipe below it changes."""
    affected: dict[dt.date, list[str]] = defaultdict(list)
    below = _ItemsBelow(facts.recipes)
    for item in items:
        starts = {max(day, facts.first_day) for each in below.of(item) for day, _ in facts.recipes.get(each, ())}
        for day in starts | {facts.first_day}:
            affected[day].append(item)
    found: dict[str, list[tuple[dt.date, Explosion]]] = {}
    for day in sorted(affected):
        in_force = (value_on(dated, day) for dated in facts.recipes.values())
        kitchen = Kitchen([recipe for recipe in in_force if recipe is not None], facts.units, facts.conversions)
        for item in affected[day]:
            found.setdefault(item, []).append((day, kitchen.explode(item)))
    return found


class _ItemsBelow:
    """The items that are part of each item in any version of its recipe."""

    def __init__(self, recipes: Mapping[str, Dated[Recipe]]) -> None:
        self._parts = {
            item: {line.component for _, recipe in dated for line in recipe.lines} & recipes.keys()
            for item, dated in recipes.items()
        }

    def of(self, item: str) -> set[str]:
        """Return the items below an item, and itself."""
        found: set[str] = set()
        waiting = [item]
        while waiting:
            here = waiting.pop()
            if here not in found:
                found.add(here)
                waiting += self._parts.get(here, ())
        return found


def _rows_of_item(
    facts: CostFacts,
    item: str,
    explosions: Dated[Explosion],
    unit_costs_of: Mapping[str, Dated[IngredientCost | None]],
) -> Iterator[ItemCost]:
    """Yield a row for each day on which anything may change."""
    changes: dict[dt.date, dict[str, IngredientCost | None]] = defaultdict(dict)
    for name in {part.ingredient for _, each in explosions for part in each.parts}:
        for day, unit_cost in unit_costs_of[name]:
            changes[day][name] = unit_cost
    prices = facts.prices.get(item, ())
    days = {facts.first_day, *changes, *(day for day, _ in (*explosions, *prices, *facts.rules))}
    dish = _Dish(facts.unpriced)
    for day in sorted(day for day in days if day >= facts.first_day):
        settings, explosion, price = value_on(facts.rules, day), value_on(explosions, day), value_on(prices, day)
        assert settings is not None and explosion is not None
        dish.take(changes.get(day, {}), explosion, settings)
        cost = dish.cost()
        net = None if price is None else rounded(net_price_of(price, facts.categories.get(item), settings), COST)
        margin = None if net is None or cost.cost_with_waste is None else margin_of(net, cost.cost_with_waste)
        yield ItemCost(item, day, cost, net, margin)


class _Dish:
    """A dish with the costs of its ingredients, of which few change from day to day."""

    def __init__(self, unpriced: Mapping[str, Sequence[str]]) -> None:
        self._unpriced = unpriced
        self._known: dict[str, IngredientCost] = {}
        self._state: tuple[Explosion, CostingSettings] | None = None
        self._taken: dict[str, Decimal] = {}
        self._costs: dict[str, tuple[Decimal, Decimal]] = {}

    def take(
        self, changes: Mapping[str, IngredientCost | None], explosion: Explosion, settings: CostingSettings
    ) -> None:
        """Take in what changes on a day."""
        for name, changed in changes.items():
            if changed is None:
                self._known.pop(name, None)
            else:
                self._known[name] = changed
        again: Iterable[str] = changes
        if self._state is None or self._state[0] is not explosion or self._state[1] is not settings:
            self._state, self._taken, self._costs = (explosion, settings), explosion.totals(), {}
            again = self._taken
        for name in again:
            if name in self._taken and name in self._known:
                self._costs[name] = cost_of(self._taken[name], self._known[name], settings)
            else:
                self._costs.pop(name, None)

    def cost(self) -> DishCost:
        """Return what the dish costs now."""
        assert self._state is not None
        explosion, settings = self._state
        if not explosion.refusals and len(self._costs) == len(self._taken):
            return sum_up(explosion.item, self._costs)
        return with_reasons(cost_dish(explosion, self._known, settings), self._unpriced)


def with_reasons(cost: DishCost, unpriced: Mapping[str, Sequence[str]]) -> DishCost:
    """Return a cost whose gaps say which stored costs of the ingredient can't be used."""
    missing = (replace(each, reason=" ".join([each.reason, *unpriced.get(each.name, ())])) for each in cost.missing)
    return replace(cost, missing=tuple(missing))
