"""Rejected rows that come back corrected: how a file of them is told, so that it isn't held to what holds for whole
files. What becomes of its rows, overlaps.py and added_tickets.py decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.uploads import LOADED, DataUpload
from flux_pipeline.store.uploads.registry import Upload

# Rows are corrected soon after they were rejected; of older files none is looked at.
FILES_BACK = 50


@dataclass(frozen=True)
class Corrected:
    """What a file of corrected rows corrects: the form of the newest such file, and how many rows were rejected."""

    detected_format: Mapping[str, Any]
    rejected_count: int


def corrected_by(tx: Tenant, upload: Upload, opened: OpenUpload) -> Corrected | None:
    """The files whose rejected rows may come back with this one: it is added, and has all of their columns.

    Whether it has more rows than were rejected, and so is no correction after all, shows only when they are read.
    """
    if upload.hints.get("overlap") != "add":
        return None
    query = (
        select(DataUpload.detected_format, DataUpload.rejected_count)
        .where(DataUpload.kind == upload.kind, DataUpload.status.in_(LOADED), DataUpload.id != upload.id)
        .where(DataUpload.rejected_count > 0, DataUpload.detected_format.is_not(None))
        .order_by(DataUpload.received_at.desc())
        .limit(FILES_BACK)
    )
    header = set(opened.detected_format["header"])
    alike = [
        (found, rejected) for found, rejected in tx.connection.execute(query) if header >= {*found.get("header", "?")}
    ]
    return Corrected(alike[0][0], sum(rejected for _, rejected in alike)) if alike else None
