"""Cleaning of the archive: files that were kept before today's rules for personal data are kept again by these.

The ingest room decides what isn't kept. The rows that are stored don't change, and the files read the same.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.loading.replay import open_kept
from flux_pipeline.store.models.records import AuditLog
from flux_pipeline.store.models.uploads import WAITING, DataUpload
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive, would_keep
from flux_pipeline.store.uploads.log import format_of_upload
from flux_pipeline.store.uploads.registry import Upload, find_upload

_ACT = "uploads.clean"
_COUNTED = ("personal_columns", "dropped_columns")
_CLEAN_REJECTED = "UPDATE rejected_rows SET raw = raw - CAST(:headers AS text[]) WHERE data_upload_id = :id"


@dataclass(frozen=True)
class CleanedFile:
    """Result for one kept file.

    Attributes:
        upload: the upload whose file it is.
        cells: how many filled cells go, by header; empty if only lines outside the table do.
        error: why it can't be cleaned; None if it can.
    """

    upload: Upload
    cells: Mapping[str, int]
    error: str | None = None


def clean_archive(store: Store, restaurant: Restaurant, *, dry_run: bool = False) -> list[CleanedFile]:
    """Keep the archived files of a restaurant again by today's rules; return those that change or can't be cleaned.

    Files that wait to be loaded are left for the next time. Idempotent: a clean file stays as it is. Each file is one
    transaction with its row in the log, after the new file is written; the log names the old file, so that it is
    deleted by the next call if this one is killed. The hash of the file as it was handed in stays, so it is recognised
    when it is sent again. With `dry_run` nothing is written.
    """
    with store.tenant(restaurant) as tx:
        ids = tx.connection.scalars(
            select(DataUpload.id)
            .where(DataUpload.storage_uri != "", DataUpload.status.not_in(WAITING))
            .order_by(DataUpload.received_at, DataUpload.id)
        ).all()
    done = [_clean(store, restaurant, upload_id, dry_run) for upload_id in ids]
    if not dry_run:
        _delete_replaced(store, restaurant)
    return [each for each in done if each is not None]


def _clean(store: Store, restaurant: Restaurant, upload_id: uuid.UUID, dry_run: bool) -> CleanedFile | None:
    archive = Archive(store.settings.archive)
    with store.tenant(restaurant) as tx:
        tx.lock()
        upload = find_upload(tx, upload_id)
        try:
            opened = open_kept(tx, upload)
        except PermanentError as exc:
            return CleanedFile(upload, {}, str(exc))
        source = archive.open(upload.storage_uri, upload.file_name)
        if would_keep(opened, source, restaurant.slug) == upload.storage_uri:
            return None
        stored = format_of_upload(tx, upload_id)
        counts = {name: opened.detected_format[name] for name in _COUNTED}
        before = {name: stored.get(name, {}) for name in _COUNTED}
        cells = {
            header: count
            for name in _COUNTED
            for header, count in counts[name].items()
            if count and not any(header in each for each in before.values())
        }
        done = CleanedFile(upload, cells)
        if dry_run:
            return done
        kept = archive.keep_redacted(opened, source, restaurant.slug)
        _point_at(tx, done, kept.storage_uri, {**stored, **counts})
        return done


def _point_at(tx: Tenant, done: CleanedFile, storage_uri: str, found: Mapping[str, Any]) -> None:
    values = {"storage_uri": storage_uri, "detected_format": dict(found)}
    tx.connection.execute(update(DataUpload).where(DataUpload.id == done.upload.id).values(values))
    headers = [header for name in _COUNTED for header in found[name]]
    tx.connection.execute(text(_CLEAN_REJECTED), {"headers": headers, "id": done.upload.id})
    before = {"storage_uri": done.upload.storage_uri}
    after = {"upload": str(done.upload.id), "cells": dict(done.cells)}
    note_act(tx, _ACT, done.upload.file_name, before, after)


def _delete_replaced(store: Store, restaurant: Restaurant) -> None:
    """Delete the files that were replaced, as the log names them, and that no upload points at."""
    archive = Archive(store.settings.archive)
    with store.tenant(restaurant) as tx:
        tx.lock()
        replaced = select(AuditLog.before["storage_uri"].astext).where(AuditLog.action == _ACT)
        used = select(DataUpload.storage_uri)
        for storage_uri in tx.connection.scalars(replaced.except_(used)).all():
            archive.delete(storage_uri)
