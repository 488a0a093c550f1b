"""Monthly partitions: they are created ahead and on demand, through the one function of the owner that may do so."""

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role

# Long enough for a load to finish at night, short enough that the transactions queued behind it lose no time.
MONTH_LOCK_TIMEOUT = "5s"


EXISTING_MONTHS = """
SELECT c.relname FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
WHERE h.inhparent = CAST(:table AS regclass)
"""


def lacking_months(connection: Connection, tables: tuple[str, ...], days: Iterable[dt.date]) -> list[dt.date]:
    """Return the first day of each month of `days` for which one of `tables` has no partition, in order."""
    months = {day.replace(day=1) for day in days}
    lacking = set()
    for table in tables:
        existing = set(connection.scalars(text(EXISTING_MONTHS), {"table": table}))
        lacking |= {month for month in months if f"{table}_{month:%Y_%m}" not in existing}
    return sorted(lacking)


def make_months(store: Store, tables: tuple[str, ...], days: Iterable[dt.date]) -> None:
    """Create the partitions of the months of `days` and of the month after the last, in a transaction of its own.

    A new partition waits for the writers of the tables that it refers to, and others wait for it; so it is created
    ahead, when there is time, and gives up soon. Idempotent: an existing partition is left unchanged.

    Raises:
        TransientError: another transaction wrote to these tables for longer than MONTH_LOCK_TIMEOUT.
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
