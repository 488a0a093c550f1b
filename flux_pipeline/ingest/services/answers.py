"""Values that every reader of a service's answer returns, and the error that refuses an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from flux_pipeline.errors import PermanentError


class AnswerError(PermanentError):
    """An answer that can't be believed, so that nothing of it is stored; found, expected and what to do."""


class Product(StrEnum):
    """What is asked of a weather service."""

    FORECAST = "forecast"
    OBSERVED = "observed"
    # Forecasts as they were issued on earlier days.
    PAST_FORECASTS = "past forecasts"


@dataclass(frozen=True)
class Place:
    """A point to which weather or events are asked for, in degrees; `key` is that of `weather_data`."""

    key: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class SetAside:
    """A part of an answer that is not stored.

    Attributes:
        reason: the reason code, for example "bad_number".
        where: the line and the UID, the id or the time, by which a person finds it.
        sentence: what was found and expected.
        count: how many values or rows the sentence is about.
        external_id: the id of an event that can't be read, which may take place all the same; of a calendar its UID,
            with which the ids of its occurrences begin. "" if it isn't known, or if the sentence isn't about one event.
    """

    reason: str
    where: str
    sentence: str
    count: int = 1
    external_id: str = ""


@dataclass(frozen=True)
class WeatherAnswer:
    """A place's weather.

    Attributes:
        place: the place that was asked for.
        rows: valid_at (UTC), issued_at (UTC; NaT: when the answer came), temperature_c, precipitation_mm, wind_mps,
            cloud_pct, weather_code (Int64); one row for each valid_at and issued_at, without those that have no value.
        set_aside: what is not stored.
        expected_hours: how many rows were asked for, to say "23 of 24".
    """

    place: Place
    rows: pd.DataFrame
    set_aside: tuple[SetAside, ...]
    expected_hours: int


@dataclass(frozen=True)
class EventAnswer:
    """The events of a window.

    Attributes:
        rows: name, kind, starts_at, ends_at (UTC; an event of whole days begins and ends at 00:00), latitude, longitude
            (NaN if unknown), expected_attendance (Int64), external_id; one row for each external_id. A table that says
            since when its events are known has known_at too.
        cancelled: the ids of events that the service says do not take place.
        set_aside: what is not stored.
        is_full: whether the answer has every event of the window, so that one that is missing may be gone.
    """

    rows: pd.DataFrame
    cancelled: frozenset[str]
    set_aside: tuple[SetAside, ...]
    is_full: bool


@dataclass(frozen=True)
class EventPage:
    """A page of the events of a window.

    Attributes:
        rows, cancelled, set_aside: as in EventAnswer; what is set aside names its event.
        next_page: what the answer names as the page after it, a number or an address; None after the last. An address
            may be of any host, so whoever asks compares it with the service's.
        is_full: whether the pages together have every event, which services limit.
    """

    rows: pd.DataFrame
    cancelled: frozenset[str]
    set_aside: tuple[SetAside, ...]
    next_page: str | None
    is_full: bool
