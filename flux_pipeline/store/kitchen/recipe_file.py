"""Loader of files of recipes.

A recipe in a file replaces the item's recipe as a whole, so a line that is missing is gone. A file is confirmed by its
sender: what Flux suggests or a person copied is not.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.result import known_rows_skipped
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._dated import as_day, business_day_at, exact, first_day_after, in_force, is_past
from flux_pipeline.store.kitchen.ingredients import find_ingredients, known_ingredients
from flux_pipeline.store.kitchen.recipes import StoredLine, StoredRecipe, stored_recipes, write_recipes
from flux_pipeline.store.menu.items import known_items
from flux_pipeline.store.menu.names import items_named
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.uploads.registry import Upload, accounting_of
from flux_pipeline.store.uploads.rows import Intake
from flux_pipeline.wording import shortened

INCOMPLETE = "incomplete_recipe"


def load_recipes(tx: Tenant, upload: Upload, intake: Intake) -> Accounting:
    """Store the recipes of a file as confirmed versions. Idempotent: a recipe that is in force is left unchanged.

    A recipe of which a row was rejected is not loaded: without the row it would cost too little.

    Raises:
        PermanentError: a row was rejected, and the file doesn't say of which item.
    """
    parsed = intake.read_all()
    incomplete = _incomplete_items(parsed.rejected, parsed.detected_format["columns"])
    is_incomplete = parsed.rows["item"].map(fold_name).isin(incomplete).to_numpy(dtype=bool)
    parsed = known_rows_skipped(parsed, is_incomplete, INCOMPLETE)
    if incomplete:
        names = ", ".join(f"'{shortened(name, 40)}'" for name in sorted(incomplete.values()))
        intake.note(f"Not loaded, because a row of each was rejected: the recipes of {names}.")
    if parsed.rows.empty:
        return accounting_of(parsed, written=0)
    read = _read_recipes(tx, parsed.rows, upload.received_at)
    new = _changed(tx, upload, read)
    write_recipes(tx, new, upload.id, "upload", tx.settings.actor, upload.received_at)
    written = sum(len(each.lines) for each in new)
    return accounting_of(parsed, written=written)


def _incomplete_items(rejected: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    """Return the items of which a row was rejected, by their folded names."""
    found = {}
    for row in rejected.to_dict("records"):
        name = (row["raw"] or {}).get(columns.get("item", ""), "")
        if not str(name).strip():
            raise PermanentError(
                f"Line {row['line_number']}: {row['message']} The line doesn't say of which item, so no recipe of the "
                "file can be trusted to be complete. Correct the file and send it again."
            )
        found[fold_name(str(name))] = str(name).strip()
    return found


def _read_recipes(tx: Tenant, rows: pd.DataFrame, at: dt.datetime) -> list[StoredRecipe]:
    """Return the recipes of a file; what it calls an ingredient may be an item that has a recipe."""
    records = as_records(rows)
    items = dict(zip(rows["item"].map(fold_name), items_named(tx, rows["item"]), strict=True))
    named = rows["component_item"].dropna()
    if not named.empty:
        items |= dict(zip(named.map(fold_name), items_named(tx, named), strict=True))
    prepared = _prepared(tx, items, records)
    bought = [row for row in records if row["ingredient"] and fold_name(row["ingredient"]) not in prepared]
    ingredients = find_ingredients(tx, bought)
    recipes: dict[tuple[uuid.UUID, dt.date | None], StoredRecipe] = {}
    for row in records:
        item, day = items[fold_name(row["item"])], as_day(row["valid_from"])
        recipe = recipes.setdefault(
            (item, day),
            StoredRecipe(uuid.uuid4(), item, day, at),
        )
        if row["yield_quantity"] is not None:
            recipe.yield_quantity, recipe.yield_unit = exact(row["yield_quantity"], 6), row["yield_unit"]
        quantity = exact(row["quantity"], 6)
        assert quantity is not None
        name = fold_name(row["component_item"] or row["ingredient"])
        component = items[name] if row["component_item"] else prepared.get(name)
        bought_id = None if component is not None else ingredients[name].id
        recipe.lines.append(StoredLine(bought_id, component, quantity, row["unit"]))
    return list(recipes.values())


def _prepared(tx: Tenant, items: Mapping[str, uuid.UUID], rows: Sequence[Mapping[str, Any]]) -> dict[str, uuid.UUID]:
    """Return the items with a recipe, here or stored, whose name is no ingredient's, by their folded names."""
    with_recipe = {fold_name(row["item"]) for row in rows}
    stored = {recipe.item for recipe in stored_recipes(tx) if recipe.status != "rejected"}
    every = known_items(tx) | dict(items)
    bought = known_ingredients(tx)
    return {
        name: item for name, item in every.items() if name not in bought and (name in with_recipe or item in stored)
    }


def _changed(tx: Tenant, upload: Upload, read: Sequence[StoredRecipe]) -> list[StoredRecipe]:
    """Return the recipes that differ from those in force, with their first days."""
    today = business_day_at(tx, upload.received_at)
    before: dict[uuid.UUID, list[StoredRecipe]] = {}
    for recipe in stored_recipes(tx):
        if recipe.counts:
            before.setdefault(recipe.item, []).append(recipe)
    with_history = {recipe.item for recipe in read if is_past(recipe.valid_from, today)}
    new = []
    for recipe in read:
        own = before.get(recipe.item, [])
        if recipe.valid_from is None and recipe.item not in with_history:
            newest = _newest(own, today)
            if newest is not None and newest.says_the_same(recipe):
                continue
            stated = None if newest is None else {"valid_from": newest.valid_from, "known_at": newest.known_at}
            recipe.valid_from = first_day_after(stated, upload.received_at, today)
        else:
            same_day = [each for each in own if each.valid_from == recipe.valid_from]
            if same_day and same_day[-1].says_the_same(recipe):
                continue
        new.append(recipe)
    return new


def _newest(own: Sequence[StoredRecipe], today: dt.date) -> StoredRecipe | None:
    stated = [{"valid_from": each.valid_from, "known_at": each.known_at, "recipe": each} for each in own]
    found = in_force(stated, today)
    return None if found is None else found["recipe"]
