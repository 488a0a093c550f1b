"""Calendars by their address: iCalendar files, as cities, clubs and schools publish them."""

from pydantic import SecretStr

from flux_pipeline.feeds.services._addresses import Access
from flux_pipeline.feeds.services._budget import Timing
from flux_pipeline.feeds.services._client import Client
from flux_pipeline.feeds.services.events import EventQuery
from flux_pipeline.ingest.services.answers import EventAnswer
from flux_pipeline.ingest.services.icalendars import read_calendar
from flux_pipeline.settings import Settings


class Calendar:
    """An `EventService`: a calendar at an address, which may be secret.

    `timezone` is that of its times without one, `kind` that of its events, such as school_holiday; None: they say it.
    """

    def __init__(
        self, settings: Settings, url: SecretStr, timezone: str, kind: str | None, timing: Timing | None = None
    ) -> None:
        self._url, self._timezone, self._kind = url, timezone, kind
        access = Access("The calendar", "the address of the feed")
        self._client = Client(access, settings, timing, follows_redirects=True)

    def fetch(self, query: EventQuery) -> EventAnswer:
        """Return the events of the query's days; see `EventService`."""
        body = self._client.get(self._client.budget(), _as_https(self._url.get_secret_value()))
        return read_calendar(body, query.first, query.last, self._timezone, self._kind)


def _as_https(url: str) -> str:
    """Return the address that `webcal://` stands for, which programs use so that a click opens a calendar."""
    scheme, colon, rest = url.strip().partition(":")
    return f"https:{rest}" if scheme.lower() in {"webcal", "webcals"} else f"{scheme}{colon}{rest}"
