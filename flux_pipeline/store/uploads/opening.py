"""Opening of a restaurant's file, with its place, its settings and the columns of its earlier files."""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import OpenUpload, open_upload
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.uploads import LOADED, DataUpload
from flux_pipeline.store.records.settings import read_settings


def open_for(
    tx: Tenant,
    source: Source,
    kind: str,
    hints: Hints,
    *,
    known_at: dt.datetime | None = None,
    known: Mapping[str, Mapping[str, str]] | None = None,
) -> OpenUpload:
    """Open a file of the transaction's restaurant.

    Args:
        tx: the restaurant's transaction.
        source: the file.
        kind: what it holds.
        hints: the sender's hints.
        known_at: when it was handed in; default: now.
        known: the columns of known headers, by fingerprint; default: those of the newest loaded file of each header.

    Raises:
        PermanentError: it can't be read as its kind.
    """
    restaurant = tx.restaurant
    return open_upload(
        source,
        kind=kind,
        hints=hints,
        place=Place(restaurant.timezone, restaurant.business_day_cutoff, restaurant.country_code, restaurant.currency),
        known_at=known_at or dt.datetime.now(dt.UTC),
        settings=read_settings(tx, UploadSettings),
        known=known_columns(tx, kind) if known is None else known,
    )


def known_columns(tx: Tenant, kind: str) -> dict[str, dict[str, str]]:
    """Return the columns of the newest loaded file of each header: header by field, by the header's fingerprint."""
    query = (
        select(DataUpload.header_fingerprint, DataUpload.detected_format["columns"])
        .where(DataUpload.kind == kind, DataUpload.status.in_(LOADED), DataUpload.header_fingerprint.is_not(None))
        .ext(postgresql.distinct_on(DataUpload.header_fingerprint))
        .order_by(DataUpload.header_fingerprint, DataUpload.received_at.desc())
    )
    return {fingerprint: columns for fingerprint, columns in tx.connection.execute(query) if columns}
