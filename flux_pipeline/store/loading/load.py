"""Load of a kept file: its valid rows go into their tables, rejected ones are kept with the reason, all are counted.

`ingest` decides which rows are valid, `orchestration` when a file is loaded.
"""

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.loading.kinds import LOADERS
from flux_pipeline.store.loading.replay import open_kept
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import SHARED
from flux_pipeline.store.uploads.drift import Drift, judge_drift, volume_changes
from flux_pipeline.store.uploads.registry import (
    Upload,
    claim_upload,
    complete_upload,
    fail_upload,
    find_upload,
    mark_processing,
)
from flux_pipeline.store.uploads.rows import Intake, RefusedUploadError, keep_rejected


def load_upload(store: Store, restaurant: Restaurant, upload: Upload) -> Upload:
    """Load a waiting upload, whole or not at all; return it as it is stored afterwards.

    Idempotent: its rows and its new status are one transaction, and a finished upload is left alone. A file that can't
    be read becomes `failed` with the reason; nothing is raised for it, because the other files are fine.

    Raises:
        TransientError: the database can't do it now; the upload keeps waiting.
    """
    with store.tenant(restaurant) as tx:
        if not mark_processing(tx, upload):
            return find_upload(tx, upload.id)
    try:
        _load_rows(store, restaurant, upload)
    except PermanentError as exc:
        refused = exc if isinstance(exc, RefusedUploadError) else None
        with store.tenant(restaurant) as tx:
            if fail_upload(tx, upload, str(exc), refused.outcome if refused else None) and refused:
                keep_rejected(tx, upload, refused.rejected)
    with store.tenant(restaurant) as tx:
        return find_upload(tx, upload.id)


def _load_rows(store: Store, restaurant: Restaurant, upload: Upload) -> None:
    if KINDS[upload.kind].shared:
        raise PermanentError(
            f"{upload.file_name!r} is of kind {upload.kind!r}, which all restaurants share. Upload it without "
            f"--restaurant, or drop it into {SHARED}/{upload.kind}/ of the landing folder."
        )
    with store.tenant(restaurant) as tx:
        settings = read_settings(tx, UploadSettings)
        opened = open_kept(tx, upload)
    with store.tenant(restaurant) as tx:
        if not claim_upload(tx, upload):
            return
        current = find_upload(tx, upload.id)
        if current.hints == upload.hints:
            # Under the restaurant's lock: a file that finished meanwhile is the one to compare with.
            load_claimed(store, tx, upload, judge_drift(tx, opened, settings), settings)
            return
    # The sender changed the hints while the file was being opened, so it is opened again with the new ones.
    _load_rows(store, restaurant, current)


def load_claimed(store: Store, tx: Tenant, upload: Upload, drift: Drift, settings: UploadSettings) -> None:
    """Write the valid rows of an upload and store its outcome, in the transaction that has the restaurant's lock.

    Args:
        store: for what a load changes outside of its transaction.
        tx: the transaction.
        upload: the upload, which waits.
        drift: its kept file, opened, and what is new in it.
        settings: the restaurant's settings of uploads.

    Raises:
        PermanentError: nothing of the file may be loaded; a RefusedUploadError if it was read to its end.
    """
    intake = Intake(tx, upload, drift.opened, settings.upload_rejected_share, drift.correctable)
    loader = LOADERS.get(upload.kind)
    try:
        accounting = loader.load(store, tx, upload, intake) if loader else _only_checked(intake)
    except PermanentError as exc:
        # A file whose days or values are refused is recorded with its counts, like one whose rows are.
        if isinstance(exc, RefusedUploadError) or not intake.is_read:
            raise
        raise intake.refused(str(exc)) from exc
    notes = drift.opened.detected_format.get("notes", ())
    outcome = intake.outcome(accounting, (*drift.changes, *notes, *volume_changes(tx, upload, settings)))
    complete_upload(tx, upload, outcome, is_used=loader is not None)


def _only_checked(intake: Intake) -> Accounting:
    """Return the accounting of a file whose kind has no loader yet: its valid rows are checked but not used."""
    valid = sum(part.loaded_count for part in intake.parts())
    return intake.accounting(0, {"not_used_yet": valid} if valid else {})
