"""Answers of services of Ticketmaster Discovery's shape: a page of events with their venues."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flux_pipeline.ingest.calendars.zones import day_marks, instant_of, start_of_day, zone_called
from flux_pipeline.ingest.services._body import mapping_in, parse_json, quoted, shape_of
from flux_pipeline.ingest.services._events import (
    CANCELLED,
    NoRowError,
    clock_of,
    day_of,
    kind_of,
    moment_of,
    name_of,
    point_of,
    read_page,
)
from flux_pipeline.ingest.services._rows import EventRow
from flux_pipeline.ingest.services.answers import AnswerError, EventPage

# The service gives no event beyond this one, whatever the page.
_DEEPEST = 1_000
# A postponed event has no date yet; one that has got another is rescheduled.
_NOT_TAKING_PLACE = frozenset({"cancelled", "canceled", "postponed"})
_DAY = dt.timedelta(days=1)


def read_events(body: bytes) -> EventPage:
    """Read a page of events, or a single event.

    A start without a time is an event of that whole local day. One without an end lasts to the end of its local day.
    `next_page` is the number of the page after this one.

    Raises AnswerError if it is not such a page.
    """
    value = parse_json(body)
    if not isinstance(value, dict):
        raise AnswerError(f"The answer is {shape_of(value)}; expected a page of events. Check the address.")
    _refuse_error(value)
    if "dates" in value and "id" in value:
        return read_page([value], _read_event, None, is_full=True)
    page = mapping_in(value, "page")
    size, number, pages, total = (_count_in(page, name) for name in ("size", "number", "totalPages", "totalElements"))
    events = mapping_in(value, "_embedded").get("events") if "_embedded" in value else []
    if not isinstance(events, list):
        raise AnswerError(f"The answer is {shape_of(value)} without a list of events. Check the address.")
    is_last = number + 1 >= pages or not events or (number + 1) * size >= _DEEPEST
    next_page = None if is_last else str(number + 1)
    return read_page(events, _read_event, next_page, is_full=total <= _DEEPEST and (bool(events) or not total))


def _count_in(page: Any, name: str) -> int:
    value = page.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise AnswerError(f"The {name} of the page is {quoted(value)[:60]}; expected a count. Check the address.")
    return value


def _refuse_error(value: dict[str, Any]) -> None:
    fault, errors = mapping_in(value, "fault").get("faultstring"), value.get("errors")
    if fault is None and isinstance(errors, list) and errors:
        fault = mapping_in(errors[0]).get("detail", "no reason given")
    if fault is not None or "fault" in value:
        raise AnswerError(
            f"The event service refused the request: '{quoted(fault)}' Check the key and what is asked for."
        )


def _read_event(event: dict[str, Any], external_id: str) -> EventRow:
    dates = mapping_in(event, "dates")
    if event.get("test") is True:
        raise NoRowError("test_event", "The event is a test of the service.")
    status = mapping_in(dates, "status").get("code")
    if isinstance(status, str) and status.casefold() in _NOT_TAKING_PLACE:
        raise NoRowError(CANCELLED)
    venues = mapping_in(event, "_embedded").get("venues")
    venue = mapping_in(venues[0]) if isinstance(venues, list) and venues else {}
    begin, end = _span(dates, zone_called(dates.get("timezone")) or zone_called(venue.get("timezone")))
    location = mapping_in(venue, "location")
    return EventRow(
        name_of(event.get("name")),
        kind_of(_categories(event)),
        begin,
        end,
        *point_of(location.get("latitude"), location.get("longitude")),
        None,
        external_id,
    )


def _categories(event: dict[str, Any]) -> list[object]:
    """Return the names of the event's genre and segment, the finer first."""
    found = event.get("classifications")
    every = [mapping_in(each) for each in found] if isinstance(found, list) else []
    first = next((each for each in every if each.get("primary") is True), every[0] if every else {})
    return [mapping_in(first, name).get("name") for name in ("genre", "segment")]


def _span(dates: Any, zone: ZoneInfo | None) -> tuple[dt.datetime, dt.datetime]:
    start, end = mapping_in(dates, "start"), mapping_in(dates, "end")
    if start.get("dateTBD") is True or start.get("dateTBA") is True:
        raise NoRowError("no_date", "The day of the event is not known yet.")
    first, last = day_of(start.get("localDate")), day_of(end.get("localDate"))
    begin, finish = _instant(start, zone), _instant(end, zone)
    if begin is None:
        if first is None:
            raise NoRowError("bad_date", f"The event begins at {quoted(dict(start))}; expected a day or a time.")
        return _in_order(*day_marks(first, last or first))
    if finish is None:
        local = begin.astimezone(zone or dt.UTC).date()
        finish = start_of_day(max(local, last or local) + _DAY, zone or ZoneInfo("UTC"))
    return _in_order(begin, finish)


def _instant(at: Any, zone: ZoneInfo | None) -> dt.datetime | None:
    """Return the instant of a start or end in UTC; None if only its day is known."""
    if at.get("timeTBA") is True or at.get("noSpecificTime") is True:
        return None
    moment = moment_of(at.get("dateTime"))
    if moment and moment.tzinfo:
        return moment.astimezone(dt.UTC)
    day, clock = day_of(at.get("localDate")), clock_of(at.get("localTime"))
    return instant_of(dt.datetime.combine(day, clock), zone) if day and clock is not None and zone else None


def _in_order(begin: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    if end < begin:
        raise NoRowError("bad_ends_at", f"The event ends ({end:%Y-%m-%d}) before it begins ({begin:%Y-%m-%d}).")
    return begin, end
