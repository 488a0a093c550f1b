"""What the menu knows from sales: since when and until when an item sold, and at which price last."""

import contextlib
import uuid
from collections.abc import Collection, Iterator

from sqlalchemy import text

from flux_pipeline.store.door import Tenant

# An item that a file made and whose sales were all taken back is not on the menu; the next sale brings it back.
SEEN_ITEMS = """
WITH sold AS (
    SELECT menu_item_id, min(business_date) AS first_date, max(business_date) AS last_date,
           max(business_date) FILTER (WHERE has_price) AS priced_date
    FROM upload_day_items GROUP BY menu_item_id
), priced AS (
    SELECT DISTINCT ON (sold.menu_item_id) sold.menu_item_id, l.unit_price
    FROM upload_lines l
    JOIN upload_items i USING (item_code)
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
"""

RECOUNT_ITEMS = """
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

# Who takes an item that sells off the menu did so by hand.
SWITCHED_OFF = "SELECT id FROM menu_items WHERE NOT is_active AND first_sold_on IS NOT NULL"
FORGET_SALES = "UPDATE menu_items SET first_sold_on = NULL, last_sold_on = NULL WHERE first_sold_on IS NOT NULL"
SWITCH_OFF = """
UPDATE menu_items SET is_active = false
WHERE is_active AND (id = ANY(CAST(:items AS uuid[])) OR (auto_created AND first_sold_on IS NULL))
"""


def see_items(tx: Tenant) -> None:
    """Bring first and last day and price of the items in the staged rows up to date."""
    tx.connection.execute(text(SEEN_ITEMS))


def recount_items(tx: Tenant, items: Collection[uuid.UUID]) -> None:
    """The same for items of which sales were taken away, from all that stands."""
    if items:
        tx.connection.execute(text(RECOUNT_ITEMS), {"items": list(items)})


@contextlib.contextmanager
def counted_anew(tx: Tenant) -> Iterator[None]:
    """Forget all that sales told, let the block load them again, and keep off the menu what was off it."""
    off = list(tx.connection.scalars(text(SWITCHED_OFF)))
    tx.connection.execute(text(FORGET_SALES))
    yield
    tx.connection.execute(text(SWITCH_OFF), {"items": off})
