"""Conversions of statements about stock: what a unit of each is in its ingredient's unit, and what has none.

It also explodes what is stated of dishes and preparations. Python converts each pair of ingredient and unit once.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import text

from flux_pipeline.costing.usage import in_unit_of
from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.units import find_unit
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.usage import StockKitchen
from flux_pipeline.store.menu.items import names_of_items

# A quantity so large that a ratio keeps its places when it is converted as one quantity.
MANY = Decimal(10) ** 9

# Every statement in force: its kind, row, subject, day, quantity and unit.
STATED = """
SELECT 'delivery' AS kind, l.id, l.ingredient_id, NULL::uuid AS menu_item_id, d.delivered_on AS day, l.quantity, l.unit
FROM delivery_lines AS l INNER JOIN deliveries AS d ON d.id = l.delivery_id WHERE d.superseded_at IS NULL
UNION ALL
SELECT 'count', id, ingredient_id, menu_item_id, counted_on, quantity, unit
FROM inventory_counts WHERE superseded_at IS NULL
UNION ALL
SELECT 'waste', id, ingredient_id, menu_item_id, wasted_on, quantity, unit
FROM waste_records WHERE superseded_at IS NULL
"""
PAIRS = f"SELECT DISTINCT ingredient_id, unit FROM ({STATED}) AS stated WHERE ingredient_id IS NOT NULL"  # noqa: S608
OF_DISHES = f"""
SELECT kind, id, menu_item_id, day, quantity, unit FROM ({STATED}) AS stated WHERE menu_item_id IS NOT NULL
"""  # noqa: S608
OF_PAIRS = f"""
SELECT kind, ingredient_id, day, unit FROM ({STATED}) AS stated
WHERE ingredient_id = ANY(CAST(:ingredients AS uuid[])) ORDER BY day, ingredient_id
"""  # noqa: S608


@dataclass(frozen=True)
class Unbooked:
    """A statement that is not booked: what it is about, its day, and why."""

    subject: str
    day: dt.date
    reason: str


@dataclass
class Converted:
    """What statements are in their ingredients' units, and what is not booked.

    `ratios`: by ingredient and unit, how many of the ingredient's unit one is. `of_items`: by row and ingredient, what
    a statement about a dish or preparation takes.
    """

    ratios: dict[tuple[uuid.UUID, str], Decimal] = field(default_factory=dict)
    of_items: dict[tuple[uuid.UUID, uuid.UUID], Decimal] = field(default_factory=dict)
    unbooked: list[Unbooked] = field(default_factory=list)


def convert_statements(tx: Tenant, stock: StockKitchen) -> Converted:
    """Convert the units of all statements in force, and explode those about dishes and preparations."""
    found = Converted()
    refused: dict[tuple[uuid.UUID, str], str] = {}
    for ingredient, unit in tx.connection.execute(text(PAIRS)):
        try:
            many = in_unit_of(stock.kitchen.facts, stock.names[ingredient], MANY, find_unit(unit))
        except PermanentError as exc:
            refused[ingredient, unit] = str(exc)
        else:
            found.ratios[ingredient, unit] = many / MANY
    given = {"ingredients": [ingredient for ingredient, _ in refused]}
    for kind, ingredient, day, unit in tx.connection.execute(text(OF_PAIRS), given) if refused else ():
        if (reason := refused.get((ingredient, unit))) is not None:
            found.unbooked.append(Unbooked(f"{kind} of {stock.names[ingredient]}", day, reason))
    _explode(tx, stock, found)
    return found


def _explode(tx: Tenant, stock: StockKitchen, found: Converted) -> None:
    names, ingredients = names_of_items(tx), stock.kitchen.ingredients
    for kind, row_id, item, day, quantity, unit in tx.connection.execute(text(OF_DISHES)):
        name = names[item]
        usage = stock.usage_of(name, quantity, find_unit(unit), day)
        found.unbooked += [Unbooked(f"{kind} of {name}", day, reason) for reason in usage.refusals]
        for ingredient, taken in usage.quantities.items():
            found.of_items[row_id, ingredients[ingredient]] = taken
