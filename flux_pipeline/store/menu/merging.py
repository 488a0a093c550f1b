"""Merges of menu items: two items are merged, split again, or kept apart. Only a person decides that.

The only change to history is the item that a line of a ticket counts for: its text stays as it was written, and so does
every forecast that was published.
"""

from dataclasses import dataclass

from sqlalchemy import or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu.items import Item, find_item
from flux_pipeline.store.menu.moves import move_aliases, noted_moves
from flux_pipeline.store.models.menu import MenuItem, MenuItemAlias
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.schema.tables import sync_table

# Values that don't follow from sales stay those of the item that remains; if it has none, it takes the other's.
TAKE_OVER = """
UPDATE menu_items m
SET is_active = m.is_active OR gone.is_active, menu_category_id = coalesce(m.menu_category_id, gone.menu_category_id),
    sku = coalesce(m.sku, gone.sku), price = coalesce(m.price, gone.price)
FROM menu_items gone WHERE m.id = :into AND gone.id = :item
"""

POINT_SUGGESTIONS = """
UPDATE menu_item_aliases SET suggested_menu_item_id = :into WHERE suggested_menu_item_id = :item
"""
FORGET_SUGGESTIONS = """
UPDATE menu_item_aliases SET suggested_menu_item_id = NULL, similarity = NULL
WHERE suggested_menu_item_id = menu_item_id
"""

ON_MENU = """
UPDATE menu_items SET is_active = first_sold_on IS NOT NULL OR NOT auto_created WHERE id = :item
"""


@dataclass(frozen=True)
class Moved:
    """Result of a merge or a split.

    Attributes:
        item: the item from which lines of tickets moved.
        into: the item to which they moved.
        lines: how many moved.
        is_new: whether anything changed; otherwise it was so before.
    """

    item: str
    into: str
    lines: int = 0
    is_new: bool = True


def merge_items(tx: Tenant, name: str, into: str) -> Moved:
    """Merge an item into another: all its spellings mean the other from now on, and its sales count for it.

    The item itself stays on record, off the menu. Idempotent; one transaction, the caller's, with the row in
    `audit_logs` and the new `daily_item_sales`.

    Args:
        tx: the restaurant's transaction.
        name: the item to merge, by any of its spellings.
        into: the item that remains.

    Raises:
        PermanentError: no item has such a name.
    """
    tx.lock()
    item, target = find_item(tx, name), find_item(tx, into)
    if item == target:
        return Moved(name, target.name, is_new=False)
    for one in (item, target):
        _name_by_alias(tx, one)
    aliases = _aliases(tx, item)
    both = {"item": item.id, "into": target.id}
    tx.connection.execute(text(TAKE_OVER), both)
    lines = move_aliases(tx, aliases, item.id, target.id)
    tx.connection.execute(update(MenuItem).where(MenuItem.id == item.id).values(is_active=False))
    tx.connection.execute(text(POINT_SUGGESTIONS), both)
    tx.connection.execute(text(FORGET_SUGGESTIONS))
    sync_table(tx, "daily_item_sales")
    after = {"item": target.name, "lines": lines, "spellings": aliases}
    note_act(tx, "menu.merge", item.name, {"item": item.name}, after)
    return Moved(item.name, target.name, lines)


def split_item(tx: Tenant, name: str) -> Moved:
    """Split a merged spelling off: it means its own item again, with all that was sold under it.

    Idempotent; one transaction, as in `merge_items`.

    Args:
        tx: the restaurant's transaction.
        name: the spelling.

    Raises:
        PermanentError: no item has such a spelling, or it was never merged.
    """
    tx.lock()
    now, alias = find_item(tx, name), fold_name(name)
    home = next((move.source for move in noted_moves(tx) if move.alias == alias), None)
    if home is None:
        raise PermanentError(
            f"{name!r} was never merged: it is the item {now.name!r}. `flux menu items` shows each item's spellings."
        )
    own = tx.connection.execute(select(MenuItem.id, MenuItem.name).where(MenuItem.id == home)).one()
    if own.id == now.id:
        return Moved(now.name, own.name, is_new=False)
    lines = move_aliases(tx, [alias], now.id, own.id)
    tx.connection.execute(text(ON_MENU), {"item": own.id})
    sync_table(tx, "daily_item_sales")
    note_act(tx, "menu.split", own.name, {"item": now.name}, {"item": own.name, "lines": lines, "spellings": [alias]})
    return Moved(now.name, own.name, lines)


def keep_apart(tx: Tenant, name: str, other: str) -> bool:
    """Dismiss the suggestion that two items are one; return whether there was one.

    Suggestions are made for new spellings only, so it is not made again.

    Raises:
        PermanentError: no item has such a name.
    """
    tx.lock()
    one, two = find_item(tx, name), find_item(tx, other)
    pairs = [
        (MenuItemAlias.menu_item_id == a.id) & (MenuItemAlias.suggested_menu_item_id == b.id)
        for a, b in ((one, two), (two, one))
    ]
    nothing = {"suggested_menu_item_id": None, "similarity": None}
    dismissed = tx.connection.execute(update(MenuItemAlias).where(or_(*pairs)).values(nothing)).rowcount
    if dismissed:
        note_act(tx, "menu.keep", one.name, after={"apart_from": two.name})
    return bool(dismissed)


def _aliases(tx: Tenant, item: Item) -> list[str]:
    """Return the spellings of an item, its own name among them."""
    known = tx.connection.scalars(select(MenuItemAlias.alias).where(MenuItemAlias.menu_item_id == item.id))
    return sorted(known)


def _name_by_alias(tx: Tenant, item: Item) -> None:
    """Make an item's name one of its spellings; one that was put on the menu by hand may have none yet."""
    values = {"restaurant_id": tx.restaurant.id, "menu_item_id": item.id, "alias": fold_name(item.name)}
    tx.connection.execute(insert(MenuItemAlias).values(values).on_conflict_do_nothing())
