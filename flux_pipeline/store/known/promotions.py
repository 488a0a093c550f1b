"""Promotions, in and out: what is known of them changes, and what was known before stays on record."""

import datetime as dt
import uuid
from typing import Any

import pandas as pd
from sqlalchemy import select, text, update

from flux_pipeline.ingest.result import ParsedUpload, known_rows_skipped
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu.names import items_named
from flux_pipeline.store.models.known import Promotion
from flux_pipeline.store.models.menu import MenuItem
from flux_pipeline.store.postgres.copying import stage
from flux_pipeline.store.schema.tables import read_select
from flux_pipeline.store.uploads.registry import Upload, accounting_of

STAGED = {
    "item_id": "uuid",
    "starts_on": "date",
    "ends_on": "date",
    "discount": "numeric(4,3)",
    "discount_amount": "numeric(12,2)",
    "known_at": "timestamp",
}
KEPT = ["item", "starts_on", "ends_on", "discount", "discount_amount", "known_at"]

# What was said once without since when it is known may be said again with it; not so once it was corrected.
KNOWN_EARLIER = """
UPDATE promotions p SET known_at = r.known_at AT TIME ZONE 'UTC'
FROM promotion_rows r
WHERE p.menu_item_id = r.item_id AND p.starts_on = r.starts_on AND p.superseded_at IS NULL
  AND (p.ends_on, p.discount, p.discount_amount) IS NOT DISTINCT FROM (r.ends_on, r.discount, r.discount_amount)
  AND r.known_at AT TIME ZONE 'UTC' < p.known_at
  AND NOT EXISTS (SELECT FROM promotions earlier WHERE earlier.menu_item_id = p.menu_item_id
                  AND earlier.starts_on = p.starts_on AND earlier.superseded_at IS NOT NULL)
"""
# Never earlier than it came in: a look back must go on seeing what was known then.
SUPERSEDE = """
UPDATE promotions p
SET superseded_at = greatest(:received_at, r.known_at AT TIME ZONE 'UTC', p.known_at + interval '1 microsecond')
FROM promotion_rows r
WHERE p.menu_item_id = r.item_id AND p.starts_on = r.starts_on AND p.superseded_at IS NULL
  AND (p.ends_on, p.discount, p.discount_amount) IS DISTINCT FROM (r.ends_on, r.discount, r.discount_amount)
"""
ADD = """
INSERT INTO promotions
    (restaurant_id, menu_item_id, starts_on, ends_on, discount, discount_amount, source, known_at)
SELECT :restaurant_id, r.item_id, r.starts_on, r.ends_on, r.discount, r.discount_amount, :source,
       greatest(coalesce(r.known_at AT TIME ZONE 'UTC', :received_at), earlier.superseded_at)
FROM promotion_rows r
LEFT JOIN (
    SELECT menu_item_id, starts_on, max(superseded_at) AS superseded_at FROM promotions GROUP BY menu_item_id, starts_on
) earlier ON earlier.menu_item_id = r.item_id AND earlier.starts_on = r.starts_on
WHERE NOT EXISTS (SELECT FROM promotions p WHERE p.menu_item_id = r.item_id AND p.starts_on = r.starts_on
                  AND p.superseded_at IS NULL)
"""


def promotion_days(tx: Tenant, first_day: dt.date, last_day: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """The days in a promotion from `first_day` to `last_day`, as known at `known_at`: item (id), date, each once."""
    parameters = {"first_day": first_day, "last_day": last_day, "known_at": known_at}
    frame = read_select(tx, "promotion_days", parameters)
    return frame.assign(item=frame["item"].astype(str), date=pd.to_datetime(frame.date))


def list_promotions(tx: Tenant) -> pd.DataFrame:
    """The promotions that stand, newest first: item (name), starts_on, ends_on, discount, discount_amount, known_at,
    has_sold (whether the item ever did)."""
    query = (
        select(
            MenuItem.name,
            Promotion.starts_on,
            Promotion.ends_on,
            Promotion.discount,
            Promotion.discount_amount,
            Promotion.known_at,
            MenuItem.first_sold_on.is_not(None),
        )
        .join(MenuItem, MenuItem.id == Promotion.menu_item_id)
        .where(Promotion.superseded_at.is_(None))
        .order_by(Promotion.starts_on.desc(), MenuItem.name)
    )
    return pd.DataFrame(tx.connection.execute(query).all(), columns=[*KEPT, "has_sold"])


def add_promotions(tx: Tenant, promotions: pd.DataFrame, received_at: dt.datetime, source: str) -> int:
    """Note promotions; returns how many changed anything.

    Idempotent by item, first day and content. One that is said otherwise than it stands counts from `received_at` on;
    what was known until then stays on record.

    Args:
        tx: the restaurant's transaction.
        promotions: item_id, starts_on, ends_on, discount (share) or discount_amount (money), known_at (UTC; NaT: since
            `received_at`); one row an item and first day.
        received_at: when this was said.
        source: by whom or what.
    """
    stage(tx.connection, "promotion_rows", STAGED, promotions)
    when = {"received_at": received_at}
    written = tx.connection.execute(text(KNOWN_EARLIER)).rowcount
    tx.connection.execute(text(SUPERSEDE), when)
    added = {**when, "restaurant_id": tx.restaurant.id, "source": source}
    written += tx.connection.execute(text(ADD), added).rowcount
    tx.connection.execute(text("DROP TABLE promotion_rows"))
    return written


def remove_promotion(tx: Tenant, item_id: uuid.UUID, starts_on: dt.date, at: dt.datetime) -> dict[str, Any] | None:
    """Take a promotion back from `at` on; what stood as JSON, None where none did. What was known until then stays."""
    standing = (
        Promotion.menu_item_id == item_id,
        Promotion.starts_on == starts_on,
        Promotion.superseded_at.is_(None),
    )
    known = tx.connection.execute(
        select(Promotion.ends_on, Promotion.discount, Promotion.discount_amount, Promotion.known_at).where(*standing)
    ).one_or_none()
    if known is None:
        return None
    end = max(at, known.known_at + dt.timedelta(microseconds=1))
    tx.connection.execute(update(Promotion).where(*standing).values(superseded_at=end))
    told = {"ends_on": known.ends_on, "discount": known.discount, "discount_amount": known.discount_amount}
    return {name: str(value) for name, value in told.items() if value is not None}


def load_promotions(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Note a file's promotions; one that doesn't say since when it is known became known with the file.

    Items go by their aliases. One that never sold is noted but not put on the menu; its first sale does that.
    """
    ids = items_named(tx, parsed.rows["item"])
    rows = parsed.rows.assign(item_id=ids)
    # Two names may mean one item: the later row counts.
    repeated = rows.duplicated(["item_id", "starts_on"], keep="last").to_numpy(dtype=bool)
    result = known_rows_skipped(parsed, repeated, reason="repeated_row")
    if result.rows.empty:
        return accounting_of(result)
    written = add_promotions(tx, rows[~repeated], upload.received_at, "upload")
    return accounting_of(result, written=written)
