"""Ingredients: found by their names in files, created by those that name them first, loaded from their own files."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._costs import note_costs
from flux_pipeline.store.models.kitchen.recipes import Ingredient, IngredientCategory
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.uploads.registry import Upload, accounting_of

# The columns that a file of ingredients may change, with the decimals of numbers.
VALUES = {
    "ingredient_category_id": None,
    "unit": None,
    "unit_cost": 6,
    "waste_factor": 3,
    "shelf_life_days": None,
    "sku": None,
    "barcode": None,
    "par_level": 3,
    "reorder_threshold": 3,
    "is_active": None,
}
UNIQUE = ("sku", "barcode")


@dataclass(frozen=True)
class KnownIngredient:
    """An ingredient with the unit that it is counted in."""

    id: uuid.UUID
    name: str
    unit: str


def known_ingredients(tx: Tenant) -> dict[str, KnownIngredient]:
    """Return the ingredients by their folded names."""
    query = select(Ingredient.id, Ingredient.name, Ingredient.unit).order_by(Ingredient.name)
    return {fold_name(row.name): KnownIngredient(*row) for row in tx.connection.execute(query)}


def find_ingredients(tx: Tenant, rows: Iterable[Mapping[str, Any]]) -> dict[str, KnownIngredient]:
    """Return the ingredient of each row by its folded name; new names create ingredients.

    A new ingredient is counted in the unit of the first row that names it.

    Args:
        tx: the restaurant's transaction.
        rows: each with `ingredient` (or None), `unit` and `line_number`.

    Raises:
        PermanentError: a row names an unknown ingredient and gives no unit.
    """
    found = known_ingredients(tx)
    new = []
    for row in rows:
        name = row["ingredient"]
        if name is None or fold_name(name) in found:
            continue
        if not row["unit"]:
            raise PermanentError(
                f"Line {row['line_number']}: no ingredient is called {name!r} yet, and the line has no unit. Load a "
                "file of ingredients first, or give the unit, and send the file again."
            )
        known = KnownIngredient(uuid.uuid4(), " ".join(name.split()), row["unit"])
        found[fold_name(name)] = known
        new.append({"restaurant_id": tx.restaurant.id, "id": known.id, "name": known.name, "unit": known.unit})
    if new:
        tx.connection.execute(insert(Ingredient), [row | {"auto_created": True} for row in new])
    return found


def load_ingredients(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Add the ingredients of a file, change stored ones whose values differ, and note their costs.

    Idempotent: an empty cell and a missing column change nothing. Ingredients that the file leaves out stay.

    Raises:
        PermanentError: a number (sku, barcode) belongs to another ingredient.
    """
    rows = as_records(parsed.rows)
    categories = _find_categories(tx, [row["category"] for row in rows if row["category"]])
    with_flag = "is_active" in parsed.detected_format["columns"]
    stored = _stored(tx)
    owners = {(code, each[code]): name for name, each in stored.items() for code in UNIQUE if each[code]}
    new, changed, lines = [], [], set()
    for row in rows:
        name = fold_name(row["name"])
        given = _given(row, with_flag)
        if row["category"]:
            given["ingredient_category_id"] = categories[fold_name(row["category"])]
        for code in UNIQUE:
            if given.get(code) and owners.setdefault((code, given[code]), name) != name:
                raise _taken(row, code, stored.get(owners[code, given[code]]))
        before = stored.get(name)
        if before is None:
            stored[name] = {**dict.fromkeys(VALUES), **given, "id": uuid.uuid4(), "name": " ".join(row["name"].split())}
            new.append(stored[name])
            lines.add(row["line_number"])
        elif before["auto_created"] or any(before[key] != value for key, value in given.items()):
            before |= given | {"auto_created": False}
            changed.append(before)
            lines.add(row["line_number"])
    _write(tx, new, changed)
    lines |= _note_costs(tx, upload, rows, stored)
    return accounting_of(parsed, written=len(lines))


def _given(row: Mapping[str, Any], with_flag: bool) -> dict[str, Any]:
    """Return the values that a row gives, as the table stores them."""
    found = {}
    for name, decimals in VALUES.items():
        value = row.get(name)
        if value is None or (name == "is_active" and not with_flag):
            continue
        found[name] = value if decimals is None else round(Decimal(repr(float(value))), decimals)
    return found


def _stored(tx: Tenant) -> dict[str, dict[str, Any]]:
    columns = [Ingredient.id, Ingredient.name, Ingredient.auto_created, *(getattr(Ingredient, name) for name in VALUES)]
    rows = tx.connection.execute(select(*columns).order_by(Ingredient.name)).mappings()
    return {fold_name(row["name"]): {str(key): value for key, value in row.items()} for row in rows}


def _taken(row: Mapping[str, Any], code: str, other: Mapping[str, Any] | None) -> PermanentError:
    name = "another ingredient" if other is None else repr(other["name"])
    return PermanentError(
        f"Line {row['line_number']}: the {code} {row[code]} of {row['name']!r} is that of {name}; expected one "
        f"ingredient for each {code}. Correct the {code} or the name and send the file again."
    )


def _write(tx: Tenant, new: list[dict[str, Any]], changed: list[dict[str, Any]]) -> None:
    ours = {"restaurant_id": tx.restaurant.id}
    if new:
        defaults = {"waste_factor": Decimal(0), "is_active": True}
        rows = [ours | {k: defaults.get(k) if v is None else v for k, v in each.items()} for each in new]
        tx.connection.execute(insert(Ingredient), rows)
    if changed:
        # First without their numbers: two ingredients may have exchanged them.
        ids = [{"own_id": each["id"]} for each in changed]
        is_own = Ingredient.id == bindparam("own_id")
        tx.connection.execute(update(Ingredient).where(is_own).values(sku=None, barcode=None), ids)
        names = [*VALUES, "auto_created"]
        statement = update(Ingredient).where(is_own).values({name: bindparam(f"new_{name}") for name in names})
        values = [{"own_id": each["id"], **{f"new_{name}": each[name] for name in names}} for each in changed]
        tx.connection.execute(statement, values)


def _note_costs(
    tx: Tenant, upload: Upload, rows: list[dict[str, Any]], stored: Mapping[str, Mapping[str, Any]]
) -> set[int]:
    """Note what each row says about cost and loss; return the lines that changed anything."""
    stated = []
    for row in rows:
        given = _given(row, with_flag=False)
        if not given.keys() & {"unit_cost", "waste_factor"}:
            continue
        known = stored[fold_name(row["name"])]
        stated.append(
            {
                "line_number": row["line_number"],
                "ingredient_id": known["id"],
                "valid_from": row.get("valid_from"),
                "unit_cost": known["unit_cost"],
                "unit": known["unit"],
                "waste_factor": known["waste_factor"] or Decimal(0),
            }
        )
    return note_costs(tx, stated, "ingredients", upload.received_at)


def _find_categories(tx: Tenant, names: Iterable[str]) -> dict[str, uuid.UUID]:
    """Return the group of each name by its folded form; a new name creates one, last in the list."""
    query = select(IngredientCategory.id, IngredientCategory.name, IngredientCategory.sort_order)
    stored = tx.connection.execute(query.order_by(IngredientCategory.sort_order, IngredientCategory.name)).all()
    ids = {fold_name(row.name): row.id for row in reversed(stored)}
    last = max((row.sort_order for row in stored), default=0)
    new: list[dict[str, Any]] = []
    for name in names:
        if fold_name(name) not in ids:
            ids[fold_name(name)] = uuid.uuid4()
            new.append({"id": ids[fold_name(name)], "name": " ".join(name.split()), "sort_order": last + len(new) + 1})
    if new:
        tx.connection.execute(insert(IngredientCategory), [row | {"restaurant_id": tx.restaurant.id} for row in new])
    return ids
