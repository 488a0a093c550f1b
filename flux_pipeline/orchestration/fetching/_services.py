"""The service of a feed: built from the feed and the settings, which hold the keys."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator

from pydantic import SecretStr

from flux_pipeline.demo.stand_in.server import serve
from flux_pipeline.feeds.services.calendars import Calendar
from flux_pipeline.feeds.services.events import EventService
from flux_pipeline.feeds.services.openmeteo import OpenMeteo
from flux_pipeline.feeds.services.predicthq import PredictHq
from flux_pipeline.feeds.services.tables import EventTable
from flux_pipeline.feeds.services.ticketmaster import Ticketmaster
from flux_pipeline.feeds.services.weather import WeatherService
from flux_pipeline.orchestration.fetching.naming import DEMO
from flux_pipeline.records.feeds import Feed, FeedKind
from flux_pipeline.settings import Settings


@contextlib.contextmanager
def address_of(feed: Feed, clock: Callable[[], dt.datetime]) -> Iterator[str | None]:
    """Yield the address of a feed, None for that in the settings; serve the simulated world for one of the demo."""
    if feed.url is None or not feed.url.startswith(DEMO):
        yield feed.url
        return
    with serve(clock().date()) as stand_in:
        yield stand_in.url + feed.url.removeprefix(DEMO)


def weather_service(settings: Settings, url: str | None) -> WeatherService:
    """Return the service of a feed of weather."""
    return OpenMeteo(settings, url)


def event_service(feed: Feed, settings: Settings, url: str | None) -> EventService:
    """Return the service of a feed of events.

    Raises:
        PermanentError: the settings lack its key.
    """
    if feed.kind is FeedKind.TICKETMASTER:
        return Ticketmaster(settings, url)
    if feed.kind is FeedKind.PREDICTHQ:
        return PredictHq(settings, url)
    address, options = SecretStr(url or ""), feed.options
    if feed.kind is FeedKind.CSV:
        return EventTable(settings, address, feed.name, options.category)
    return Calendar(settings, address, options.timezone, options.category)
