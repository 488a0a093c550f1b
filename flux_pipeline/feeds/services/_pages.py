"""Answers in pages: fetched one after the other within the bounds of one answer, and put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from flux_pipeline.errors import FluxError
from flux_pipeline.feeds.services._budget import MOST_REQUESTS
from flux_pipeline.feeds.services._client import Client
from flux_pipeline.ingest.services.answers import EventAnswer, EventPage, SetAside


@dataclass(frozen=True)
class Question:
    """The request for a page."""

    address: str = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


def fetch_pages(
    client: Client,
    question: Question,
    read: Callable[[bytes], EventPage],
    following: Callable[[EventPage], Question | str | None],
) -> EventAnswer:
    """Fetch a page and those after it. Pages that can't be had are set aside, and the answer is not full.

    Args:
        client: that of the service.
        question: the request for the first page.
        read: reads a page's body.
        following: the request for the page after a page, None after the last one, or why it is not fetched.

    Raises:
        FluxError: the first page can't be fetched; see `Client.get`.
    """
    budget, pages = client.budget(), list[EventPage]()
    known: set[str] = set()
    upcoming: Question | str | None = question
    while isinstance(upcoming, Question):
        if pages and budget.requests == 0:
            upcoming = f"The answer goes on after {MOST_REQUESTS} requests. Ask for fewer days or a smaller radius."
            break
        try:
            page = read(client.get(budget, upcoming.address, upcoming.query))
        except FluxError as exc:
            if not pages:
                raise
            upcoming = str(exc)
            break
        pages.append(page)
        upcoming = following(page)
        ids = {*page.rows["external_id"], *page.cancelled}
        if upcoming is not None and ids and ids <= known:
            upcoming = "The page has only events of the pages before it. What there is of further pages is not fetched."
        known |= ids
    return _put_together(pages, upcoming)


def _put_together(pages: list[EventPage], missing: str | None) -> EventAnswer:
    """Return one answer of all pages; of what several say about an event, the last one counts."""
    cancelled: set[str] = set()
    for page in pages:
        cancelled = (cancelled - {*page.rows["external_id"]}) | page.cancelled
    rows = pd.concat([page.rows for page in pages], ignore_index=True)
    rows = rows[~rows["external_id"].isin(cancelled)].drop_duplicates("external_id", keep="last", ignore_index=True)
    set_aside = tuple(each for page in pages for each in page.set_aside)
    if missing:
        set_aside += (SetAside("missing_pages", f"page {len(pages) + 1}", missing),)
    return EventAnswer(
        rows, frozenset(cancelled), set_aside, is_full=missing is None and all(page.is_full for page in pages)
    )
