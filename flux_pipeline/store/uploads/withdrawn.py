"""Withdrawn uploads whose days `daily_item_sales` still shows as they were, so that a run is necessary."""

import uuid

from sqlalchemy import text
from sqlalchemy.engine import Connection

# Later than that, a nightly run has passed.
OUT_OF_DATE = """
SELECT DISTINCT ON (r.slug) r.slug, u.id
FROM data_uploads u JOIN restaurants r ON r.id = u.restaurant_id
WHERE u.status = 'withdrawn' AND u.updated_at > now() - interval '1 day' AND EXISTS (
    SELECT FROM upload_days d
    WHERE d.restaurant_id = u.restaurant_id AND d.data_upload_id = u.id AND (
        SELECT ROW (count(DISTINCT menu_item_id), sum(quantity), sum(line_amount)) FROM transaction_items t
        WHERE t.restaurant_id = d.restaurant_id AND t.business_date = d.business_date
    ) IS DISTINCT FROM (
        SELECT ROW (count(*), sum(quantity), sum(line_amount)) FROM daily_item_sales s
        WHERE s.restaurant_id = d.restaurant_id AND s.business_date = d.business_date
    ))
ORDER BY r.slug, u.updated_at DESC
"""


def withdrawn_by_restaurant(fleet: Connection) -> dict[str, uuid.UUID]:
    """Return the upload withdrawn last of each restaurant that has not been run since, by slug; needs the fleet role.

    Like a waiting upload it makes a run necessary: until then, sales and forecast are those with the upload.
    """
    return {row.slug: row.id for row in fleet.execute(text(OUT_OF_DATE))}
