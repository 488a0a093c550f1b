"""Helpers for tests of readers: connect as a login, read, and be refused."""

import uuid
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from flux_pipeline.store.door import Store


def connect(store: Store, login: str) -> psycopg.Connection[Any]:
    admin = store.admin_url.set(drivername="postgresql", database="postgres")
    # Its password was shown once, to whoever created it.
    with psycopg.connect(admin.render_as_string(hide_password=False)) as connection:
        connection.execute(f"ALTER ROLE \"{login}\" PASSWORD 'known'")
    url = store.admin_url.set(drivername="postgresql", username=login, password="known")
    return psycopg.connect(url.render_as_string(hide_password=False))


def seen(connection: psycopg.Connection[Any], table: str) -> set[uuid.UUID]:
    key = "id" if table == "restaurants" else "restaurant_id"
    return {row[0] for row in connection.execute(f"SELECT {key} FROM {table}").fetchall()}


def role_exists(store: Store, login: str) -> bool:
    with store.fleet() as fleet:
        return bool(fleet.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :l"), {"l": login}))


def refused(connection: psycopg.Connection[Any], statement: str) -> str:
    """Return the server's refusal of the statement; fail if it is accepted."""
    with pytest.raises(psycopg.Error) as why, connection.transaction():
        connection.execute(statement)
    return str(why.value)
