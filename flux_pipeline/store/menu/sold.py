"""Dates and prices of menu items that follow from their sales: first and last day sold, last price."""

import contextlib
import uuid
from collections.abc import Collection, Iterator

from sqlalchemy import text

from flux_pipeline.store.door import Tenant

REFRESH_SOLD_DATES = """
UPDATE menu_items m
SET first_sold_on = sold.first_date, last_sold_on = sold.last_date, price = coalesce(priced.unit_price, m.price),
    is_active = m.is_active AND NOT (m.auto_created AND sold.first_date IS NULL)
FROM unnest(CAST(:items AS uuid[])) AS item (id)
CROSS JOIN LATERAL (
    SELECT min(i.business_date) AS first_date, max(i.business_date) AS last_date,
           max(i.business_date) FILTER (WHERE i.unit_price IS NOT NULL) AS priced_date
    FROM transaction_items i WHERE i.menu_item_id = item.id
) sold
LEFT JOIN LATERAL (
    SELECT i.unit_price
    FROM transaction_items i
    JOIN transactions t ON t.business_date = i.business_date AND t.id = i.transaction_id
    JOIN data_uploads u ON u.id = t.data_upload_id
    WHERE i.menu_item_id = item.id AND i.business_date = sold.priced_date AND i.unit_price IS NOT NULL
    ORDER BY u.finished_at DESC, i.line_number DESC LIMIT 1
) priced ON true
WHERE m.id = item.id
"""

# Items with sales that are off the menu: a person took them off.
SWITCHED_OFF = "SELECT id FROM menu_items WHERE NOT is_active AND first_sold_on IS NOT NULL"
FORGET_SALES = "UPDATE menu_items SET first_sold_on = NULL, last_sold_on = NULL WHERE first_sold_on IS NOT NULL"
SWITCH_OFF = """
UPDATE menu_items SET is_active = false
WHERE is_active AND (id = ANY(CAST(:items AS uuid[])) OR (auto_created AND first_sold_on IS NULL))
"""


def refresh_sold_dates(tx: Tenant, items: Collection[uuid.UUID]) -> None:
    """Bring first and last day and price of items up to date after some of their sales changed.

    An automatically created item without sales goes off the menu.
    """
    if items:
        tx.connection.execute(text(REFRESH_SOLD_DATES), {"items": list(items)})


@contextlib.contextmanager
def resetting_sold_dates(tx: Tenant) -> Iterator[None]:
    """Clear the dates of all items while the block loads their sales again; items that were off the menu stay off."""
    off = list(tx.connection.scalars(text(SWITCHED_OFF)))
    tx.connection.execute(text(FORGET_SALES))
    yield
    tx.connection.execute(text(SWITCH_OFF), {"items": off})
