"""Weather and events, shared by all restaurants: written by the feeds role, read as they were known at a moment."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import insert, select, text
from sqlalchemy.engine import Connection

from flux_pipeline.audit import Accounting
from flux_pipeline.store.archive import KeptFile
from flux_pipeline.store.bulk import stage
from flux_pipeline.store.models import FeedLoad
from flux_pipeline.store.sql_models import read_select
from flux_pipeline.store.store import Tenant


@dataclass(frozen=True)
class FeedTable:
    """Where the rows of a kind go.

    Attributes:
        name: the table.
        columns: PostgreSQL type by column; a `timestamp` is UTC.
        keys: what makes two rows one.
        earliest: columns that keep their earliest value: what was known once was known since then.
    """

    name: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]
    earliest: tuple[str, ...] = ()


FEED_TABLES = {
    "weather": FeedTable(
        "weather_data",
        {
            "place": "text",
            "valid_at": "timestamp",
            "issued_at": "timestamp",
            "kind": "text",
            "temperature_c": "float8",
            "precipitation_mm": "float8",
            "wind_mps": "float8",
            "cloud_pct": "float8",
            "weather_code": "integer",
            "source": "text",
        },
        ("place", "valid_at", "issued_at", "kind", "source"),
    ),
    "local_events": FeedTable(
        "local_events",
        {
            "name": "text",
            "kind": "text",
            "starts_at": "timestamp",
            "ends_at": "timestamp",
            "latitude": "numeric(8,5)",
            "longitude": "numeric(8,5)",
            "expected_attendance": "integer",
            "known_at": "timestamp",
            "source": "text",
            "external_id": "text",
        },
        ("source", "external_id"),
        earliest=("known_at",),
    ),
}


def load_feed(connection: Connection, kind: str, rows: pd.DataFrame) -> int:
    """Write the rows that are new or differ from what stands; returns how many.

    Idempotent: the table's natural key says which row is meant, and an equal row is left alone. Of two rows with one
    key in the same file the later one counts.

    Args:
        connection: a transaction of the feeds role.
        kind: "weather" or "local_events".
        rows: that kind's normalised frame.
    """
    table = FEED_TABLES[kind]
    stage(connection, "feed_rows", {"line_number": "integer", **table.columns}, rows)
    # Every name below comes from FEED_TABLES, none from data.
    values = [name for name in table.columns if name not in (*table.keys, *table.earliest)]
    changes = [f"{v} = excluded.{v}" for v in values]
    changes += [f"{e} = least(kept.{e}, excluded.{e})" for e in table.earliest]
    fresh = ", ".join(f"{c} AT TIME ZONE 'UTC'" if t == "timestamp" else c for c, t in table.columns.items())
    statement = f"""
        INSERT INTO {table.name} AS kept ({", ".join(table.columns)})
        SELECT DISTINCT ON ({", ".join(table.keys)}) {fresh}
        FROM feed_rows ORDER BY {", ".join(table.keys)}, line_number DESC
        ON CONFLICT ({", ".join(table.keys)}) DO UPDATE SET {", ".join(changes)}
        WHERE ({", ".join(f"kept.{v}" for v in values)}) IS DISTINCT FROM ({", ".join(f"excluded.{v}" for v in values)})
    """  # noqa: S608
    return connection.execute(text(statement)).rowcount


def loaded_feed_file(connection: Connection, kind: str, content_sha256: str) -> bool:
    """Whether a file of this content was loaded already."""
    query = select(FeedLoad.id).where(
        FeedLoad.kind == kind, FeedLoad.content_sha256 == content_sha256, FeedLoad.error.is_(None)
    )
    return connection.execute(query).one_or_none() is not None


def record_feed_file(
    connection: Connection,
    kind: str,
    file_name: str,
    kept: KeptFile,
    accounting: Accounting,
    rejected: list[dict[str, Any]],
    error: str | None = None,
) -> None:
    """Store a file's accounting and its rejected rows, in the transaction that loads it; or why it can't be read."""
    connection.execute(
        insert(FeedLoad).values(
            kind=kind,
            file_name=file_name,
            storage_uri=kept.storage_uri,
            content_sha256=kept.content_sha256,
            size_bytes=kept.size_bytes,
            row_count=accounting.read,
            loaded_count=accounting.loaded,
            skipped_count=accounting.skipped,
            rejected_count=accounting.rejected,
            reasons=dict(accounting.reasons),
            rejected=rejected,
            error=error,
        )
    )


def weather_known(tx: Tenant, place: str, first_day: dt.date, last_day: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """The place's weather by local day, as known at `known_at`: date, temperature_c (mean), precipitation_mm (sum)."""
    parameters = {"place": place, "known_at": known_at, **_moments(tx, first_day, last_day)}
    frame = read_select(tx, "daily_weather", parameters)
    numbers = {name: frame[name].astype(float) for name in ("temperature_c", "precipitation_mm")}
    return _within(frame.assign(**numbers), first_day, last_day)


def event_days_known(
    tx: Tenant,
    first_day: dt.date,
    last_day: dt.date,
    known_at: dt.datetime,
    *,
    radius_km: float,
    least_attendance: int,
) -> pd.DataFrame:
    """The days with an event near the restaurant, as known at `known_at`: date, event_names, expected_attendance.

    Empty where the restaurant has no coordinates: near is then unknown.
    """
    columns = ["date", "event_names", "expected_attendance"]
    if tx.restaurant.latitude is None or tx.restaurant.longitude is None:
        return pd.DataFrame({name: [] for name in columns}).assign(date=pd.to_datetime([]))
    parameters = {
        "known_at": known_at,
        "latitude": tx.restaurant.latitude,
        "longitude": tx.restaurant.longitude,
        "radius_km": radius_km,
        "least_attendance": least_attendance,
        **_moments(tx, first_day, last_day),
    }
    return _within(read_select(tx, "local_event_days", parameters), first_day, last_day)


def _moments(tx: Tenant, first_day: dt.date, last_day: dt.date) -> dict[str, Any]:
    """The bounds of local days as moments, a day wider on both sides; `_within` cuts the rest off."""
    return {
        "timezone": tx.restaurant.timezone,
        "first_moment": dt.datetime.combine(first_day - dt.timedelta(days=1), dt.time(), dt.UTC),
        "last_moment": dt.datetime.combine(last_day + dt.timedelta(days=2), dt.time(), dt.UTC),
    }


def _within(frame: pd.DataFrame, first_day: dt.date, last_day: dt.date) -> pd.DataFrame:
    """The rows of the days asked for, the date as a timestamp."""
    dated = frame.assign(date=pd.to_datetime(frame.date))
    return dated[dated.date.between(pd.Timestamp(first_day), pd.Timestamp(last_day))].reset_index(drop=True)


def list_feed_files(connection: Connection, limit: int = 20) -> list[tuple[str, str, Accounting]]:
    """The newest files of the shared feeds that were loaded: kind, name, accounting."""
    query = (
        select(
            FeedLoad.kind,
            FeedLoad.file_name,
            FeedLoad.row_count,
            FeedLoad.loaded_count,
            FeedLoad.skipped_count,
            FeedLoad.rejected_count,
            FeedLoad.reasons,
        )
        .where(FeedLoad.error.is_(None))
        .order_by(FeedLoad.received_at.desc())
        .limit(limit)
    )
    return [(row[0], row[1], Accounting(*row[2:])) for row in connection.execute(query)]
