"""Withdrawal of an upload: its rows are removed, and rows that it had superseded or made redundant are stored again."""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.loading._statements import STATED, withdraw_statements
from flux_pipeline.store.loading.replay import replay_days
from flux_pipeline.store.menu.sold import refresh_sold_dates
from flux_pipeline.store.models.uploads import LOADED, DataUpload, UploadDay, UploadStatus
from flux_pipeline.store.records.acts import WITHDRAWAL, note_act
from flux_pipeline.store.sales.days import take_away
from flux_pipeline.store.uploads.registry import Upload, find_upload, loaded_uploads
from flux_pipeline.wording import count_of


@dataclass(frozen=True)
class Withdrawal:
    """Result of a withdrawal: the lines that were removed, and those of other files that were stored again instead.

    `days` are those of removed sales; None for a file of another kind.
    """

    upload: Upload
    was_withdrawn: bool
    days: int | None = 0
    lines_removed: int = 0
    lines_returned: int = 0
    returned_from: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The result in a sentence or two."""
        name = self.upload.file_name
        if self.was_withdrawn:
            return f"{name} was withdrawn before; nothing changed."
        removed, returned = count_of(self.lines_removed, "line"), count_of(self.lines_returned, "line")
        days = "" if self.days is None else f" on {count_of(self.days, 'day')}"
        sentences = f"{name} is withdrawn, and with it {removed}{days}."
        if self.lines_returned:
            of = "" if self.days is None else " of these days"
            sentences += f" {returned}{of} came back from {', '.join(self.returned_from)}."
        return sentences


def withdraw_upload(tx: Tenant, upload_id: uuid.UUID) -> Withdrawal:
    """Remove an upload's rows; its file stays in the archive and may be handed in again.

    What it had superseded or made redundant is loaded again from the other files that have it. Idempotent; one
    transaction, the caller's, with the row in the log.

    Raises:
        PermanentError: its kind can't be withdrawn, it is waiting or failed, or a file that is needed is missing from
            the archive; then nothing is changed.
    """
    tx.lock()
    upload = find_upload(tx, upload_id)
    if upload.status == UploadStatus.WITHDRAWN:
        return Withdrawal(upload, was_withdrawn=True)
    if upload.kind not in ("sales", *STATED) or upload.status not in LOADED:
        raise PermanentError(
            f"{upload.file_name} is of kind {upload.kind} with status {upload.status}; only loaded files of "
            f"{', '.join(('sales', *STATED))} can be withdrawn. `flux uploads list` shows them; `flux uploads dismiss` "
            "deals with a failed one."
        )
    if upload.kind == "sales":
        return _withdraw_sales(tx, upload)
    _mark_withdrawn(tx, upload)
    done = withdraw_statements(tx, upload, dt.datetime.now(dt.UTC))
    return Withdrawal(find_upload(tx, upload_id), False, None, done.removed, done.returned, done.returned_from)


def _withdraw_sales(tx: Tenant, upload: Upload) -> Withdrawal:
    """Load the days of a file of sales again from the other files that have them.

    Items that only it sold stay on record but leave the menu (`is_active`) until they sell again. The next run brings
    `daily_item_sales` up to date.
    """
    upload_id = upload.id
    days = list(
        tx.connection.scalars(select(UploadDay.business_date).where(UploadDay.data_upload_id == upload_id).distinct())
    )
    removed = _current_lines(tx, upload_id)
    others = [other for other in loaded_uploads(tx, "sales") if other.id != upload_id]
    before = {other.id: _current_lines(tx, other.id) for other in others}
    items = take_away(tx, days, with_tickets=True)
    refresh_sold_dates(tx, items)
    tx.connection.execute(
        update(UploadDay).where(UploadDay.data_upload_id == upload_id).values(status="withdrawn", superseded_by=None)
    )
    _mark_withdrawn(tx, upload)
    replayed = replay_days(tx, others, days) if days else []
    more = {other.file_name: _current_lines(tx, other.id) - before[other.id] for other in replayed}
    returned = {name: lines for name, lines in more.items() if lines > 0}
    return Withdrawal(
        find_upload(tx, upload_id),
        was_withdrawn=False,
        days=len(days),
        lines_removed=removed,
        lines_returned=sum(returned.values()),
        returned_from=tuple(returned),
    )


def retire_upload(tx: Tenant, upload: Upload) -> None:
    """Withdraw an upload whose file will be loaded again: one that can be, or one without stored rows."""
    if upload.kind == "sales" or (upload.kind in STATED and upload.status in LOADED):
        withdraw_upload(tx, upload.id)
    else:
        _mark_withdrawn(tx, upload)


def _mark_withdrawn(tx: Tenant, upload: Upload) -> None:
    """Change the status and note it; the transaction holds the restaurant's lock."""
    values = {"status": UploadStatus.WITHDRAWN, "superseded_by": None}
    tx.connection.execute(update(DataUpload).where(DataUpload.id == upload.id).values(values))
    note_act(tx, WITHDRAWAL, upload.file_name, after={"upload": str(upload.id)})


def _current_lines(tx: Tenant, upload_id: uuid.UUID) -> int:
    query = select(UploadDay.line_count).where(UploadDay.data_upload_id == upload_id, UploadDay.status == "current")
    return sum(tx.connection.scalars(query))
