"""Acts on orders: a person approves, cancels or places what a run recommended. Each is logged.

What a person has decided is final for the next run: it replaces only what is still recommended.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import update

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.shown.vendor_orders import OPEN, PERSON, OrderLine, VendorOrder
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.published_orders import find_lines, lines_of, lines_with, list_orders
from flux_pipeline.store.models.kitchen.orders import PurchaseRecommendation
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.wording import amount_of, count_of

CENT = Decimal("0.01")
# What the column of quantities holds; a hundred tons in grams.
MOST_QUANTITY = Decimal(10**8)


@dataclass(frozen=True)
class Decided:
    """The lines that an act changed, as they are now, and those that were so before."""

    changed: tuple[OrderLine, ...]
    left: tuple[OrderLine, ...] = ()


def approve_orders(
    tx: Tenant, ids: Sequence[str], vendor_id: uuid.UUID | None, packs: int | None, now: dt.datetime
) -> Decided:
    """Approve lines, or change the packs of one. Idempotent: what is approved already is left.

    Args:
        tx: the restaurant's transaction.
        ids: the beginnings of their ids; none: all that are recommended.
        vendor_id: without ids, only this vendor's.
        packs: the number of packs of the only line; None: as recommended.
        now: the moment (aware).

    Raises:
        PermanentError: an id is unknown, a line is ordered, received or cancelled, or the packs are not those of one
            line or not a whole number above 0. Then nothing is approved.
    """
    tx.lock()
    lines = find_lines(tx, ids) if ids else lines_of(list_orders(tx, ["recommended"], vendor_id))
    if packs is not None:
        _refuse_packs(packs, lines)
    for line in lines:
        if line.status not in ("recommended", "approved"):
            raise _refusal(tx, line, "approved")
    changed, left = [], []
    for line in lines:
        values = {} if packs is None or packs == line.packs else _with_packs(tx, line, packs)
        if values or line.status != "approved":
            _decide(tx, "orders.approve", line, {"status": "approved", **values}, now)
            changed.append(line.id)
        else:
            left.append(line)
    return Decided(tuple(lines_with(tx, changed)), tuple(left))


def cancel_orders(tx: Tenant, ids: Sequence[str], because: str, now: dt.datetime) -> Decided:
    """Cancel lines for a reason. Idempotent: what is cancelled already is left.

    Raises:
        PermanentError: an id is unknown, a line is received, or the reason is empty. Then nothing is cancelled.
    """
    tx.lock()
    reason = " ".join(because.split())
    if not reason:
        raise PermanentError("The reason is empty; expected why it is cancelled, such as --because 'closed that day'.")
    lines = find_lines(tx, ids)
    for line in lines:
        if line.status == "received":
            raise _refusal(tx, line, "cancelled")
    open_lines = [line for line in lines if line.status in OPEN]
    for line in open_lines:
        _decide(tx, "orders.cancel", line, {"status": "cancelled", "cancelled_because": reason}, now)
    left = tuple(line for line in lines if line.status == "cancelled")
    return Decided(tuple(lines_with(tx, [line.id for line in open_lines])), left)


def orders_to_place(tx: Tenant, vendor_id: uuid.UUID | None, *, again: bool) -> list[VendorOrder]:
    """Return the approved orders, or also those ordered before; nobody can change them until the transaction ends."""
    tx.lock()
    return list_orders(tx, ["approved", "ordered"] if again else ["approved"], vendor_id)


def place_orders(tx: Tenant, lines: Sequence[OrderLine], now: dt.datetime) -> int:
    """Note that approved lines are ordered; return how many. Idempotent: those ordered before keep their moment."""
    tx.lock()
    approved = [line for line in lines_with(tx, [each.id for each in lines]) if line.status == "approved"]
    for line in approved:
        _change(tx, "orders.place", line, {"status": "ordered", "ordered_at": now})
    return len(approved)


def _refuse_packs(packs: int, lines: Sequence[OrderLine]) -> None:
    if len(lines) != 1:
        raise PermanentError(f"--packs is for one order, and {len(lines)} were named; expected the id of one.")
    most = int((MOST_QUANTITY - 1) / lines[0].pack_quantity)
    if not 0 < packs <= most:
        raise PermanentError(
            f"--packs is {packs:,}; expected a whole number from 1 to {most:,}. To order nothing, cancel it: "
            f"flux orders cancel {lines[0].short_id} --because '...'"
        )


def _refusal(tx: Tenant, line: OrderLine, wanted: str) -> PermanentError:
    instead = {
        "ordered": "Cancel it first if the vendor agrees, and order the rest by hand.",
        "received": "What was delivered is corrected by a file of deliveries.",
        "cancelled": "The next run recommends what is still needed, on another order day: "
        f"flux run --restaurant {tx.restaurant.slug}",
    }
    return PermanentError(
        f"{line.short_id}, {line.title}, is {line.status} and can't be {wanted}; nothing was changed. "
        f"{instead[line.status]}"
    )


def _with_packs(tx: Tenant, line: OrderLine, packs: int) -> dict[str, Any]:
    """Return the values of a line whose packs a person sets."""
    quantity = line.pack_quantity * packs
    before = "" if line.decided_by_rule == PERSON else f" Recommended were {line.packs}: {line.reason}"
    if line.decided_by_rule == PERSON:
        # What was recommended at first is the rest of the sentence that the first change wrote.
        _, mark, first = line.reason.partition(" Recommended were ")
        before = f"{mark}{first}"
    packs_text = f"{count_of(packs, 'pack')} of {amount_of(line.pack_quantity, line.unit)}"
    return {
        "packs": packs,
        "quantity": quantity,
        "amount": (quantity * line.unit_price).quantize(CENT),
        "decided_by_rule": PERSON,
        "reason": f"{packs_text}, set by {tx.settings.actor}.{before}",
    }


def _decide(tx: Tenant, action: str, line: OrderLine, values: dict[str, Any], now: dt.datetime) -> None:
    _change(tx, action, line, values | {"decided_by": tx.settings.actor, "decided_at": now})


def _change(tx: Tenant, action: str, line: OrderLine, values: dict[str, Any]) -> None:
    is_it = PurchaseRecommendation.id == line.id
    tx.connection.execute(update(PurchaseRecommendation).where(is_it).values(**values))
    logged = ("status", "packs", "cancelled_because")
    before = {name: getattr(line, name) for name in logged if name in values}
    after = {name: values[name] for name in logged if name in values}
    note_act(tx, action, f"{line.title} ({line.short_id})", before, after)
