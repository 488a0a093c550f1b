"""Registry of the files that a restaurant handed in: each content once, with its status and its accounting."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import Update, insert, select, text, update
from sqlalchemy.engine import Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.tenants import Restaurant
from flux_pipeline.store.models.uploads import GONE, LOADED, WAITING, DataUpload, UploadStatus
from flux_pipeline.store.uploads._open import IS_OPEN
from flux_pipeline.wording import count_of

if TYPE_CHECKING:
    # Listing uploads must not wait for pandas.
    from flux_pipeline.ingest.result import ParsedUpload
    from flux_pipeline.store.uploads.archive import KeptFile


@dataclass(frozen=True)
class Upload:
    """A row of `data_uploads`: a file that was handed in."""

    id: uuid.UUID
    kind: str
    file_name: str
    storage_uri: str
    status: UploadStatus
    hints: Mapping[str, Any]
    accounting: Accounting
    error: str | None
    first_business_date: dt.date | None
    last_business_date: dt.date | None
    received_at: dt.datetime
    finished_at: dt.datetime | None
    dismissed_at: dt.datetime | None
    drift: tuple[str, ...] = ()
    # Only `list_uploads` and `open_refusals` know.
    is_open: bool = False

    @property
    def short_id(self) -> str:
        """The first characters of the id, enough for a person to name the upload."""
        return str(self.id)[:8]

    @property
    def is_waiting(self) -> bool:
        """Whether its rows are still to be read."""
        return self.status in WAITING


@dataclass(frozen=True)
class Outcome:
    """Result of a file that was read to its end.

    Attributes:
        accounting: of its rows.
        contract_version: the version of the contract by which it was read.
        detected_format: its format, as detected (`OpenUpload.detected_format`).
        drift: what is new in it and what else a person should know about it, in sentences.
        first_date, last_date: of its rows.
    """

    accounting: Accounting
    contract_version: str
    detected_format: Mapping[str, Any]
    drift: tuple[str, ...]
    first_date: dt.date | None
    last_date: dt.date | None


# The columns that make an `Accounting`, in the order of its fields.
COUNTS = ("row_count", "loaded_count", "skipped_count", "rejected_count", "reasons")
SUMMARY = tuple(
    getattr(DataUpload, name)
    for name in (*(each.name for each in fields(Upload) if each.name not in {"accounting", "is_open"}), *COUNTS)
)


def accounting_of(parsed: "ParsedUpload", written: int | None = None) -> Accounting:
    """Return the accounting of a parsed file, to store.

    Args:
        parsed: the file.
        written: how many of its valid rows changed anything; the others were already loaded. Default: all.
    """
    same = 0 if written is None else parsed.loaded_count - written
    return Accounting(
        read=parsed.read_count,
        loaded=parsed.loaded_count - same,
        skipped=parsed.skipped_count + same,
        rejected=parsed.rejected_count,
        reasons=parsed.reasons | ({"already_loaded": same} if same else {}),
    )


def refuse_incomplete(parsed: "ParsedUpload", replaced: str) -> None:
    """Raise PermanentError if a row was rejected: `replaced`, in the plural, would be replaced without it."""
    if not parsed.rejected_count:
        return
    first = parsed.rejected.iloc[0]
    raise PermanentError(
        f"{parsed.rejected_count} of {count_of(parsed.read_count, 'row')} can't be read, and {replaced} are replaced "
        f"as a whole. Line {first.line_number}: {first.message} Correct the file and send it again."
    )


def register_upload(
    tx: Tenant,
    kept: "KeptFile",
    kind: str,
    file_name: str,
    hints: Mapping[str, Any],
    received_at: dt.datetime | None = None,
) -> tuple[Upload, bool]:
    """Register a file that was handed in. The same content is registered once, however often it is handed in.

    While a file waits, new hints replace the earlier ones. A file that is sent without hints (from the landing folder)
    keeps the earlier ones.

    Args:
        tx: the restaurant's transaction.
        kept: the file in the archive.
        kind: what it holds.
        file_name: as it was handed in.
        hints: the sender's hints, as `Hints.as_json()` gives them.
        received_at: when it was handed in; None: now.

    Returns:
        The upload, and whether it is new. A file that failed before or was withdrawn is new again.
    """
    tx.lock()
    known = find_known(tx, kind, kept.content_sha256)
    as_sent: dict[str, Any] = {"storage_uri": kept.storage_uri, "hints": dict(hints)}
    if kept.detected_format:
        as_sent["detected_format"] = dict(kept.detected_format)
    if known is not None:
        if not (known.is_waiting and hints):
            return known, False
        renewed = _waiting(known).values(as_sent).returning(*SUMMARY)
        return _upload(tx.connection.execute(renewed).mappings().one()), False
    values = {
        "restaurant_id": tx.restaurant.id,
        "kind": kind,
        "file_name": file_name,
        "content_sha256": kept.content_sha256,
        "size_bytes": kept.size_bytes,
        **({"received_at": received_at} if received_at else {}),
        **as_sent,
    }
    new = tx.connection.execute(insert(DataUpload).values(values).returning(*SUMMARY)).mappings().one()
    return _upload(new), True


def find_known(tx: Tenant, kind: str, content_sha256: str) -> Upload | None:
    """Return the upload of this content that waits or is loaded, if there is one."""
    query = select(*SUMMARY).where(DataUpload.kind == kind, DataUpload.content_sha256 == content_sha256)
    row = tx.connection.execute(query.where(DataUpload.status.not_in(GONE))).mappings().one_or_none()
    return None if row is None else _upload(row)


def waiting_uploads(tx: Tenant) -> list[Upload]:
    """Return the uploads whose rows are still to be read, oldest first; those of a killed run are among them."""
    query = select(*SUMMARY).where(DataUpload.status.in_(WAITING)).order_by(DataUpload.received_at, DataUpload.id)
    return [_upload(row) for row in tx.connection.execute(query).mappings()]


def open_refusals(tx: Tenant) -> list[Upload]:
    """Return the files that could not be read or loaded and that nobody has dealt with, oldest first."""
    query = select(*SUMMARY, IS_OPEN.label("is_open")).where(IS_OPEN).order_by(DataUpload.received_at, DataUpload.id)
    return [_upload(row) for row in tx.connection.execute(query).mappings()]


def loaded_uploads(tx: Tenant, kind: str) -> list[Upload]:
    """Return the loaded files of a kind in the order in which they were loaded; each was compared with those before."""
    query = (
        select(*SUMMARY)
        .where(DataUpload.kind == kind, DataUpload.status.in_(LOADED))
        .order_by(DataUpload.finished_at, DataUpload.id)
    )
    return [_upload(row) for row in tx.connection.execute(query).mappings()]


def waiting_by_restaurant(fleet: Connection) -> dict[str, uuid.UUID]:
    """Return the newest waiting upload of each restaurant that has one, by slug; needs the fleet role."""
    query = (
        select(Restaurant.slug, DataUpload.id)
        .join(DataUpload, DataUpload.restaurant_id == Restaurant.id)
        .where(DataUpload.status.in_(WAITING))
        .order_by(DataUpload.received_at)
    )
    return {row.slug: row.id for row in fleet.execute(query)}


def list_uploads(fleet: Connection, slug: str | None = None, limit: int = 50) -> list[tuple[str, Upload]]:
    """Return the last uploads with their restaurants' slugs, the newest first; needs the fleet role.

    Args:
        fleet: a transaction that sees all restaurants.
        slug: only those of this restaurant.
        limit: the largest number to return.
    """
    query = (
        select(Restaurant.slug.label("slug"), *SUMMARY, IS_OPEN.label("is_open"))
        .join(DataUpload, DataUpload.restaurant_id == Restaurant.id)
        .order_by(DataUpload.received_at.desc(), DataUpload.id)
        .limit(limit)
    )
    if slug is not None:
        query = query.where(Restaurant.slug == slug)
    rows = [dict(row) for row in fleet.execute(query).mappings()]
    return [(row.pop("slug"), _upload(row)) for row in rows]


def find_upload(tx: Tenant, upload_id: uuid.UUID) -> Upload:
    """Return an upload by its id, as it is stored now."""
    return _upload(tx.connection.execute(select(*SUMMARY).where(DataUpload.id == upload_id)).mappings().one())


def claim_upload(tx: Tenant, upload: Upload) -> bool:
    """Take the upload for this transaction; return False if another run has finished it meanwhile."""
    tx.lock()
    mine = select(DataUpload.status).where(DataUpload.id == upload.id).with_for_update()
    return tx.connection.scalar(mine) in WAITING


def mark_processing(tx: Tenant, upload: Upload) -> bool:
    """Show other readers that the file is being read; return False if it is already finished."""
    values = {"status": UploadStatus.PROCESSING, "started_at": text("clock_timestamp()")}
    return tx.connection.execute(_waiting(upload).values(values)).rowcount == 1


def complete_upload(tx: Tenant, upload: Upload, outcome: Outcome, *, is_used: bool = True) -> None:
    """Store the outcome, in the transaction that loads the rows and keeps the rejected ones: all or nothing.

    `is_used` is False for a kind that has no loader, whose files are only checked.
    """
    status = UploadStatus.COMPLETED_WITH_ERRORS if outcome.accounting.rejected else UploadStatus.COMPLETED
    values = {
        "status": status if is_used else UploadStatus.VALIDATED,
        "contract_version": outcome.contract_version,
        "detected_format": dict(outcome.detected_format),
        "header_fingerprint": outcome.detected_format.get("header_fingerprint"),
        "drift": list(outcome.drift),
        **_counts(outcome.accounting),
        "error": None,
        "first_business_date": outcome.first_date,
        "last_business_date": outcome.last_date,
        "finished_at": text("clock_timestamp()"),
    }
    tx.connection.execute(update(DataUpload).where(DataUpload.id == upload.id).values(values))


def fail_upload(tx: Tenant, upload: Upload, error: str, outcome: Outcome | None = None) -> bool:
    """Record why nothing of a file was loaded, unless a run has finished it or its hints have changed meanwhile.

    Args:
        tx: the restaurant's transaction.
        upload: the upload.
        error: the reason, in a sentence.
        outcome: of its file, if it was read to the end.

    Returns:
        Whether it was recorded.
    """
    values: dict[str, Any] = {"status": UploadStatus.FAILED, "error": error, "finished_at": text("clock_timestamp()")}
    if outcome is not None:
        values |= {**_counts(outcome.accounting), "detected_format": dict(outcome.detected_format)}
    as_read = _waiting(upload).where(DataUpload.hints == dict(upload.hints))
    return tx.connection.execute(as_read.values(values)).rowcount == 1


def update_accounting(tx: Tenant, upload: Upload, accounting: Accounting) -> None:
    """Store the accounting of a loaded upload that changed because another upload was withdrawn."""
    tx.connection.execute(update(DataUpload).where(DataUpload.id == upload.id).values(**_counts(accounting)))


def _counts(accounting: Accounting) -> dict[str, Any]:
    values = (accounting.read, accounting.loaded, accounting.skipped, accounting.rejected, dict(accounting.reasons))
    return dict(zip(COUNTS, values, strict=True))


def _waiting(upload: Upload) -> Update:
    """Return an UPDATE of the upload that changes it only while it waits."""
    return update(DataUpload).where(DataUpload.id == upload.id, DataUpload.status.in_(WAITING))


def _upload(row: Mapping[Any, Any]) -> Upload:
    values = dict(row)
    accounting = Accounting(*(values.pop(name) for name in COUNTS))
    typed = {"status": UploadStatus(values["status"]), "drift": tuple(values["drift"])}
    return Upload(**values | typed, accounting=accounting)
