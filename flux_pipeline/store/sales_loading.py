"""Valid sales rows into tickets, lines and menu items: matched by alias, and nothing that stands already twice."""

from typing import Any

import pandas as pd
from sqlalchemy import text

from flux_pipeline.audit import Accounting
from flux_pipeline.ingest import ParsedUpload, known_rows_skipped
from flux_pipeline.ingest.names import fold_name
from flux_pipeline.store.bulk import stage
from flux_pipeline.store.months import make_months
from flux_pipeline.store.overlaps import find_overlap
from flux_pipeline.store.store import Store, Tenant
from flux_pipeline.store.uploads import Upload, accounting_of

SALES_TABLES = ("transactions", "transaction_items")
STAGED = {
    "line_number": "integer",
    "business_date": "date",
    "sold_at": "timestamp",
    "ticket": "text",
    "ticket_number": "integer",
    "item_name": "text",
    "alias": "text",
    "quantity": "numeric(12,3)",
    "unit_price": "numeric(12,2)",
    "line_amount": "numeric(12,2)",
}

# The spelling that sells most names the item; the price is the newest one.
NEW_ITEMS = """
WITH spelling AS (
    SELECT DISTINCT ON (alias) alias, item_name FROM upload_lines
    GROUP BY alias, item_name ORDER BY alias, count(*) DESC, item_name
), made AS (
    INSERT INTO menu_items (restaurant_id, name, auto_created)
    SELECT :restaurant_id, item_name, true FROM spelling
    WHERE NOT EXISTS (SELECT FROM menu_item_aliases a WHERE a.alias = spelling.alias)
    RETURNING id, name
)
INSERT INTO menu_item_aliases (restaurant_id, menu_item_id, alias)
SELECT :restaurant_id, made.id, spelling.alias FROM made JOIN spelling ON spelling.item_name = made.name
"""

SEEN_ITEMS = """
UPDATE menu_items m
SET first_sold_on = least(m.first_sold_on, seen.first_date),
    price = CASE WHEN seen.last_date >= coalesce(m.last_sold_on, seen.last_date) THEN coalesce(seen.price, m.price)
                 ELSE m.price END,
    last_sold_on = greatest(m.last_sold_on, seen.last_date)
FROM (
    SELECT a.menu_item_id, min(l.business_date) AS first_date, max(l.business_date) AS last_date,
           (array_agg(l.unit_price ORDER BY l.business_date DESC, l.line_number DESC)
            FILTER (WHERE l.unit_price IS NOT NULL))[1] AS price
    FROM upload_lines l JOIN menu_item_aliases a ON a.alias = l.alias GROUP BY a.menu_item_id
) seen
WHERE m.id = seen.menu_item_id
"""

TICKETS = """
CREATE TEMPORARY TABLE upload_tickets ON COMMIT DROP AS
SELECT ticket_number, gen_random_uuid() AS id, min(business_date) AS business_date, min(ticket) AS ticket,
       min(sold_at) AS sold_at, sum(line_amount) AS total_amount
FROM upload_lines GROUP BY ticket_number
"""

TRANSACTIONS = """
INSERT INTO transactions
    (restaurant_id, business_date, id, data_upload_id, source_ticket_id, sold_at, total_amount, is_refund)
SELECT :restaurant_id, business_date, id, :upload_id, ticket, sold_at AT TIME ZONE 'UTC', total_amount, total_amount < 0
FROM upload_tickets
"""

# The line's number in the file is its number on the ticket too: unique there, and it leads back to the file.
LINES = """
INSERT INTO transaction_items
    (restaurant_id, business_date, transaction_id, line_number, menu_item_id, menu_item_name, quantity, unit_price,
     line_amount)
SELECT :restaurant_id, l.business_date, t.id, l.line_number, a.menu_item_id, l.item_name, l.quantity, l.unit_price,
       l.line_amount
FROM upload_lines l
JOIN upload_tickets t USING (ticket_number)
JOIN menu_item_aliases a ON a.alias = l.alias
"""


def make_months_of(store: Store, parsed: ParsedUpload) -> None:
    """Make the months that a parsed file's rows fall in."""
    if len(parsed.rows):
        make_months(store, SALES_TABLES, parsed.rows.business_date.dt.date.unique())


def load_sales_upload(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Write a parsed file's rows, without those that stand already."""
    names = parsed.rows.item_name
    aliases = names.map({name: fold_name(name) for name in names.unique()})
    overlap = find_overlap(tx, parsed.rows.assign(alias=aliases))
    result = known_rows_skipped(parsed, overlap.same)
    left = ~overlap.same
    result = known_rows_skipped(result, overlap.differs[left], reason="differs_from_loaded")
    left &= ~overlap.differs
    result = known_rows_skipped(result, overlap.counted[left], reason="already_counted")
    fresh = aliases[left & ~overlap.counted]
    load_sales(tx, upload.id, result.rows.assign(alias=fresh.to_numpy()))
    return accounting_of(result)


def ticket_numbers(rows: pd.DataFrame) -> pd.Series:
    """Which rows make one transaction: those of a ticket; without tickets those of a moment; else those of a day.

    Args:
        rows: business_date, ticket (None where there is none), sold_at (NaT where there is none).
    """
    moment = rows.sold_at.where(rows.ticket.isna())
    return (
        pd.DataFrame({"day": rows.business_date, "ticket": rows.ticket, "moment": moment})
        .groupby(["day", "ticket", "moment"], dropna=False)
        .ngroup()
    )


def load_sales(tx: Tenant, upload_id: Any, rows: pd.DataFrame) -> None:
    """Write valid rows as tickets and lines, and menu items for names that are new.

    Idempotent through its caller: the upload is marked completed in the same transaction, and loads only while it is
    not.

    Args:
        tx: the restaurant's transaction.
        upload_id: the `data_uploads` row that they came with.
        rows: the normalised sales frame with the column `alias`.
    """
    if rows.empty:
        return
    ids = {"restaurant_id": tx.restaurant.id, "upload_id": upload_id}
    stage(tx.connection, "upload_lines", STAGED, rows.assign(ticket_number=ticket_numbers(rows)))
    tx.connection.execute(text(NEW_ITEMS), ids)
    tx.connection.execute(text(SEEN_ITEMS))
    tx.connection.execute(text(TICKETS))
    tx.connection.execute(text(TRANSACTIONS), ids)
    tx.connection.execute(text(LINES), ids)
