"""Feeds: the services that Flux asks for weather and events, when an answer is due, and when an event is gone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, Field

# Models are computed every six hours; a second call within one gets the same figures.
HOURS_BETWEEN_ANSWERS = 6
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class FeedKind(StrEnum):
    """A kind of service: the shape of its answers."""

    OPEN_METEO = "open-meteo"
    CALENDAR = "calendar"
    CSV = "csv"
    TICKETMASTER = "ticketmaster"
    PREDICTHQ = "predicthq"

    @property
    def is_weather(self) -> bool:
        """Whether it answers with weather; all others answer with events."""
        return self is FeedKind.OPEN_METEO

    @property
    def is_by_place(self) -> bool:
        """Whether it is asked about the places of the restaurants, and not for one file."""
        return self in (FeedKind.OPEN_METEO, FeedKind.TICKETMASTER, FeedKind.PREDICTHQ)


class FeedOptions(BaseModel, frozen=True, extra="forbid"):
    """What a feed's answers do not say themselves."""

    category: str | None = Field(None, description="the kind of the events of a calendar, such as school_holiday")
    timezone: str = Field("UTC", description="the time zone of times that name none")
    latitude: float | None = Field(None, ge=-90, le=90, description="where the events of a calendar are, degrees north")
    longitude: float | None = Field(None, ge=-180, le=180, description="degrees east")
    attendance: int | None = Field(None, ge=0, description="how many people each event of a calendar draws")
    radius_km: float = Field(10.0, gt=0, le=100, description="how far from a place an event may be")


@dataclass(frozen=True)
class Feed:
    """A source that was added: its name, its kind, and its address if it is not the service's usual one.

    `restaurant_id` is set if its events are of one restaurant, which no other sees. What was answered before `added_at`
    was answered to another source of its name.
    """

    name: str
    kind: FeedKind
    url: str | None
    options: FeedOptions
    restaurant_id: uuid.UUID | None = None
    slug: str | None = None
    added_at: dt.datetime = LONG_AGO


def vintage_of(now: dt.datetime, hours: int = HOURS_BETWEEN_ANSWERS) -> dt.datetime:
    """Return the beginning of the period in which one answer is enough, in UTC: the day's quarter, by default."""
    day = now.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    return day - dt.timedelta(hours=day.hour % hours)


@dataclass(frozen=True)
class Gone:
    """The events that a full answer lacks: those `gone`, and those `missing` for the first time, which stay."""

    gone: frozenset[str]
    missing: frozenset[str]


def events_gone(stored: Iterable[str], answered: Collection[str], missing_before: Collection[str]) -> Gone:
    """Decide which stored events of a window are gone: those that this full answer and the one before it lack.

    Args:
        stored: the ids of the events of the window that are stored.
        answered: the ids in the answer.
        missing_before: the ids that the full answer before it lacked.
    """
    missing = frozenset(stored) - frozenset(answered)
    gone = missing & frozenset(missing_before)
    return Gone(gone, missing - gone)
