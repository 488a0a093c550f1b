"""Tables of feeds: the sources, weather and events, shared by all restaurants, and the files and calls behind them."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.records.feeds import FeedKind
from flux_pipeline.store.models.base import Base, SharedRow, TenantRow, one_of


class WeatherData(SharedRow, Base):
    """A row is the weather of one place at one time, as observed or as forecast at `issued_at`."""

    __tablename__ = "weather_data"
    __table_args__ = (
        UniqueConstraint("place", "valid_at", "issued_at", "kind", "source", postgresql_nulls_not_distinct=True),
        CheckConstraint(one_of("kind", ("observed", "forecast")), name="kind_is_known"),
        CheckConstraint("precipitation_mm >= 0", name="precipitation_not_negative"),
        CheckConstraint("cloud_pct BETWEEN 0 AND 100", name="cloud_is_a_percentage"),
        # A year has over a hundred forecasts for each hour, of which a look at the past needs none.
        Index("ix_weather_data_place_kind_valid_at", "place", "kind", "valid_at"),
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
    """A row is a restaurant's own event, such as a wedding party, as it was known from `known_at` on.

    No other restaurant sees it.
    """

    __tablename__ = "restaurant_events"
    __table_args__ = (
        Index(
            "uq_restaurant_events_current",
            "restaurant_id",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        CheckConstraint("superseded_at > known_at", name="known_for_a_while"),
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
    source: Mapped[str]
    external_id: Mapped[str] = mapped_column(doc="The source's key of it")
    superseded_at: Mapped[dt.datetime | None] = mapped_column(doc="When a corrected version took its place")


class PublicHoliday(SharedRow, Base):
    """A row is a public holiday of a country, by the `holidays` package."""

    __tablename__ = "public_holidays"
    __table_args__ = (UniqueConstraint("country_code", "date"),)

    country_code: Mapped[str] = mapped_column(doc="ISO 3166")
    date: Mapped[dt.date]
    name: Mapped[str] = mapped_column(doc="In English; several of one day between semicolons")


class FeedSource(SharedRow, Base):
    """A row is a service that Flux asks for weather or events; only the operator reads its URL, which may be secret."""

    __tablename__ = "feeds"
    __table_args__ = (UniqueConstraint("name"), CheckConstraint(one_of("kind", tuple(FeedKind)), name="kind_is_known"))

    name: Mapped[str]
    kind: Mapped[str]
    url: Mapped[str | None] = mapped_column(doc="None: the address in the settings")
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("restaurants.id", ondelete="RESTRICT"), doc="The restaurant whose own events it has; None: shared"
    )


class FeedCall(SharedRow, Base):
    """A row is an answer that a feed gave or owed: about which place, of which vintage, and what became of it."""

    __tablename__ = "feed_calls"
    __table_args__ = (
        # One stored answer for a place and a vintage is enough, whichever process asked.
        Index(
            "uq_feed_calls_stored",
            "feed",
            "product",
            "about",
            "vintage",
            unique=True,
            postgresql_where=text("status = 'stored'"),
        ),
        Index("ix_feed_calls_feed_answered_at", "feed", "answered_at"),
        CheckConstraint(one_of("status", ("stored", "failed")), name="status_is_known"),
    )

    feed: Mapped[str] = mapped_column(doc="The feed's name")
    product: Mapped[str] = mapped_column(doc="forecast, observed, history or events")
    about: Mapped[str] = mapped_column(doc="The place's key, or the feed's name")
    vintage: Mapped[dt.datetime] = mapped_column(doc="The beginning of the period for which one answer is enough")
    answered_at: Mapped[dt.datetime]
    status: Mapped[str]
    sentence: Mapped[str | None] = mapped_column(doc="What is wrong with the answer, or is missing in it")
    row_count: Mapped[int] = mapped_column(server_default=text("0"), doc="Rows of the answer that are stored")
    written_count: Mapped[int] = mapped_column(server_default=text("0"), doc="Rows that were new or differed")
    set_aside_count: Mapped[int] = mapped_column(server_default=text("0"))
    set_aside: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    is_full: Mapped[bool] = mapped_column(server_default=text("true"))
    missing: Mapped[list[str]] = mapped_column(
        JSONB, server_default=text("'[]'"), doc="Ids of stored events that this answer lacked"
    )


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
