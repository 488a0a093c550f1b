"""Loader of files of conversions of units."""

import pandas as pd

from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen._units import CONVERSIONS
from flux_pipeline.store.kitchen.ingredients import find_ingredients
from flux_pipeline.store.menu.items import known_items
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.uploads.registry import Upload, accounting_of


def load_conversions(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Store the conversions of a file. Idempotent; a pair of units that is stored gets the new quantities.

    A name that is no ingredient but an item (a preparation) converts that; any other name creates an ingredient.
    """
    rows = as_records(parsed.rows)
    if not rows:
        return accounting_of(parsed)
    items = known_items(tx)
    bought = [row | {"unit": row["from_unit"]} for row in rows if fold_name(row["ingredient"] or "") not in items]
    ingredients = find_ingredients(tx, bought)
    for row in rows:
        name = fold_name(row["ingredient"] or "")
        row["ingredient_id"] = ingredients[name].id if name in ingredients else None
        row["menu_item_id"] = items.get(name) if row["ingredient_id"] is None else None
    written = CONVERSIONS.note(
        tx.connection, pd.DataFrame(rows).assign(known_at=None), upload.received_at, restaurant_id=tx.restaurant.id
    )
    return accounting_of(parsed, written=written)
