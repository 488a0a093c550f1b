"""Ingredients: found by their names in files, created by those that name them first, loaded from their own files."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._costs import INGREDIENTS, complete_costs, note_costs, stated_costs
from flux_pipeline.store.kitchen._dated import as_day, business_day_at, exact
from flux_pipeline.store.kitchen._units import Recount, UnitChanges
from flux_pipeline.store.models.kitchen.orders import PurchaseRecommendation
from flux_pipeline.store.models.kitchen.recipes import Ingredient, IngredientCategory
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.uploads.registry import Upload, accounting_of
from flux_pipeline.wording import count_of

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
# What holds from a day on.
COSTED = ("unit_cost", "waste_factor")


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

    Idempotent: an empty cell and a missing column change nothing. Ingredients that the file leaves out stay. If it has
    several days of one, each notes its cost and loss, and the row that is in force today gives the other values.

    Raises:
        PermanentError: a number (sku, barcode) belongs to another ingredient, or the file counts an ingredient in
            another unit, and what it leaves out can't be converted or is on order in the unit of before.
    """
    rows = _readable(tx, parsed)
    today = business_day_at(tx, upload.received_at)
    stored, known, units = _stored(tx), stated_costs(tx), UnitChanges(tx)
    _refuse_taken(rows, stored)
    stated: list[dict[str, Any]] = []
    new, changed, lines = list[dict[str, Any]](), list[dict[str, Any]](), set[int]()
    for name, own in _by_name(rows).items():
        before = stored.get(name)
        ordered = _in_order(own, today)
        after = _new(own[0]) if before is None else before | {"auto_created": False}
        for row in ordered:
            _apply(after, row, units)
        costs = [_cost(row, after["id"]) for row in own if row["given"].keys() & set(COSTED)]
        holding = complete_costs(costs, known.get(after["id"], {}), today)
        if before is None or costs or before["unit"] != after["unit"]:
            _give_cost(after, holding, before, ordered[-1]["line_number"], units)
        if after != before:
            (new if before is None else changed).append(after)
            lines.add(ordered[-1]["line_number"])
        if before is not None and before["unit"] != after["unit"]:
            _refuse_open_orders(tx, before, ordered[-1])
        stated += costs
    _write(tx, new, changed)
    lines |= note_costs(tx, stated, INGREDIENTS, upload.received_at)
    return accounting_of(parsed, written=len(lines))


def _readable(tx: Tenant, parsed: ParsedUpload) -> list[dict[str, Any]]:
    """Return the rows of a file with `given`: the values that each gives, as the table stores them."""
    rows = as_records(parsed.rows)
    categories = _find_categories(tx, [row["category"] for row in rows if row["category"]])
    names = [name for name in VALUES if name != "is_active" or name in parsed.detected_format["columns"]]
    for row in rows:
        row["valid_from"] = as_day(row["valid_from"])
        row["ingredient_category_id"] = categories[fold_name(row["category"])] if row["category"] else None
        row["given"] = {name: _as_stored(name, row[name]) for name in names if row[name] is not None}
    return rows


def _as_stored(name: str, value: Any) -> Any:
    decimals = VALUES[name]
    return value if decimals is None else exact(value, decimals)


def _by_name(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(fold_name(row["name"]), []).append(row)
    return found


def _in_order(rows: Sequence[dict[str, Any]], today: dt.date) -> list[dict[str, Any]]:
    """Return the rows of one ingredient in the order in which they are applied: the row in force today is the last.

    If none is in force yet, the newest is the last.
    """
    by_day = sorted(rows, key=lambda row: row["valid_from"] or dt.date.min)
    begun = [row for row in by_day if row["valid_from"] is None or row["valid_from"] <= today]
    to_come = by_day[len(begun) :]
    return [*reversed(to_come), *begun] if begun else to_come


def _new(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**dict.fromkeys(VALUES), "id": uuid.uuid4(), "name": " ".join(row["name"].split()), "auto_created": False}


def _apply(ingredient: dict[str, Any], row: Mapping[str, Any], units: UnitChanges) -> None:
    """Give an ingredient a row's values except cost and loss; convert the levels that the row leaves out."""
    given = {name: value for name, value in row["given"].items() if name not in COSTED}
    recount = Recount(row["line_number"], ingredient["name"], ingredient["unit"], given["unit"])
    for name in ("par_level", "reorder_threshold"):
        if name not in given and ingredient[name] is not None:
            given[name] = units.convert(name, ingredient[name], recount)
    ingredient |= given


def _cost(row: Mapping[str, Any], ingredient_id: uuid.UUID) -> dict[str, Any]:
    """Return what a row says about cost and loss, to note it."""
    names = {"line_number": row["line_number"], "ingredient_id": ingredient_id, "valid_from": row["valid_from"]}
    return names | {name: row["given"].get(name) for name in ("unit", *COSTED)}


def _give_cost(
    ingredient: dict[str, Any],
    holding: Mapping[str, Any] | None,
    before: Mapping[str, Any] | None,
    line_number: int,
    units: UnitChanges,
) -> None:
    """Give an ingredient the cost and loss that hold, converted to its unit."""
    source = holding or before
    if source is None:
        return
    recount = Recount(line_number, ingredient["name"], source["unit"], ingredient["unit"])
    cost = source["unit_cost"]
    ingredient["unit_cost"] = None if cost is None else units.convert("unit_cost", cost, recount)
    ingredient["waste_factor"] = source["waste_factor"] or Decimal(0)


def _refuse_taken(rows: Sequence[Mapping[str, Any]], stored: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise PermanentError if a row gives an ingredient the sku or barcode of another."""
    owners = {(code, each[code]): name for name, each in stored.items() for code in UNIQUE if each[code]}
    for row in rows:
        name = fold_name(row["name"])
        for code in UNIQUE:
            number = row["given"].get(code)
            if number and owners.setdefault((code, number), name) != name:
                raise _taken(row, code, stored.get(owners[code, number]))


def _refuse_open_orders(tx: Tenant, ingredient: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Raise PermanentError if an ingredient is on order: 5 kg that are on order would become 5 g."""
    order = PurchaseRecommendation
    is_open = order.status.in_(("approved", "ordered")) & (order.ingredient_id == ingredient["id"])
    if number := tx.connection.scalar(select(func.count()).where(is_open)):
        raise PermanentError(
            f"Line {row['line_number']}: the unit of {ingredient['name']!r} changes from {ingredient['unit']} to "
            f"{row['given']['unit']}, but {count_of(number, 'order')} of it in {ingredient['unit']} "
            f"{'is' if number == 1 else 'are'} open. Keep the unit until the delivery of what is on order is loaded "
            "and a run has closed it, or cancel it with `flux orders cancel`; then send the file again."
        )


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
