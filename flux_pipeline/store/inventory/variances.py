"""Actual against theoretical usage of each ingredient between its counts, from the facts that the ledger has booked."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from flux_pipeline.inventory.ledger.facts import Fact, FactKind
from flux_pipeline.inventory.ledger.variance import Variance, find_drifts, measure_variance
from flux_pipeline.store.costs.current import Asked
from flux_pipeline.store.costs.ingredients import list_ingredients
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.models.kitchen.stock import InventoryFact


@dataclass(frozen=True)
class IngredientVariance:
    """The variance of an ingredient; `is_drifting`: it certainly loses in proportion to usage.

    `unit_cost` is that of the day that is asked for, None without a cost.
    """

    ingredient: str
    unit: str
    variance: Variance
    unit_cost: Decimal | None
    is_drifting: bool


def list_variances(tx: Tenant, asked: Asked, ingredient: uuid.UUID | None = None) -> list[IngredientVariance]:
    """Return the variance of each ingredient that was ever counted or delivered, by name, or of one.

    Whether one drifts is decided over all of them, so that looking at many accuses none by chance.
    """
    units = {row.id: row for row in tx.connection.execute(select(Ingredient.id, Ingredient.name, Ingredient.unit))}
    costs = {each.ingredient: each.unit_cost for each in list_ingredients(tx, asked)}
    measured = {key: measure_variance(own) for key, own in _facts(tx, asked.day).items()}
    drifts = {str(key): each.drift for key, each in measured.items() if each.drift is not None}
    drifting = set(find_drifts(drifts))
    found = [
        IngredientVariance(units[key].name, units[key].unit, each, costs.get(units[key].name), str(key) in drifting)
        for key, each in measured.items()
        if ingredient in (None, key)
    ]
    return sorted(found, key=lambda each: each.ingredient)


def _facts(tx: Tenant, day: dt.date) -> Mapping[uuid.UUID, list[Fact]]:
    fact = InventoryFact
    query = select(
        fact.ingredient_id, fact.kind, fact.source, fact.business_date, fact.occurred_at, fact.quantity, fact.lot
    ).add_columns(fact.expires_on, fact.document)
    found: dict[uuid.UUID, list[Fact]] = defaultdict(list)
    for key, kind, *rest in tx.connection.execute(query.where(fact.business_date <= day)):
        found[key].append(Fact(FactKind(kind), *rest))
    return found
