"""Booking: movements that bring the ledger in line with the facts, and the balances that follow from them."""

import contextlib
import datetime as dt
import gc
import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, insert, select, text

from flux_pipeline.inventory.ledger.corrections import correct_ledger
from flux_pipeline.inventory.ledger.facts import FactKind, LotKey
from flux_pipeline.inventory.ledger.movements import Balances, Entry, Movement, MovementKind
from flux_pipeline.inventory.ledger.rebuild import Ledger
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.ledger.facts import FACT_COLUMNS, IN_MEMORY, ChangedFacts
from flux_pipeline.store.models.kitchen.stock import Inventory, InventoryMovement, InventoryShortfall
from flux_pipeline.store.postgres.copying import stage_rows

BALANCES = """
SELECT m.ingredient_id, m.lot, m.expires_on, m.arrived_on, sum(m.quantity) AS quantity
FROM inventory_movements AS m INNER JOIN unnest(:ids ::uuid[], :days ::date[]) AS changed (ingredient_id, first_day)
    ON changed.ingredient_id = m.ingredient_id AND m.business_date < changed.first_day
GROUP BY m.ingredient_id, m.lot, m.expires_on, m.arrived_on
HAVING sum(m.quantity) <> 0
"""
STORED = """
SELECT m.ingredient_id, m.source_kind, m.source, m.business_date, m.occurred_at, m.kind, m.lot, m.expires_on,
    m.arrived_on, m.quantity, m.previous_quantity, m.new_quantity, m.takes_back
FROM inventory_movements AS m INNER JOIN unnest(:ids ::uuid[], :days ::date[]) AS changed (ingredient_id, first_day)
    ON changed.ingredient_id = m.ingredient_id AND m.business_date >= changed.first_day
ORDER BY m.entry_number
"""
MOVEMENTS = {
    "entry_number": "bigint",
    "ingredient_id": "uuid",
    "kind": "text",
    "source_kind": "text",
    "source": "text",
    "business_date": "date",
    "occurred_at": "timestamptz",
    "lot": "text",
    "expires_on": "date",
    "arrived_on": "date",
    "quantity": "numeric",
    "previous_quantity": "numeric",
    "new_quantity": "numeric",
    "takes_back": "boolean",
    "reason": "text",
}
REMOVE_FACTS = """
DELETE FROM inventory_facts AS f USING unnest(:ids ::uuid[], :days ::date[]) AS changed (ingredient_id, first_day)
WHERE changed.ingredient_id = f.ingredient_id AND f.business_date >= changed.first_day
"""
# What a unit cost is that of the delivery's own unit, times how many of those are one of the ingredient's. A purchase
# books the whole of a line of a delivery, whose id is its source.
APPEND = f"""
INSERT INTO inventory_movements (restaurant_id, unit_cost, {", ".join(MOVEMENTS)})
SELECT :restaurant, round(l.unit_cost * l.quantity / abs(s.quantity), 6), s.entry_number, s.ingredient_id,
    s.kind, s.source_kind, s.source, s.business_date, s.occurred_at, s.lot, s.expires_on, s.arrived_on,
    s.quantity, s.previous_quantity, s.new_quantity, s.takes_back, s.reason
FROM stock_appended AS s
LEFT JOIN delivery_lines AS l ON l.id = CASE s.kind WHEN 'purchase' THEN CAST(s.source AS uuid) END
"""  # noqa: S608  (the names are constants)


@dataclass(frozen=True)
class Booking:
    """What is booked of an ingredient: its facts from a day on, the movements to append, and the balances then."""

    changed: ChangedFacts
    ledger: Ledger


@dataclass(frozen=True)
class StoredLedger:
    """The ledger of an ingredient: its balances at the end of the day before a day, and the movements from then on."""

    start: Balances
    movements: Sequence[Movement]


def read_ledgers(tx: Tenant, changed: Sequence[ChangedFacts]) -> dict[uuid.UUID, StoredLedger]:
    """Return what is stored of the ingredients whose facts have changed."""
    if not changed:
        return {}
    given = _days_of(changed)
    lots: dict[uuid.UUID, dict[LotKey | None, Decimal]] = defaultdict(dict)
    for row in tx.connection.execute(text(BALANCES), given):
        lot = None if row.arrived_on is None else LotKey(row.lot, row.expires_on, row.arrived_on)
        lots[row.ingredient_id][lot] = row.quantity
    stored: dict[uuid.UUID, list[Movement]] = defaultdict(list)
    for row in tx.connection.execute(text(STORED), given):
        stored[row.ingredient_id].append(_movement(row))
    shortfalls = tx.connection.execute(select(InventoryShortfall.ingredient_id, InventoryShortfall.short_since))
    since = {row.ingredient_id: row.short_since for row in shortfalls}
    return {
        each.ingredient: StoredLedger(
            _balances(lots[each.ingredient], each.first_day - dt.timedelta(days=1), since.get(each.ingredient)),
            stored[each.ingredient],
        )
        for each in changed
    }


def book(changed: Iterable[ChangedFacts], ledgers: Mapping[uuid.UUID, StoredLedger]) -> list[Booking]:
    """Return the movements that bring each ledger in line with the facts. No transaction is needed."""
    found = []
    with _no_collection():
        for each in changed:
            stored = ledgers[each.ingredient]
            found.append(Booking(each, correct_ledger(stored.movements, each.facts, stored.start)))
    return found


def append_bookings(tx: Tenant, bookings: Sequence[Booking]) -> int:
    """Append movements, and replace the booked facts and the balances of their ingredients; return how many.

    Idempotent: with facts that are booked there is nothing to append.
    """
    if not bookings:
        return 0
    tx.connection.execute(IN_MEMORY)
    _replace_facts(tx, bookings)
    appended = _append(tx, bookings)
    _replace_balances(tx, bookings)
    return appended


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Run the block without garbage collection, which would look again and again at values that all stay.

    They are hundreds of thousands, and none refers back to another: it would be half the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _days_of(changed: Sequence[ChangedFacts]) -> dict[str, list[Any]]:
    return {"ids": [each.ingredient for each in changed], "days": [each.first_day for each in changed]}


def _movement(row: Sequence[Any]) -> Movement:
    _, source_kind, source, day, at, kind, lot, expires, arrived, quantity, previous, new, takes_back = row
    key = None if arrived is None else LotKey(lot, expires, arrived)
    own = -quantity if takes_back else quantity
    entry = Entry(FactKind(source_kind), source, day, at, MovementKind(kind), key, own)
    return Movement(entry, previous, new, takes_back)


def _balances(lots: dict[LotKey | None, Decimal], day: dt.date, since: dt.date | None) -> Balances:
    there = {lot: quantity for lot, quantity in lots.items() if lot is not None}
    if (short := lots.get(None)) is None:
        return Balances(day, there)
    # An ingredient that is short now may have been in stock in between.
    return Balances(day, there, short, since if since is not None and since <= day else day)


def _replace_facts(tx: Tenant, bookings: Sequence[Booking]) -> None:
    tx.connection.execute(text(REMOVE_FACTS), _days_of([each.changed for each in bookings]))
    rows = (
        (each.changed.ingredient, f.kind.value, f.key, f.day, f.at, f.quantity, f.lot, f.expires_on, f.document)
        for each in bookings
        for f in each.changed.facts
    )
    stage_rows(tx.connection, "stock_booked", FACT_COLUMNS, rows, analyze=False)
    names = ", ".join(FACT_COLUMNS)
    copied = f"INSERT INTO inventory_facts (restaurant_id, {names}) SELECT :restaurant, {names} FROM stock_booked"  # noqa: S608
    tx.connection.execute(text(copied), {"restaurant": tx.restaurant.id})


def _append(tx: Tenant, bookings: Sequence[Booking]) -> int:
    last = tx.connection.scalar(select(func.coalesce(func.max(InventoryMovement.entry_number), 0)))
    assert last is not None
    numbers = itertools.count(last + 1)
    rows = ((next(numbers), *row) for booking in bookings for row in _rows_of(booking))
    stage_rows(tx.connection, "stock_appended", MOVEMENTS, rows, analyze=False)
    return tx.connection.execute(text(APPEND), {"restaurant": tx.restaurant.id}).rowcount


def _rows_of(booking: Booking) -> Iterator[tuple[Any, ...]]:
    documents = {(fact.kind, fact.key): fact.document for fact in booking.changed.facts}
    for movement in booking.ledger.movements:
        entry, lot = movement.entry, movement.entry.lot
        yield (
            booking.changed.ingredient,
            entry.kind.value,
            entry.source_kind.value,
            entry.source,
            entry.day,
            entry.at,
            lot.name if lot else "",
            lot.expires_on if lot else None,
            lot.arrived_on if lot else None,
            movement.quantity,
            movement.previous_quantity,
            movement.new_quantity,
            movement.takes_back,
            documents.get((entry.source_kind, entry.source)) or "no longer stated",
        )


def _replace_balances(tx: Tenant, bookings: Sequence[Booking]) -> None:
    ours, ids = {"restaurant_id": tx.restaurant.id}, [each.changed.ingredient for each in bookings]
    for table in (Inventory, InventoryShortfall):
        tx.connection.execute(delete(table).where(table.ingredient_id.in_(ids)))
    lots = [
        ours
        | {"ingredient_id": each.changed.ingredient, "lot": lot.name, "expires_on": lot.expires_on}
        | {"arrived_on": lot.arrived_on, "quantity_on_hand": quantity}
        for each in bookings
        for lot, quantity in each.ledger.balances.lots.items()
    ]
    short = [
        ours
        | {"ingredient_id": each.changed.ingredient, "quantity": each.ledger.balances.short}
        | {"short_since": each.ledger.balances.short_since}
        for each in bookings
        if each.ledger.balances.short
    ]
    if lots:
        tx.connection.execute(insert(Inventory), lots)
    if short:
        tx.connection.execute(insert(InventoryShortfall), short)
