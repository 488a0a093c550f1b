"""Fixtures for tests of backups and restores: a database with rows, and one that does not exist yet."""

import datetime as dt
import itertools
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.months import make_months
from flux_pipeline_tests.store.backups import close

NUMBERS = itertools.count(1)


@pytest.fixture
def filled(store: Store, bistro: Restaurant, cafe: Restaurant) -> Store:
    """Two restaurants with rows, and months created at run time, one of them with a sale."""
    close(store, bistro, dt.date(2026, 1, 1), dt.date(2026, 12, 25))
    close(store, cafe, dt.date(2026, 7, 4))
    make_months(store, ("transactions", "transaction_items", "demand_forecasts"), [dt.date(2026, 5, 1)])
    with store.feeds() as connection:
        connection.execute(
            text(
                "INSERT INTO local_events (name, kind, starts_at, ends_at, known_at, source, external_id) VALUES"
                " ('Fair', 'fair', '2026-05-01 10:00+02', '2026-05-01 18:00+02', '2026-01-01', 'test', '1')"
            )
        )
    return store


@pytest.fixture
def elsewhere(filled: Store, database_server: URL) -> Iterator[Store]:
    """A store for another database of the same server, which does not exist yet."""
    name = f"flux_restored_{next(NUMBERS)}"
    other = Store(filled.settings, filled.admin_url.set(database=name))
    yield other
    other.dispose()
    engine = create_engine(
        database_server.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for database in (name, f"{name}_dagster"):
            connection.execute(text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))
    engine.dispose()
