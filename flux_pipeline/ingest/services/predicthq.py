"""Answers of services of PredictHQ's shape: a page of events with their expected attendance."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flux_pipeline.ingest.calendars.zones import day_marks, start_of_day, zone_called
from flux_pipeline.ingest.services._body import parse_json, quoted, shape_of
from flux_pipeline.ingest.services._events import (
    CANCELLED,
    NoRowError,
    attendance_of,
    kind_of,
    moment_of,
    name_of,
    point_of,
    read_page,
)
from flux_pipeline.ingest.services._rows import EventRow
from flux_pipeline.ingest.services.answers import AnswerError, EventPage

# One that is deleted was cancelled or postponed, or is a duplicate or a mistake.
_NOT_TAKING_PLACE = frozenset({"cancelled", "canceled", "postponed", "deleted"})
_LAST_SECONDS = (dt.time(23, 59, 59), dt.time(23, 59))
_DAY = dt.timedelta(days=1)


def read_events(body: bytes) -> EventPage:
    """Read a page of events.

    Times are in UTC if the event has a time zone, and else local ones. An event from midnight to 23:59:59 local time,
    or at midnight only, is one of whole days; so is one with times and without a zone. One that ends when it begins
    lasts to its predicted end, or else to the end of its local day. `next_page` is the address of the page after this.

    Raises AnswerError if it is not such a page.
    """
    value = parse_json(body)
    if not isinstance(value, dict) or not isinstance(value.get("results"), list):
        error = value.get("error", value.get("errors")) if isinstance(value, dict) else None
        found = f"'{quoted(error)}'" if error else shape_of(value)
        raise AnswerError(
            f"The event service answered {found}; expected 'results', a list of events. Check the key and the address."
        )
    next_page = value.get("next")
    if next_page is not None and not isinstance(next_page, str):
        raise AnswerError("The answer names no address as its next page; expected one or null. Fetch it again later.")
    return read_page(value["results"], _read_event, next_page or None, is_full=value.get("overflow") is not True)


def _read_event(event: dict[str, Any], external_id: str) -> EventRow:
    state = event.get("state", "active")
    if state in tuple(_NOT_TAKING_PLACE):
        raise NoRowError(CANCELLED)
    if state != "active":
        raise NoRowError("not_certain", f"The state of the event is {quoted(state)[:60]}; expected active.")
    kind = kind_of([event.get("category")])
    begin, end = _span(event)
    location = event.get("location")
    east, north = location if isinstance(location, list) and len(location) == 2 else (None, None)
    return EventRow(
        name_of(event.get("title")),
        kind,
        begin,
        end,
        *point_of(north, east),
        attendance_of(event.get("phq_attendance")),
        external_id,
    )


def _span(event: dict[str, Any]) -> tuple[dt.datetime, dt.datetime]:
    name = event.get("timezone")
    zone = zone_called(name)
    if name is not None and zone is None:
        raise NoRowError("unknown_zone", f"The time zone of the event is {quoted(name)[:60]}; expected an IANA name.")
    start, end = (_local(event.get(each), zone) for each in ("start", "end"))
    if start is None:
        raise NoRowError("bad_date", f"The event begins at {quoted(event.get('start'))[:60]}; expected a day and time.")
    if end is None and event.get("end") is not None:
        raise NoRowError("bad_ends_at", f"The event ends at {quoted(event['end'])[:60]}; expected a day and time.")
    end = end or start
    if end < start:
        raise NoRowError("bad_ends_at", f"The event ends ({end:%Y-%m-%d}) before it begins ({start:%Y-%m-%d}).")
    is_of_days = start.time() == dt.time() and (end == start or end.time() in _LAST_SECONDS)
    if is_of_days or zone is None:
        return day_marks(start.date(), end.date())
    if end == start:
        predicted = _local(event.get("predicted_end"), zone)
        end = predicted if predicted and predicted > start else None
    finish = end.astimezone(dt.UTC) if end else start_of_day(start.date() + _DAY, zone)
    return start.astimezone(dt.UTC), finish


def _local(value: object, zone: ZoneInfo | None) -> dt.datetime | None:
    """Return a time on the clocks of the event's place: what is written, if no zone is known."""
    moment = moment_of(value)
    if moment is None or zone is None:
        return moment and moment.replace(tzinfo=None)
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(zone)
