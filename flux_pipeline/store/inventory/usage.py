"""Usage of ingredients by dishes, in units as bought, as stock is counted and delivered; by ids.

It follows from the recipes, losses, yields and conversions of a kitchen as known at a moment.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.timeline import value_on
from flux_pipeline.costing.usage import Usage, Yields, usage_of, usage_over_time
from flux_pipeline.kitchen.units import Unit
from flux_pipeline.store.costs.facts import KnownKitchen, Moment, read_with_recipes
from flux_pipeline.store.costs.rules import rules_known
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory._yields import read_yields
from flux_pipeline.store.kitchen.recipes import confirmed_recipes
from flux_pipeline.store.records.settings import read_settings


@dataclass(frozen=True)
class Taken:
    """What one of an item takes of an ingredient from a day on, until the day before `until` (None: from then on)."""

    item: uuid.UUID
    since: dt.date
    until: dt.date | None
    ingredient: uuid.UUID
    quantity: Decimal


@dataclass(frozen=True)
class StockKitchen:
    """A kitchen as known at a moment; it is there without recipes too, for units and conversions.

    `yields`: the share of an ingredient that is left to use of what is bought, by name.
    """

    kitchen: KnownKitchen
    yields: Yields

    @cached_property
    def usage(self) -> Mapping[str, Sequence[tuple[dt.date, Usage]]]:
        """What one of each item that is sold takes, by the days on which that changes; by names."""
        return usage_over_time(self.kitchen.facts, self.kitchen.items, self.yields)

    @cached_property
    def names(self) -> Mapping[uuid.UUID, str]:
        """The name of each ingredient."""
        return {ingredient: name for name, ingredient in self.kitchen.ingredients.items()}

    def taken(self) -> list[Taken]:
        """Return what items take, by ids and intervals of days."""
        found = []
        for name, dated in self.usage.items():
            item = self.kitchen.items[name]
            ends = [*(day for day, _ in dated[1:]), None]
            for (since, usage), until in zip(dated, ends, strict=True):
                found += [
                    Taken(item, since, until, self.kitchen.ingredients[ingredient], quantity)
                    for ingredient, quantity in usage.quantities.items()
                ]
        return found

    def on(self, day: dt.date) -> dict[uuid.UUID, dict[uuid.UUID, Decimal]]:
        """Return by item what one of it takes of each ingredient on a day; an item that is refused has no entry."""
        found = {}
        for name, dated in self.usage.items():
            usage = value_on(dated, day)
            if usage is not None and usage.quantities:
                taken = {self.kitchen.ingredients[each]: quantity for each, quantity in usage.quantities.items()}
                found[self.kitchen.items[name]] = taken
        return found

    def usage_of(self, item: str, quantity: Decimal, unit: Unit, day: dt.date) -> Usage:
        """Return what a quantity of a dish or preparation takes on a day, by names."""
        return usage_of(self.kitchen.facts, item, quantity, unit, day, self.yields)

    def refused(self, day: dt.date) -> dict[str, tuple[str, ...]]:
        """Return by name the items whose usage on a day is not known, and why."""
        on_day = ((name, value_on(dated, day)) for name, dated in self.usage.items())
        return {name: usage.refusals for name, usage in on_day if usage is not None and usage.refusals}


def read_stock_kitchen(tx: Tenant, moment: Moment) -> StockKitchen:
    """Read the kitchen as known at a moment, by the costing rules that published costs follow."""
    settings, next_day = read_settings(tx, CostingSettings), moment.as_of + dt.timedelta(days=1)
    rules = rules_known(tx, settings, next_day, moment.known_at, is_retrospective=moment.is_retrospective)
    kitchen = read_with_recipes(tx, moment, rules.dated, confirmed_recipes(tx), with_money=False)
    yields = read_yields(tx, moment)
    return StockKitchen(kitchen, {name: yields[key] for name, key in kitchen.ingredients.items() if key in yields})
