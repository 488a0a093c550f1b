"""A kept file into its tables: read it, load what is valid, keep what is not with the reason, account for every row.

What a valid row is, `ingest` decides; when a file is loaded, `orchestration` does.
"""

import datetime as dt
from dataclasses import dataclass

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.reading.source import Hints, Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.upload import OpenUpload, open_upload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.known.feeds import loaded_feed_file, record_feed_file
from flux_pipeline.store.loading._replay import open_kept
from flux_pipeline.store.loading.kinds import LOADERS, SHARED_TABLES
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import SHARED, Archive, not_kept
from flux_pipeline.store.uploads.corrections import corrected_by
from flux_pipeline.store.uploads.drift import judge_drift, volume_changes
from flux_pipeline.store.uploads.registry import (
    Upload,
    accounting_of,
    claim_upload,
    complete_upload,
    fail_upload,
    find_upload,
    mark_processing,
)
from flux_pipeline.store.uploads.rows import REJECTED_KEPT, Intake, RefusedUploadError, keep_rejected


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
    except RefusedUploadError as exc:
        with store.tenant(restaurant) as tx:
            if fail_upload(tx, upload, str(exc), exc.accounting, exc.detected_format):
                keep_rejected(tx, upload, exc.rejected)
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
    with store.tenant(restaurant) as tx:
        settings = read_settings(tx, UploadSettings)
        opened, drift = judge_drift(tx, upload, open_kept(tx, upload), settings)
    with store.tenant(restaurant) as tx:
        if not claim_upload(tx, upload):
            return
        said_since = find_upload(tx, upload.id)
        if said_since.hints == upload.hints:
            _load_claimed(store, tx, upload, opened, drift, settings)
            return
    # Its sender said more of it while the file was opened.
    _load_rows(store, restaurant, said_since)


def _load_claimed(
    store: Store, tx: Tenant, upload: Upload, opened: OpenUpload, drift: list[str], settings: UploadSettings
) -> None:
    corrected = corrected_by(tx, upload, opened)
    intake = Intake(
        tx, upload, opened, settings.upload_rejected_share, correctable=corrected.rejected_count if corrected else 0
    )
    loader = LOADERS.get(upload.kind)
    try:
        accounting = loader.load(store, tx, upload, intake) if loader else _only_checked(intake)
    except PermanentError as exc:
        # What was read is told of a file whose days or values are refused, as of one whose rows are.
        if isinstance(exc, RefusedUploadError) or not intake.is_read:
            raise
        raise intake.refused(str(exc)) from exc
    complete_upload(
        tx,
        upload,
        accounting,
        contract_version=intake.contract_version,
        detected_format=intake.detected_format,
        drift=[*drift, *intake.detected_format.get("notes", ()), *volume_changes(tx, upload, settings), *intake.notes],
        first_date=intake.first_date,
        last_date=intake.last_date,
        is_used=loader is not None,
    )


def _only_checked(intake: Intake) -> Accounting:
    """The accounting of a file of a kind that nothing uses yet: its valid rows wait."""
    valid = sum(part.loaded_count for part in intake.parts())
    return intake.accounting(0, {"not_used_yet": valid} if valid else {})


def load_feed_file(
    store: Store, kind: str, source: Source, *, known_at: dt.datetime, hints: Hints | None = None
) -> FeedFile:
    """Load a file of a shared feed, whole or not at all. One that can't be read is noted and not kept.

    Idempotent: a file of the same content is known, and rows that stand already are skipped.

    Args:
        store: the store.
        kind: "weather" or "local_events".
        source: the file.
        known_at: when it came in: what it says of events became known then, where it gives no earlier time.
        hints: what its sender says of it.
    """
    kept = not_kept(source)
    with store.feeds() as connection:
        if loaded_feed_file(connection, kind, kept.content_sha256):
            return FeedFile(kind, source.name, Accounting(), was_known=True)
    try:
        opened = open_upload(source, kind=kind, hints=hints, known_at=known_at)
        parsed = merged(list(opened.parts()))
        kept = Archive(store.settings.archive).keep_redacted(opened, source, SHARED)
        with store.feeds() as connection:
            written = SHARED_TABLES[kind].note(connection, parsed.rows, dt.datetime.now(dt.UTC))
            accounting = accounting_of(parsed, written=written)
            records = parsed.rejected.head(REJECTED_KEPT).astype(object).to_dict("records")
            rejected = [{str(key): value for key, value in record.items()} for record in records]
            record_feed_file(connection, kind, source.name, kept, accounting, rejected)
    except PermanentError as exc:
        with store.feeds() as connection:
            record_feed_file(connection, kind, source.name, kept, Accounting(), [], error=str(exc))
        return FeedFile(kind, source.name, Accounting(), error=str(exc))
    return FeedFile(kind, source.name, accounting)
