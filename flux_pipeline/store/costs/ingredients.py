"""The ingredients for people: what a unit costs now, since when and by whom, and in how many recipes. It only reads."""

import datetime as dt
import uuid
from collections import Counter
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flux_pipeline.costing.history import ChosenCost, CostEntry, CostSource
from flux_pipeline.costing.oneday import KitchenDay
from flux_pipeline.costing.timeline import EVER
from flux_pipeline.store.costs.current import Asked, kitchen_asked
from flux_pipeline.store.costs.facts import KnownKitchen
from flux_pipeline.store.door import Tenant

SOURCES = {
    CostSource.INGREDIENTS: "ingredient file",
    CostSource.DELIVERY: "delivery",
    CostSource.VENDOR_PRICE: "price list",
}


class IngredientLine(NamedTuple):
    """An ingredient with the cost of one unit, without loss, and where and when the newest part of it is from."""

    ingredient: str
    unit: str
    unit_cost: Decimal | None
    loss: Decimal
    recipes: int
    priced_on: dt.date | None
    source: str | None


def list_ingredients(tx: Tenant, asked: Asked) -> list[IngredientLine]:
    """Return the ingredients by name; preparations are no ingredients."""
    kitchen = kitchen_asked(tx, asked)
    day = KitchenDay(kitchen.facts, asked.day)
    used = Counter(name for recipe in day.recipes.values() for name in {line.component for line in recipe.lines})
    zone = ZoneInfo(tx.restaurant.timezone)
    found = []
    for name, unit in kitchen.facts.units.items():
        if name in kitchen.facts.recipes:
            continue
        chosen = day.chosen_cost(name)
        newest = None if chosen is None else chosen.entries[-1]
        priced_on = None if newest is None else _day_of(newest, zone)
        source = None if chosen is None else _source(chosen)
        cost = None if chosen is None else chosen.unit_cost
        found.append(IngredientLine(name, unit.name, cost, day.loss(name), used[name], priced_on, source))
    return found


def unit_costs(kitchen: KnownKitchen, *days: dt.date) -> dict[uuid.UUID, tuple[Decimal | None, ...]]:
    """Return what a unit of each ingredient costs on each of the days, None where that is not known."""
    on_days = [KitchenDay(kitchen.facts, day) for day in days]
    found = {}
    for name, ingredient in kitchen.ingredients.items():
        chosen = (day.chosen_cost(name) for day in on_days)
        found[ingredient] = tuple(None if each is None else each.unit_cost for each in chosen)
    return found


def _day_of(entry: CostEntry, zone: ZoneInfo) -> dt.date:
    """Return the first day of a cost or, if it holds from the start, the day on which it came in."""
    return entry.known_at.astimezone(zone).date() if entry.valid_from == EVER else entry.valid_from


def _source(chosen: ChosenCost) -> str:
    newest = chosen.entries[-1]
    count = len(chosen.entries)
    words = SOURCES[newest.source] if count == 1 else f"mean of {count} deliveries"
    return f"{words} of {newest.vendor}" if newest.vendor and count == 1 else words
