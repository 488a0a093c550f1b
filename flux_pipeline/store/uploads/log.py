"""Log of an upload for people to read: its detected format and its rejected rows."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, select

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.canonical import in_canonical_form
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow
from flux_pipeline.store.models.uploads import DataUpload, RejectedRow, UploadStatus

# Fewer characters would soon match several uploads.
LEAST_CHARACTERS = 4


@dataclass(frozen=True)
class RejectedAsSent:
    """A rejected row: its cells in the order of the file's columns, and (line, reason, message)."""

    cells: tuple[str, ...]
    why: tuple[Any, ...]


@dataclass(frozen=True)
class RejectedFile:
    """The rejected rows of an upload as a file of its own."""

    header: tuple[str, ...]
    rows: tuple[RejectedAsSent, ...]


def find_by_prefix(store: Store, prefix: str, slug: str | None = None) -> tuple[str, uuid.UUID]:
    """Find the upload whose id begins with a prefix, only of one restaurant if `slug` is given.

    Returns:
        The slug of its restaurant, and its id.

    Raises:
        PermanentError: no upload has such an id, or several have.
    """
    start = prefix.strip().lower()
    if len(start) < LEAST_CHARACTERS or not set(start) <= set("0123456789abcdef-"):
        raise PermanentError(
            f"{prefix!r} can't be the id of an upload; expected at least {LEAST_CHARACTERS} of its characters. "
            "`flux uploads list` shows the ids."
        )
    query = (
        select(RestaurantRow.slug, DataUpload.id)
        .join(RestaurantRow, RestaurantRow.id == DataUpload.restaurant_id)
        .where(cast(DataUpload.id, Text).startswith(start))
        .limit(2)
    )
    if slug is not None:
        query = query.where(RestaurantRow.slug == slug)
    with store.fleet() as connection:
        found = connection.execute(query).all()
    if len(found) != 1:
        of = f" and is of {slug}" if slug else ""
        raise PermanentError(
            f"{'No upload' if not found else 'More than one upload'} has an id that begins with {prefix!r}{of}. "
            "`flux uploads list` shows them."
        )
    return found[0].slug, found[0].id


def format_of_upload(tx: Tenant, upload_id: uuid.UUID) -> dict[str, Any]:
    """Return the detected format of an upload's file (`OpenUpload.detected_format`).

    Until the file is loaded, this is empty or has only what can't be found in the kept file.
    """
    return tx.connection.scalar(select(DataUpload.detected_format).where(DataUpload.id == upload_id)) or {}


def first_rejected(tx: Tenant, upload_id: uuid.UUID, limit: int = 5) -> list[tuple[int, str]]:
    """Return the first rejected rows of an upload: the line in the file, and what is wrong with it."""
    query = (
        select(RejectedRow.line_number, RejectedRow.message)
        .where(RejectedRow.data_upload_id == upload_id)
        .order_by(RejectedRow.line_number)
        .limit(limit)
    )
    return [(row.line_number, row.message) for row in tx.connection.execute(query)]


def rejected_as_sent(tx: Tenant, upload_id: uuid.UUID) -> RejectedFile:
    """Return the rejected rows with the columns of the file, in its order, to be corrected.

    Rejected rows of a loaded file are sent again without its other rows, by which 03/04/2024 and 1.234 were understood;
    so their days and numbers are in canonical form. Rows of a refused file are as they are in it. Columns of personal
    data are empty, because their cells were not kept; with their names the header is the one that is known.
    """
    status, kind = tx.connection.execute(
        select(DataUpload.status, DataUpload.kind).where(DataUpload.id == upload_id)
    ).one()
    query = (
        select(RejectedRow.line_number, RejectedRow.reason_code, RejectedRow.message, RejectedRow.raw)
        .where(RejectedRow.data_upload_id == upload_id)
        .order_by(RejectedRow.sheet_name, RejectedRow.line_number)
    )
    rows, found = tx.connection.execute(query).all(), format_of_upload(tx, upload_id)
    cells = [row.raw if status == UploadStatus.FAILED else in_canonical_form(row.raw, kind, found) for row in rows]
    columns = {name for row in rows for name in row.raw}
    columns |= {*found.get("personal_columns", ()), *found.get("dropped_columns", ())}
    known = [name for name in found.get("header", ()) if name in columns]
    # JSON keeps no order; cells beyond the header come last.
    header = (*known, *sorted({name for row in rows for name in row.raw} - set(known)))
    return RejectedFile(
        header,
        tuple(
            RejectedAsSent(
                tuple(as_sent.get(name, "") for name in header), (row.line_number, row.reason_code, row.message)
            )
            for row, as_sent in zip(rows, cells, strict=True)
        ),
    )
