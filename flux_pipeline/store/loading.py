"""A kept file into its tables: read it, load what is valid, keep what is not with the reason, account for every row.

What a valid row is, `ingest` decides; when a file is loaded, `orchestration` does.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from flux_pipeline.audit import Accounting
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest import KINDS, ParsedUpload, Place, read_upload
from flux_pipeline.store.archive import SHARED, Archive
from flux_pipeline.store.feeds import load_feed, loaded_feed_file, record_feed_file
from flux_pipeline.store.hours import load_closures, load_opening_hours
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.sales_loading import load_sales_upload, make_months_of
from flux_pipeline.store.store import Store, Tenant
from flux_pipeline.store.uploads import (
    Upload,
    accounting_of,
    claim_upload,
    complete_upload,
    fail_upload,
    find_upload,
    mark_processing,
)

# Rejected lines of a feed are kept beside the file's accounting; more than this say nothing new.
REJECTED_KEPT = 1000


def _needs_nothing(_store: Store, _parsed: ParsedUpload) -> None:
    """Most kinds need nothing to be made before their transaction."""


@dataclass(frozen=True)
class Loader:
    """How the valid rows of a kind go in: what must be made before, and the writing itself, in one transaction.

    `load` accounts for every row; it is called while the upload waits and the restaurant is locked.
    """

    load: Callable[[Tenant, Upload, ParsedUpload], Accounting]
    prepare: Callable[[Store, ParsedUpload], None] = _needs_nothing


LOADERS = {
    "sales": Loader(load_sales_upload, prepare=make_months_of),
    "operating_hours": Loader(load_opening_hours),
    "closures": Loader(load_closures),
}


@dataclass(frozen=True)
class FeedFile:
    """What became of a feed's file. `error` says why nothing of it could be read."""

    kind: str
    file_name: str
    accounting: Accounting
    was_known: bool = False
    error: str | None = None


def load_upload(store: Store, restaurant: Restaurant, upload: Upload) -> Upload:
    """Load a waiting upload, whole or not at all; returns it as it stands afterwards.

    Idempotent: its rows and its new status are one transaction, and a finished upload is left alone. A file that can't
    be read becomes `failed` with the reason; nothing is raised for it, because the other files are fine.

    Raises:
        TransientError: the database can't do it now; the upload waits on.
    """
    with store.tenant(restaurant) as tx:
        if not mark_processing(tx, upload):
            return find_upload(tx, upload.id)
    try:
        _load_rows(store, restaurant, upload)
    except PermanentError as exc:
        with store.tenant(restaurant) as tx:
            fail_upload(tx, upload, str(exc))
    with store.tenant(restaurant) as tx:
        return find_upload(tx, upload.id)


def _load_rows(store: Store, restaurant: Restaurant, upload: Upload) -> None:
    if KINDS[upload.kind].shared:
        raise PermanentError(
            f"{upload.file_name!r} is of kind {upload.kind!r}, which all restaurants share. Upload it without "
            f"--restaurant, or drop it in {SHARED}/{upload.kind}/ of the landing folder."
        )
    content = Archive(store.settings.archive).read(upload.storage_uri)
    place = Place(restaurant.timezone, restaurant.business_day_cutoff)
    parsed = read_upload(content, kind=upload.kind, columns=upload.columns, place=place, known_at=upload.received_at)
    loader = LOADERS[upload.kind]
    loader.prepare(store, parsed)
    with store.tenant(restaurant) as tx:
        if not claim_upload(tx, upload):
            return
        accounting = loader.load(tx, upload, parsed)
        complete_upload(
            tx,
            upload,
            accounting,
            parsed.rejected,
            contract_version=parsed.contract_version,
            detected_format=parsed.detected_format,
            first_date=parsed.first_date,
            last_date=parsed.last_date,
        )


def load_feed_file(
    store: Store, kind: str, file_name: str, content: bytes, *, known_at: dt.datetime, columns: dict[str, str] | None
) -> FeedFile:
    """Load a file of a shared feed, whole or not at all.

    Idempotent: a file of the same content is known, and rows that stand already are skipped.

    Args:
        store: the store.
        kind: "weather" or "local_events".
        file_name: as it was handed in.
        content: the file.
        known_at: when it came in: what it says of events became known then, where it gives no earlier time.
        columns: header by field, where the file's own headers are not recognised.
    """
    kept = Archive(store.settings.archive).keep(content, SHARED)
    with store.feeds() as connection:
        if loaded_feed_file(connection, kind, kept.content_sha256):
            return FeedFile(kind, file_name, Accounting(), was_known=True)
    try:
        parsed = read_upload(content, kind=kind, columns=columns, known_at=known_at)
        with store.feeds() as connection:
            accounting = accounting_of(parsed, written=load_feed(connection, kind, parsed.rows))
            records = parsed.rejected.head(REJECTED_KEPT).astype(object).to_dict("records")
            rejected = [{str(key): value for key, value in record.items()} for record in records]
            record_feed_file(connection, kind, file_name, kept, accounting, rejected)
    except PermanentError as exc:
        with store.feeds() as connection:
            record_feed_file(connection, kind, file_name, kept, Accounting(), [], error=str(exc))
        return FeedFile(kind, file_name, Accounting(), error=str(exc))
    return FeedFile(kind, file_name, accounting)
