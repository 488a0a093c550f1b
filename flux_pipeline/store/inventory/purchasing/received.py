"""Orders that people approved, and what deliveries have brought of them: read, and kept in the rows of the orders."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import and_, bindparam, or_, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.purchasing.receipts import (
    NOT_DELIVERED,
    Delivered,
    OrderStatus,
    PlacedOrder,
    Receipt,
    settle_orders,
)
from flux_pipeline.kitchen.units import find_unit
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.usage import StockKitchen
from flux_pipeline.store.models.kitchen.orders import PurchaseRecommendation
from flux_pipeline.store.models.kitchen.purchases import Delivery, DeliveryLine

PLACED = (OrderStatus.APPROVED, OrderStatus.ORDERED, OrderStatus.RECEIVED)


@dataclass(frozen=True)
class StoredOrder:
    """An order of an ingredient as its row has it."""

    placed: PlacedOrder
    ingredient: uuid.UUID
    status: str
    received_quantity: Decimal
    received_on: dt.date | None


@dataclass(frozen=True)
class Orders:
    """The stored orders, what has come of them by ingredient, and why some deliveries don't count, in sentences."""

    stored: Sequence[StoredOrder]
    receipts: Mapping[uuid.UUID, Sequence[Receipt]]
    refused: tuple[str, ...]


def placed_orders(tx: Tenant) -> list[StoredOrder]:
    """Return the orders that were approved and that no person cancelled, the first ones first."""
    own = PurchaseRecommendation
    is_late = and_(own.status == OrderStatus.CANCELLED, own.cancelled_because == NOT_DELIVERED)
    query = (
        select(
            own.id,
            own.vendor_id,
            own.order_day,
            own.delivery_day,
            own.quantity,
            own.ordered_at.is_not(None).label("is_ordered"),
            own.ingredient_id,
            own.status,
            own.received_quantity,
            own.received_on,
        )
        .where(or_(own.status.in_(PLACED), is_late))
        .order_by(own.order_day, own.id)
    )
    return [
        StoredOrder(PlacedOrder(*row[:6]), row.ingredient_id, row.status, row.received_quantity, row.received_on)
        for row in tx.connection.execute(query)
    ]


def read_orders(tx: Tenant, kitchen: StockKitchen, today: dt.date, overdue_days: int) -> Orders:
    """Read the orders and what has come of them until today.

    Args:
        tx: the restaurant's transaction.
        kitchen: units and conversions.
        today: the day that is under way.
        overdue_days: how long after its expected delivery an order counts as coming.
    """
    stored = placed_orders(tx)
    by_ingredient: dict[uuid.UUID, list[PlacedOrder]] = defaultdict(list)
    for each in stored:
        by_ingredient[each.ingredient].append(each.placed)
    deliveries, refused = _deliveries(tx, kitchen, stored)
    receipts = {
        ingredient: settle_orders(own, deliveries.get(ingredient, ()), today, overdue_days)
        for ingredient, own in by_ingredient.items()
    }
    return Orders(stored, receipts, refused)


def _deliveries(
    tx: Tenant, kitchen: StockKitchen, orders: Sequence[StoredOrder]
) -> tuple[dict[uuid.UUID, list[Delivered]], tuple[str, ...]]:
    """Return the current deliveries since the first order, by ingredient, in its unit."""
    if not orders:
        return {}, ()
    line, facts = DeliveryLine, kitchen.kitchen.facts
    query = (
        select(line.ingredient_id, line.quantity, line.unit, Delivery.vendor_id, Delivery.delivered_on)
        .join(Delivery, Delivery.id == line.delivery_id)
        .where(Delivery.superseded_at.is_(None), Delivery.delivered_on >= orders[0].placed.order_day)
        .where(line.ingredient_id.in_({each.ingredient for each in orders}))
        .order_by(Delivery.delivered_on, Delivery.id, line.line_number)
    )
    found: dict[uuid.UUID, list[Delivered]] = defaultdict(list)
    refused = []
    for row in tx.connection.execute(query):
        name = kitchen.names[row.ingredient_id]
        try:
            quantity = facts.conversions.convert(row.quantity, find_unit(row.unit), facts.units[name], name)
        except PermanentError as exc:
            refused.append(f"The delivery of '{name}' on {row.delivered_on} counts for no order: {exc}")
            continue
        found[row.ingredient_id].append(Delivered(row.delivered_on, quantity, row.vendor_id))
    return found, tuple(refused)


def keep_receipts(tx: Tenant, orders: Orders) -> int:
    """Write what has come of each order to its row; return how many rows changed. Idempotent."""
    own = PurchaseRecommendation
    before = {each.placed.id: (each.status, each.received_quantity, each.received_on) for each in orders.stored}
    changed = []
    for receipt in (each for of_one in orders.receipts.values() for each in of_one):
        status, quantity = receipt.status.value, round(receipt.quantity, 3)
        if before[receipt.order.id] != (status, quantity, receipt.last_on):
            because = NOT_DELIVERED if receipt.status is OrderStatus.CANCELLED else None
            changed.append((receipt.order.id, status, quantity, receipt.last_on, because))
    if changed:
        names = ("status", "received_quantity", "received_on", "cancelled_because")
        statement = update(own).where(own.id == bindparam("own_id")).values({n: bindparam(f"new_{n}") for n in names})
        keys = ("own_id", *(f"new_{name}" for name in names))
        tx.connection.execute(statement, [dict(zip(keys, row, strict=True)) for row in changed])
    return len(changed)
