"""Loaders of the kinds of upload: each writes the valid rows of its kind to the database.

A kind whose rows are facts of one table needs its table here and no loader of its own. Files of a kind
that is not here are checked and kept. The contracts (ingest/kinds) define the fields of a kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from flux_pipeline.ingest.result import ParsedUpload, known_rows_skipped
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.kitchen.conversions import load_conversions
from flux_pipeline.store.kitchen.counts import load_counts
from flux_pipeline.store.kitchen.deliveries import load_deliveries
from flux_pipeline.store.kitchen.ingredients import load_ingredients
from flux_pipeline.store.kitchen.recipe_file import load_recipes
from flux_pipeline.store.kitchen.vendors import load_vendor_prices
from flux_pipeline.store.kitchen.waste import load_waste
from flux_pipeline.store.known.closures import CLOSURES, with_reasons
from flux_pipeline.store.known.feeds import EVENTS, OWN_EVENTS, WEATHER
from flux_pipeline.store.known.hours import load_opening_hours
from flux_pipeline.store.known.promotions import PROMOTIONS
from flux_pipeline.store.known.reservations import load_reservations
from flux_pipeline.store.known.stock_outs import SOLD_OUT, with_moments
from flux_pipeline.store.known.versions import Latest, Versioned
from flux_pipeline.store.menu.file import load_menu
from flux_pipeline.store.menu.names import items_named
from flux_pipeline.store.sales.loading import load_sales_upload
from flux_pipeline.store.staff.availability import load_availability
from flux_pipeline.store.staff.employees import load_employees, load_skills
from flux_pipeline.store.staff.templates import load_templates
from flux_pipeline.store.uploads.registry import Upload, accounting_of
from flux_pipeline.store.uploads.rows import Intake

# A column that holds an id, the field of a file that names it, and what finds the id of each name.
NAMES: Mapping[str, tuple[str, Callable[[Tenant, pd.Series], pd.Series]]] = {"menu_item_id": ("item", items_named)}


@dataclass(frozen=True)
class Loader:
    """Loader of a kind: `load` writes its valid rows and accounts for all of them, in one transaction.

    It is called while the upload waits and the restaurant is locked.
    """

    load: Callable[[Store, Tenant, Upload, Intake], Accounting]


def at_once(load: Callable[[Tenant, Upload, ParsedUpload], Accounting]) -> Loader:
    """Return the loader of a kind whose files are small: it gets all rows at once."""
    return Loader(lambda _store, tx, upload, intake: load(tx, upload, intake.read_all()))


def facts(table: Versioned, prepare: Callable[[Tenant, pd.DataFrame], pd.DataFrame] = lambda _tx, rows: rows) -> Loader:
    """Return the loader of a kind whose rows are facts of one table.

    Args:
        table: the table; ids in its key are found by the names in the file (`NAMES`).
        prepare: converts the file's fields to the table's columns, if these differ.
    """

    def load(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
        if parsed.rows.empty:
            return accounting_of(parsed)
        found = {column: NAMES[column] for column in table.key if column in NAMES}
        headers = parsed.detected_format["columns"]
        ids = {
            column: resolve(tx, parsed.rows[field].rename(headers[field])) for column, (field, resolve) in found.items()
        }
        rows = prepare(tx, parsed.rows.assign(**ids))
        # Two names may mean one item: the later row counts.
        repeated = rows.duplicated(list(table.key), keep="last").to_numpy(dtype=bool)
        constants: dict[str, Any] = {"restaurant_id": tx.restaurant.id}
        if "source" in table.table.c and "source" not in table.key:
            constants |= {"source": "upload"}
        written = table.note(tx.connection, rows[~repeated], upload.received_at, **constants)
        return accounting_of(known_rows_skipped(parsed, repeated, reason="repeated_row"), written=written)

    return at_once(load)


LOADERS: Mapping[str, Loader] = {
    "sales": Loader(load_sales_upload),
    "menu": at_once(load_menu),
    "employees": at_once(load_employees),
    "skills": at_once(load_skills),
    "availability": at_once(load_availability),
    "shift_templates": at_once(load_templates),
    "ingredients": at_once(load_ingredients),
    "unit_conversions": at_once(load_conversions),
    "recipes": Loader(lambda _store, tx, upload, intake: load_recipes(tx, upload, intake)),
    "vendor_prices": at_once(load_vendor_prices),
    "deliveries": at_once(load_deliveries),
    "inventory_counts": Loader(lambda _store, tx, upload, intake: load_counts(tx, upload, intake)),
    "waste": Loader(lambda _store, tx, upload, intake: load_waste(tx, upload, intake)),
    "reservations": at_once(load_reservations),
    "operating_hours": at_once(load_opening_hours),
    "closures": facts(CLOSURES, with_reasons),
    "promotions": facts(PROMOTIONS),
    "sold_out": facts(SOLD_OUT, with_moments),
    "restaurant_events": facts(OWN_EVENTS),
}
# Kinds that all restaurants share, by the table of their rows.
SHARED_TABLES: Mapping[str, Latest] = {"weather": WEATHER, "local_events": EVENTS}


def is_loaded(kind: str) -> bool:
    """Return whether the rows of a kind are loaded; those of other kinds are only checked and kept."""
    return kind in LOADERS or kind in SHARED_TABLES
