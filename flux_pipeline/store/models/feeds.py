"""Tables of feeds: weather and events, shared by all restaurants, and the files and calls that brought them."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, SharedRow, TenantRow, one_of


class WeatherData(SharedRow, Base):
    """A row is the weather of one place at one time, as observed or as forecast at `issued_at`."""

    __tablename__ = "weather_data"
    __table_args__ = (
        UniqueConstraint("place", "valid_at", "issued_at", "kind", "source", postgresql_nulls_not_distinct=True),
        CheckConstraint(one_of("kind", ("observed", "forecast")), name="kind_is_known"),
        CheckConstraint("precipitation_mm >= 0", name="precipitation_not_negative"),
        CheckConstraint("cloud_pct BETWEEN 0 AND 100", name="cloud_is_a_percentage"),
    )

    place: Mapped[str] = mapped_column(doc="Coordinates, rounded")
    valid_at: Mapped[dt.datetime] = mapped_column(doc="The time that it describes")
    issued_at: Mapped[dt.datetime] = mapped_column(doc="When it became known")
    kind: Mapped[str] = mapped_column(doc="observed or forecast")
    temperature_c: Mapped[float | None]
    precipitation_mm: Mapped[float | None]
    wind_mps: Mapped[float | None]
    cloud_pct: Mapped[float | None]
    weather_code: Mapped[int | None] = mapped_column(doc="WMO code")
    source: Mapped[str | None]


class LocalEvent(SharedRow, Base):
    """A row is something that draws people to a place, as it was known from `known_at` until `superseded_at`."""

    __tablename__ = "local_events"
    __table_args__ = (
        Index(
            "uq_local_events_standing",
            "source",
            "external_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        CheckConstraint("superseded_at > known_at", name="known_for_a_while"),
        CheckConstraint("ends_at >= starts_at", name="ends_after_it_starts"),
        CheckConstraint("expected_attendance >= 0", name="attendance_not_negative"),
        Index("ix_local_events_starts_at", "starts_at"),
    )

    name: Mapped[str]
    kind: Mapped[str] = mapped_column(doc="Sport, fair, school holiday and so on")
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(8, 5))
    expected_attendance: Mapped[int | None]
    known_at: Mapped[dt.datetime] = mapped_column(doc="When it became known")
    source: Mapped[str | None]
    external_id: Mapped[str] = mapped_column(doc="The source's key of it")
    superseded_at: Mapped[dt.datetime | None] = mapped_column(doc="When a corrected version took its place")


class RestaurantEvent(TenantRow, Base):
    """A row is a restaurant's own event: a wedding party, a tasting. No other restaurant sees it."""

    __tablename__ = "restaurant_events"
    __table_args__ = (
        UniqueConstraint("restaurant_id", "name", "starts_at"),
        CheckConstraint("ends_at >= starts_at", name="ends_after_it_starts"),
        CheckConstraint("expected_attendance >= 0", name="attendance_not_negative"),
        Index("ix_restaurant_events_starts_at", "restaurant_id", "starts_at"),
    )

    name: Mapped[str]
    kind: Mapped[str]
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    expected_attendance: Mapped[int | None]
    known_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    source: Mapped[str | None]


class FeedLoad(SharedRow, Base):
    """A row is a loaded file of a shared feed, with its row counts, as in `data_uploads` for a tenant."""

    __tablename__ = "feed_loads"
    __table_args__ = (
        # A file that failed may be loaded again, after Flux or the file's name was corrected.
        Index("uq_feed_loads_content", "kind", "content_sha256", unique=True, postgresql_where=text("error IS NULL")),
        CheckConstraint("row_count = loaded_count + skipped_count + rejected_count", name="rows_are_accounted_for"),
    )

    kind: Mapped[str]
    file_name: Mapped[str]
    storage_uri: Mapped[str]
    content_sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    row_count: Mapped[int]
    loaded_count: Mapped[int]
    skipped_count: Mapped[int]
    rejected_count: Mapped[int]
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    rejected: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    error: Mapped[str | None]
    received_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
