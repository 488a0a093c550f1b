"""Ticketmaster's Discovery API: events that sell tickets, around a point.

It allows five calls a second and 5,000 a day, and gives no page beyond the thousandth event.
"""

import datetime as dt
import math

from flux_pipeline.errors import PermanentError
from flux_pipeline.feeds.services._addresses import Access
from flux_pipeline.feeds.services._budget import Timing
from flux_pipeline.feeds.services._client import Client
from flux_pipeline.feeds.services._pages import Question, fetch_pages
from flux_pipeline.feeds.services.events import EventQuery
from flux_pipeline.ingest.services.answers import EventAnswer, EventPage
from flux_pipeline.ingest.services.ticketmaster import read_events
from flux_pipeline.settings import Settings

# Its largest page.
PAGE_SIZE = 200
DEEPEST = 1000


class Ticketmaster:
    """An `EventService`. `url`, the address of a feed, takes the place of the settings' address."""

    def __init__(self, settings: Settings, url: str | None = None, timing: Timing | None = None) -> None:
        if settings.ticketmaster_api_key is None:
            raise PermanentError("Ticketmaster needs a key. Set FLUX_TICKETMASTER_API_KEY.")
        access = Access(
            "Ticketmaster",
            "the address of the feed" if url else "FLUX_TICKETMASTER_URL",
            settings.ticketmaster_api_key,
            "FLUX_TICKETMASTER_API_KEY",
            "apikey",
        )
        self._client = Client(access, settings, timing)
        self._address = f"{(url or settings.ticketmaster_url).rstrip('/')}/discovery/v2/events.json"

    def fetch(self, query: EventQuery) -> EventAnswer:
        """Return the events that start on the query's days; see `EventService`."""
        end = query.last + dt.timedelta(days=1)
        asked = {
            "latlong": f"{query.latitude:.5f},{query.longitude:.5f}",
            # Whole numbers only.
            "radius": str(math.ceil(query.radius_km)),
            "unit": "km",
            "startDateTime": f"{query.first.isoformat()}T00:00:00Z",
            "endDateTime": f"{end.isoformat()}T00:00:00Z",
            # Without it, only events in English.
            "locale": "*",
            "sort": "date,asc",
            "size": str(PAGE_SIZE),
        }

        def following(page: EventPage) -> Question | str | None:
            if page.next_page is None:
                return None
            number = int(page.next_page)
            if number * PAGE_SIZE >= DEEPEST:
                return f"Ticketmaster has more than {DEEPEST:,} events; expected fewer. Ask for a smaller radius."
            return Question(self._address, asked | {"page": str(number)})

        return fetch_pages(self._client, Question(self._address, asked | {"page": "0"}), read_events, following)
