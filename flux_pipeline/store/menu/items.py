"""Menu items by the names that people and files give them."""

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


def known_items(tx: Tenant) -> dict[str, uuid.UUID]:
    """Return the items by every folded name that means them: the restaurant's spellings come before items' own names.

    The own name of an item that was merged means the item that it was merged into.
    """
    names = tx.connection.execute(select(MenuItem.name, MenuItem.id).order_by(MenuItem.name))
    found = {fold_name(row.name): row.id for row in names}
    aliases = tx.connection.execute(select(MenuItemAlias.alias, MenuItemAlias.menu_item_id))
    return found | {row.alias: row.menu_item_id for row in aliases}


def homes_of_items(tx: Tenant) -> dict[uuid.UUID, uuid.UUID]:
    """Return for each item the one that its name means: itself, or the item that it was merged into."""
    means = known_items(tx)
    rows = tx.connection.execute(select(MenuItem.id, MenuItem.name))
    return {row.id: means[fold_name(row.name)] for row in rows}


def names_of_items(tx: Tenant) -> dict[uuid.UUID, str]:
    """Return the name of each item; of one that was merged, that of the item that it was merged into."""
    names = {row.id: row.name for row in tx.connection.execute(select(MenuItem.id, MenuItem.name))}
    return {item: names[home] for item, home in homes_of_items(tx).items()}


def find_item(tx: Tenant, name: str) -> Item:
    """Find the item that a name means, as `known_items` says.

    Raises:
        PermanentError: no item has such a name; the message suggests one that is spelled nearly like it.
    """
    alias = fold_name(name)
    means = known_items(tx)
    names = {row.id: row.name for row in tx.connection.execute(select(MenuItem.id, MenuItem.name))}
    if alias in means:
        return Item(means[alias], names[means[alias]])
    near = near_duplicates([alias], [fold_name(each) for each in names.values()])
    meant = f" Did you mean {names[means[near[0].known]]!r}?" if near else ""
    raise PermanentError(
        f"No menu item of {tx.restaurant.slug} is called {name!r}.{meant} "
        f"`flux menu items --restaurant {tx.restaurant.slug}` shows them."
    )
