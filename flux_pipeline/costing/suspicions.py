"""Costs to look at: lines whose unit, pack or conversion is probably wrong, each with the line at fault.

A gram that was entered as a kilogram, or a case as a piece, makes a dish cost more than it sells for, makes one line
nearly all of its cost, or makes a cost jump. None of these is proof; each is a sentence for a person to check.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from statistics import median

from flux_pipeline.costing.dishes import DishCost, PartCost
from flux_pipeline.costing.history import CostEntry, CostSource
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.kitchen.units import plain

# With fewer dishes, a category does not show what share of the price its costs usually are.
LEAST_DISHES = 4
# Of a toast with butter, the bread may well be nearly all.
LEAST_LINES = 3


class SuspicionKind(StrEnum):
    """Why a line is looked at."""

    COST_ABOVE_PRICE = "cost_above_price"
    COST_ABOVE_CATEGORY = "cost_above_category"
    COST_JUMPED = "cost_jumped"
    ONE_LINE_IS_ALL = "one_line_is_all"


@dataclass(frozen=True)
class PricedDish:
    """A dish with its cost on a day, its net price, if it has one, and its category."""

    cost: DishCost
    net_price: Decimal | None
    category: str | None


@dataclass(frozen=True)
class Suspicion:
    """A line to look at: an ingredient, in the recipe of `recipe` (None: its own cost), and why."""

    kind: SuspicionKind
    item: str | None
    ingredient: str
    recipe: str | None
    line: int
    sentence: str


def suspect_dishes(dishes: Iterable[PricedDish], settings: CostingSettings) -> list[Suspicion]:
    """Return the lines to look at; those of the dish whose cost is the largest share of its price come first."""
    priced = [dish for dish in dishes if dish.cost.cost_with_waste]
    usual = _usual_shares(priced)
    found = []
    for dish in priced:
        share = _cost_share(dish)
        others = usual.get(dish.category)
        if share is not None and share > 1:
            found.append((share, _at_fault(dish, SuspicionKind.COST_ABOVE_PRICE, "costs more than its net price")))
        elif share is not None and others and share > settings.suspicious_cost_share * others:
            words = f"costs {_percent(share)} of its price; the dishes of its category usually cost {_percent(others)}"
            found.append((share, _at_fault(dish, SuspicionKind.COST_ABOVE_CATEGORY, words)))
        part = _dearest(dish.cost)
        if len(dish.cost.parts) >= LEAST_LINES and part.share > settings.suspicious_line_share:
            words = f"has one line that is {_percent(part.share)} of its cost"
            found.append((share or Decimal(0), _at_fault(dish, SuspicionKind.ONE_LINE_IS_ALL, words)))
    return [suspicion for _, suspicion in sorted(found, key=lambda pair: -pair[0])]


def suspect_jumps(costs: Sequence[tuple[dt.date, DishCost]], settings: CostingSettings) -> list[Suspicion]:
    """Return the lines that made a dish's cost jump from one day of change to the next.

    Args:
        costs: one dish's costs by day, in the order of the days; days without a cost are left out.
        settings: the factor of a jump.
    """
    known = [(day, cost) for day, cost in costs if cost.cost_with_waste]
    found = []
    for (_, before), (day, after) in pairwise(known):
        factor = _factor(before.cost_with_waste or Decimal(0), after.cost_with_waste or Decimal(0))
        if factor > settings.suspicious_cost_jump:
            amounts = f"{plain(before.cost_with_waste or Decimal(0))} to {plain(after.cost_with_waste or Decimal(0))}"
            part = _most_moved(before, after)
            sentence = f"'{after.item}' went from {amounts} on {day}. {_look_at(part)}"
            found.append(_suspicion(SuspicionKind.COST_JUMPED, after.item, part, sentence))
    return found


def suspect_entries(entries: Iterable[CostEntry], settings: CostingSettings) -> list[Suspicion]:
    """Return the ingredients with a cost that is far from the previous one, of whatever source and vendor."""
    by_ingredient: dict[str, list[CostEntry]] = defaultdict(list)
    for entry in entries:
        by_ingredient[entry.ingredient].append(entry)
    found = []
    for ingredient, own in by_ingredient.items():
        ordered = sorted((e for e in own if e.unit_cost > 0), key=lambda e: (e.valid_from, e.known_at))
        for before, after in pairwise(ordered):
            if _factor(before.unit_cost, after.unit_cost) > settings.suspicious_cost_jump:
                sentence = (
                    f"'{ingredient}' went from {plain(round(before.unit_cost, 6))} ({_source(before)}) to "
                    f"{plain(round(after.unit_cost, 6))} ({_source(after)}){_since(after)}. "
                    "Look at the unit and the pack of both."
                )
                found.append(Suspicion(SuspicionKind.COST_JUMPED, None, ingredient, None, 0, sentence))
    return found


def _usual_shares(dishes: Sequence[PricedDish]) -> dict[str | None, Decimal]:
    shares: dict[str | None, list[Decimal]] = defaultdict(list)
    for dish in dishes:
        if (share := _cost_share(dish)) is not None:
            shares[dish.category].append(share)
    return {category: median(found) for category, found in shares.items() if len(found) >= LEAST_DISHES}


def _cost_share(dish: PricedDish) -> Decimal | None:
    if not dish.net_price or dish.net_price < 0 or dish.cost.cost_with_waste is None:
        return None
    return dish.cost.cost_with_waste / dish.net_price


def _at_fault(dish: PricedDish, kind: SuspicionKind, words: str) -> Suspicion:
    part = _dearest(dish.cost)
    return _suspicion(kind, dish.cost.item, part, f"'{dish.cost.item}' {words}. {_look_at(part)}")


def _suspicion(kind: SuspicionKind, item: str, part: PartCost, sentence: str) -> Suspicion:
    return Suspicion(kind, item, part.part.ingredient, part.part.through[-1], part.part.line, sentence)


def _dearest(cost: DishCost) -> PartCost:
    return max(cost.parts, key=lambda each: each.with_waste)


def _most_moved(before: DishCost, after: DishCost) -> PartCost:
    """Return the part whose cost changed most: of the later cost, or of the earlier one if it is gone."""
    earlier = {(each.part.through, each.part.ingredient, each.part.line): each for each in before.parts}
    later = {(each.part.through, each.part.ingredient, each.part.line): each for each in after.parts}
    zero = Decimal(0)

    def moved(key: tuple[tuple[str, ...], str, int]) -> Decimal:
        old, new = earlier.get(key), later.get(key)
        return abs((new.with_waste if new else zero) - (old.with_waste if old else zero))

    key = max({**earlier, **later}, key=moved)
    return later.get(key) or earlier[key]


def _look_at(part: PartCost) -> str:
    taken = f"{plain(round(part.part.quantity, 6))} {part.part.unit.name} of '{part.part.ingredient}'"
    return f"Look at the unit, pack and conversion of {taken} in the recipe of '{part.part.through[-1]}'."


def _factor(one: Decimal, other: Decimal) -> Decimal:
    return max(one, other) / min(one, other)


def _percent(share: Decimal) -> str:
    return f"{share:.0%}"


def _since(entry: CostEntry) -> str:
    return "" if entry.valid_from == dt.date.min else f" on {entry.valid_from}"


def _source(entry: CostEntry) -> str:
    return entry.vendor or {CostSource.INGREDIENTS: "ingredient file"}.get(entry.source, entry.source.value)
