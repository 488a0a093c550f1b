"""Orders by vendor and order day: their lines with prices, and what became of each."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flux_pipeline.wording import day_text

# The statuses of what is still to be done, in the order in which a line goes through them.
OPEN = ("recommended", "approved", "ordered")
# What set the quantity if no rule did.
PERSON = "person"


@dataclass(frozen=True)
class OrderLine:
    """What to order of an ingredient: quantities and the price are of its unit; `order_by` is aware.

    `outcomes` are what the recommended quantity, one pack less and one pack more lead to, as published.
    """

    id: uuid.UUID
    vendor: str
    ingredient: str
    unit: str
    order_code: str | None
    order_day: dt.date
    order_by: dt.datetime | None
    delivery_day: dt.date
    status: str
    packs: int
    pack_quantity: Decimal
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    on_hand: Decimal
    on_order: Decimal
    expected_demand: float
    covered_share: float
    unavoidable_shortage: float
    outcomes: Mapping[str, Any]
    decided_by_rule: str
    reason: str
    received_quantity: Decimal
    decided_by: str | None
    decided_at: dt.datetime | None
    ordered_at: dt.datetime | None
    cancelled_because: str | None

    @property
    def short_id(self) -> str:
        """The first characters of the id, which are enough to name it."""
        return str(self.id)[:8]

    @property
    def title(self) -> str:
        """The line in words, for messages and the audit log."""
        return f"{self.ingredient} from {self.vendor} on {self.order_day}"

    @property
    def pack_price(self) -> Decimal:
        """What one pack costs."""
        return self.unit_price * self.pack_quantity

    @property
    def position(self) -> Decimal:
        """What was in stock and on order when it was recommended."""
        return self.on_hand + self.on_order


@dataclass(frozen=True)
class VendorOrder:
    """The lines of one vendor and order day, with how to reach the vendor."""

    vendor_id: uuid.UUID
    vendor: str
    contact_name: str | None
    email: str | None
    phone: str | None
    order_day: dt.date
    lines: tuple[OrderLine, ...]

    @property
    def total(self) -> Decimal:
        """The sum of the amounts of all lines that are not cancelled."""
        return sum((line.amount for line in self.lines if line.status != "cancelled"), Decimal(0))

    @property
    def order_by(self) -> dt.datetime | None:
        """The earliest cut-off of a line."""
        return min((line.order_by for line in self.lines if line.order_by is not None), default=None)

    @property
    def delivery(self) -> str:
        """The day of delivery in words, or the first and the last of several."""
        days = sorted({line.delivery_day for line in self.lines})
        return day_text(days[0]) if len(days) == 1 else f"{day_text(days[0])} to {day_text(days[-1])}"


def with_status(order: VendorOrder, statuses: Iterable[str]) -> list[OrderLine]:
    """Return the lines of an order that have one of the statuses."""
    wanted = set(statuses)
    return [line for line in order.lines if line.status in wanted]
