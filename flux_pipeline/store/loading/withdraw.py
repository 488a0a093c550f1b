"""An upload's rows taken back out, as if it had never come; what it had kept out or superseded stands again."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.loading.replay import replay_days
from flux_pipeline.store.menu.sold import recount_items
from flux_pipeline.store.models.uploads import LOADED, DataUpload, UploadDay, UploadStatus
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.sales.days import take_away
from flux_pipeline.store.uploads.registry import Upload, find_upload, loaded_sales
from flux_pipeline.wording import count_of


@dataclass(frozen=True)
class Withdrawal:
    """What became of an upload that was taken back: the lines that went, and those of other files that came instead."""

    upload: Upload
    was_withdrawn: bool
    days: int = 0
    lines_removed: int = 0
    lines_returned: int = 0
    returned_from: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """In a sentence or two."""
        name = self.upload.file_name
        if self.was_withdrawn:
            return f"{name} was withdrawn before; nothing changed."
        gone, back = count_of(self.lines_removed, "line"), count_of(self.lines_returned, "line")
        told = f"{name} is withdrawn, and with it {gone} on {count_of(self.days, 'day')}."
        if self.lines_returned:
            told += f" {back} of these days came back from {', '.join(self.returned_from)}."
        return told


def withdraw_upload(tx: Tenant, upload_id: uuid.UUID) -> Withdrawal:
    """Take an upload's rows back out; its file stays in the archive and may be handed in again.

    Its days are made anew from the other files that tell of them, so what it had superseded comes back, and so do rows
    that those files brought too and that were skipped for its sake. Items that only it sold stay on record but leave
    the menu (`is_active`), until they sell again. `daily_item_sales` follow with the next run. Idempotent; one
    transaction, the caller's, with the row in the log.

    Raises:
        PermanentError: it is no sales file, it is still waiting or failed, or a file that its days need is gone from
            the archive; nothing is changed then.
    """
    tx.lock()
    upload = find_upload(tx, upload_id)
    if upload.status == UploadStatus.WITHDRAWN:
        return Withdrawal(upload, was_withdrawn=True)
    if upload.kind != "sales" or upload.status not in LOADED:
        raise PermanentError(
            f"{upload.file_name} is {upload.kind}, {upload.status}; only loaded sales files can be withdrawn. "
            "`flux uploads list` shows them."
        )
    days = list(
        tx.connection.scalars(select(UploadDay.business_date).where(UploadDay.data_upload_id == upload_id).distinct())
    )
    removed = _standing_lines(tx, upload_id)
    others = [other for other in loaded_sales(tx) if other.id != upload_id]
    before = {other.id: _standing_lines(tx, other.id) for other in others}
    items = take_away(tx, days, with_tickets=True)
    recount_items(tx, items)
    tx.connection.execute(
        update(UploadDay).where(UploadDay.data_upload_id == upload_id).values(status="withdrawn", superseded_by=None)
    )
    _mark_withdrawn(tx, upload)
    replayed = replay_days(tx, others, days) if days else []
    more = {other.file_name: _standing_lines(tx, other.id) - before[other.id] for other in replayed}
    came = {name: lines for name, lines in more.items() if lines > 0}
    return Withdrawal(
        find_upload(tx, upload_id),
        was_withdrawn=False,
        days=len(days),
        lines_removed=removed,
        lines_returned=sum(came.values()),
        returned_from=tuple(came),
    )


def retire_upload(tx: Tenant, upload: Upload) -> None:
    """Withdraw an upload whose file is to be loaded again: a sales file, or one of another kind without stored rows."""
    if upload.kind == "sales":
        withdraw_upload(tx, upload.id)
    else:
        _mark_withdrawn(tx, upload)


def _mark_withdrawn(tx: Tenant, upload: Upload) -> None:
    """Change the status and note it; the transaction holds the restaurant's lock."""
    values = {"status": UploadStatus.WITHDRAWN, "superseded_by": None}
    tx.connection.execute(update(DataUpload).where(DataUpload.id == upload.id).values(values))
    note_act(tx, "uploads.withdraw", upload.file_name, after={"upload": str(upload.id)})


def _standing_lines(tx: Tenant, upload_id: uuid.UUID) -> int:
    query = select(UploadDay.line_count).where(UploadDay.data_upload_id == upload_id, UploadDay.status == "current")
    return sum(tx.connection.scalars(query))
