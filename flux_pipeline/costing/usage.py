"""Usage of ingredients: what one of an item takes of them on each day, with the loss that costs count too.

Recipes take what can be used, and stock is in units as bought. Whoever gives the yields of ingredients gets what is
taken from stock; without yields it is what can be used, which is what costs are of.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flux_pipeline.costing.dishes import loss_factor
from flux_pipeline.costing.timeline import CostFacts, Dated, explode_over_time, value_on
from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.conversions import ConversionError
from flux_pipeline.kitchen.explosion import Explosion, Kitchen
from flux_pipeline.kitchen.units import Unit

# The yields of ingredients, by name and by the days from which they hold; what has none is used as it is bought.
Yields = Mapping[str, Dated[Decimal]]
NO_YIELDS: Yields = {}
# What is sold as it is served, so that one of it needs no batch.
_SERVED = frozenset({"portion", "piece"})


@dataclass(frozen=True)
class Usage:
    """What one of an item takes of each ingredient, in the ingredients' units, or why that is not known."""

    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()


def usage_over_time(
    facts: CostFacts, items: Iterable[str], yields: Yields = NO_YIELDS
) -> dict[str, list[tuple[dt.date, Usage]]]:
    """Return what one of each item takes, by the days on which that changes.

    Args:
        facts: what is known of recipes, conversions and losses.
        items: those to explode.
        yields: of ingredients.
    """
    found: dict[str, list[tuple[dt.date, Usage]]] = {}
    for item, dated in explode_over_time(facts, items).items():
        parts = {part.ingredient for _, exploded in dated for part in exploded.parts}
        days = {day for day, _ in dated} | {max(day, facts.first_day) for day, _ in facts.rules}
        days |= {
            max(day, facts.first_day)
            for name in parts
            for each in (facts.losses, yields)
            for day, _ in each.get(name, ())
        }
        own: list[tuple[dt.date, Usage]] = []
        for day in sorted(days):
            exploded = value_on(dated, day)
            usage = Usage() if exploded is None else _as_bought(facts, exploded, Decimal(1), day, yields)
            if not own or own[-1][1] != usage:
                own.append((day, usage))
        found[item] = own
    return found


def usage_of(
    facts: CostFacts, item: str, quantity: Decimal, unit: Unit, day: dt.date, yields: Yields = NO_YIELDS
) -> Usage:
    """Return what a quantity of a dish or preparation takes on a day, such as one that was thrown away."""
    in_force = (value_on(dated, day) for dated in facts.recipes.values())
    recipes = {recipe.item: recipe for recipe in in_force if recipe is not None}
    if item not in recipes:
        return Usage(refusals=(f"'{item}' has no recipe on {day}. Enter one.",))
    kitchen = Kitchen(recipes.values(), facts.units, facts.conversions)
    if unit.name in _SERVED:
        return _as_bought(facts, kitchen.explode(item), quantity, day, yields)
    try:
        share = kitchen.share_of_batch(item, quantity, unit)
    except ConversionError as exc:
        return Usage(refusals=(str(exc),))
    batches = Decimal(share.numerator) / Decimal(share.denominator)
    return _as_bought(facts, kitchen.explode(item, whole_batch=True), batches, day, yields)


def in_unit_of(facts: CostFacts, ingredient: str, quantity: Decimal, unit: Unit) -> Decimal:
    """Return a quantity in the unit of an ingredient.

    Raises:
        PermanentError: no conversion leads there; the message says which one to enter.
    """
    return facts.conversions.convert(quantity, unit, facts.units[ingredient], ingredient)


def _as_bought(facts: CostFacts, exploded: Explosion, times: Decimal, day: dt.date, yields: Yields) -> Usage:
    if exploded.refusals:
        return Usage(refusals=tuple(dict.fromkeys(each.reason for each in exploded.refusals)))
    settings = value_on(facts.rules, day)
    if settings is None:
        raise PermanentError(f"No costing rules hold on {day}; expected rules from the start.")
    quantities = {}
    for name, quantity in exploded.totals().items():
        more, less = loss_factor(value_on(facts.losses.get(name, ()), day) or Decimal(0), settings)
        yielded = value_on(yields.get(name, ()), day) or Decimal(1)
        quantities[name] = quantity * times * more / (less * yielded)
    return Usage(quantities)
