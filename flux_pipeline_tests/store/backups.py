"""Helpers for tests of backups and restores: closures to write, and a report of progress that prints nothing."""

import datetime as dt

from sqlalchemy import text

from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant

CLOSE = "INSERT INTO closures (restaurant_id, date, reason) VALUES (:restaurant, :date, :reason)"


def quiet(_text: str) -> None:
    """Report no progress."""


def close(store: Store, restaurant: Restaurant, *dates: dt.date, reason: str = "Inventur, für alle · 棚卸し") -> None:
    with store.tenant(restaurant) as tx:
        for date in dates:
            tx.connection.execute(text(CLOSE), {"restaurant": restaurant.id, "date": date, "reason": reason})


def is_empty(store: Store) -> bool:
    with store.transaction(Role.OWNER) as connection:
        return not connection.scalar(
            text("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")
        )
