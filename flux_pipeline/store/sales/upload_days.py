"""What each upload brought for each business day, and which of it stands: kept as uploads come, supersede and go."""

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy import text

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.uploads.registry import Upload

NOTE_DAYS = """
INSERT INTO upload_days
    (restaurant_id, data_upload_id, business_date, is_ticketed, line_count, item_count, quantity, line_amount)
SELECT :restaurant_id, :upload_id, business_date, is_ticketed, sum(line_count), count(*), sum(quantity),
       sum(line_amount)
FROM upload_day_items GROUP BY business_date, is_ticketed
"""

TAKE_LINES = """
WITH gone AS (
    DELETE FROM transaction_items i USING transactions t
    WHERE t.business_date = i.business_date AND t.id = i.transaction_id AND t.business_date = ANY(:days)
      AND (:with_tickets OR t.source_ticket_id IS NULL)
    RETURNING i.menu_item_id
)
SELECT DISTINCT menu_item_id FROM gone
"""

TAKE_TRANSACTIONS = """
DELETE FROM transactions WHERE business_date = ANY(:days) AND (:with_tickets OR source_ticket_id IS NULL)
"""

SUPERSEDE = """
UPDATE upload_days SET status = 'superseded', superseded_by = :upload_id
WHERE status = 'current' AND business_date = ANY(:days) AND (:with_tickets OR NOT is_ticketed)
"""

# An upload of which some day stands is current, and so is one that brought nothing: no other took its place.
SUPERSEDED_UPLOADS = """
UPDATE data_uploads u SET superseded_by = whole.superseded_by
FROM (
    SELECT o.id, CASE WHEN count(d.id) > 0 AND bool_and(d.status = 'superseded')
                      THEN (array_agg(d.superseded_by ORDER BY d.business_date DESC))[1] END AS superseded_by
    FROM data_uploads o LEFT JOIN upload_days d ON d.data_upload_id = o.id GROUP BY o.id
) whole
WHERE u.id = whole.id AND u.superseded_by IS DISTINCT FROM whole.superseded_by
"""


def note_days(tx: Tenant, upload: Upload) -> None:
    """Note what the upload brought, from `upload_day_items`."""
    tx.connection.execute(text(NOTE_DAYS), {"restaurant_id": tx.restaurant.id, "upload_id": upload.id})


def take_away(tx: Tenant, days: Collection[dt.date], *, with_tickets: bool) -> set[uuid.UUID]:
    """Delete the sales of days, of tickets or only of what names none; returns the menu items that sold there."""
    if not days:
        return set()
    values = {"days": list(days), "with_tickets": with_tickets}
    items = set(tx.connection.scalars(text(TAKE_LINES), values))
    tx.connection.execute(text(TAKE_TRANSACTIONS), values)
    return items


def supersede_days(tx: Tenant, upload: Upload, days: Collection[dt.date], *, with_tickets: bool) -> set[uuid.UUID]:
    """Take away what stands on days because `upload` tells them anew; returns the menu items that sold there."""
    items = take_away(tx, days, with_tickets=with_tickets)
    if days:
        values = {"days": list(days), "with_tickets": with_tickets, "upload_id": upload.id}
        tx.connection.execute(text(SUPERSEDE), values)
        mark_superseded_uploads(tx)
    return items


def mark_superseded_uploads(tx: Tenant) -> None:
    """Note by whom each upload is superseded of which no day stands; idempotent."""
    tx.connection.execute(text(SUPERSEDED_UPLOADS))
