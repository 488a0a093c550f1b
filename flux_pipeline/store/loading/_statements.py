"""Withdrawal of files of stock: what each says is ended, and what the other files say of the same is stored again.

The other files are read again in the order in which they were loaded, as `replay.py` does for sales, so that the
rows end as if the file had never been handed in.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import select

from flux_pipeline.ingest.result import merged
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.kitchen.counts import counts_in, end_counts, restore_counts
from flux_pipeline.store.kitchen.deliveries import deliveries_in, end_deliveries, restore_deliveries
from flux_pipeline.store.kitchen.subjects import Ended
from flux_pipeline.store.kitchen.waste import end_waste, merged_waste, restore_waste, waste_in
from flux_pipeline.store.loading.replay import open_kept
from flux_pipeline.store.models.uploads import RejectedRow
from flux_pipeline.store.uploads.registry import Upload, loaded_uploads

Said = Mapping[Any, Any]


@dataclass(frozen=True)
class Statements:
    """What files of a kind say, by what they say it of: a count's key, a delivery, a thing that was wasted on a day.

    Attributes:
        end: ends what an upload says at a moment.
        read: returns what a file says, from its valid rows.
        restore: stores what files say, known since a moment; returns the number of rows of each upload, or of people.
        merge: returns what holds of what an earlier and a later file say, by the later one's hint `overlap`.
        of_days: whether it is of the days of its file; otherwise a file of other days may say it again.
    """

    end: Callable[[Tenant, uuid.UUID, dt.datetime], Ended]
    read: Callable[[Tenant, Upload, pd.DataFrame], Said]
    restore: Callable[[Tenant, Any, dt.datetime], Counter[Any]]
    merge: Callable[[Any, Any, str | None], Any] = lambda _before, stated, _overlap: stated
    of_days: bool = True


STATED: Mapping[str, Statements] = {
    "deliveries": Statements(end_deliveries, deliveries_in, restore_deliveries, of_days=False),
    "inventory_counts": Statements(end_counts, counts_in, restore_counts),
    "waste": Statements(end_waste, waste_in, restore_waste, merged_waste),
}


@dataclass(frozen=True)
class Restored:
    """Rows that were removed, and those of other files or of people that were stored again instead."""

    removed: int
    returned: int
    returned_from: tuple[str, ...]


def withdraw_statements(tx: Tenant, upload: Upload, at: dt.datetime) -> Restored:
    """End what an upload says, and store what is said of the same without it.

    Raises:
        PermanentError: a file is missing from the archive.
    """
    kind = STATED[upload.kind]
    ended = kind.end(tx, upload.id, at)
    before = ended.said
    after = {subject: said for subject, said in before.items() if said is not None}
    others = _others(tx, upload, of_days=kind.of_days) if before else []
    for other in others:
        for subject, said in kind.read(tx, other, _valid_rows(tx, other)).items():
            # What a person had said was the newest before this file.
            if subject not in before or (before[subject] is not None and _loaded_at(other) < _loaded_at(upload)):
                continue
            overlap = other.hints.get("overlap")
            after[subject] = kind.merge(after[subject], said, overlap) if subject in after else said
    returned = kind.restore(tx, after, at)
    names = tuple(other.file_name for other in others if returned[other.id])
    return Restored(ended.rows, returned.total(), (*names, "what was entered by hand") if returned[None] else names)


def _loaded_at(upload: Upload) -> dt.datetime:
    return upload.finished_at or upload.received_at


def _others(tx: Tenant, upload: Upload, *, of_days: bool) -> list[Upload]:
    """Return the other loaded files of the kind in their order, those that may be of the same days."""
    others = [other for other in loaded_uploads(tx, upload.kind) if other.id != upload.id]
    if not of_days:
        return others
    first, last = _days(upload)
    return [other for other in others if _days(other)[0] <= last and first <= _days(other)[1]]


def _days(upload: Upload) -> tuple[dt.date, dt.date]:
    return upload.first_business_date or dt.date.min, upload.last_business_date or dt.date.max


def _valid_rows(tx: Tenant, upload: Upload) -> pd.DataFrame:
    """Return the rows of a kept file that were loaded, or known, when it came in."""
    rows = merged(list(open_kept(tx, upload).parts())).rows
    rejected = tx.connection.scalars(select(RejectedRow.line_number).where(RejectedRow.data_upload_id == upload.id))
    return rows[~rows.line_number.isin(list(rejected))].reset_index(drop=True)
