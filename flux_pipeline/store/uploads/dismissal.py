"""Dismissal of an upload of which nothing was loaded: a person says that nothing more is to be done about it."""

import uuid

from sqlalchemy import text, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.uploads import DataUpload, UploadStatus
from flux_pipeline.store.records.acts import Outcome, note_act
from flux_pipeline.store.uploads.registry import find_upload


def dismiss_upload(tx: Tenant, upload_id: uuid.UUID) -> Outcome:
    """Mark a file that could not be read or loaded as dismissed, and note the act; its row and reason stay on record.

    Idempotent; one transaction, the caller's, with the row in the log.

    Raises:
        PermanentError: its status is another than "failed", so there is nothing to dismiss.
    """
    tx.lock()
    upload = find_upload(tx, upload_id)
    if upload.status != UploadStatus.FAILED:
        raise PermanentError(
            f"{upload.file_name} has the status {upload.status}; only a failed file can be dismissed. "
            f"`flux uploads withdraw {upload.short_id}` removes the rows of a loaded one."
        )
    if upload.dismissed_at is not None:
        return Outcome(upload.file_name, changed=False)
    dismissed = update(DataUpload).where(DataUpload.id == upload_id).values(dismissed_at=text("clock_timestamp()"))
    tx.connection.execute(dismissed)
    note_act(tx, "uploads.dismiss", upload.file_name, after={"upload": str(upload_id)})
    return Outcome(upload.file_name, changed=True)
