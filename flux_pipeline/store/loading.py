"""A kept file into its tables: read it, load what is valid, keep what is not with the reason, account for every row.

What a valid row is, `ingest` decides; when a file is loaded, `orchestration` does.
"""

import datetime as dt
from dataclasses import dataclass

from flux_pipeline.audit import Accounting
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest import KINDS, ParsedUpload, Place, known_rows_skipped, read_upload
from flux_pipeline.ingest.names import fold_name
from flux_pipeline.store.archive import SHARED, Archive
from flux_pipeline.store.feeds import load_feed, loaded_feed_file, record_feed_file
from flux_pipeline.store.overlaps import find_overlap
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.sales import load_sales, make_months
from flux_pipeline.store.store import Store
from flux_pipeline.store.uploads import (
    Upload,
    claim_upload,
    complete_upload,
    fail_upload,
    find_upload,
    mark_processing,
)

SALES_TABLES = ("transactions", "transaction_items")
# Rejected lines of a feed are kept beside the file's accounting; more than this say nothing new.
REJECTED_KEPT = 1000


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
    names = parsed.rows.item_name
    folded = {name: fold_name(name) for name in names.unique()}
    aliases = names.map(folded)
    if len(parsed.rows):
        make_months(store, SALES_TABLES, parsed.rows.business_date.dt.date.unique())
    with store.tenant(restaurant) as tx:
        if not claim_upload(tx, upload):
            return
        overlap = find_overlap(tx, parsed.rows.assign(alias=aliases))
        result = known_rows_skipped(parsed, overlap.same)
        left = ~overlap.same
        result = known_rows_skipped(result, overlap.differs[left], reason="differs_from_loaded")
        left &= ~overlap.differs
        result = known_rows_skipped(result, overlap.counted[left], reason="already_counted")
        fresh = aliases[left & ~overlap.counted]
        load_sales(tx, upload.id, result.rows.assign(alias=fresh.to_numpy()))
        complete_upload(
            tx,
            upload,
            accounting_of(result),
            result.rejected,
            contract_version=result.contract_version,
            detected_format=result.detected_format,
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
            accounting = _feed_accounting(parsed, load_feed(connection, kind, parsed.rows))
            records = parsed.rejected.head(REJECTED_KEPT).astype(object).to_dict("records")
            rejected = [{str(key): value for key, value in record.items()} for record in records]
            record_feed_file(connection, kind, file_name, kept, accounting, rejected)
    except PermanentError as exc:
        with store.feeds() as connection:
            record_feed_file(connection, kind, file_name, kept, Accounting(), [], error=str(exc))
        return FeedFile(kind, file_name, Accounting(), error=str(exc))
    return FeedFile(kind, file_name, accounting)


def accounting_of(parsed: ParsedUpload) -> Accounting:
    """The accounting of a parsed file, to store."""
    return Accounting(
        read=parsed.read_count,
        loaded=parsed.loaded_count,
        skipped=parsed.skipped_count,
        rejected=parsed.rejected_count,
        reasons=parsed.reasons,
    )


def _feed_accounting(parsed: ParsedUpload, written: int) -> Accounting:
    """Valid rows that changed nothing, because an equal or a later one stands, count as already loaded."""
    same = parsed.loaded_count - written
    reasons = parsed.reasons | ({"already_loaded": same} if same else {})
    return Accounting(parsed.read_count, written, parsed.skipped_count + same, parsed.rejected_count, reasons)
