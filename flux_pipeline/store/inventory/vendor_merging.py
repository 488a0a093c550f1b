"""Merge of two vendors that are one: prices, deliveries, orders and costs move to the one that remains.

Where both say something about the same thing, what was known last counts, and the other stays on record as superseded.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.vendor_acts import as_json, find_vendor, list_vendors
from flux_pipeline.store.records.acts import note_act

# A row of a table by vendor is current only once for its key; of two, the one that was known first ends.
_OLDER = """
UPDATE {table} AS old SET superseded_at = greatest(:at, old.known_at + interval '1 microsecond')
FROM {table} AS other
WHERE old.superseded_at IS NULL AND other.superseded_at IS NULL AND old.vendor_id <> other.vendor_id
AND old.vendor_id IN (:one, :other) AND other.vendor_id IN (:one, :other)
AND (old.known_at, old.id) < (other.known_at, other.id) AND {same}
"""
_SAME_PRICE = """
old.ingredient_id = other.ingredient_id AND old.order_code IS NOT DISTINCT FROM other.order_code
AND old.valid_from IS NOT DISTINCT FROM other.valid_from
"""
_SAME_COST = f"""
{_SAME_PRICE} AND old.source = other.source AND old.delivery_line_id IS NOT DISTINCT FROM other.delivery_line_id
"""
_LINES = """
(SELECT array_agg(concat_ws('|', ingredient_id, quantity, unit, unit_cost, lot, expires_on) ORDER BY
 ingredient_id, quantity, unit, unit_cost, lot, expires_on) FROM delivery_lines WHERE delivery_id = {of}.id)
"""
# As files of deliveries are compared: by their number, or without one by day and lines.
_SAME_DELIVERY = f"""
(old.document = other.document OR (coalesce(old.document, other.document) IS NULL
 AND old.delivered_on = other.delivered_on AND {_LINES.format(of="old")} = {_LINES.format(of="other")}))
"""
# A delivery has its costs as long as it is current.
_COSTS_OF_ENDED_DELIVERIES = """
UPDATE ingredient_cost_history AS cost
SET superseded_at = greatest(:at, cost.known_at + interval '1 microsecond')
FROM delivery_lines AS line JOIN deliveries AS delivery ON delivery.id = line.delivery_id
WHERE cost.delivery_line_id = line.id AND cost.superseded_at IS NULL AND delivery.superseded_at IS NOT NULL
AND delivery.vendor_id IN (:one, :other)
"""
# Nobody has decided on these, and the next run recommends again what is still needed.
_SAME_RECOMMENDATIONS = """
DELETE FROM purchase_recommendations AS old USING purchase_recommendations AS other
WHERE old.vendor_id = :one AND other.vendor_id = :other AND old.status = 'recommended'
AND other.status = 'recommended' AND old.ingredient_id = other.ingredient_id AND old.order_day = other.order_day
"""
_ENDS = (
    _OLDER.format(table="vendor_prices", same=_SAME_PRICE),
    _OLDER.format(table="deliveries", same=_SAME_DELIVERY),
    _COSTS_OF_ENDED_DELIVERIES,
    _OLDER.format(table="ingredient_cost_history", same=_SAME_COST),
    _SAME_RECOMMENDATIONS,
)
_MOVED = {
    "vendor_prices": "prices",
    "deliveries": "deliveries",
    "purchase_recommendations": "orders",
    "ingredient_cost_history": "costs",
}
# What the one that remains doesn't say is taken from the other.
_TAKE_OVER = """
UPDATE vendors AS v SET contact_name = coalesce(v.contact_name, gone.contact_name),
    email = coalesce(v.email, gone.email), phone = coalesce(v.phone, gone.phone),
    order_days = coalesce(v.order_days, gone.order_days),
    order_cut_off = coalesce(v.order_cut_off, gone.order_cut_off),
    lead_time_days = coalesce(v.lead_time_days, gone.lead_time_days),
    closed_on = ARRAY(SELECT DISTINCT day FROM unnest(v.closed_on || gone.closed_on) AS day ORDER BY day)
FROM vendors AS gone WHERE v.id = :other AND gone.id = :one
"""


@dataclass(frozen=True)
class MergedVendors:
    """The vendor that is gone, the one that remains, and how many rows moved, by what they are."""

    vendor: str
    into: str
    moved: dict[str, int]


def merge_vendors(tx: Tenant, name: str, into: str, now: dt.datetime) -> MergedVendors:
    """Merge a vendor into another one, and log it with all that the vendor was.

    Args:
        tx: the restaurant's transaction.
        name: the vendor that is gone afterwards.
        into: the vendor that remains.
        now: the moment (aware).

    Raises:
        PermanentError: no vendor has one of the names, or both names mean one vendor.
    """
    tx.lock()
    gone, kept = find_vendor(tx, name), find_vendor(tx, into)
    if gone == kept:
        raise PermanentError(f"{name!r} and {into!r} are the same vendor already; expected two.")
    before = next(each for each in list_vendors(tx) if each.name == gone.name)
    both: dict[str, Any] = {"one": gone.id, "other": kept.id}
    for statement in _ENDS:
        tx.connection.execute(text(statement), {**both, "at": now} if ":at" in statement else both)
    moved = {}
    for table, word in _MOVED.items():
        # The names of tables are those above.
        statement = f"UPDATE {table} SET vendor_id = :other WHERE vendor_id = :one"  # noqa: S608
        moved[word] = tx.connection.execute(text(statement), both).rowcount
    tx.connection.execute(text(_TAKE_OVER), both)
    tx.connection.execute(text("DELETE FROM vendors WHERE id = :one"), {"one": gone.id})
    note_act(tx, "vendors.merge", gone.name, as_json(before._asdict()), {"into": kept.name, "moved": moved})
    return MergedVendors(gone.name, kept.name, moved)
