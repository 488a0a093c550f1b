"""Events of a calendar, or around the restaurants' places: asked for once in six hours, each answer stored at once."""

import datetime as dt
from collections.abc import Callable, Sequence

from flux_pipeline.errors import FluxError
from flux_pipeline.feeds.services.events import EventQuery, EventService
from flux_pipeline.ingest.services.answers import AnswerError, Place
from flux_pipeline.orchestration.fetching.outcome import Outcome
from flux_pipeline.records.feeds import Feed, vintage_of
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.answers import store_events
from flux_pipeline.store.feeds.calls import Call, record_failed, stored_answers

EVENTS = "events"
# Announcements that matter to a horizon of four weeks, with time for the second answer that an event is gone.
DAYS_AHEAD = 90
# A calendar is one answer, whatever it holds: its past years show what such days sell. From this day on, even what is
# there every day has fewer occurrences than a calendar may have.
CALENDAR_FROM, CALENDAR_DAYS_AHEAD = dt.date(2000, 1, 1), 400
# From the middle of a cell of the grid to its corner.
CELL_KM = 8.0


def query_of(feed: Feed, place: Place | None, now: dt.datetime) -> EventQuery:
    """Return what a feed is asked at a moment: a calendar for its events, a service for those around a place."""
    today = now.astimezone(dt.UTC).date()
    if place is None:
        return EventQuery(CALENDAR_FROM, today + dt.timedelta(days=CALENDAR_DAYS_AHEAD))
    reach = feed.options.radius_km + CELL_KM
    return EventQuery(today, today + dt.timedelta(days=DAYS_AHEAD), place.latitude, place.longitude, reach)


def fetch_events(
    store: Store,
    feed: Feed,
    service: EventService,
    places: Sequence[Place],
    clock: Callable[[], dt.datetime],
    *,
    again: bool = False,
) -> Outcome:
    """Ask a service for the events that are due and store each answer; see `fetch_weather`."""
    outcome = Outcome()
    now = clock()
    vintage = now if again else vintage_of(now)
    asked: Sequence[Place | None] = places if feed.kind.is_by_place else [None]
    with store.feeds() as connection:
        stored = stored_answers(connection, feed, EVENTS, vintage)
    for place in asked:
        call = Call(feed, EVENTS, feed.name if place is None else place.key, vintage)
        if call.about in stored:
            outcome.known += 1
            continue
        try:
            answer = service.fetch(query_of(feed, place, now))
        except FluxError as exc:
            with store.feeds() as connection:
                outcome.failures.append(record_failed(connection, call, clock(), str(exc)))
            # A service that is down, or refuses the key, would do the same for the next place.
            if not isinstance(exc, AnswerError):
                break
            continue
        about = feed.name if place is None else f"{feed.name}, around {place.key}"
        outcome.add(about, store_events(store, call, place, clock(), answer))
    return outcome
