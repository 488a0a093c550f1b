"""Deliveries: loaded from files as documents, with the costs of what was paid.

The lines of a file with one number, vendor and day are a document. A document that comes again replaces the earlier one
if it has a number; without one, the same lines of a vendor and day are known and skipped.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, func, insert, select, update

from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._costs import COSTS, note_costs
from flux_pipeline.store.kitchen._dated import as_day, exact
from flux_pipeline.store.kitchen.ingredients import find_ingredients
from flux_pipeline.store.kitchen.subjects import Ended
from flux_pipeline.store.kitchen.vendors import find_vendors
from flux_pipeline.store.known.versions import MICROSECOND
from flux_pipeline.store.models.kitchen.purchases import Delivery, DeliveryLine, IngredientCostHistory
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.uploads.registry import Upload, accounting_of

# What makes two lines the same.
LINE = ("ingredient_id", "quantity", "unit", "unit_cost", "lot", "expires_on")

_Document = tuple[uuid.UUID | None, str | None, dt.date]
_Lines = list[dict[str, Any]]


def load_deliveries(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Store the deliveries of a file and what was paid. Idempotent, as the module describes.

    Raises:
        PermanentError: a row names an unknown ingredient and gives no unit.
    """
    documents = _documents(tx, parsed.rows)
    stored = _stored(tx, {day for _, _, day in documents}, {number for _, number, _ in documents if number})
    new = {}
    for key, lines in documents.items():
        same, replaced = _compare(stored, key, lines)
        if not same:
            new[key] = lines
            _supersede(tx, replaced, upload.received_at)
    _write(tx, upload.id, new, upload.received_at)
    return accounting_of(parsed, written=sum(len(lines) for lines in new.values()))


def end_deliveries(tx: Tenant, upload_id: uuid.UUID, at: dt.datetime) -> Ended:
    """End the documents of an upload and their costs, by what identifies each."""
    stored = _current(tx, Delivery.data_upload_id == upload_id)
    _supersede(tx, list(stored), at)
    lines = sum(len(lines) for _, lines in stored.values())
    return Ended(lines, {_identity(key, lines): None for key, lines in stored.values()})


def deliveries_in(tx: Tenant, upload: Upload, rows: pd.DataFrame) -> dict[Hashable, Any]:
    """Return the documents of a file, with what identifies them: their number, or without one their content."""
    found: dict[Hashable, Any] = {}
    for key, lines in _documents(tx, rows).items():
        found.setdefault(_identity(key, lines), (upload.id, {}))[1][key] = lines
    return found


def restore_deliveries(tx: Tenant, documents: Mapping[Hashable, Any], at: dt.datetime) -> Counter[uuid.UUID]:
    """Store documents of uploads and their costs; return how many lines that is of each."""
    stored: Counter[uuid.UUID] = Counter()
    for upload_id, own in documents.values():
        _write(tx, upload_id, own, at)
        stored[upload_id] += sum(map(len, own.values()))
    return stored


def _identity(key: _Document, lines: _Lines) -> Hashable:
    vendor, number, day = key
    return (vendor, number) if number is not None else (vendor, day, frozenset(_content(lines).items()))


def _documents(tx: Tenant, parsed: pd.DataFrame) -> dict[_Document, _Lines]:
    """Return the documents of a file with their lines."""
    rows = as_records(parsed)
    ingredients = find_ingredients(tx, rows)
    vendors = find_vendors(tx, (row["vendor"] for row in rows))
    documents: dict[_Document, _Lines] = {}
    for row in rows:
        known = ingredients[fold_name(row["ingredient"])]
        row |= {"ingredient_id": known.id, "unit": row["unit"] or known.unit}
        row |= {"quantity": exact(row["quantity"], 6), "unit_cost": exact(row["unit_cost"], 6)}
        row["expires_on"] = as_day(row["expires_on"])
        vendor = vendors[fold_name(row["vendor"])] if row["vendor"] else None
        day = as_day(row["delivered_on"])
        assert day is not None
        documents.setdefault((vendor, row["document"], day), []).append(row)
    return documents


def _stored(tx: Tenant, days: Iterable[dt.date], numbers: Iterable[str]) -> dict[uuid.UUID, tuple[_Document, _Lines]]:
    """Return the current documents of these days or numbers, by their ids."""
    return _current(tx, Delivery.delivered_on.in_(list(days)) | Delivery.document.in_(list(numbers)))


def _current(tx: Tenant, condition: ColumnElement[bool]) -> dict[uuid.UUID, tuple[_Document, _Lines]]:
    document = Delivery
    query = (
        select(document.id.label("document_id"), document.vendor_id, document.document, document.delivered_on)
        .add_columns(*(getattr(DeliveryLine, name) for name in LINE))
        .join(DeliveryLine, DeliveryLine.delivery_id == document.id)
        .where(document.superseded_at.is_(None), condition)
    )
    found: dict[uuid.UUID, tuple[_Document, _Lines]] = {}
    for row in tx.connection.execute(query).mappings():
        key = row["vendor_id"], row["document"], row["delivered_on"]
        found.setdefault(row["document_id"], (key, []))[1].append({name: row[name] for name in LINE})
    return found


def _compare(
    stored: Mapping[uuid.UUID, tuple[_Document, _Lines]], key: _Document, lines: _Lines
) -> tuple[bool, list[uuid.UUID]]:
    """Return whether a document is stored already, and the ids of those that it replaces."""
    vendor, number, _day = key
    replaced = []
    for document_id, (other, other_lines) in stored.items():
        if number is None and other == key and _content(other_lines) == _content(lines):
            return True, []
        if number is not None and other[:2] == (vendor, number):
            if other == key and _content(other_lines) == _content(lines):
                return True, []
            replaced.append(document_id)
    return False, replaced


def _content(lines: Sequence[Mapping[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(line[name] for name in LINE) for line in lines)


def _supersede(tx: Tenant, documents: Sequence[uuid.UUID], at: dt.datetime) -> None:
    """End documents, and the costs that they brought, from `at` on."""
    if not documents:
        return
    ended = func.greatest(at, Delivery.known_at + MICROSECOND)
    tx.connection.execute(update(Delivery).where(Delivery.id.in_(documents)).values(superseded_at=ended))
    lines = select(DeliveryLine.id).where(DeliveryLine.delivery_id.in_(documents))
    ended = func.greatest(at, IngredientCostHistory.known_at + MICROSECOND)
    own = IngredientCostHistory.delivery_line_id.in_(lines) & COSTS.current
    tx.connection.execute(update(IngredientCostHistory).where(own).values(superseded_at=ended))


def _write(tx: Tenant, upload_id: uuid.UUID, documents: Mapping[_Document, _Lines], at: dt.datetime) -> None:
    ours = {"restaurant_id": tx.restaurant.id}
    deliveries, lines, costs = [], [], []
    for (vendor, number, day), own in documents.items():
        delivery = {"id": uuid.uuid4(), "vendor_id": vendor, "document": number, "delivered_on": day}
        deliveries.append(ours | delivery | {"data_upload_id": upload_id, "known_at": at})
        for row in own:
            values = {name: row[name] for name in (*LINE, "line_number")}
            line = ours | values | {"id": uuid.uuid4(), "delivery_id": delivery["id"]}
            lines.append(line)
            if row["unit_cost"] is not None:
                costs.append(_cost(line, vendor, day))
    if deliveries:
        tx.connection.execute(insert(Delivery), deliveries)
        tx.connection.execute(insert(DeliveryLine), lines)
        note_costs(tx, costs, "delivery", at)


def _cost(line: Mapping[str, Any], vendor: uuid.UUID | None, day: dt.date) -> dict[str, Any]:
    names = ("line_number", "ingredient_id", "unit", "quantity")
    own = {"delivery_line_id": line["id"], "vendor_id": vendor, "valid_from": day}
    return {name: line[name] for name in names} | own | {"unit_cost": Decimal(line["unit_cost"])}
