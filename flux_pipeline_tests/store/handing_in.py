"""A file handed in and loaded as the pipeline does it, and what is stored then: for tests of what becomes of files."""

import datetime as dt

from sqlalchemy import text

from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading import hand_in as door
from flux_pipeline.store.loading.load import load_upload
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.registry import Upload, find_upload


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
    """Hand in and load a file of sales. In files of a few rows one is a large share, so much is allowed."""
    with store.tenant(restaurant) as tx:
        store_setting(tx, "upload_rejected_share", rejected_share)
    return hand_in_kind(store, restaurant, "sales", content, name, hints=Hints(columns, overlap=overlap))


def hand_in_kind(
    store: Store,
    restaurant: Restaurant,
    kind: str,
    content: str | bytes,
    name: str = "",
    *,
    hints: Hints | None = None,
    received_at: dt.datetime | None = None,
) -> Upload:
    """Hand in and load a file of any kind; `received_at` where it came in at another time than now."""
    source = Source.of(content if isinstance(content, bytes) else content.encode(), name or f"{kind}.csv")
    upload = door.hand_in(store, restaurant, source, kind, hints, record_refusal=True).upload
    if received_at is not None:
        with store.tenant(restaurant) as tx:
            came = text("UPDATE data_uploads SET received_at = :at WHERE id = :id")
            tx.connection.execute(came, {"at": received_at, "id": upload.id})
            upload = find_upload(tx, upload.id)
    return load_upload(store, restaurant, upload)


def ask(store: Store, restaurant: Restaurant, query: str) -> list[tuple[object, ...]]:
    """What the restaurant sees."""
    with store.tenant(restaurant) as tx:
        return [tuple(row) for row in tx.connection.execute(text(query))]
