"""All sales of a restaurant made anew from its archive: what is published can be traced back to files, to the row."""

from dataclasses import dataclass

from sqlalchemy import func, select, text

from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.loading._replay import replay_days
from flux_pipeline.store.menu.sold import recounting
from flux_pipeline.store.models.sales import Transaction, TransactionItem
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.uploads.registry import loaded_sales


@dataclass(frozen=True)
class Rebuild:
    """How many files were read again, and the lines and transactions that stood before and stand now."""

    uploads: int
    lines_before: int
    lines: int
    transactions: int


def rebuild_restaurant(store: Store, restaurant: Restaurant) -> Rebuild:
    """Delete every sale of a restaurant and load all its sales files again, in the order in which they were loaded.

    Ends with identical rows, ids included, where neither a file nor a setting changed; an item keeps its id and what
    people said of it. One transaction: a rebuild that is killed or lacks a file changes nothing, and readers see what
    stood before until it is done.

    Raises:
        PermanentError: a file is gone from the archive.
    """
    with store.tenant(restaurant) as tx:
        tx.lock()
        before = _count(tx, TransactionItem)
        uploads = loaded_sales(tx)
        tx.connection.execute(text("DELETE FROM transaction_items"))
        tx.connection.execute(text("DELETE FROM transactions"))
        with recounting(tx):
            replay_days(tx, uploads)
        sync_table(tx, "daily_item_sales")
        return Rebuild(len(uploads), before, _count(tx, TransactionItem), _count(tx, Transaction))


def _count(tx: Tenant, table: type[Transaction] | type[TransactionItem]) -> int:
    return tx.connection.scalar(select(func.count()).select_from(table)) or 0
