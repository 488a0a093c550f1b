"""Orders as they are stored, by vendor and order day, for the commands that show and decide on them. It only reads."""

import re
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Select, Text, cast, collate, select

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.shown.vendor_orders import OrderLine, VendorOrder
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.orders import PurchaseRecommendation
from flux_pipeline.store.models.kitchen.purchases import Vendor
from flux_pipeline.store.models.kitchen.recipes import Ingredient
from flux_pipeline.store.models.records import AlgorithmRun

LEAST_CHARACTERS = 4
_STORED = tuple(name for name in OrderLine.__dataclass_fields__ if name not in ("vendor", "ingredient", "unit"))
_OF_ORDER = ("vendor_id", "vendor", "contact_name", "email", "phone", "order_day")
_BEGINNING = re.compile(r"[0-9a-f-]+")


def list_orders(
    tx: Tenant, statuses: Collection[str] | None = None, vendor_id: uuid.UUID | None = None
) -> list[VendorOrder]:
    """List the orders by order day and vendor.

    Args:
        tx: the restaurant's transaction.
        statuses: only lines with one of these; None: all.
        vendor_id: only this vendor's.
    """
    query = _lines()
    if statuses is not None:
        query = query.where(PurchaseRecommendation.status.in_(list(statuses)))
    if vendor_id is not None:
        query = query.where(PurchaseRecommendation.vendor_id == vendor_id)
    return _by_vendor(tx.connection.execute(query).mappings().all())


def unusable_offers(tx: Tenant) -> list[str]:
    """Return why prices of vendors were no offer in the newest run, in sentences."""
    run = AlgorithmRun
    query = (
        select(run.output_summary["not_usable"])
        .where(run.algorithm == AlgorithmName.PURCHASES, run.status == "succeeded")
        .order_by(run.started_at.desc())
        .limit(1)
    )
    return tx.connection.scalar(query) or []


def lines_of(orders: Iterable[VendorOrder]) -> list[OrderLine]:
    """Return the lines of orders."""
    return [line for order in orders for line in order.lines]


def find_lines(tx: Tenant, beginnings: Sequence[str]) -> list[OrderLine]:
    """Return the lines whose ids begin so, each once, in the order in which they were named.

    Raises:
        PermanentError: no line has such an id, or several have.
    """
    found: dict[uuid.UUID, OrderLine] = {}
    for beginning in beginnings:
        start = beginning.strip().lower()
        if len(start) < LEAST_CHARACTERS or not _BEGINNING.fullmatch(start):
            raise PermanentError(
                f"{beginning!r} can't be the id of an order; expected at least {LEAST_CHARACTERS} of its characters. "
                f"`flux orders list --restaurant {tx.restaurant.slug}` shows the ids."
            )
        query = _lines().where(cast(PurchaseRecommendation.id, Text).startswith(start))
        same = lines_of(_by_vendor(tx.connection.execute(query).mappings().all()))
        if len(same) != 1:
            raise PermanentError(
                f"{'No order' if not same else 'More than one order'} has an id that begins with {beginning!r}. "
                f"`flux orders list --all --restaurant {tx.restaurant.slug}` shows them."
            )
        found[same[0].id] = same[0]
    return list(found.values())


def lines_with(tx: Tenant, ids: Sequence[uuid.UUID]) -> list[OrderLine]:
    """Return the lines of these ids, in their order."""
    query = _lines().where(PurchaseRecommendation.id.in_(ids))
    known = {line.id: line for line in lines_of(_by_vendor(tx.connection.execute(query).mappings().all()))}
    return [known[each] for each in ids]


def _lines() -> Select[Any]:
    order, name = PurchaseRecommendation, Ingredient.name
    return (
        select(*(getattr(order, column) for column in _STORED))
        .add_columns(order.vendor_id, Ingredient.unit, name.label("ingredient"), Vendor.name.label("vendor"))
        .add_columns(Vendor.contact_name, Vendor.email, Vendor.phone)
        .join(Ingredient, Ingredient.id == order.ingredient_id)
        .join(Vendor, Vendor.id == order.vendor_id)
        .order_by(order.order_day, collate(Vendor.name, "C"), collate(name, "C"), order.created_at, order.id)
    )


def _by_vendor(rows: Sequence[Any]) -> list[VendorOrder]:
    lines: dict[tuple[Any, ...], list[OrderLine]] = {}
    for row in rows:
        key = tuple(row[name] for name in _OF_ORDER)
        lines.setdefault(key, []).append(OrderLine(**{name: row[name] for name in OrderLine.__dataclass_fields__}))
    return [VendorOrder(**dict(zip(_OF_ORDER, key, strict=True)), lines=tuple(own)) for key, own in lines.items()]
