"""Vendors and their prices: loaded from files, with the cost of a unit that follows from each price."""

import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select

from flux_pipeline.costing.history import unit_cost_of_case
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._costs import note_costs
from flux_pipeline.store.kitchen._dated import exact, note_dated
from flux_pipeline.store.kitchen.ingredients import find_ingredients
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.models.kitchen.purchases import Vendor, VendorPrice
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.uploads.registry import Upload, accounting_of

PRICES = Versioned(
    VendorPrice,
    ("vendor_id", "ingredient_id", "order_code", "valid_from"),
    (
        "unit_price",
        "unit",
        "case_price",
        "case_quantity",
        "pack_quantity",
        "yield_factor",
        "lead_time_days",
        "minimum_order_quantity",
        "pack_size",
    ),
)
# Decimals of the numbers, as the table has them.
DECIMALS = dict.fromkeys(("unit_price", "case_price", "case_quantity", "pack_quantity", "yield_factor"), 6)
DECIMALS |= {"minimum_order_quantity": 3}
EXACT = Decimal("1E-15")


def find_vendors(tx: Tenant, names: Iterable[str | None]) -> dict[str, uuid.UUID]:
    """Return the vendor of each name by its folded form; a new name creates one."""
    ids = {fold_name(row.name): row.id for row in tx.connection.execute(select(Vendor.id, Vendor.name))}
    new = []
    for name in names:
        if name is not None and fold_name(name) not in ids:
            ids[fold_name(name)] = uuid.uuid4()
            new.append({"restaurant_id": tx.restaurant.id, "id": ids[fold_name(name)], "name": " ".join(name.split())})
    if new:
        tx.connection.execute(insert(Vendor), new)
    return ids


def load_vendor_prices(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Store the prices of a file, and the costs of a unit that follow from them. Idempotent.

    Raises:
        PermanentError: a row names an unknown ingredient and gives no unit.
    """
    rows = as_records(parsed.rows)
    for row in rows:
        row |= {name: exact(row[name], decimals) for name, decimals in DECIMALS.items()}
        row["unit"] = row["pack_unit"] if row["case_price"] is not None else row["unit"]
        row["yield_factor"] = row["yield_factor"] or Decimal(1)
        row["pack_size"] = _pack_size(row)
    ingredients = find_ingredients(tx, rows)
    vendors = find_vendors(tx, (row["vendor"] for row in rows))
    for row in rows:
        known = ingredients[fold_name(row["ingredient"])]
        row |= {"ingredient_id": known.id, "vendor_id": vendors[fold_name(row["vendor"])]}
        row["unit"] = row["unit"] or known.unit
    changed = note_dated(tx, PRICES, rows, upload.received_at)
    changed |= note_costs(tx, [_cost(row) for row in rows], "vendor_price", upload.received_at)
    return accounting_of(parsed, written=len(changed))


def _pack_size(row: Mapping[str, Any]) -> Decimal | None:
    """Return how many units an order of one has, None if the file doesn't say so."""
    if row["case_quantity"] is not None and row["pack_quantity"] is not None:
        return round(Decimal(row["case_quantity"] * row["pack_quantity"]), 3)
    try:
        return exact((row["pack"] or "").replace(",", ".") or None, 3)
    except ValueError:
        return None


def _cost(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what one unit costs, of which only a part can be used."""
    if row["case_price"] is not None:
        price = unit_cost_of_case(row["case_price"], row["case_quantity"], row["pack_quantity"])
    else:
        price = row["unit_price"]
    names = ("line_number", "vendor_id", "ingredient_id", "order_code", "unit", "valid_from", "known_at")
    return {name: row[name] for name in names} | {"unit_cost": (price / row["yield_factor"]).quantize(EXACT)}
