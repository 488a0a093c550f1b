"""Check of a whole kitchen: every dish, cost and recipe that is probably wrong, with the line at fault."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise

from flux_pipeline.costing.oneday import KitchenDay
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.suspicions import Suspicion, suspect_dishes, suspect_entries, suspect_jumps
from flux_pipeline.costing.timeline import CostFacts, cost_items
from flux_pipeline.kitchen.explosion import find_cycles


@dataclass(frozen=True)
class Findings:
    """What is probably wrong.

    Attributes:
        dishes: lines of dishes as they are today.
        jumps: lines that made the cost of a dish jump on some day.
        entries: ingredients with a cost that is far from the previous one.
        unusable: stored costs that can't be converted, in sentences, by ingredient.
        cycles: recipes that contain each other, as paths.
    """

    dishes: Sequence[Suspicion]
    jumps: Sequence[Suspicion]
    entries: Sequence[Suspicion]
    unusable: Mapping[str, Sequence[str]]
    cycles: Sequence[tuple[str, ...]]

    def __len__(self) -> int:
        unusable = sum(map(len, self.unusable.values()))
        return len(self.dishes) + len(self.jumps) + len(self.entries) + unusable + len(self.cycles)


def check_kitchen(facts: CostFacts, items: Collection[str], day: dt.date, settings: CostingSettings) -> Findings:
    """Return what is probably wrong in a kitchen.

    Args:
        facts: what is known.
        items: the items that are sold.
        day: the day whose dishes are looked at.
        settings: the limits of suspicion.
    """
    today = KitchenDay(facts, day)
    return Findings(
        suspect_dishes([today.priced(item) for item in items if item in today.recipes], settings),
        list(_jumps(facts, items, settings)),
        suspect_entries((entry for entries in facts.entries.values() for entry in entries), settings),
        {name: sentences for name, sentences in sorted(facts.unpriced.items()) if sentences},
        find_cycles({item: [line.component for line in recipe.lines] for item, recipe in today.recipes.items()}),
    )


def _jumps(facts: CostFacts, items: Collection[str], settings: CostingSettings) -> Iterator[Suspicion]:
    kitchen_on = cache(lambda day: KitchenDay(facts, day))
    for item, rows in groupby(cost_items(facts, items), lambda row: row.item):
        known = [(row.valid_from, row.cost.cost_with_waste) for row in rows if row.cost.cost_with_waste]
        for (first, before), (then, after) in pairwise(known):
            if max(before, after) > settings.suspicious_cost_jump * min(before, after):
                # Costs over time do without the parts, of which one is at fault.
                costs = [(day, kitchen_on(day).cost(item)) for day in (first, then)]
                yield from suspect_jumps(costs, settings)
