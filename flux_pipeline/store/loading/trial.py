"""Dry run of an upload: a restaurant's file is loaded like any other, in a transaction that is rolled back.

Nothing is left of it in the database, and the archive is a temporary folder. What a load changes outside of its
transaction is left out: months are not created, so sales are compared with the stored ones but not written.
"""

import tempfile
from dataclasses import dataclass

import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.loading._resubmit import register_again
from flux_pipeline.store.loading.load import load_claimed
from flux_pipeline.store.loading.replay import reopen
from flux_pipeline.store.loading.report import UploadReport, report_of_upload
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive, KeptFile
from flux_pipeline.store.uploads.drift import judge_drift
from flux_pipeline.store.uploads.log import format_of_upload
from flux_pipeline.store.uploads.opening import open_for
from flux_pipeline.store.uploads.registry import Upload, fail_upload
from flux_pipeline.store.uploads.rows import RefusedUploadError


@dataclass(frozen=True, eq=False)
class Trial:
    """Result of a dry run.

    Attributes:
        opened: the file as it would be read.
        first_rows: the first valid rows of it.
        report: what would be stored of the upload; None if its content is known or it would be refused unread.
        known: the upload that has its content already.
        refusal: why nothing of the file would be loaded.
    """

    opened: OpenUpload
    first_rows: pd.DataFrame
    report: UploadReport | None = None
    known: Upload | None = None
    refusal: PermanentError | None = None


def try_upload(store: Store, restaurant: Restaurant, source: Source, kind: str, hints: Hints) -> Trial:
    """Load a file and roll everything back; the restaurant is locked only while rows are loaded.

    Raises:
        PermanentError: it can't be read as its kind, or changed while it was read.
        TransientError: the database can't do it now.
    """
    with store.tenant(restaurant) as tx:
        opened = open_for(tx, source, kind, hints)
    with tempfile.TemporaryDirectory(prefix="flux-dry-run-") as folder:
        archive = Archive(folder)
        kept = archive.keep_redacted(opened, source, restaurant.slug)
        attempt = _Attempt(store, restaurant, kept, kind, source.name, hints, opened)
        try:
            return attempt.run(archive)
        except PermanentError as exc:
            return Trial(attempt.opened, attempt.opened.first_rows(), refusal=exc)


@dataclass
class _Attempt:
    """An attempt to load a kept file; `opened` is the file as it is understood by now."""

    store: Store
    restaurant: Restaurant
    kept: KeptFile
    kind: str
    file_name: str
    hints: Hints
    opened: OpenUpload

    def run(self, archive: Archive) -> Trial:
        """Register the file to learn with which hints it is loaded, open its kept form, then register and load it."""
        with self.store.rehearsal(self.restaurant) as tx:
            upload = self._register(tx)
            stored = format_of_upload(tx, upload.id)
        report, refusal = None, None
        if upload.is_waiting:
            with self.store.tenant(self.restaurant) as tx:
                settings = read_settings(tx, UploadSettings)
                self.opened = reopen(tx, archive.open(self.kept.storage_uri, self.file_name), upload, stored)
            with self.store.rehearsal(self.restaurant) as tx:
                upload = self._register(tx)
                if upload.is_waiting:
                    report = self._load(tx, upload, settings)
                    refusal = PermanentError(report.upload.error) if report.upload.error else None
        known = None if upload.is_waiting else upload
        return Trial(self.opened, self.opened.first_rows(), report, known, refusal)

    def _register(self, tx: Tenant) -> Upload:
        return register_again(tx, self.kept, self.kind, self.file_name, self.hints.as_json())[0]

    def _load(self, tx: Tenant, upload: Upload, settings: UploadSettings) -> UploadReport:
        drift = judge_drift(tx, self.opened, settings)
        self.opened = drift.opened
        try:
            load_claimed(self.store, tx, upload, drift, settings)
        except RefusedUploadError as exc:
            fail_upload(tx, upload, str(exc), exc.outcome)
        return report_of_upload(tx, upload.id)
