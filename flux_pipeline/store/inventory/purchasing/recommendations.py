"""Recommended orders: each run replaces what nobody has decided, and never touches what a person has."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from flux_pipeline.inventory.orders import Outcome
from flux_pipeline.inventory.purchasing.plan import Purchase
from flux_pipeline.inventory.purchasing.receipts import OrderStatus
from flux_pipeline.inventory.shown.vendor_orders import PERSON
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.orders import PurchaseRecommendation

NOT_NEEDED = "no longer needed"
DAY_IS_OVER = "its order day is over"
# Of a row, that a run adds or updates; an equal recommendation of a later run leaves these as they are.
OF_THE_RUN = ("as_of", "algorithm_run_id")

Key = tuple[uuid.UUID, uuid.UUID, dt.date]


@dataclass(frozen=True)
class Replaced:
    """How a run changed the recommended orders."""

    added: int
    updated: int
    unchanged: int
    cancelled: int

    @property
    def changed(self) -> int:
        """The rows that were written."""
        return self.added + self.updated + self.cancelled


def declined_orders(tx: Tenant, today: dt.date) -> frozenset[Key]:
    """Return of what people decided not to order any or more: ingredient, vendor and order day, from today on."""
    own = PurchaseRecommendation
    is_declined = own.status == OrderStatus.CANCELLED
    # Whoever set another number of packs has decided on this order as a whole.
    is_set = own.status.in_([OrderStatus.APPROVED, OrderStatus.ORDERED]) & (own.decided_by_rule == PERSON)
    query = select(own.ingredient_id, own.vendor_id, own.order_day).where(
        is_declined | is_set, own.decided_by.is_not(None), own.order_day >= today
    )
    return frozenset((row.ingredient_id, row.vendor_id, row.order_day) for row in tx.connection.execute(query))


def replace_recommendations(
    tx: Tenant, purchases: Sequence[Purchase], as_of: dt.date, now: dt.datetime, run_id: uuid.UUID
) -> Replaced:
    """Make a run's orders the recommended ones.

    Idempotent: a row that says the same stays as it is. What is recommended no longer is cancelled, with the reason.

    Args:
        tx: the restaurant's transaction, which holds the restaurant's lock.
        purchases: of the run.
        as_of: the last day whose sales it used.
        now: its moment (aware).
        run_id: the id of its audit row.
    """
    own, zone = PurchaseRecommendation, ZoneInfo(tx.restaurant.timezone)
    wanted = {_key(row): row for row in (_row(each, zone) for each in purchases if each.order is not None)}
    stored = tx.connection.execute(select(own.__table__).where(own.status == OrderStatus.RECOMMENDED)).mappings().all()
    run = {"as_of": as_of, "algorithm_run_id": run_id}
    updated = cancelled = 0
    values: dict[str, Any]
    for before in stored:
        row = wanted.pop(_key(before), None)
        if row is None:
            is_over = before["order_day"] < now.astimezone(zone).date()
            is_over = is_over or (before["order_by"] is not None and before["order_by"] < now)
            values = {
                "status": OrderStatus.CANCELLED.value,
                "cancelled_because": DAY_IS_OVER if is_over else NOT_NEEDED,
            }
            cancelled += 1
        elif any(before[name] != value for name, value in row.items()):
            values = {**row, **run}
            updated += 1
        else:
            continue
        tx.connection.execute(update(own).where(own.id == before["id"]).values(values))
    if wanted:
        new = [{"restaurant_id": tx.restaurant.id, **row, **run} for row in wanted.values()]
        tx.connection.execute(insert(own), new)
    return Replaced(len(wanted), updated, len(stored) - updated - cancelled, cancelled)


def _key(row: Mapping[Any, Any]) -> Key:
    return row["ingredient_id"], row["vendor_id"], row["order_day"]


def _row(purchase: Purchase, zone: ZoneInfo) -> dict[str, Any]:
    """Return the columns of a recommended order, rounded as the table does."""
    assert purchase.order is not None
    offer, found = purchase.order.offer, purchase.order.recommendation
    assumed = ""
    if offer.lead_time_is_assumed:
        assumed = " No lead time of the vendor is known; one day is assumed."
    return {
        "ingredient_id": uuid.UUID(purchase.item.ingredient),
        "vendor_id": offer.vendor,
        "order_code": offer.order_code,
        "order_day": found.order_day,
        "order_by": None if found.order_by is None else found.order_by.replace(tzinfo=zone),
        "delivery_day": found.delivery,
        "next_delivery_day": found.next_delivery,
        "packs": found.packs,
        "pack_quantity": offer.terms.pack_quantity,
        "quantity": found.quantity,
        "unit_price": round(offer.terms.unit_price, 6),
        "amount": round(offer.pack_price * found.packs, 2),
        "on_hand": round(found.on_hand, 3),
        "on_order": round(found.on_order, 3),
        "expected_demand": found.expected_demand,
        "needed_quantity": found.need,
        "covered_share": found.covered_share,
        "unavoidable_shortage": found.unavoidable_shortage,
        "outcomes": {
            "one_pack_less": _outcome(found.one_pack_less),
            "this": _outcome(found.outcome),
            "one_pack_more": _outcome(found.one_pack_more),
        },
        "decided_by_rule": found.decided_by.value,
        "reason": purchase.order.reason + assumed,
    }


def _outcome(outcome: Outcome | None) -> dict[str, float] | None:
    """Return an outcome with four decimals: of a pinch of saffron, or a few cents of holding."""
    return None if outcome is None else {name: round(value, 4) for name, value in asdict(outcome).items()}
