"""Menu items by the names that people type."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name, near_duplicates
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.menu import MenuItem, MenuItemAlias


@dataclass(frozen=True)
class Item:
    """A menu item with its name."""

    id: uuid.UUID
    name: str


def find_item(tx: Tenant, name: str) -> Item:
    """Find the item that a name means: by the restaurant's spellings, else by an item's own name.

    Raises:
        PermanentError: no item has such a name; the message suggests one that is spelled nearly like it.
    """
    alias = fold_name(name)
    by_alias = (
        select(MenuItem.id, MenuItem.name)
        .join(MenuItemAlias, MenuItemAlias.menu_item_id == MenuItem.id)
        .where(MenuItemAlias.alias == alias)
    )
    row = tx.connection.execute(by_alias).one_or_none()
    if row is not None:
        return Item(row.id, row.name)
    every = tx.connection.execute(select(MenuItem.id, MenuItem.name))
    items = {fold_name(row.name): Item(row.id, row.name) for row in every}
    if alias in items:
        return items[alias]
    near = near_duplicates([alias], items)
    meant = f" Did you mean {items[near[0].known].name!r}?" if near else ""
    raise PermanentError(
        f"No menu item of {tx.restaurant.slug} is called {name!r}.{meant} "
        f"`flux menu items --restaurant {tx.restaurant.slug}` shows them."
    )
