"""Replay of loaded sales files from the archive, in the order in which they were loaded.

The rows that are stored for a day are determined by the files and by the item each spelling refers to: each file is
compared with those before it, as it was the first time. So a day can be rebuilt without a file that was withdrawn, or
all sales of a restaurant after their rows were lost. withdraw.py decides which days to replay after a withdrawal.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import delete, func, select, text

from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import OpenUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.menu.moves import rewound_aliases
from flux_pipeline.store.menu.sold import resetting_sold_dates
from flux_pipeline.store.models.sales import Transaction, TransactionItem
from flux_pipeline.store.models.uploads import LOADED, UploadDay
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.sales.days import mark_superseded_uploads
from flux_pipeline.store.sales.loading import load_sales
from flux_pipeline.store.sales.overlaps import Replay
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.log import format_of_upload
from flux_pipeline.store.uploads.opening import open_for
from flux_pipeline.store.uploads.registry import Upload, loaded_uploads, update_accounting


@dataclass(frozen=True)
class Rebuild:
    """Result of a rebuild: the files read again, and the lines and transactions stored before and after."""

    uploads: int
    lines_before: int
    transactions_before: int
    lines: int
    transactions: int


def open_kept(tx: Tenant, upload: Upload) -> OpenUpload:
    """Open the kept file of an upload with its sender's hints; a loaded one with the encoding and columns of its load.

    Personal cells are counted in the original file, before their removal.

    Raises:
        PermanentError: it is missing from the archive, or can't be read as its kind.
    """
    source = Archive(tx.settings.archive).open(upload.storage_uri, upload.file_name)
    return reopen(tx, source, upload, format_of_upload(tx, upload.id))


def reopen(tx: Tenant, source: Source, upload: Upload, stored: Mapping[str, Any]) -> OpenUpload:
    """Open the kept file of an upload like `open_kept`; `stored` is its detected format as it is stored by now."""
    hints, known = Hints.from_json(upload.hints), None
    # Texts are missing in the kept file, so an old encoding might be detected differently. The texts of a workbook have
    # no encoding.
    if (encoding := stored.get("encoding")) not in (None, "workbook"):
        hints = replace(hints, encoding=encoding)
    if upload.status in LOADED:
        fingerprint = stored.get("header_fingerprint")
        known = {fingerprint: stored["columns"]} if fingerprint else {}
    opened = open_for(tx, source, upload.kind, hints, known_at=upload.received_at, known=known)
    found = opened.detected_format
    counted = {name: {**found[name], **stored.get(name, {})} for name in ("personal_columns", "dropped_columns")}
    return replace(opened, detected_format={**found, **counted})


def replay_days(tx: Tenant, uploads: Collection[Upload], days: Collection[dt.date] | None = None) -> list[Upload]:
    """Load days of uploads again, for which no sales are stored any more.

    Args:
        tx: the restaurant's transaction, which holds its lock.
        uploads: loaded sales files, in the order in which they were loaded.
        days: the days; None: all.

    Returns:
        The uploads with rows of these days, with their accounting as it is now.

    Raises:
        PermanentError: a file is missing from the archive.
    """
    wanted = None if days is None else frozenset(days)
    concerned = [upload for upload in uploads if wanted is None or any(_covers(upload, day) for day in wanted)]
    replayed = []
    with rewound_aliases(tx, wanted) as repeat_moves:
        for upload in concerned:
            repeat_moves(upload.finished_at)
            replayed.append(_replay(tx, upload, wanted))
    mark_superseded_uploads(tx)
    return replayed


def rebuild_restaurant(store: Store, restaurant: Restaurant) -> Rebuild:
    """Delete every sale of a restaurant and load all its sales files again, in the order in which they were loaded.

    Ends with identical rows, ids included, if neither a file nor a setting changed; an item keeps its id and what
    people set for it. One transaction, with the row in the log: a rebuild that is killed or lacks a file changes
    nothing, and readers see the earlier rows until it is done.

    Raises:
        PermanentError: a file is missing from the archive.
    """
    with store.tenant(restaurant) as tx:
        tx.lock()
        lines, transactions = _count(tx, TransactionItem), _count(tx, Transaction)
        uploads = loaded_uploads(tx, "sales")
        tx.connection.execute(text("DELETE FROM transaction_items"))
        tx.connection.execute(text("DELETE FROM transactions"))
        with resetting_sold_dates(tx):
            replay_days(tx, uploads)
        sync_table(tx, "daily_item_sales")
        done = Rebuild(len(uploads), lines, transactions, _count(tx, TransactionItem), _count(tx, Transaction))
        before = {"lines": done.lines_before, "transactions": done.transactions_before}
        after = {"files": done.uploads, "lines": done.lines, "transactions": done.transactions}
        note_act(tx, "sales.rebuild", "sales", before, after)
        return done


def _covers(upload: Upload, day: dt.date) -> bool:
    first, last = upload.first_business_date, upload.last_business_date
    return first is not None and last is not None and first <= day <= last


def _replay(tx: Tenant, upload: Upload, days: frozenset[dt.date] | None) -> Upload:
    """Load one file's rows of these days; rows that are new now had been skipped as already loaded."""
    conditions = [UploadDay.data_upload_id == upload.id]
    if days is not None:
        conditions.append(UploadDay.business_date.in_(days))
    before = tx.connection.execute(
        select(UploadDay.business_date, func.sum(UploadDay.line_count))
        .where(*conditions)
        .group_by(UploadDay.business_date)
    ).all()
    tx.connection.execute(delete(UploadDay).where(*conditions))
    replay = Replay(days, frozenset(day for day, _ in before))
    loaded, _ = load_sales(tx, upload, _rows(open_kept(tx, upload)), replay=replay)
    more = loaded - sum(lines for _, lines in before)
    if not more:
        return upload
    counts = upload.accounting
    reasons = {**counts.reasons, "already_loaded": counts.reasons.get("already_loaded", 0) - more}
    accounting = Accounting(
        read=counts.read,
        loaded=counts.loaded + more,
        skipped=counts.skipped - more,
        rejected=counts.rejected,
        reasons={reason: count for reason, count in reasons.items() if count},
    )
    update_accounting(tx, upload, accounting)
    return replace(upload, accounting=accounting)


def _rows(opened: OpenUpload) -> Iterator[pd.DataFrame]:
    return (part.rows for part in opened.parts())


def _count(tx: Tenant, table: type[Transaction] | type[TransactionItem]) -> int:
    return tx.connection.scalar(select(func.count()).select_from(table)) or 0
