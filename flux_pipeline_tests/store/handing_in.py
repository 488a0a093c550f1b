"""A file handed in and loaded as the pipeline does it, and what stands then: for tests of what becomes of files."""

from typing import Any

from sqlalchemy import text

from flux_pipeline.store.archive import Archive
from flux_pipeline.store.loading import load_upload
from flux_pipeline.store.restaurant_settings import store_setting
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.store import Store
from flux_pipeline.store.uploads import Upload, register_upload


def hand_in(
    store: Store,
    restaurant: Restaurant,
    content: str,
    name: str = "sales.csv",
    *,
    overlap: str | None = None,
    rejected_share: float = 0.5,
    **columns: str,
) -> Upload:
    """Register and load a file of sales. In files of a few rows one is a large share, so much is allowed."""
    kept = Archive(store.settings.archive).keep(content.encode(), restaurant.slug)
    hints: dict[str, Any] = {"columns": columns} | ({"overlap": overlap} if overlap else {})
    with store.tenant(restaurant) as tx:
        store_setting(tx, "upload_rejected_share", rejected_share)
        upload, _ = register_upload(tx, kept, "sales", name, hints)
    return load_upload(store, restaurant, upload)


def ask(store: Store, restaurant: Restaurant, query: str) -> list[tuple[object, ...]]:
    """What the restaurant sees."""
    with store.tenant(restaurant) as tx:
        return [tuple(row) for row in tx.connection.execute(text(query))]
