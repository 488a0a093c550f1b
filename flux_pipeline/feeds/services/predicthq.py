"""PredictHQ: events of every kind around a point, with the attendance that it predicts."""

from urllib.parse import urlsplit

from flux_pipeline.errors import PermanentError
from flux_pipeline.feeds.services._addresses import Access
from flux_pipeline.feeds.services._budget import Timing
from flux_pipeline.feeds.services._client import Client
from flux_pipeline.feeds.services._pages import Question, fetch_pages
from flux_pipeline.feeds.services.events import EventQuery
from flux_pipeline.ingest.services.answers import EventAnswer, EventPage
from flux_pipeline.ingest.services.predicthq import read_events
from flux_pipeline.settings import Settings

# Its largest page.
PAGE_SIZE = 200


class PredictHq:
    """An `EventService`. `url`, the address of a feed, takes the place of the settings' address."""

    def __init__(self, settings: Settings, url: str | None = None, timing: Timing | None = None) -> None:
        if settings.predicthq_token is None:
            raise PermanentError("PredictHQ needs an access token. Set FLUX_PREDICTHQ_TOKEN.")
        access = Access(
            "PredictHQ",
            "the address of the feed" if url else "FLUX_PREDICTHQ_URL",
            settings.predicthq_token,
            "FLUX_PREDICTHQ_TOKEN",
        )
        self._client = Client(access, settings, timing)
        self._address = f"{(url or settings.predicthq_url).rstrip('/')}/v1/events/"

    def fetch(self, query: EventQuery) -> EventAnswer:
        """Return the events that are going on on the query's days; see `EventService`."""
        asked = {
            "within": f"{query.radius_km:g}km@{query.latitude:.5f},{query.longitude:.5f}",
            "active.gte": query.first.isoformat(),
            "active.lte": query.last.isoformat(),
            # Deleted ones, too, because they are those that were cancelled.
            "state": "active,deleted",
            "sort": "start",
            "limit": str(PAGE_SIZE),
        }
        return fetch_pages(self._client, Question(self._address, asked), read_events, self._following)

    def _following(self, page: EventPage) -> Question | str | None:
        if page.next_page is None:
            return None
        if not _is_same_server(page.next_page, self._address):
            # The token would be sent there.
            return "The address of the next page is that of another server; expected the same. It is not fetched."
        return Question(page.next_page)


def _is_same_server(address: str, other: str) -> bool:
    try:
        one, two = urlsplit(address), urlsplit(other)
        return (one.scheme, one.hostname, one.port) == (two.scheme, two.hostname, two.port) and not one.username
    except ValueError:
        return False
