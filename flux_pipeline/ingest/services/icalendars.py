"""Calendars of services and people, in iCalendar's form, as the events of a window."""

from __future__ import annotations

import datetime as dt

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.calendars.occurrences import Occurrence, read_occurrences
from flux_pipeline.ingest.calendars.zones import day_marks
from flux_pipeline.ingest.kinds.events import kind_of
from flux_pipeline.ingest.services._rows import EventRow, event_rows
from flux_pipeline.ingest.services.answers import AnswerError, EventAnswer, SetAside

EVENT = "event"


def read_calendar(body: bytes, first: dt.date, last: dt.date, timezone: str, kind: str | None) -> EventAnswer:
    """Read the occurrences of a calendar from `first` to `last`, local days (inclusive).

    An event that can't be read is set aside and the rest is kept. An occurrence keeps its id when it is moved.

    Args:
        body: the calendar.
        first, last: the window.
        timezone: the IANA name of the zone of the window and of times without a zone, unless the calendar names one.
        kind: what its events are, such as school_holiday; None: what the first of their CATEGORIES says.

    Raises:
        AnswerError: it is not a calendar, its end is missing, or it has too many occurrences.
    """
    try:
        found = read_occurrences(body, first, last, timezone)
    except PermanentError as error:
        raise AnswerError(str(error)) from error
    set_aside = tuple(
        SetAside(
            each.reason, f"line {each.line_number}, UID {each.uid or 'missing'}", each.sentence, external_id=each.uid
        )
        for each in found.broken
    )
    return EventAnswer(
        event_rows(_row(each, kind) for each in found.held),
        frozenset(each.external_id for each in found.cancelled),
        set_aside,
        # An event that is set aside isn't gone; by its id it is known, unless it has none.
        is_full=all(each.external_id for each in set_aside),
    )


def _row(each: Occurrence, kind: str | None) -> EventRow:
    if isinstance(each.begin, dt.datetime) and isinstance(each.end, dt.datetime):
        begin, end = each.begin, each.end
    else:
        begin, end = day_marks(each.begin, each.end)
    kind = kind or next(map(kind_of, each.event.categories), EVENT)
    return EventRow(
        each.event.name, kind, begin, end, each.event.latitude, each.event.longitude, None, each.external_id
    )
