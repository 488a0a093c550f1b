"""Valid sales rows into tickets, lines and menu items, and the daily sums back out for the forecasts."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pandas as pd
from sqlalchemy import func, select, text

from flux_pipeline.store.bulk import stage
from flux_pipeline.store.models import DailyItemSales, MenuCategory, MenuItem
from flux_pipeline.store.roles import Role
from flux_pipeline.store.sql_models import read_select
from flux_pipeline.store.store import Store, Tenant

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

# Long enough for the load of a night, short enough that those who queue behind it do not notice.
MONTH_LOCK_TIMEOUT = "5s"


def make_months(store: Store, tables: tuple[str, ...], days: Iterable[dt.date]) -> None:
    """Make the months that `days` fall in and the one after the last, in a transaction of its own.

    A new month waits for whoever writes to the tables it refers to, and makes others wait; so it is made ahead, when
    there is time, and gives up soon. Idempotent: a month that is there stays as it is.

    Raises:
        TransientError: a long write of somebody else's was in the way.
    """
    months = {day.replace(day=1) for day in days}
    months.add((max(months) + dt.timedelta(days=31)).replace(day=1))
    with store.transaction(Role.APP) as connection:
        connection.execute(text("SELECT set_config('lock_timeout', :timeout, true)"), {"timeout": MONTH_LOCK_TIMEOUT})
        for table in tables:
            connection.execute(
                text("SELECT flux_ensure_months(CAST(:table AS regclass), :months)"),
                {"table": table, "months": sorted(months)},
            )


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


def sales_history(tx: Tenant, first_day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """What was sold from `first_day` to `as_of`: item (menu item id), date, quantity (never below 0)."""
    query = (
        select(
            DailyItemSales.menu_item_id.label("item"),
            DailyItemSales.business_date.label("date"),
            func.greatest(DailyItemSales.quantity, 0).label("quantity"),
        )
        .where(DailyItemSales.business_date.between(first_day, as_of))
        .order_by(DailyItemSales.menu_item_id, DailyItemSales.business_date)
    )
    rows = tx.connection.execute(query).all()
    frame = pd.DataFrame(rows, columns=["item", "date", "quantity"])
    return frame.assign(
        item=frame["item"].astype(str), date=pd.to_datetime(frame.date), quantity=frame.quantity.astype(float)
    )


def menu(tx: Tenant, as_of: dt.date) -> pd.DataFrame:
    """The items on sale as of a day: item (id), name, category (None where it has none).

    An item that first sold later was not known then; one that never sold was put on the menu by hand.
    """
    query = (
        select(MenuItem.id, MenuItem.name, MenuCategory.name.label("category"))
        .join(MenuCategory, MenuCategory.id == MenuItem.menu_category_id, isouter=True)
        .where(MenuItem.is_active, func.coalesce(MenuItem.first_sold_on, as_of) <= as_of)
        .order_by(MenuItem.id)
    )
    rows = tx.connection.execute(query).all()
    frame = pd.DataFrame(rows, columns=["item", "name", "category"])
    return frame.assign(item=frame["item"].astype(str))


def hourly_sales(tx: Tenant, first_day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """What was sold by the clock: business_date, hour (local, 0 to 23), quantity; empty where no ticket has a time."""
    frame = read_select(
        tx, "hourly_sales", {"timezone": tx.restaurant.timezone, "first_day": first_day, "as_of": as_of}
    )
    return frame.assign(
        business_date=pd.to_datetime(frame.business_date),
        hour=frame.hour.astype(int),
        quantity=frame.quantity.astype(float),
    )


def sales_window(tx: Tenant) -> tuple[dt.date | None, dt.date | None]:
    """The first and the last business day with a sale; None where there is none."""
    row = tx.connection.execute(select(func.min(DailyItemSales.business_date), func.max(DailyItemSales.business_date)))
    first, last = row.one()
    return first, last


def last_sale(tx: Tenant, as_of: dt.date) -> dt.date | None:
    """The newest business day with a sale up to `as_of`; None where there is none."""
    return tx.connection.scalar(
        select(func.max(DailyItemSales.business_date)).where(DailyItemSales.business_date <= as_of)
    )
