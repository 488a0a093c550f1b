"""Irregular closed days of a restaurant: stored, retracted, and read as known at a moment."""

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from sqlalchemy import select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.current import announced_closures
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.models.known import Closure
from flux_pipeline.store.records.acts import note_act

CLOSURES = Versioned(Closure, ("date",), ("reason",))


def closures_known(tx: Tenant, known_at: dt.datetime) -> pd.DataFrame:
    """Return the irregular closed days that were known at a moment: date, reason."""
    query = select(Closure.date, Closure.reason).where(CLOSURES.as_known_at(known_at)).order_by(Closure.date)
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=["date", "reason"])
    return frame.assign(date=pd.to_datetime(frame.date))


def add_closures(tx: Tenant, closures: pd.DataFrame, at: dt.datetime) -> int:
    """Store irregular closed days (date, reason, known_at) that are stated at `at`; see `Versioned.note`."""
    return CLOSURES.note(tx.connection, closures, at, restaurant_id=tx.restaurant.id)


def announce_closure(tx: Tenant, day: dt.date, reason: str, at: dt.datetime) -> bool:
    """Announce an irregular closed day and note the act; return whether that changed anything."""
    tx.lock()
    before = [{"reason": each.reason} for each in announced_closures(tx) if each.date == day]
    changed = bool(add_closures(tx, pd.DataFrame({"date": [day], "reason": [reason], "known_at": [at]}), at))
    if changed:
        note_act(tx, "closures.add", str(day), before[0] if before else None, {"reason": reason})
    return changed


def announce_holidays(tx: Tenant, holidays: Mapping[dt.date, str], at: dt.datetime) -> None:
    """Announce the holidays, by day, on which no closure is announced yet."""
    tx.lock()
    announced = {each.date for each in announced_closures(tx)}
    for day, name in holidays.items():
        if day not in announced:
            announce_closure(tx, day, name, at)


def remove_closure(tx: Tenant, day: dt.date, at: dt.datetime) -> bool:
    """Retract an irregular closed day from `at` on and note the act; return whether there was one."""
    tx.lock()
    removed = CLOSURES.retract(tx.connection, at, date=day)
    for closure in removed:
        note_act(tx, "closures.remove", str(day), {"reason": closure["reason"]})
    return bool(removed)


def with_reasons(_tx: Tenant, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a file of closed days, each with a reason."""
    return rows.assign(reason=rows.reason.fillna("closed"))
