"""Menu items as recipes name them: a name means the item of its spelling, and a merged item is the one that remains."""

import uuid

from sqlalchemy import select

from flux_pipeline.names import fold_name
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.menu import MenuItem, MenuItemAlias


def known_items(tx: Tenant) -> dict[str, uuid.UUID]:
    """Return the items by every folded name that means them."""
    named = tx.connection.execute(select(MenuItem.name, MenuItem.id).order_by(MenuItem.name))
    found = {fold_name(name): item_id for name, item_id in named}
    spelled = tx.connection.execute(select(MenuItemAlias.alias, MenuItemAlias.menu_item_id))
    return found | {alias: item_id for alias, item_id in spelled}  # noqa: C416  (rows are not pairs to mypy)


def homes_of_items(tx: Tenant) -> dict[uuid.UUID, uuid.UUID]:
    """Return for each item the one that its name means: itself, or the item that it was merged into."""
    means = known_items(tx)
    rows = tx.connection.execute(select(MenuItem.id, MenuItem.name))
    return {row.id: means[fold_name(row.name)] for row in rows}


def names_of_items(tx: Tenant) -> dict[uuid.UUID, str]:
    """Return the name of each item."""
    return {row.id: row.name for row in tx.connection.execute(select(MenuItem.id, MenuItem.name))}
