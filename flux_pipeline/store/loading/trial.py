"""What a restaurant's file would meet with before its rows are compared with those that stand: asked without a write.

How a file is understood, the ingest room says; what becomes of days that stand already shows only when it is loaded.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.loading.resubmit import needs_reload
from flux_pipeline.store.models.sales import Transaction
from flux_pipeline.store.models.uploads import UploadStatus
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.uploads.archive import KeptFile
from flux_pipeline.store.uploads.drift import corrected_by, judge_drift
from flux_pipeline.store.uploads.registry import Upload, find_known
from flux_pipeline.store.uploads.rows import too_many_rejected


@dataclass(frozen=True)
class Trial:
    """What is known of a file before its rows are read.

    `opened` is the file as it would be read, `known` the upload that has its content already, `notes` what is new about
    it, `refusal` why it would be refused for that; of its rows so large a share may be rejected, or so few.
    """

    opened: OpenUpload
    known: Upload | None
    notes: tuple[str, ...]
    refusal: str | None
    allowed_share: float
    correctable: int

    def refusal_of(self, accounting: Accounting) -> str | None:
        """Why the file would be refused, once its rows are read; None where nothing is known that speaks against it."""
        if self.refusal or accounting.read <= self.correctable:
            return self.refusal
        return too_many_rejected(accounting.read, accounting.rejected, self.allowed_share)


def try_upload(
    tx: Tenant, opened: OpenUpload, unkept: KeptFile, kind: str, file_name: str, hints: Mapping[str, Any]
) -> Trial:
    """Ask of a file what its restaurant's settings and earlier files say to it; nothing is written.

    Args:
        tx: the restaurant's transaction.
        opened: the file.
        unkept: its hash (`archive.not_kept`).
        kind: what it holds.
        file_name: as it would be handed in.
        hints: what its sender says of it.
    """
    settings = read_settings(tx, UploadSettings)
    now = dt.datetime.now(dt.UTC)
    nothing: dict[str, Any] = dict.fromkeys(("error", "first_business_date", "last_business_date", "finished_at"))
    # No upload has this id: it is none yet.
    upload = Upload(
        uuid.UUID(int=0), kind, file_name, "", UploadStatus.RECEIVED, hints, Accounting(), received_at=now, **nothing
    )
    corrected = corrected_by(tx, upload, opened)
    notes: list[str] = []
    refusal = None
    known = find_known(tx, kind, unkept.content_sha256)
    try:
        if known and (known.is_waiting or needs_reload(tx, known, file_name, hints)):
            known = None
        opened, notes = judge_drift(tx, upload, opened, settings)
    except PermanentError as exc:
        refusal = str(exc)
    return Trial(
        opened,
        known,
        tuple(notes),
        refusal,
        settings.upload_rejected_share,
        corrected.rejected_count if corrected else 0,
    )


def days_that_stand(tx: Tenant, first: dt.date | None, last: dt.date | None) -> int:
    """On how many days from the first to the last sales stand."""
    if first is None or last is None:
        return 0
    day = Transaction.business_date
    return tx.connection.scalar(select(func.count(day.distinct())).where(day.between(first, last))) or 0
