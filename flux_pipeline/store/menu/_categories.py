"""Categories of the menu: found by name for a file of the menu or of sales; missing ones are created."""

import uuid
from collections.abc import Iterable

from sqlalchemy import insert, select

from flux_pipeline.names import fold_name
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.menu import MenuCategory


def find_categories(tx: Tenant, names: Iterable[str]) -> dict[str, uuid.UUID]:
    """Return the category of each name by its folded form ("Entrées" and "Entrees" are one).

    A name without a category creates one; new categories come last on the menu, in the order of `names`, each in its
    first spelling. If several stored categories have the same folded name, the first by sort_order is returned.
    """
    order = (MenuCategory.sort_order, MenuCategory.name)
    stored = tx.connection.execute(select(MenuCategory.id, MenuCategory.name, MenuCategory.sort_order).order_by(*order))
    ids: dict[str, uuid.UUID] = {}
    last = 0
    for row in stored:
        ids.setdefault(fold_name(row.name), row.id)
        last = max(last, row.sort_order)
    new = []
    for name in names:
        if fold_name(name) not in ids:
            ids[fold_name(name)] = uuid.uuid4()
            new.append({"restaurant_id": tx.restaurant.id, "id": ids[fold_name(name)], "name": name})
    if new:
        rows = [row | {"sort_order": last + place} for place, row in enumerate(new, start=1)]
        tx.connection.execute(insert(MenuCategory), rows)
    return ids
