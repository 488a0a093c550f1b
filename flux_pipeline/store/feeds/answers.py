"""Rows of services' answers, written to the tables of weather and events through the loaders that files use too.

The rows of an answer, what it ended and its record in `feed_calls` are one transaction.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Connection

from flux_pipeline.distance import distance_km
from flux_pipeline.ingest.services.answers import EventAnswer, Place, Product, WeatherAnswer
from flux_pipeline.records.feeds import Feed, events_gone
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.calls import Call, missing_before, record_stored
from flux_pipeline.store.known.feeds import EVENTS, OWN_EVENTS, WEATHER
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.wording import count_of

OBSERVED, FORECAST = "observed", "forecast"
SCHOOL_HOLIDAY = "school_holiday"
# Near the edge of the circle that was asked for, the service's distance and ours may differ.
EDGE_KM = 1.0
MOST_SENTENCES = 3


@dataclass(frozen=True)
class Stored:
    """The outcome of an answer: its rows, how many of them changed anything, and what is to be said about it."""

    rows: int
    written: int
    sentence: str | None


def weather_rows(answer: WeatherAnswer, product: Product, answered_at: dt.datetime, source: str) -> pd.DataFrame:
    """Return an answer as rows of `weather_data`; a plain forecast is issued when its answer came."""
    issued_at = answer.rows["issued_at"].fillna(pd.Timestamp(answered_at))
    kind = OBSERVED if product is Product.OBSERVED else FORECAST
    return answer.rows.assign(issued_at=issued_at, place=answer.place.key, kind=kind, source=source)


def store_weather(
    connection: Connection, product: Product, answered_at: dt.datetime, call: Call, answer: WeatherAnswer
) -> Stored:
    """Store the answer about a place and record it."""
    rows = weather_rows(answer, product, answered_at, call.feed.name)
    changed = _news(connection, rows, answered_at) if product is Product.OBSERVED else rows
    written = WEATHER.note(connection, changed, answered_at)
    sentence = _what_lacks(len(rows), answer)
    record_stored(
        connection,
        call,
        answered_at,
        rows=len(rows),
        written=written,
        set_aside=answer.set_aside,
        sentence=sentence,
        is_full=len(rows) >= answer.expected_hours,
    )
    return Stored(len(rows), written, sentence)


def _news(connection: Connection, rows: pd.DataFrame, answered_at: dt.datetime) -> pd.DataFrame:
    """Return the observations that are new, and those that differ from the newest stored ones, known since now.

    An archive corrects itself. What was known before stays on record, so that a look back sees what was known then.
    """
    table = WEATHER.table.c
    names = ["place", "valid_at", "source", *WEATHER.values]
    query = (
        select(*(table[name] for name in names))
        .where(
            table.place.in_(rows["place"].unique().tolist()),
            table.kind == OBSERVED,
            table.source.in_(rows["source"].unique().tolist()),
            table.valid_at.between(rows["valid_at"].min(), rows["valid_at"].max()),
        )
        .ext(distinct_on(table.place, table.source, table.valid_at))
        .order_by(table.place, table.source, table.valid_at, table.issued_at.desc())
    )
    stored = pd.DataFrame([tuple(row) for row in connection.execute(query)], columns=names)
    if stored.empty:
        return rows
    stored["valid_at"] = pd.to_datetime(stored["valid_at"], utc=True).astype(rows["valid_at"].dtype)
    both = rows.merge(stored, how="left", on=["place", "valid_at", "source"], suffixes=("", "_stored"), indicator=True)
    is_stored = (both["_merge"] == "both").to_numpy()
    differs = np.zeros(len(rows), dtype=bool)
    for name in WEATHER.values:
        new, old = (both[each].astype(float).to_numpy() for each in (name, f"{name}_stored"))
        differs |= ~((new == old) | (np.isnan(new) & np.isnan(old)))
    corrected = rows.assign(issued_at=rows["issued_at"].mask(is_stored, pd.Timestamp(answered_at)))
    return corrected[~is_stored | differs]


def _what_lacks(rows: int, answer: WeatherAnswer) -> str | None:
    sentences = [f"{rows} of {answer.expected_hours} hours came."] * (rows < answer.expected_hours)
    return _joined([*sentences, *(part.sentence for part in answer.set_aside)])


def event_rows(answer: EventAnswer, feed: Feed, answered_at: dt.datetime) -> pd.DataFrame:
    """Return an answer as rows of `local_events`, with what the feed's options say where the answer says nothing."""
    options, rows = feed.options, answer.rows
    attendance = rows["expected_attendance"].astype("Int64")
    known = rows["latitude"].notna() & rows["longitude"].notna()
    given = options.latitude is not None and options.longitude is not None
    return rows.assign(
        latitude=rows["latitude"].where(known, options.latitude) if given else rows["latitude"],
        longitude=rows["longitude"].where(known, options.longitude) if given else rows["longitude"],
        expected_attendance=attendance if options.attendance is None else attendance.fillna(options.attendance),
        known_at=_known_since(rows, answered_at),
        source=feed.name,
    )


def _known_since(rows: pd.DataFrame, answered_at: dt.datetime) -> pd.Series:
    """Return since when each event is known: when its table says so, else when the answer came.

    Whoever looks back to a day after an event knew of it, even if nobody had asked a service then.
    """
    known_at = pd.Series(pd.Timestamp(answered_at), index=rows.index)
    if "known_at" in rows:
        known_at = rows["known_at"].fillna(known_at)
    return known_at.where(known_at <= rows["ends_at"], rows["ends_at"])


def without_place(rows: pd.DataFrame, feed: Feed) -> str | None:
    """Return a sentence about events of `event_rows` that count for no restaurant, because nobody knows where they are.

    School holidays without a place count everywhere, and a restaurant's own events where it is.
    """
    lost = (rows["latitude"].isna() | rows["longitude"].isna()) & (rows["kind"] != SCHOOL_HOLIDAY)
    if feed.slug is not None or not lost.any():
        return None
    have = "has" if lost.sum() == 1 else "have"
    near = "it is" if lost.sum() == 1 else "they are"
    return (
        f"{count_of(int(lost.sum()), 'event')} {have} no place, so {near} near no restaurant. Add the feed with "
        "--latitude and --longitude."
    )


def store_events(
    store: Store, call: Call, place: Place | None, answered_at: dt.datetime, answer: EventAnswer
) -> Stored:
    """Store the events of an answer; end those that it cancels, and those that this and the last full answer lack.

    A restaurant's own events are written in its transaction, and the answer is recorded afterwards: after a kill in
    between it is asked for again, which changes nothing.

    Args:
        store: Flux's database.
        call: which answer it is.
        place: the place around which the service was asked; None: everywhere.
        answered_at: when it came, since when its events are known.
        answer: the events.
    """
    feed = call.feed
    with store.feeds() as feeds:
        before = missing_before(feeds, feed, call.about)
        if feed.slug is None:
            change = _write_events(feeds, EVENTS, {}, feed, place, answered_at, answer, before)
            return _record_events(feeds, call, answered_at, answer, change)
    with store.tenant(feed.slug) as tx:
        tx.lock()
        own = {"restaurant_id": tx.restaurant.id}
        change = _write_events(tx.connection, OWN_EVENTS, own, feed, place, answered_at, answer, before)
    with store.feeds() as feeds:
        return _record_events(feeds, call, answered_at, answer, change)


@dataclass(frozen=True)
class _Change:
    """What an answer changed: the rows it stated, how many changed anything, and the ids that it ended or lacks."""

    rows: int
    written: int
    cancelled: frozenset[str]
    gone: frozenset[str]
    missing: frozenset[str]
    lost: str | None


def _write_events(
    connection: Connection,
    table: Versioned,
    constants: dict[str, Any],
    feed: Feed,
    place: Place | None,
    answered_at: dt.datetime,
    answer: EventAnswer,
    missing_before: set[str],
) -> _Change:
    rows = event_rows(answer, feed, answered_at)
    written = table.note(connection, rows, answered_at, **constants)
    answered = set(rows["external_id"])
    current = _current_events(connection, table, feed)
    cancelled = (answer.cancelled - answered) & set(current["external_id"])
    ahead = set(_within_reach(current[current["starts_at"] >= answered_at], feed, place)["external_id"])
    # What could not be read is there nevertheless; an occurrence's id begins with that of its event.
    unread = {part.external_id for part in answer.set_aside if part.external_id}
    there = answered | {external_id for external_id in ahead if external_id.partition("/")[0] in unread}
    absent = events_gone(ahead - cancelled if answer.is_full else (), there, missing_before)
    for external_id in sorted(cancelled | absent.gone):
        written += len(table.retract(connection, answered_at, source=feed.name, external_id=external_id))
    return _Change(len(rows), written, cancelled, absent.gone, absent.missing, without_place(rows, feed))


def _current_events(connection: Connection, table: Versioned, feed: Feed) -> pd.DataFrame:
    """Return the feed's current events: external_id, starts_at, and latitude and longitude if the table has them."""
    columns = table.table.c
    places = [columns[name] for name in ("latitude", "longitude") if name in columns]
    query = select(columns.external_id, columns.starts_at, *places).where(table.current, columns.source == feed.name)
    names = ["external_id", "starts_at", *(place.name for place in places)]
    frame = pd.DataFrame([tuple(row) for row in connection.execute(query)], columns=names)
    return frame.assign(starts_at=pd.to_datetime(frame["starts_at"], utc=True))


def _within_reach(events: pd.DataFrame, feed: Feed, place: Place | None) -> pd.DataFrame:
    """Return the events that an answer about a place must have; without a place, all."""
    if place is None:
        return events
    reach = feed.options.radius_km - EDGE_KM
    points = zip(events["latitude"].astype(float), events["longitude"].astype(float), strict=True)
    return events[[distance_km(north, east, place.latitude, place.longitude) <= reach for north, east in points]]


def _record_events(
    feeds: Connection, call: Call, answered_at: dt.datetime, answer: EventAnswer, change: _Change
) -> Stored:
    counts = {
        "will not take place": change.cancelled,
        "gone, because two answers lack them": change.gone,
        "missing for the first time, and kept": change.missing,
    }
    sentences = [f"{count_of(len(ids), 'event')} {words}." for words, ids in counts.items() if ids]
    lost = [change.lost] if change.lost else []
    sentence = _joined([*sentences, *lost, *(part.sentence for part in answer.set_aside)])
    record_stored(
        feeds,
        call,
        answered_at,
        rows=change.rows,
        written=change.written,
        set_aside=answer.set_aside,
        sentence=sentence,
        is_full=answer.is_full,
        missing=sorted(change.missing),
    )
    return Stored(change.rows, change.written, sentence)


def _joined(sentences: Sequence[str]) -> str | None:
    """Return the first sentences as one text, and how many more there are; None if there are none."""
    more = len(sentences) - MOST_SENTENCES
    shown = [*sentences[:MOST_SENTENCES], *([f"{more} more."] if more > 0 else [])]
    return " ".join(shown) or None
