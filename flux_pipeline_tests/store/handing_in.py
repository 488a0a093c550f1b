"""A file handed in and loaded as the pipeline does it, and what stands then: for tests of what becomes of files."""

import datetime as dt
from typing import Any

from sqlalchemy import text

from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import Upload, find_upload, register_upload


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


def hand_in_kind(
    store: Store, restaurant: Restaurant, kind: str, content: str, *, received_at: dt.datetime | None = None
) -> Upload:
    """Register and load a file of another kind; `received_at` where it came in at another time than now."""
    kept = Archive(store.settings.archive).keep(content.encode(), restaurant.slug)
    with store.tenant(restaurant) as tx:
        upload, _ = register_upload(tx, kept, kind, f"{kind}.csv", {})
        if received_at is not None:
            came = text("UPDATE data_uploads SET received_at = :at WHERE id = :id")
            tx.connection.execute(came, {"at": received_at, "id": upload.id})
            upload = find_upload(tx, upload.id)
    return load_upload(store, restaurant, upload)


def ask(store: Store, restaurant: Restaurant, query: str) -> list[tuple[object, ...]]:
    """What the restaurant sees."""
    with store.tenant(restaurant) as tx:
        return [tuple(row) for row in tx.connection.execute(text(query))]
