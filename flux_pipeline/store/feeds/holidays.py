"""Public holidays by country, for readers of the database; demand computes its own from the same package."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from flux_pipeline.store.known.versions import Latest
from flux_pipeline.store.models.feeds import PublicHoliday
from flux_pipeline.store.models.tenants import Restaurant

HOLIDAYS = Latest(PublicHoliday, ("country_code", "date"), ("name",))


@dataclass(frozen=True)
class SyncedHolidays:
    """The number of holidays that are stored, and of those that were written or removed."""

    rows: int
    written: int


def countries(fleet: Connection) -> list[str]:
    """Return the countries of the active restaurants."""
    query = select(Restaurant.country_code).where(Restaurant.is_active, Restaurant.country_code.is_not(None)).distinct()
    return sorted(code for code in fleet.scalars(query) if code is not None)


def sync_holidays(feeds: Connection, holidays: pd.DataFrame, at: dt.datetime) -> SyncedHolidays:
    """Make the table hold exactly these holidays (country_code, date, name); write only what differs. Idempotent."""
    written = HOLIDAYS.note(feeds, holidays, at)
    kept = set(zip(holidays["country_code"], holidays["date"], strict=True))
    stored = feeds.execute(select(PublicHoliday.id, PublicHoliday.country_code, PublicHoliday.date))
    gone = [row.id for row in stored if (row.country_code, row.date) not in kept]
    if gone:
        feeds.execute(delete(PublicHoliday).where(PublicHoliday.id.in_(gone)))
    return SyncedHolidays(len(holidays), written + len(gone))
