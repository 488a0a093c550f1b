"""Stock as the ledger has it now: lots, what is short, and which ingredients were ever counted or delivered."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from flux_pipeline.inventory.lots import Lot
from flux_pipeline.inventory.terms import IngredientRules
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.models.kitchen.stock import Inventory, InventoryFact, InventoryShortfall

# What says how much there is; what was used or thrown away only says how much less.
STATEMENTS = ("receipt", "count")


@dataclass(frozen=True)
class KnownStock:
    """Lots and what is short, by ingredient; of an ingredient that is not in `lots` the stock is not known."""

    lots: Mapping[uuid.UUID, tuple[Lot, ...]]
    short: Mapping[uuid.UUID, Decimal]


def read_stock(tx: Tenant) -> KnownStock:
    """Read what is in stock; an ingredient that was counted or delivered and has run out has no lots."""
    fact, lot = InventoryFact, Inventory
    stated = select(fact.ingredient_id).where(fact.kind.in_(STATEMENTS)).distinct()
    lots: dict[uuid.UUID, list[Lot]] = {each: [] for each in tx.connection.scalars(stated)}
    query = select(lot.ingredient_id, lot.quantity_on_hand, lot.expires_on, lot.lot).order_by(
        lot.ingredient_id, lot.expires_on.nulls_last(), lot.arrived_on, lot.lot
    )
    for row in tx.connection.execute(query):
        own = lots.setdefault(row.ingredient_id, [])
        if row.quantity_on_hand > 0:
            own.append(Lot(row.quantity_on_hand, row.expires_on, row.lot))
    short = select(InventoryShortfall.ingredient_id, InventoryShortfall.quantity)
    return KnownStock(
        {ingredient: tuple(own) for ingredient, own in lots.items()},
        {row.ingredient_id: row.quantity for row in tx.connection.execute(short)},
    )


def read_rules(tx: Tenant) -> dict[uuid.UUID, IngredientRules]:
    """Read shelf life and par level of each ingredient that is bought."""
    own = Ingredient
    query = select(own.id, own.unit, own.shelf_life_days, own.par_level).where(own.is_active)
    return {
        row.id: IngredientRules(row.unit, row.shelf_life_days, row.par_level) for row in tx.connection.execute(query)
    }
