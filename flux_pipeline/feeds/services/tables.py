"""Tables of events by their address: CSV files, read as a file of local events that somebody hands in."""

import datetime as dt
import io
from collections.abc import Callable

from pydantic import SecretStr

from flux_pipeline.errors import PermanentError
from flux_pipeline.feeds.services._addresses import Access
from flux_pipeline.feeds.services._budget import Timing
from flux_pipeline.feeds.services._client import Client
from flux_pipeline.feeds.services.events import EventQuery
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.services.answers import AnswerError, EventAnswer, SetAside
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline.settings import Settings

COLUMNS = [
    "name",
    "kind",
    "starts_at",
    "ends_at",
    "latitude",
    "longitude",
    "expected_attendance",
    "external_id",
    "known_at",
]


def now_utc() -> dt.datetime:
    """Return the present moment."""
    return dt.datetime.now(dt.UTC)


class EventTable:
    """An `EventService`: a table at an address. `kind` is that of events for which the table names none."""

    def __init__(
        self,
        settings: Settings,
        url: SecretStr,
        name: str,
        kind: str | None,
        timing: Timing | None = None,
        clock: Callable[[], dt.datetime] = now_utc,
    ) -> None:
        self._url, self._name, self._kind, self._clock = url, name, kind, clock
        self._client = Client(Access("The table", "the address of the feed"), settings, timing, follows_redirects=True)

    def fetch(self, query: EventQuery) -> EventAnswer:
        """Return the events that begin on the query's days; see `EventService`."""
        body = self._client.get(self._client.budget(), self._url.get_secret_value())
        source = Source(f"{self._name}.csv", lambda: io.BytesIO(body))
        try:
            parsed = merged(list(open_upload(source, kind="local_events", known_at=self._clock()).parts()))
        except PermanentError as exc:
            raise AnswerError(str(exc)) from exc
        rows = parsed.rows[COLUMNS]
        if self._kind is not None:
            rows = rows.assign(kind=rows["kind"].where(rows["kind"] != "event", self._kind))
        day = rows["starts_at"].dt.date
        rejected = parsed.rejected
        set_aside = tuple(
            SetAside(str(row["reason_code"]), f"line {row['line_number']}", str(row["message"]))
            for row in rejected.to_dict("records")
        )
        within = rows[(day >= query.first) & (day <= query.last)].drop_duplicates("external_id", keep="last")
        return EventAnswer(within.reset_index(drop=True), frozenset(), set_aside, is_full=not set_aside)
