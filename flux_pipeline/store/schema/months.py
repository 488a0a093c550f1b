"""The months of the tables that are partitioned by month: made ahead and on demand, by the owner's one function."""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role

# Long enough for the load of a night, short enough that those who queue behind it do not notice.
MONTH_LOCK_TIMEOUT = "5s"


MONTHS_THERE = """
SELECT c.relname FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
WHERE h.inhparent = CAST(:table AS regclass)
"""


def lacking_months(connection: Connection, tables: tuple[str, ...], days: Iterable[dt.date]) -> list[dt.date]:
    """The first days of those months of `days` that one of `tables` lacks, in order."""
    months = {day.replace(day=1) for day in days}
    lacking = set()
    for table in tables:
        there = set(connection.scalars(text(MONTHS_THERE), {"table": table}))
        lacking |= {month for month in months if f"{table}_{month:%Y_%m}" not in there}
    return sorted(lacking)


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
