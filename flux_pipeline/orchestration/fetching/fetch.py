"""Fetching all feeds of a kind: one process at a time asks each service for what is due."""

import datetime as dt
from collections.abc import Callable, Sequence

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.services.answers import Place
from flux_pipeline.orchestration.fetching._events import fetch_events
from flux_pipeline.orchestration.fetching._services import address_of, event_service, weather_service
from flux_pipeline.orchestration.fetching._weather import fetch_weather, places_of
from flux_pipeline.orchestration.fetching.outcome import Outcome
from flux_pipeline.records.feeds import Feed
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.registry import list_feeds
from flux_pipeline.store.postgres.locks import one_at_a_time
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import list_restaurants

NAMES_SHOWN = 10
Progress = Callable[[str], None]


def now_utc() -> dt.datetime:
    """Return the present moment."""
    return dt.datetime.now(dt.UTC)


def fetch_feeds(
    store: Store,
    *,
    weather: bool,
    only: str = "",
    again: bool = False,
    clock: Callable[[], dt.datetime] = now_utc,
    note: Progress = lambda _sentence: None,
) -> dict[str, Outcome]:
    """Ask the feeds of weather, or those of events, for what is due; return the outcome by feed.

    Idempotent: what is stored of a vintage is not asked for again. A feed that fails keeps no other from being asked.

    Args:
        store: Flux's database.
        weather: whether to ask for weather; else for events.
        only: the name of the one feed to ask; "": all.
        again: whether to ask for answers of the current vintage that are stored already.
        clock: returns the present moment.
        note: gets a line before each feed.
    """
    with store.fleet() as connection:
        feeds = [feed for feed in list_feeds(connection) if feed.kind.is_weather == weather and only in ("", feed.name)]
        restaurants = list_restaurants(connection, active_only=True)
    if not feeds:
        return {}
    places, nowhere = places_of(restaurants)
    outcomes = {}
    with one_at_a_time(store.url(Role.FEEDS), "fetching feeds"):
        for feed in feeds:
            note(f"Asking the feed {feed.name} ...")
            outcome = _fetch(store, feed, places, clock, again)
            if feed.kind.is_by_place and nowhere:
                outcome.remarks.append(_without_place(nowhere))
            outcomes[feed.name] = outcome
    return outcomes


def _fetch(store: Store, feed: Feed, places: Sequence[Place], clock: Callable[[], dt.datetime], again: bool) -> Outcome:
    with address_of(feed, clock) as url:
        if feed.kind.is_weather:
            return fetch_weather(store, feed, weather_service(store.settings, url), places, clock, again=again)
        try:
            service = event_service(feed, store.settings, url)
        except PermanentError as exc:
            return Outcome(failures=[f"The feed {feed.name} can't be asked. {exc}"])
        return fetch_events(store, feed, service, places, clock, again=again)


def _without_place(slugs: list[str]) -> str:
    named = ", ".join(slugs[:NAMES_SHOWN]) + f" and {len(slugs) - NAMES_SHOWN} more" * (len(slugs) > NAMES_SHOWN)
    return (
        f"{named}: no coordinates, so nothing is fetched for it. Give them with "
        "`flux restaurants change SLUG --latitude 48.86 --longitude 2.35`."
    )
