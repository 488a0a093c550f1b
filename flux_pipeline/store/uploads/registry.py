"""The files a restaurant handed in: registered once by content, waiting, loaded or failed."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import RowMapping, Update, insert, select, text, update
from sqlalchemy.engine import Connection

from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.tenants import Restaurant
from flux_pipeline.store.models.uploads import GONE, LOADED, WAITING, DataUpload, UploadStatus
from flux_pipeline.store.uploads.archive import KeptFile


@dataclass(frozen=True)
class Upload:
    """A file as `data_uploads` has it."""

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
    drift: tuple[str, ...] = ()

    @property
    def short_id(self) -> str:
        """The beginning of the id, enough for a person to name it."""
        return str(self.id)[:8]

    @property
    def is_waiting(self) -> bool:
        """Whether its rows are still to be read."""
        return self.status in WAITING


@dataclass(frozen=True)
class Outcome:
    """What became of a file that was read to its end.

    Attributes:
        accounting: of its rows.
        contract_version: by which it was read.
        detected_format: what was understood of its form (`OpenUpload.detected_format`).
        drift: what is new about it and what else a person should know of it, in sentences.
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
    for name in (*(each.name for each in fields(Upload) if each.name != "accounting"), *COUNTS)
)


def accounting_of(parsed: ParsedUpload, written: int | None = None) -> Accounting:
    """The accounting of a parsed file, to store.

    Args:
        parsed: the file.
        written: how many of its valid rows changed anything, where not all did; the others were already loaded.
    """
    same = 0 if written is None else parsed.loaded_count - written
    return Accounting(
        read=parsed.read_count,
        loaded=parsed.loaded_count - same,
        skipped=parsed.skipped_count + same,
        rejected=parsed.rejected_count,
        reasons=parsed.reasons | ({"already_loaded": same} if same else {}),
    )


def register_upload(
    tx: Tenant, kept: KeptFile, kind: str, file_name: str, hints: Mapping[str, Any]
) -> tuple[Upload, bool]:
    """Note that a file came in; the same content stands once, however often it comes.

    Of a file that waits, the last word counts; where nothing is said (files in a folder), what was said before holds.

    Args:
        tx: the restaurant's transaction.
        kept: the file in the archive.
        kind: what it holds.
        file_name: as it was handed in.
        hints: what its sender says of it: `Hints.as_json()`, and `overlap` ("add" or "replace") where it is said.

    Returns:
        The upload, and whether it is new. A file that failed before or was withdrawn is new again.
    """
    tx.lock()
    known = find_known(tx, kind, kept.content_sha256)
    as_said: dict[str, Any] = {"storage_uri": kept.storage_uri, "hints": dict(hints)}
    if kept.personal:
        # Counted now or never: the kept file has none of it.
        as_said["detected_format"] = {"personal_columns": dict(kept.personal)}
    if known is not None:
        if not (known.is_waiting and hints):
            return known, False
        said = _waiting(known).values(as_said).returning(*SUMMARY)
        return _upload(tx.connection.execute(said).mappings().one()), False
    values = {
        "restaurant_id": tx.restaurant.id,
        "kind": kind,
        "file_name": file_name,
        "content_sha256": kept.content_sha256,
        "size_bytes": kept.size_bytes,
        **as_said,
    }
    new = tx.connection.execute(insert(DataUpload).values(values).returning(*SUMMARY)).mappings().one()
    return _upload(new), True


def find_known(tx: Tenant, kind: str, content_sha256: str) -> Upload | None:
    """The upload of this content that waits or is loaded, if there is one."""
    query = select(*SUMMARY).where(DataUpload.kind == kind, DataUpload.content_sha256 == content_sha256)
    row = tx.connection.execute(query.where(DataUpload.status.not_in(GONE))).mappings().one_or_none()
    return None if row is None else _upload(row)


def waiting_uploads(tx: Tenant) -> list[Upload]:
    """The uploads whose rows are still to be read, oldest first; one that a killed run left half way is among them."""
    query = select(*SUMMARY).where(DataUpload.status.in_(WAITING)).order_by(DataUpload.received_at, DataUpload.id)
    return [_upload(row) for row in tx.connection.execute(query).mappings()]


def loaded_sales(tx: Tenant) -> list[Upload]:
    """The sales files whose rows count, in the order in which they were loaded; each was compared with those before."""
    query = (
        select(*SUMMARY)
        .where(DataUpload.kind == "sales", DataUpload.status.in_(LOADED))
        .order_by(DataUpload.finished_at, DataUpload.id)
    )
    return [_upload(row) for row in tx.connection.execute(query).mappings()]


def waiting_by_restaurant(fleet: Connection) -> dict[str, uuid.UUID]:
    """The newest waiting upload of each restaurant that has one, by slug; needs the fleet role."""
    query = (
        select(Restaurant.slug, DataUpload.id)
        .join(DataUpload, DataUpload.restaurant_id == Restaurant.id)
        .where(DataUpload.status.in_(WAITING))
        .order_by(DataUpload.received_at)
    )
    return {row.slug: row.id for row in fleet.execute(query)}


def list_uploads(tx: Tenant, limit: int = 50) -> list[Upload]:
    """The newest uploads, newest first."""
    query = select(*SUMMARY).order_by(DataUpload.received_at.desc(), DataUpload.id).limit(limit)
    return [_upload(row) for row in tx.connection.execute(query).mappings()]


def find_upload(tx: Tenant, upload_id: uuid.UUID) -> Upload:
    """One upload by its id, as it stands now."""
    return _upload(tx.connection.execute(select(*SUMMARY).where(DataUpload.id == upload_id)).mappings().one())


def claim_upload(tx: Tenant, upload: Upload) -> bool:
    """Take the upload for this transaction; False where another run has finished it meanwhile."""
    tx.lock()
    mine = select(DataUpload.status).where(DataUpload.id == upload.id).with_for_update()
    return tx.connection.scalar(mine) in WAITING


def mark_processing(tx: Tenant, upload: Upload) -> bool:
    """Show that the file is being read, for whoever looks meanwhile; False where it is finished already."""
    begun = {"status": UploadStatus.PROCESSING, "started_at": text("clock_timestamp()")}
    return tx.connection.execute(_waiting(upload).values(begun)).rowcount == 1


def complete_upload(tx: Tenant, upload: Upload, outcome: Outcome, *, is_used: bool = True) -> None:
    """Store the outcome, in the transaction that loads the rows and keeps the rejected ones: all or nothing.

    `is_used` is False for a kind that is only checked so far.
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
    """Note why nothing of the file could be loaded, unless a run has finished it or its hints have changed meanwhile.

    Args:
        tx: the restaurant's transaction.
        upload: the upload.
        error: the reason, in a sentence.
        outcome: of its file, where it was read to the end.

    Returns:
        Whether it was noted.
    """
    values: dict[str, Any] = {"status": UploadStatus.FAILED, "error": error, "finished_at": text("clock_timestamp()")}
    if outcome is not None:
        values |= {**_counts(outcome.accounting), "detected_format": dict(outcome.detected_format)}
    as_read = _waiting(upload).where(DataUpload.hints == dict(upload.hints))
    return tx.connection.execute(as_read.values(values)).rowcount == 1


def count_again(tx: Tenant, upload: Upload, accounting: Accounting) -> None:
    """Store another accounting of a loaded upload: what it brings changed when another was withdrawn."""
    tx.connection.execute(update(DataUpload).where(DataUpload.id == upload.id).values(**_counts(accounting)))


def _counts(accounting: Accounting) -> dict[str, Any]:
    values = (accounting.read, accounting.loaded, accounting.skipped, accounting.rejected, dict(accounting.reasons))
    return dict(zip(COUNTS, values, strict=True))


def _waiting(upload: Upload) -> Update:
    """A change of the upload that takes place only while it waits."""
    return update(DataUpload).where(DataUpload.id == upload.id, DataUpload.status.in_(WAITING))


def _upload(row: RowMapping) -> Upload:
    values = dict(row)
    accounting = Accounting(*(values.pop(name) for name in COUNTS))
    typed = {"status": UploadStatus(values["status"]), "drift": tuple(values["drift"])}
    return Upload(**values | typed, accounting=accounting)
