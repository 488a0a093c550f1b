"""Receipts: which orders deliveries bring, also in part, and what becomes of an order that does not come.

They follow from orders and deliveries alone, so that a delivery that is corrected or withdrawn takes its receipt back.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from flux_pipeline.inventory.lots import OnOrder
from flux_pipeline.inventory.vendors import LeadTime

# What a conversion of units may round away is nothing that is still to come.
_NOTHING = Decimal("0.001")
# A vendor that has changed its rounds is known by the new ones after half a year.
LEAD_TIMES_OF = dt.timedelta(days=182)
# In words that no person types: an order that a person cancelled stays so, whatever is delivered.
NOT_DELIVERED = "it was not delivered, by what was entered"


class OrderStatus(StrEnum):
    """What has become of an order: a run replaces it as long as it is recommended, and nobody has decided."""

    RECOMMENDED = "recommended"
    APPROVED = "approved"
    ORDERED = "ordered"
    RECEIVED = "received"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class PlacedOrder:
    """An order of an ingredient that a person approved; `is_ordered`: it was sent to the vendor too."""

    id: uuid.UUID
    vendor: uuid.UUID
    order_day: dt.date
    delivery_day: dt.date
    quantity: Decimal
    is_ordered: bool


@dataclass(frozen=True)
class Delivered:
    """A quantity that a delivery brought on a day; without a vendor it may be of any."""

    day: dt.date
    quantity: Decimal
    vendor: uuid.UUID | None


@dataclass(frozen=True)
class Receipt:
    """What has come of an order, from the first to the last day of it, and the status that follows."""

    order: PlacedOrder
    status: OrderStatus
    quantity: Decimal = Decimal(0)
    first_on: dt.date | None = None
    last_on: dt.date | None = None

    @property
    def outstanding(self) -> Decimal:
        """What is still to come."""
        is_open = self.status in (OrderStatus.APPROVED, OrderStatus.ORDERED)
        return self.order.quantity - self.quantity if is_open else Decimal(0)

    @property
    def lead_days(self) -> int | None:
        """The days from the order to its first delivery, None without one."""
        return None if self.first_on is None else (self.first_on - self.order.order_day).days


def settle_orders(
    orders: Iterable[PlacedOrder], deliveries: Iterable[Delivered], today: dt.date, overdue_days: int
) -> list[Receipt]:
    """Return what has come of each order of an ingredient; each delivered quantity counts once.

    A delivery is of the vendor's first orders that are not complete, placed on its day or before. An order that is
    overdue for more than `overdue_days` is over: later deliveries are none of it.
    """
    wait = dt.timedelta(days=overdue_days)
    receipts = {each.id: Receipt(each, OrderStatus.APPROVED) for each in orders}
    waiting = sorted(receipts.values(), key=lambda each: (each.order.order_day, each.order.id))
    # Those that name their vendor come first, as they can't be of another.
    for delivery in sorted(deliveries, key=lambda each: (each.day, each.vendor is None)):
        left = delivery.quantity
        still = []
        for receipt in waiting:
            order = receipt.order
            taken = Decimal(0)
            if order.order_day <= delivery.day <= order.delivery_day + wait and delivery.vendor in (None, order.vendor):
                taken = min(left, order.quantity - receipt.quantity)
            if taken > 0:
                first, sum_of_both = receipt.first_on or delivery.day, receipt.quantity + taken
                receipt = replace(receipt, quantity=sum_of_both, first_on=first, last_on=delivery.day)  # noqa: PLW2901
                receipts[order.id] = receipt
                left -= taken
            if receipt.quantity < order.quantity and delivery.day <= order.delivery_day + wait:
                still.append(receipt)
        waiting = still
    found = sorted(receipts.values(), key=lambda each: (each.order.order_day, each.order.id))
    return [replace(each, status=_status(each, is_over=today > each.order.delivery_day + wait)) for each in found]


def _status(receipt: Receipt, *, is_over: bool) -> OrderStatus:
    if receipt.order.quantity - receipt.quantity < _NOTHING or (is_over and receipt.quantity > 0):
        return OrderStatus.RECEIVED
    if is_over:
        return OrderStatus.CANCELLED
    return OrderStatus.ORDERED if receipt.order.is_ordered else OrderStatus.APPROVED


def observed_lead_time(receipts: Iterable[Receipt], promised: int, prior: float, today: dt.date) -> LeadTime:
    """Return the lead time that a vendor's orders of half a year show, beside the promised one."""
    since = today - LEAD_TIMES_OF
    days = [each.lead_days for each in receipts if each.lead_days is not None and each.order.order_day >= since]
    return LeadTime.observed(days, promised, prior)


def on_order(
    receipts: Sequence[Receipt],
    lead_times: Mapping[uuid.UUID, LeadTime],
    shelf_life_days: int | None,
    short: Decimal,
    first_day: dt.date,
) -> tuple[OnOrder, ...]:
    """Return what is still to come of an ingredient, in the order in which it was ordered.

    Args:
        receipts: of its orders.
        lead_times: by vendor.
        shelf_life_days: of the ingredient.
        short: what was used beyond what was in stock. It was taken from a delivery that nobody has entered yet, so that
            much less will be there of what was due before the first day.
        first_day: the first day of demand.
    """
    found = []
    for receipt in receipts:
        order, quantity = receipt.order, receipt.outstanding
        if order.delivery_day < first_day:
            gone = min(short, quantity)
            quantity, short = quantity - gone, short - gone
        if quantity > 0:
            found.append(OnOrder(quantity, order.order_day, lead_times[order.vendor], shelf_life_days))
    return tuple(found)
