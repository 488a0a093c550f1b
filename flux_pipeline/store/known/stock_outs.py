"""Days on which an item sold out: stored, retracted, and read as known at a moment."""

import datetime as dt

import pandas as pd
from sqlalchemy import select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.menu.items import find_item
from flux_pipeline.store.models.known import SoldOutDay
from flux_pipeline.store.records.acts import Outcome, note_act

# A stock-out that is stated without a time doesn't contradict a stored one with a time.
SOLD_OUT = Versioned(SoldOutDay, ("menu_item_id", "business_date"), ("sold_out_at",), unknown_differs=False)


def sold_out_days(tx: Tenant, as_of: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """Return the items that sold out up to `as_of`, as known at `known_at`: item (id), date."""
    query = (
        select(SoldOutDay.menu_item_id, SoldOutDay.business_date)
        .where(SoldOutDay.business_date <= as_of, SOLD_OUT.as_known_at(known_at))
        .order_by(SoldOutDay.menu_item_id, SoldOutDay.business_date)
    )
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=["item", "date"])
    return frame.assign(item=frame["item"].astype(str), date=pd.to_datetime(frame.date))


def add_sold_out(tx: Tenant, item: str, day: dt.date, time: dt.time | None, at: dt.datetime) -> Outcome:
    """Store that an item sold out on a business day, with the local time of day if it is known, and note the act."""
    tx.lock()
    found = find_item(tx, item)
    row = pd.DataFrame([{"menu_item_id": found.id, "date": day, "time": time, "known_at": None}])
    constants = {"restaurant_id": tx.restaurant.id, "source": "by hand"}
    changed = bool(SOLD_OUT.note(tx.connection, with_moments(tx, row), at, **constants))
    if changed:
        note_act(tx, "sold_out.add", f"{found.name} {day}", after={"at": f"{time:%H:%M}"} if time else None)
    return Outcome(found.name, changed)


def remove_sold_out(tx: Tenant, item: str, day: dt.date, at: dt.datetime) -> Outcome:
    """Retract a stock-out from `at` on and note the act. What was known until then stays on record."""
    tx.lock()
    found = find_item(tx, item)
    removed = SOLD_OUT.retract(tx.connection, at, menu_item_id=found.id, business_date=day)
    if removed:
        note_act(tx, "sold_out.remove", f"{found.name} {day}")
    return Outcome(found.name, bool(removed))


def with_moments(tx: Tenant, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a file (date; time: local time of day or None) with business_date and sold_out_at."""
    times = rows.time.astype(object).where(rows.time.notna(), None)
    moments = [_moment(tx, *when) for when in zip(rows.date, times, strict=True)]
    sold_out_at = pd.to_datetime(pd.Series(moments, index=rows.index), utc=True)
    return rows.assign(business_date=rows.date, sold_out_at=sold_out_at)


def _moment(tx: Tenant, day: dt.date, time: dt.time | None) -> dt.datetime | None:
    return None if time is None else tx.restaurant.clock.moment(pd.Timestamp(day).date(), time)
