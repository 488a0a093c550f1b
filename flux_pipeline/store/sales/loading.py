"""Loading of sales: valid rows are staged block by block, then a few statements write tickets, lines and menu items."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable

import pandas as pd
from sqlalchemy import text

from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.menu.names import find_items
from flux_pipeline.store.models.sales import CHANNELS
from flux_pipeline.store.sales._bounds import refuse_excess
from flux_pipeline.store.sales._staging import (
    DAY_ITEMS,
    ITEMS,
    LINES,
    SUM_DAY_ITEMS,
    TEXTS,
    TICKETS,
    SalesStage,
    SettledSales,
    SummedSales,
    WrittenSales,
)
from flux_pipeline.store.sales.days import note_days
from flux_pipeline.store.sales.overlaps import Replay, settle_overlaps
from flux_pipeline.store.schema.months import lacking_months, make_months
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline.store.uploads.rows import Intake

SALES_TABLES = ("transactions", "transaction_items")

# In the order of the primary keys, so that their indexes grow at one end.
TRANSACTIONS = f"""
INSERT INTO transactions
    (restaurant_id, business_date, id, data_upload_id, source_ticket_id, sold_at, total_amount, discount_amount,
     covers, channel, is_refund)
SELECT :restaurant_id, summed.business_date, summed.transaction_id, :upload_id, named.ticket, summed.sold_at,
       summed.total_amount, summed.discount_amount, NULLIF(summed.covers, -1),
       (CAST(:channels AS text[]))[summed.channel + 1], summed.total_amount < 0
FROM (
    SELECT transaction_id, min(business_date) AS business_date, min(NULLIF(sold_at, '-infinity')) AS sold_at,
           sum(line_amount) AS total_amount, sum(discount_amount) AS discount_amount, max(covers) AS covers,
           min(channel) AS channel
    FROM {LINES} GROUP BY transaction_id
) summed
LEFT JOIN (SELECT DISTINCT transaction_id, ticket FROM {TICKETS}) named USING (transaction_id)
ORDER BY summed.business_date, summed.transaction_id
"""  # noqa: S608

# The line's number in the file is its number on the ticket too, so that it can be found in the file. If lines give
# several rows, the row's place among all rows is used instead.
TRANSACTION_ITEMS = f"""
INSERT INTO transaction_items
    (restaurant_id, business_date, transaction_id, line_number, menu_item_id, menu_item_name, quantity, unit_price,
     line_amount, modifiers)
SELECT :restaurant_id, l.business_date, l.transaction_id, CASE WHEN :by_place THEN l.place + 1 ELSE l.line_number END,
       i.menu_item_id, i.item_name, l.quantity, NULLIF(l.unit_price, 'NaN'), l.line_amount,
       CASE WHEN x.modifiers IS NOT NULL THEN jsonb_build_object('text', x.modifiers) END
FROM {LINES} l
JOIN {ITEMS} i USING (item_code)
LEFT JOIN {TEXTS} x USING (place)
"""  # noqa: S608

# An item that a sales file created leaves the menu when all its sales are withdrawn; the next sale brings it back.
SOLD_DATES = f"""
WITH sold AS (
    SELECT menu_item_id, min(business_date) AS first_date, max(business_date) AS last_date,
           max(business_date) FILTER (WHERE has_price) AS priced_date
    FROM {DAY_ITEMS} GROUP BY menu_item_id
), priced AS (
    SELECT DISTINCT ON (sold.menu_item_id) sold.menu_item_id, l.unit_price
    FROM {LINES} l
    JOIN {ITEMS} i USING (item_code)
    JOIN sold ON sold.menu_item_id = i.menu_item_id AND sold.priced_date = l.business_date
    WHERE l.unit_price <> 'NaN'
    ORDER BY sold.menu_item_id, l.place DESC
)
UPDATE menu_items m
SET is_active = m.is_active OR (m.auto_created AND m.first_sold_on IS NULL),
    first_sold_on = least(m.first_sold_on, sold.first_date),
    price = CASE WHEN sold.last_date >= coalesce(m.last_sold_on, sold.last_date)
                 THEN coalesce(priced.unit_price, m.price) ELSE m.price END,
    last_sold_on = greatest(m.last_sold_on, sold.last_date)
FROM sold LEFT JOIN priced USING (menu_item_id)
WHERE m.id = sold.menu_item_id
"""  # noqa: S608


def load_sales_upload(store: Store, tx: Tenant, upload: Upload, intake: Intake) -> Accounting:
    """Write a file's rows, except those that are already stored.

    Idempotent because its caller marks the upload completed in the same transaction, and loads it only while it
    waits. Missing months are created in a transaction of their own, before this one writes to a table that they refer
    to; otherwise the two would wait for each other. A rehearsal creates none and writes no tickets and lines.
    """

    def make_ready(days: Iterable[dt.date]) -> None:
        lacking = lacking_months(tx.connection, SALES_TABLES, days)
        if lacking:
            make_months(store, SALES_TABLES, lacking)

    rows, column = (part.rows for part in intake.parts()), intake.column_of("item")
    if tx.is_rehearsal:
        loaded, skipped = load_sales(tx, upload, rows, report=intake.note, writes=False, item_column=column)
    else:
        loaded, skipped = load_sales(tx, upload, rows, make_ready=make_ready, report=intake.note, item_column=column)
    return intake.accounting(loaded, skipped)


def load_sales(
    tx: Tenant,
    upload: Upload,
    blocks: Iterable[pd.DataFrame],
    *,
    make_ready: Callable[[Iterable[dt.date]], None] = lambda days: None,
    report: Callable[[str], None] = lambda sentence: None,
    replay: Replay | None = None,
    writes: bool = True,
    item_column: str = "item",
) -> tuple[int, Counter[str]]:
    """Write blocks of valid rows as tickets and lines, and menu items for names that are new.

    Args:
        tx: the restaurant's transaction, which holds its lock.
        upload: the upload whose rows they are.
        blocks: normalised sales frames.
        make_ready: called with the business days before anything is written.
        report: called with a sentence for people if rows of stored tickets were not written.
        replay: given if a loaded file is read again.
        writes: whether tickets and lines are written; without them no month is needed.
        item_column: the column of the items, for messages.

    Returns:
        How many rows were written, and how many were not, by reason.

    Raises:
        PermanentError: a day differs from the stored one, and the sender made no choice; the file has more new items
            than may come in one, or more sales on a day than can be added up.
    """
    stage = SalesStage(tx, upload)
    for block in blocks:
        stage.add(block if replay is None or replay.days is None else _of_days(block, replay.days))
    if not stage.rows:
        return 0, Counter()
    make_ready(stage.days)
    staged = stage.with_items(find_items(tx, stage.items, min(stage.days), item_column))
    summed = sum_days(settle_overlaps(staged, replay, report))
    if replay is None:
        refuse_excess(summed)
    if not writes:
        stage.line_count = stage.rows - stage.skipped.total()
        note_days(summed)
        return stage.line_count, +stage.skipped
    written = write_sales(summed)
    # After the lines, whose foreign keys are looked up faster among items that this transaction has not changed yet.
    update_sold_dates(written)
    note_days(written)
    return stage.line_count, +stage.skipped


def _of_days(rows: pd.DataFrame, days: frozenset[dt.date]) -> pd.DataFrame:
    return rows[rows.business_date.isin(pd.DatetimeIndex(sorted(days)))]


def write_sales(stage: SummedSales) -> WrittenSales:
    """Store the staged rows as tickets and lines."""
    here = {"restaurant_id": stage.tx.restaurant.id}
    values = here | {"upload_id": stage.upload.id, "channels": list(CHANNELS)}
    stage.tx.connection.execute(text(TRANSACTIONS), values)
    lines = stage.tx.connection.execute(text(TRANSACTION_ITEMS), here | {"by_place": stage.lines_repeat})
    stage.line_count = lines.rowcount
    return WrittenSales(stage)


def sum_days(stage: SettledSales) -> SummedSales:
    """Sum the staged rows by day and item."""
    stage.tx.connection.execute(text(SUM_DAY_ITEMS))
    return SummedSales(stage)


def update_sold_dates(stage: WrittenSales) -> None:
    """Bring the first and last day and the price of the items that the file sold up to date."""
    stage.tx.connection.execute(text(SOLD_DATES))
