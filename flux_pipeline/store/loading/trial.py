"""Dry run of an upload: what is known about a restaurant's file before its rows are loaded. Nothing is written.

The ingest room decides how a file is read; only the load shows what happens to days with stored sales.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.loading._resubmit import needs_reload
from flux_pipeline.store.models.sales import Transaction
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.uploads.archive import not_kept
from flux_pipeline.store.uploads.drift import Drift, judge_drift
from flux_pipeline.store.uploads.opening import open_for
from flux_pipeline.store.uploads.registry import Upload, find_known
from flux_pipeline.store.uploads.rows import too_many_rejected


@dataclass(frozen=True)
class Trial:
    """Result of a dry run: what is known about a file before its rows are read.

    Attributes:
        drift: the file as it would be read, and what is new in it.
        known: the upload that has its content already.
        refusal: why the file would be refused because of what is new in it, or because it is known.
        allowed_share: the share of its rows that may be rejected.
    """

    drift: Drift
    known: Upload | None
    refusal: str | None
    allowed_share: float

    def refusal_of(self, accounting: Accounting) -> str | None:
        """Return why the file would be refused, given the accounting of its rows; None if it would be accepted."""
        if self.refusal or accounting.read <= self.drift.correctable:
            return self.refusal
        return too_many_rejected(accounting.read, accounting.rejected, self.allowed_share)


def try_upload(tx: Tenant, source: Source, kind: str, hints: Hints) -> Trial:
    """Open a file and compare it with its restaurant's settings and earlier files; arguments as in `open_for`.

    Raises:
        PermanentError: it can't be read as its kind.
    """
    settings = read_settings(tx, UploadSettings)
    drift, refusal = Drift(open_for(tx, source, kind, hints)), None
    known = find_known(tx, kind, not_kept(source).content_sha256)
    try:
        if known and (known.is_waiting or needs_reload(tx, known, source.name, hints.as_json())):
            known = None
        drift = judge_drift(tx, drift.opened, settings)
    except PermanentError as exc:
        refusal = str(exc)
    return Trial(drift, known, refusal, settings.upload_rejected_share)


def days_with_sales(tx: Tenant, first: dt.date | None, last: dt.date | None) -> int:
    """Count the days from the first to the last that have stored sales."""
    if first is None or last is None:
        return 0
    day = Transaction.business_date
    return tx.connection.scalar(select(func.count(day.distinct())).where(day.between(first, last))) or 0
