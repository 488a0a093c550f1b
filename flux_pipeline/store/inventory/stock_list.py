"""Stock for people: what is there and short, how long it lasts, lots and movements. It only reads."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select, text

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name, near_duplicates
from flux_pipeline.store.costs.current import Asked
from flux_pipeline.store.costs.facts import Moment
from flux_pipeline.store.costs.ingredients import list_ingredients
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.ledger.conversions import Unbooked, convert_statements
from flux_pipeline.store.inventory.usage import read_stock_kitchen
from flux_pipeline.store.models.kitchen.recipes import Ingredient

LINES = """
SELECT
    p.id, p.name, p.unit, p.quantity_on_hand, p.quantity_short, s.short_since, p.par_level, p.reorder_threshold,
    counts.last_counted_on, facts.has_facts, expiring.expires_on, expiring.quantity AS expiring_quantity,
    d.on_order, d.depleted_on_p10, d.depleted_on_p50, d.depleted_on_p90
FROM products AS p
LEFT JOIN inventory_shortfalls AS s ON s.ingredient_id = p.id
LEFT JOIN (
    SELECT ingredient_id, true AS has_facts FROM inventory_facts GROUP BY ingredient_id
) AS facts ON facts.ingredient_id = p.id
LEFT JOIN (
    SELECT ingredient_id, max(business_date) AS last_counted_on FROM inventory_facts
    WHERE kind = 'count' GROUP BY ingredient_id
) AS counts ON counts.ingredient_id = p.id
LEFT JOIN (
    SELECT DISTINCT ON (ingredient_id) ingredient_id, expires_on, sum(quantity_on_hand) AS quantity
    FROM inventory WHERE expires_on IS NOT NULL GROUP BY ingredient_id, expires_on ORDER BY ingredient_id, expires_on
) AS expiring ON expiring.ingredient_id = p.id
LEFT JOIN stock_depletion_forecasts AS d
    ON d.ingredient_id = p.id AND d.is_current AND d.as_of = (SELECT max(as_of) FROM stock_depletion_forecasts)
WHERE p.is_active AND (facts.has_facts OR p.quantity_on_hand > 0)
ORDER BY p.name
"""
LOTS = """
SELECT lot, arrived_on, expires_on, quantity_on_hand FROM inventory
WHERE ingredient_id = :ingredient ORDER BY expires_on NULLS LAST, arrived_on, lot
"""
MOVEMENTS = """
SELECT m.entry_number, i.name, i.unit, m.business_date, m.kind, m.quantity, m.new_quantity, m.arrived_on, m.expires_on,
    m.lot, m.takes_back, m.reason, m.created_at
FROM inventory_movements AS m INNER JOIN ingredients AS i ON i.id = m.ingredient_id
WHERE (CAST(:ingredient AS uuid) IS NULL OR m.ingredient_id = :ingredient)
ORDER BY m.entry_number DESC LIMIT :most
"""


class StockLine(NamedTuple):
    """An ingredient: what is in stock and short, what that is worth, what expires next, and how long it lasts."""

    ingredient: str
    unit: str
    on_hand: Decimal
    short: Decimal
    short_since: dt.date | None
    value: Decimal | None
    expires_on: dt.date | None
    expiring_quantity: Decimal | None
    on_order: Decimal | None
    depleted_on_p10: dt.date | None
    depleted_on_p50: dt.date | None
    depleted_on_p90: dt.date | None
    last_counted_on: dt.date | None
    par_level: Decimal | None
    reorder_threshold: Decimal | None


class LotLine(NamedTuple):
    """A lot with stock."""

    lot: str
    arrived_on: dt.date
    expires_on: dt.date | None
    quantity: Decimal


class MovementLine(NamedTuple):
    """A movement as it was entered; without a day of arrival it is of what is short."""

    entry: int
    ingredient: str
    unit: str
    day: dt.date
    kind: str
    quantity: Decimal
    new_quantity: Decimal
    arrived_on: dt.date | None
    expires_on: dt.date | None
    lot: str
    takes_back: bool
    reason: str | None
    entered_at: dt.datetime


class NamedIngredient(NamedTuple):
    """An ingredient by its id, with its unit."""

    id: uuid.UUID
    name: str
    unit: str


def list_stock(tx: Tenant, asked: Asked) -> list[StockLine]:
    """Return the ingredients that were ever counted or delivered, by name, with what a unit costs on the day."""
    costs = {each.ingredient: each.unit_cost for each in list_ingredients(tx, asked)}
    found = []
    for row in tx.connection.execute(text(LINES)):
        cost = costs.get(row.name)
        found.append(
            StockLine(
                row.name,
                row.unit,
                row.quantity_on_hand,
                row.quantity_short,
                row.short_since,
                None if cost is None else cost * row.quantity_on_hand,
                row.expires_on,
                row.expiring_quantity,
                row.on_order,
                row.depleted_on_p10,
                row.depleted_on_p50,
                row.depleted_on_p90,
                row.last_counted_on,
                row.par_level,
                row.reorder_threshold,
            )
        )
    return found


def find_ingredient(tx: Tenant, name: str) -> NamedIngredient:
    """Find an ingredient by the name that people type.

    Raises:
        PermanentError: there is none; the message suggests one that is spelled nearly like it.
    """
    rows = tx.connection.execute(select(Ingredient.id, Ingredient.name, Ingredient.unit))
    known = {fold_name(row.name): NamedIngredient(*row) for row in rows}
    if (folded := fold_name(name)) in known:
        return known[folded]
    near = near_duplicates([folded], known)
    meant = f" Did you mean {known[near[0].known].name!r}?" if near else ""
    slug = tx.restaurant.slug
    raise PermanentError(
        f"No ingredient of {slug} is called {name!r}.{meant} `flux ingredients list --restaurant {slug}` shows them."
    )


def lots_of(tx: Tenant, ingredient: uuid.UUID) -> list[LotLine]:
    """Return the lots of an ingredient, in the order in which they leave."""
    return [LotLine(*row) for row in tx.connection.execute(text(LOTS), {"ingredient": ingredient})]


def movements_of(tx: Tenant, ingredient: uuid.UUID | None, most: int) -> list[MovementLine]:
    """Return the newest movements, those that were entered last first; of one ingredient or of all (None)."""
    given = {"ingredient": ingredient, "most": most}
    return [MovementLine(*row) for row in tx.connection.execute(text(MOVEMENTS), given)]


def unbooked_statements(tx: Tenant, asked: Asked) -> list[Unbooked]:
    """Return the deliveries, counts and waste that the ledger can't book, and why."""
    return convert_statements(tx, read_stock_kitchen(tx, Moment(asked.known_at, asked.as_of))).unbooked
