"""Loader of files of the menu. Items are matched like those of sales: by the restaurant's aliases of a name."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import text, update

from flux_pipeline.ingest.result import ParsedUpload, known_rows_skipped
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu._categories import find_categories
from flux_pipeline.store.menu.items import known_items
from flux_pipeline.store.menu.names import refuse_many, suggestions_for
from flux_pipeline.store.models.menu import MenuItemAlias
from flux_pipeline.store.postgres.copying import stage
from flux_pipeline.store.uploads.registry import Upload, accounting_of

STAGED = {
    "item_id": "uuid",
    "is_new": "boolean",
    "item": "text",
    "alias": "text",
    "category_id": "uuid",
    "price": "numeric(12,2)",
    "sku": "text",
    "is_active": "boolean",
}

NEW_ITEMS = """
INSERT INTO menu_items (restaurant_id, id, name, menu_category_id, price, sku, is_active)
SELECT :restaurant_id, item_id, item, category_id, price, sku, coalesce(is_active, true) FROM menu_rows WHERE is_new
"""

NEW_ALIASES = """
INSERT INTO menu_item_aliases (restaurant_id, menu_item_id, alias)
SELECT :restaurant_id, item_id, alias FROM menu_rows
ON CONFLICT (restaurant_id, alias) DO NOTHING
"""

# An item that a file of promotions created before its first sale is off the menu until a file of the menu names it.
NOW_ON_MENU = "coalesce(r.is_active, m.is_active OR (m.auto_created AND m.first_sold_on IS NULL))"

# Runs before the items are changed. It records what forecasts read, so that a look back can undo later changes.
NOTED_CHANGES = f"""
INSERT INTO menu_item_changes
    (restaurant_id, menu_item_id, menu_category_id, price, is_active, previous_menu_category_id, previous_price,
     was_active, known_at)
SELECT :restaurant_id, m.id, coalesce(r.category_id, m.menu_category_id), coalesce(r.price, m.price),
       {NOW_ON_MENU}, m.menu_category_id, m.price, m.is_active, :known_at
FROM menu_items m JOIN menu_rows r ON r.item_id = m.id
WHERE NOT r.is_new
  AND (m.menu_category_id, m.price, m.is_active) IS DISTINCT FROM
      (coalesce(r.category_id, m.menu_category_id), coalesce(r.price, m.price), {NOW_ON_MENU})
"""  # noqa: S608

CHANGED_ITEMS = f"""
UPDATE menu_items m
SET menu_category_id = coalesce(r.category_id, m.menu_category_id),
    price = coalesce(r.price, m.price),
    sku = coalesce(r.sku, m.sku),
    is_active = {NOW_ON_MENU},
    auto_created = m.auto_created AND (m.is_active OR m.first_sold_on IS NOT NULL)
FROM menu_rows r
WHERE m.id = r.item_id AND NOT r.is_new
  AND (m.menu_category_id, m.price, m.sku, m.is_active, m.auto_created) IS DISTINCT FROM
      (coalesce(r.category_id, m.menu_category_id), coalesce(r.price, m.price), coalesce(r.sku, m.sku),
       {NOW_ON_MENU}, m.auto_created AND (m.is_active OR m.first_sold_on IS NOT NULL))
"""  # noqa: S608


def load_menu(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Add a file's new items and categories, and change stored items whose values differ in the file.

    Idempotent: an item with the same values is left unchanged, and so is a value whose cell is empty or whose column is
    missing. An item keeps its name, by which its history is known. If two rows mean the same item, the later one
    counts. Items that the file leaves out stay: a menu is often handed in page by page.

    Args:
        tx: the restaurant's transaction.
        upload: the file.
        parsed: rows with item, category, price, sku, is_active.

    Raises:
        PermanentError: more items are new than one file may bring.
    """
    aliases = parsed.rows.item.map(fold_name)
    known = known_items(tx)
    new = {alias: uuid.uuid4() for alias in aliases.unique() if alias not in known}
    refuse_many(tx, new, parsed.detected_format["columns"]["item"])
    ids = aliases.map({**known, **new})
    repeated = ids.duplicated(keep="last").to_numpy(dtype=bool)
    result = known_rows_skipped(parsed, repeated, reason="repeated_row")
    if result.rows.empty:
        return accounting_of(result)
    categories = find_categories(tx, result.rows.category.dropna())
    rows = result.rows.assign(
        item_id=ids[~repeated].to_numpy(),
        alias=aliases[~repeated].to_numpy(),
        is_new=aliases[~repeated].isin(new).to_numpy(),
        category_id=result.rows.category.map(fold_name, na_action="ignore").map(categories),
    )
    if "is_active" not in parsed.detected_format["columns"]:
        rows = rows.assign(is_active=None)
    stage(tx.connection, "menu_rows", STAGED, rows)
    ours = {"restaurant_id": tx.restaurant.id}
    written = tx.connection.execute(text(NEW_ITEMS), ours).rowcount
    tx.connection.execute(text(NEW_ALIASES), ours)
    _suggest(tx, list(new), known)
    tx.connection.execute(text(NOTED_CHANGES), ours | {"known_at": upload.received_at})
    written += tx.connection.execute(text(CHANGED_ITEMS)).rowcount
    return accounting_of(result, written=written)


def _suggest(tx: Tenant, new: Sequence[str], known: Mapping[str, uuid.UUID]) -> None:
    """Suggest a merge for new items that are spelled nearly like another; a person decides."""
    now = known_items(tx)
    for alias, similar in suggestions_for(new, known, now).items():
        tx.connection.execute(update(MenuItemAlias).where(MenuItemAlias.alias == alias).values(similar))
