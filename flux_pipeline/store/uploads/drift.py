"""Changes of a restaurant's file against the last one of its kind, and whether the file is accepted with them.

A file of rejected rows that were corrected is recognised here, so that limits meant for whole files don't apply to it.
`store.sales` decides what happens to its rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, func, select

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.drift import Change, find_drift
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.uploads import LOADED, DataUpload, UploadDay
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.wording import count_of

# Rows are corrected soon after they were rejected, so older files are not considered.
FILES_BACK = 50

_is_added = func.coalesce(DataUpload.hints["overlap"].astext, "") == "add"


@dataclass(frozen=True)
class Drift:
    """Result of comparing a file with the last one of its kind.

    Attributes:
        opened: the file to read; without new fields if the restaurant's columns are frozen.
        changes: each change in a sentence.
        correctable: how many rejected rows the file may correct; 0 for a file that corrects none.
    """

    opened: OpenUpload
    changes: tuple[str, ...] = ()
    correctable: int = 0


def judge_drift(tx: Tenant, opened: OpenUpload, settings: UploadSettings) -> Drift:
    """Compare a file that is not loaded yet with the last one of its kind that was.

    A file of corrected rows is compared with the file that they were rejected from, in its columns only: Flux prints
    rejected rows in another form than that file had. A file that was added to others counts as the last one only if
    there is no other.

    Raises:
        PermanentError: the setting upload_drift refuses such a change.
    """
    corrected = _corrected_by(tx, opened)
    if corrected:
        found = find_drift(corrected[0].detected_format, opened.detected_format)
        changes = [change for change in found if not change.is_of_form]
    else:
        query = (
            select(DataUpload.detected_format)
            .where(DataUpload.kind == opened.contract.kind, DataUpload.status.in_(LOADED))
            .order_by(_is_added, DataUpload.received_at.desc())
            .limit(1)
        )
        changes = find_drift(tx.connection.scalar(query) or {}, opened.detected_format)
    is_frozen = settings.upload_drift == "freeze"
    refused = [c for c in changes if settings.upload_drift == "refuse" or (is_frozen and c.is_breaking)]
    if refused:
        raise PermanentError(
            f"The file differs from the last one, and the setting upload_drift is {settings.upload_drift!r}. "
            f"{' '.join(change.sentence for change in refused)} Correct the file, or set upload_drift to evolve."
        )
    return Drift(
        _without(opened, changes) if is_frozen else opened,
        tuple(change.sentence for change in changes),
        sum(row.rejected_count for row in corrected),
    )


def _corrected_by(tx: Tenant, opened: OpenUpload) -> list[Row[Any]]:
    """Find the files whose rejected rows this file may correct: it has the hint `add` and all of their columns.

    A file with more rows than were rejected is not a correction; that shows only when its rows are read.

    Returns:
        `detected_format` and `rejected_count` of each, the newest first.
    """
    if opened.context.hints.overlap != "add":
        return []
    query = (
        select(DataUpload.detected_format, DataUpload.rejected_count)
        .where(DataUpload.kind == opened.contract.kind, DataUpload.status.in_(LOADED))
        .where(DataUpload.rejected_count > 0, DataUpload.detected_format.is_not(None))
        .order_by(DataUpload.received_at.desc())
        .limit(FILES_BACK)
    )
    header = set(opened.detected_format["header"])
    return [row for row in tx.connection.execute(query) if header >= {*row.detected_format.get("header", "?")}]


def volume_changes(tx: Tenant, upload: Upload, settings: UploadSettings) -> list[str]:
    """Report in sentences whether a loaded file's days hold far more or less than those of the file before it.

    Files that were added to others are left out: they hold parts of days.
    """
    if upload.hints.get("overlap") == "add":
        return []
    per_day = (
        select(
            DataUpload.id,
            func.avg(UploadDay.line_count).label("lines"),
            func.avg(UploadDay.item_count).label("items"),
            func.avg(UploadDay.quantity).label("units"),
        )
        .join(UploadDay, UploadDay.data_upload_id == DataUpload.id)
        .where(DataUpload.kind == upload.kind, DataUpload.received_at <= upload.received_at)
        .where(UploadDay.status != "withdrawn", ~_is_added)
        .group_by(DataUpload.id, DataUpload.received_at)
        .order_by(DataUpload.received_at.desc(), DataUpload.id == upload.id)
        .limit(2)
    )
    rows = tx.connection.execute(per_day).all()
    if len(rows) < 2 or rows[0].id != upload.id:
        return []
    now, before = rows
    return [
        f"A day has {count_of(round(after), unit)} on average; in the previous file it had {round(earlier):,}."
        for unit, after, earlier in (
            ("line", now.lines, before.lines),
            ("item", now.items, before.items),
            ("unit", now.units, before.units),
        )
        if earlier and abs(float(after) / float(earlier) - 1) > settings.upload_volume_change
    ]


def _without(opened: OpenUpload, changes: Sequence[Change]) -> OpenUpload:
    new = {change.about for change in changes if change.what == "field_new"}
    tables = tuple(
        # A filter on a field is a hint for this file, so its field is kept.
        (table, columns.without(*(new - columns.only.keys())))
        for table, columns in opened.tables
    )
    return replace(opened, tables=tables)
