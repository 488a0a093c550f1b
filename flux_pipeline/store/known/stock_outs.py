"""Days on which an item ran out, in and out. What is taken back stays on record for looking back."""

import datetime as dt
import uuid

import pandas as pd
from sqlalchemy import or_, select, text, update

from flux_pipeline.ingest.result import ParsedUpload, known_rows_skipped
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.menu.names import items_named
from flux_pipeline.store.models.known import SoldOutDay
from flux_pipeline.store.models.menu import MenuItem
from flux_pipeline.store.postgres.copying import stage
from flux_pipeline.store.uploads.registry import Upload, accounting_of

STAGED = {"item_id": "uuid", "business_date": "date", "sold_out_at": "timestamp", "known_at": "timestamp"}
KEPT = ["item", "date", "sold_out_at", "known_at"]

# What was said once without since when it is known may be said again with it; not so once it was corrected.
KNOWN_EARLIER = """
UPDATE sold_out_days s SET known_at = r.known_at AT TIME ZONE 'UTC'
FROM sold_out_rows r
WHERE s.menu_item_id = r.item_id AND s.business_date = r.business_date AND s.superseded_at IS NULL
  AND r.known_at AT TIME ZONE 'UTC' < s.known_at
  AND coalesce(r.sold_out_at AT TIME ZONE 'UTC', s.sold_out_at) IS NOT DISTINCT FROM s.sold_out_at
  AND NOT EXISTS (SELECT FROM sold_out_days earlier WHERE earlier.menu_item_id = s.menu_item_id
                  AND earlier.business_date = s.business_date AND earlier.superseded_at IS NOT NULL)
"""
# That a day stands counts; when it ran out, a later row may add.
SUPERSEDE = """
UPDATE sold_out_days s
SET superseded_at = greatest(:received_at, r.known_at AT TIME ZONE 'UTC', s.known_at + interval '1 microsecond')
FROM sold_out_rows r
WHERE s.menu_item_id = r.item_id AND s.business_date = r.business_date AND s.superseded_at IS NULL
  AND r.sold_out_at AT TIME ZONE 'UTC' IS DISTINCT FROM s.sold_out_at AND r.sold_out_at IS NOT NULL
"""
ADD = """
INSERT INTO sold_out_days (restaurant_id, menu_item_id, business_date, sold_out_at, source, known_at)
SELECT :restaurant_id, r.item_id, r.business_date, r.sold_out_at AT TIME ZONE 'UTC', :source,
       greatest(coalesce(r.known_at AT TIME ZONE 'UTC', :received_at), earlier.superseded_at)
FROM sold_out_rows r
LEFT JOIN (
    SELECT menu_item_id, business_date, max(superseded_at) AS superseded_at
    FROM sold_out_days GROUP BY menu_item_id, business_date
) earlier ON earlier.menu_item_id = r.item_id AND earlier.business_date = r.business_date
WHERE NOT EXISTS (SELECT FROM sold_out_days s WHERE s.menu_item_id = r.item_id
                  AND s.business_date = r.business_date AND s.superseded_at IS NULL)
"""


def sold_out_days(tx: Tenant, as_of: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """What ran out up to `as_of`, as known at `known_at`: item (id), date."""
    query = (
        select(SoldOutDay.menu_item_id, SoldOutDay.business_date)
        .where(
            SoldOutDay.business_date <= as_of,
            SoldOutDay.known_at <= known_at,
            or_(SoldOutDay.superseded_at.is_(None), SoldOutDay.superseded_at > known_at),
        )
        .order_by(SoldOutDay.menu_item_id, SoldOutDay.business_date)
    )
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=["item", "date"])
    return frame.assign(item=frame["item"].astype(str), date=pd.to_datetime(frame.date))


def list_sold_out(tx: Tenant, limit: int | None = None) -> pd.DataFrame:
    """The days that stand, newest first: item (name), date, sold_out_at, known_at."""
    query = (
        select(MenuItem.name, SoldOutDay.business_date, SoldOutDay.sold_out_at, SoldOutDay.known_at)
        .join(MenuItem, MenuItem.id == SoldOutDay.menu_item_id)
        .where(SoldOutDay.superseded_at.is_(None))
        .order_by(SoldOutDay.business_date.desc(), MenuItem.name)
        .limit(limit)
    )
    return pd.DataFrame(tx.connection.execute(query).all(), columns=KEPT)


def add_sold_out(tx: Tenant, days: pd.DataFrame, received_at: dt.datetime, source: str) -> int:
    """Note days on which items ran out; returns how many changed anything. Idempotent by item, day and time.

    Args:
        tx: the restaurant's transaction.
        days: item_id, business_date, time (local time of day, None where unknown), known_at (UTC; NaT: since
            `received_at`); one row an item and day.
        received_at: when this was said.
        source: by whom or what.
    """
    times = days.time.astype(object).where(days.time.notna(), None)
    moments = [_moment(tx, *when) for when in zip(days.business_date, times, strict=True)]
    staged = days.assign(sold_out_at=pd.to_datetime(pd.Series(moments, index=days.index), utc=True))
    stage(tx.connection, "sold_out_rows", STAGED, staged)
    when = {"received_at": received_at}
    written = tx.connection.execute(text(KNOWN_EARLIER)).rowcount
    tx.connection.execute(text(SUPERSEDE), when)
    added = {**when, "restaurant_id": tx.restaurant.id, "source": source}
    written += tx.connection.execute(text(ADD), added).rowcount
    tx.connection.execute(text("DROP TABLE sold_out_rows"))
    return written


def remove_sold_out(tx: Tenant, item_id: uuid.UUID, day: dt.date, at: dt.datetime) -> bool:
    """Take a day back from `at` on; whether it stood. What was known until then stays on record."""
    standing = (
        SoldOutDay.menu_item_id == item_id,
        SoldOutDay.business_date == day,
        SoldOutDay.superseded_at.is_(None),
    )
    known_at = tx.connection.scalar(select(SoldOutDay.known_at).where(*standing))
    if known_at is None:
        return False
    end = max(at, known_at + dt.timedelta(microseconds=1))
    tx.connection.execute(update(SoldOutDay).where(*standing).values(superseded_at=end))
    return True


def load_sold_out(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Note a file's days; what doesn't say since when it is known became known with the file.

    Items go by their aliases. One that never sold is noted but not put on the menu; its first sale does that.
    """
    ids = items_named(tx, parsed.rows["item"])
    rows = parsed.rows.assign(item_id=ids, business_date=parsed.rows.date)
    repeated = rows.duplicated(["item_id", "business_date"], keep="last").to_numpy(dtype=bool)
    result = known_rows_skipped(parsed, repeated, reason="repeated_row")
    if result.rows.empty:
        return accounting_of(result)
    return accounting_of(result, written=add_sold_out(tx, rows[~repeated], upload.received_at, "upload"))


def _moment(tx: Tenant, day: dt.date, time: dt.time | None) -> dt.datetime | None:
    return None if time is None else tx.restaurant.clock.moment(pd.Timestamp(day).date(), time)
