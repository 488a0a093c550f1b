"""Valid sales rows into tickets, lines and menu items: staged block by block, then a few statements over them all."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable

import pandas as pd
from sqlalchemy import text

from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.menu.names import find_items
from flux_pipeline.store.menu.sold import see_items
from flux_pipeline.store.models.sales import CHANNELS
from flux_pipeline.store.sales.overlaps import Replay, settle_overlaps, skip_repeated_lines
from flux_pipeline.store.sales.staging import SalesStage
from flux_pipeline.store.sales.upload_days import note_days
from flux_pipeline.store.schema.months import lacking_months, make_months
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.store.uploads.rows import Intake

SALES_TABLES = ("transactions", "transaction_items")

ANALYZED = ("upload_lines (transaction_id, business_date, item_code)", "upload_items", "upload_tickets", "upload_texts")

DAY_ITEMS = """
CREATE TEMPORARY TABLE upload_day_items ON COMMIT DROP AS
SELECT spelling.business_date, spelling.is_ticketed, i.menu_item_id, sum(spelling.line_count) AS line_count,
       sum(spelling.quantity) AS quantity, sum(spelling.line_amount) AS line_amount,
       bool_or(spelling.has_price) AS has_price
FROM (
    SELECT business_date, is_ticketed, item_code, count(*) AS line_count, sum(quantity) AS quantity,
           sum(line_amount) AS line_amount, bool_or(unit_price <> 'NaN') AS has_price
    FROM upload_lines GROUP BY business_date, is_ticketed, item_code
) spelling
JOIN upload_items i USING (item_code)
GROUP BY spelling.business_date, spelling.is_ticketed, i.menu_item_id
"""

# In the order of the primary keys: their indexes then grow at one end.
TRANSACTIONS = """
INSERT INTO transactions
    (restaurant_id, business_date, id, data_upload_id, source_ticket_id, sold_at, total_amount, discount_amount,
     covers, channel, is_refund)
SELECT :restaurant_id, whole.business_date, whole.transaction_id, :upload_id, named.ticket, whole.sold_at,
       whole.total_amount, whole.discount_amount, NULLIF(whole.covers, -1),
       (CAST(:channels AS text[]))[whole.channel + 1], whole.total_amount < 0
FROM (
    SELECT transaction_id, min(business_date) AS business_date, min(NULLIF(sold_at, '-infinity')) AS sold_at,
           sum(line_amount) AS total_amount, sum(discount_amount) AS discount_amount, max(covers) AS covers,
           min(channel) AS channel
    FROM upload_lines GROUP BY transaction_id
) whole
LEFT JOIN (SELECT DISTINCT transaction_id, ticket FROM upload_tickets) named USING (transaction_id)
ORDER BY whole.business_date, whole.transaction_id
"""

# The line's number in the file is its number on the ticket too, so that it leads back to the file; where lines make
# several rows, their place among all rows is.
LINES = """
INSERT INTO transaction_items
    (restaurant_id, business_date, transaction_id, line_number, menu_item_id, menu_item_name, quantity, unit_price,
     line_amount, modifiers)
SELECT :restaurant_id, l.business_date, l.transaction_id, CASE WHEN :by_place THEN l.place + 1 ELSE l.line_number END,
       i.menu_item_id, i.item_name, l.quantity, NULLIF(l.unit_price, 'NaN'), l.line_amount,
       CASE WHEN x.modifiers IS NOT NULL THEN jsonb_build_object('text', x.modifiers) END
FROM upload_lines l
JOIN upload_items i USING (item_code)
LEFT JOIN upload_texts x USING (place)
"""


def load_sales_upload(store: Store, tx: Tenant, upload: Upload, intake: Intake) -> Accounting:
    """Write a file's rows, without those that stand already.

    Idempotent through its caller: the upload is marked completed in the same transaction, and loads only while it is
    not. Months that lack are made in a transaction of their own while this one has written to no table that they refer
    to, or the two would wait for each other.
    """

    def ready(days: Iterable[dt.date]) -> None:
        lacking = lacking_months(tx.connection, SALES_TABLES, days)
        if lacking:
            make_months(store, SALES_TABLES, lacking)

    rows = (part.rows for part in intake.parts())
    loaded, skipped = load_sales(tx, upload, rows, make_ready=ready, tell=intake.note)
    return intake.accounting(loaded, skipped)


def load_sales(
    tx: Tenant,
    upload: Upload,
    blocks: Iterable[pd.DataFrame],
    *,
    make_ready: Callable[[Iterable[dt.date]], None] = lambda days: None,
    tell: Callable[[str], None] = lambda sentence: None,
    replay: Replay | None = None,
) -> tuple[int, Counter[str]]:
    """Write blocks of valid rows as tickets and lines, and menu items for names that are new.

    Args:
        tx: the restaurant's transaction, which holds its lock.
        upload: what they came with.
        blocks: normalised sales frames.
        make_ready: is told the business days before anything is written.
        tell: is told what a person should know of the rows that were not written, in a sentence.
        replay: where a loaded file is read again.

    Returns:
        How many rows were written, and how many were not, by reason.

    Raises:
        PermanentError: a day is told differently from what stands, and nobody said what is meant.
    """
    stage = SalesStage(tx, upload.id)
    for block in blocks:
        stage.add(block if replay is None or replay.days is None else _of_days(block, replay.days))
    if not stage.rows:
        return 0, Counter()
    make_ready(stage.days)
    find_items(tx, stage)
    # Without their sizes PostgreSQL would hash the lines and not the few items, and lose the order of the file.
    for table in ANALYZED:
        tx.connection.execute(text(f"ANALYZE {table}"))
    skipped = skip_repeated_lines(tx, stage) + settle_overlaps(tx, upload, stage, replay, tell)
    return _write(tx, upload, stage), skipped


def _of_days(rows: pd.DataFrame, days: frozenset[dt.date]) -> pd.DataFrame:
    return rows[rows.business_date.isin(pd.DatetimeIndex(sorted(days)))]


def _write(tx: Tenant, upload: Upload, stage: SalesStage) -> int:
    values = {"restaurant_id": tx.restaurant.id, "upload_id": upload.id, "channels": list(CHANNELS)}
    tx.connection.execute(text(TRANSACTIONS), values)
    lines = {"restaurant_id": tx.restaurant.id, "by_place": stage.lines_repeat}
    loaded = tx.connection.execute(text(LINES), lines).rowcount
    # After the lines, whose foreign keys are looked up faster among items that this transaction has not changed yet.
    tx.connection.execute(text(DAY_ITEMS))
    see_items(tx)
    note_days(tx, upload)
    return loaded
