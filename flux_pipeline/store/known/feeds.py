"""Weather and events, shared by all restaurants: written by the feeds role, read as known at a moment."""

import datetime as dt
from typing import Any

import pandas as pd
from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.versions import Latest, Versioned
from flux_pipeline.store.models.feeds import FeedLoad, LocalEvent, RestaurantEvent, WeatherData
from flux_pipeline.store.schema.tables import read_select
from flux_pipeline.store.uploads.archive import KeptFile

# Weather forecasts are vintages: the time at which each was issued is part of the key.
WEATHER = Latest(
    WeatherData,
    ("place", "valid_at", "issued_at", "kind", "source"),
    ("temperature_c", "precipitation_mm", "wind_mps", "cloud_pct", "weather_code"),
)
EVENTS = Versioned(
    LocalEvent,
    ("source", "external_id"),
    ("name", "kind", "starts_at", "ends_at", "latitude", "longitude", "expected_attendance"),
    # Most files give none, and then it is the file's own time: an older copy of a file makes nothing known earlier.
    can_be_known_earlier=False,
)
# A restaurant's own events are where it is.
OWN_EVENTS = Versioned(
    RestaurantEvent,
    ("source", "external_id"),
    ("name", "kind", "starts_at", "ends_at", "expected_attendance"),
    can_be_known_earlier=False,
)

_EVENT_NUMBERS = ("latitude", "longitude", "distance_km", "expected_attendance")


def loaded_feed_file(connection: Connection, kind: str, content_sha256: str) -> bool:
    """Return whether a file of this content was loaded already."""
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
    *,
    received_at: dt.datetime,
    error: str | None = None,
) -> None:
    """Store a file's accounting and rejected rows, in the transaction that loads it; or why it can't be read.

    Its `received_at` is when it was handed in: loaded again as of then, its events become known at the same time.
    """
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
            received_at=received_at,
            error=error,
        )
    )


def weather_known(tx: Tenant, place: str, first_day: dt.date, last_day: dt.date, known_at: dt.datetime) -> pd.DataFrame:
    """Return a place's weather by local day, as known at `known_at`.

    Returns:
        date, temperature_c (mean), precipitation_mm (sum), source_kind: "observed", or "forecast issued 2026-11-27
        12:00 UTC" if an hour of the day is a forecast.
    """
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
    """Return the events near the restaurant and school holidays, as known at `known_at`: a row for each local day.

    School holidays without a place apply to all restaurants. For a restaurant without coordinates nothing else is near.

    Returns:
        date, name, kind, starts_at, ends_at, latitude, longitude, distance_km (NaN: everywhere), expected_attendance
        (NaN: unknown), source, by date and name; several sources may have the same event.
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
    frame = read_select(tx, "local_event_days", parameters)
    numbers = {name: frame[name].astype(float) for name in _EVENT_NUMBERS}
    moments = {name: pd.to_datetime(frame[name], utc=True) for name in ("starts_at", "ends_at")}
    return _within(frame.assign(**numbers, **moments), first_day, last_day)


def newest_weather_forecast(tx: Tenant, place: str, known_at: dt.datetime) -> dt.datetime | None:
    """Return when a place's newest weather forecast known at `known_at` was issued; None if there is none."""
    known = (WeatherData.place == place, WeatherData.kind == "forecast", WeatherData.issued_at <= known_at)
    # The newest forecast reaches furthest, and an index finds its last day; a place has hundreds of thousands of rows.
    last = select(func.max(WeatherData.valid_at)).where(*known).scalar_subquery()
    query = select(func.max(WeatherData.issued_at)).where(*known, WeatherData.valid_at > last - dt.timedelta(days=1))
    return tx.connection.scalar(query)


def _moments(tx: Tenant, first_day: dt.date, last_day: dt.date) -> dict[str, Any]:
    """Return the bounds of local days as moments, a day wider on both sides; `_within` removes the days outside."""
    return {
        "timezone": tx.restaurant.timezone,
        "first_moment": dt.datetime.combine(first_day - dt.timedelta(days=1), dt.time(), dt.UTC),
        "last_moment": dt.datetime.combine(last_day + dt.timedelta(days=2), dt.time(), dt.UTC),
    }


def _within(frame: pd.DataFrame, first_day: dt.date, last_day: dt.date) -> pd.DataFrame:
    """Return the rows from the first day to the last, the date as a timestamp."""
    dated = frame.assign(date=pd.to_datetime(frame.date))
    return dated[dated.date.between(pd.Timestamp(first_day), pd.Timestamp(last_day))].reset_index(drop=True)
