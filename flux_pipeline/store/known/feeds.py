"""Weather and events, shared by all restaurants: written by the feeds role, read as they were known at a moment."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import insert, select, text
from sqlalchemy.engine import Connection

from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.feeds import FeedLoad
from flux_pipeline.store.postgres.copying import stage
from flux_pipeline.store.schema.tables import read_select
from flux_pipeline.store.uploads.archive import KeptFile


@dataclass(frozen=True)
class FeedTable:
    """Where the rows of a kind go.

    Attributes:
        name: the table.
        columns: PostgreSQL type by column; a `timestamp` is UTC.
        keys: what makes two rows one.
        is_versioned: whether what a row said before it is said otherwise stays on record, for looking back. Its table
            has `known_at` and `superseded_at`.
    """

    name: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]
    is_versioned: bool = False


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
        is_versioned=True,
    ),
}


def load_feed(connection: Connection, kind: str, rows: pd.DataFrame) -> int:
    """Write the rows that are new or differ from what stands; returns how many.

    Idempotent: the table's natural key says which row is meant, and an equal row is left alone. Of two rows with one
    key in the same file the later one counts. Of a versioned table, what differs counts from now on.

    Args:
        connection: a transaction of the feeds role.
        kind: "weather" or "local_events".
        rows: that kind's normalised frame.
    """
    table = FEED_TABLES[kind]
    stage(connection, "feed_rows", {"line_number": "integer", **table.columns}, rows)
    # Every name here and below comes from FEED_TABLES, none from data.
    keys = ", ".join(table.keys)
    cells = ", ".join(f"{c} AT TIME ZONE 'UTC' AS {c}" if t == "timestamp" else c for c, t in table.columns.items())
    fresh = f"SELECT DISTINCT ON ({keys}) {cells} FROM feed_rows ORDER BY {keys}, line_number DESC"  # noqa: S608
    return (_add_versions if table.is_versioned else _replace)(connection, table, fresh)


def _replace(connection: Connection, table: FeedTable, fresh: str) -> int:
    values = [name for name in table.columns if name not in table.keys]
    statement = f"""
        INSERT INTO {table.name} AS kept ({", ".join(table.columns)}) {fresh}
        ON CONFLICT ({", ".join(table.keys)}) DO UPDATE SET {", ".join(f"{v} = excluded.{v}" for v in values)}
        WHERE ({", ".join(f"kept.{v}" for v in values)}) IS DISTINCT FROM ({", ".join(f"excluded.{v}" for v in values)})
    """
    return connection.execute(text(statement)).rowcount


def _add_versions(connection: Connection, table: FeedTable, fresh: str) -> int:
    """What is said otherwise than it stands ends what stands now, and follows it."""
    values = [name for name in table.columns if name not in (*table.keys, "known_at")]
    same = " AND ".join(f"kept.{key} = fresh.{key}" for key in table.keys)
    columns = ", ".join(table.columns)
    told = ", ".join("greatest(known_at, ended)" if c == "known_at" else c for c in table.columns)
    supersede = f"""
        UPDATE {table.name} kept
        SET superseded_at = greatest(clock_timestamp(), kept.known_at + interval '1 microsecond')
        FROM ({fresh}) fresh WHERE {same} AND kept.superseded_at IS NULL
            AND ({", ".join(f"kept.{v}" for v in values)}) IS DISTINCT FROM ({", ".join(f"fresh.{v}" for v in values)})
    """  # noqa: S608
    add = f"""
        INSERT INTO {table.name} ({columns})
        SELECT {told} FROM ({fresh}) fresh
        LEFT JOIN (SELECT {", ".join(table.keys)}, max(superseded_at) AS ended FROM {table.name}
                   GROUP BY {", ".join(table.keys)}) earlier USING ({", ".join(table.keys)})
        WHERE NOT EXISTS (SELECT FROM {table.name} kept WHERE {same} AND kept.superseded_at IS NULL)
    """  # noqa: S608
    connection.execute(text(supersede))
    return connection.execute(text(add)).rowcount


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
    school_holiday_radius_km: float,
) -> pd.DataFrame:
    """The days with an event near the restaurant or school holidays, as known at `known_at`.

    School holidays that have no place are everybody's. Where the restaurant has no coordinates, nothing else is near.

    Returns:
        date, event_names, expected_attendance, is_event, is_school_holiday.
    """
    parameters = {
        "known_at": known_at,
        "latitude": tx.restaurant.latitude,
        "longitude": tx.restaurant.longitude,
        "radius_km": radius_km,
        "least_attendance": least_attendance,
        "school_holiday_radius_km": school_holiday_radius_km,
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
