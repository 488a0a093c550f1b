"""Occurrences of the events of a calendar in a window of days, with those that are cancelled and what is broken."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.prop import vDDDTypes
from recurring_ical_events import of

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.calendars._events import BrokenEventError, CalendarEvent, learn_zones, read_event
from flux_pipeline.ingest.calendars._rules import MOST_OF_A_CALENDAR, MOST_OF_A_RULE, cost_of
from flux_pipeline.ingest.calendars.cutting import Component, CutFile, cut
from flux_pipeline.ingest.calendars.zones import start_of_day, zone_called
from flux_pipeline.wording import printable, shortened

# Ten events of every day for a decade.
MOST_OCCURRENCES = 40_000
# A name of our own, by which an occurrence is known as one of its event.
_NUMBER = "X-FLUX-NUMBER"
_DAY = dt.timedelta(days=1)
_Time = dt.date | dt.datetime


@dataclass(frozen=True)
class Occurrence:
    """One time that an event takes place.

    Attributes:
        event: the event, with its name and place.
        external_id: the UID; for one of several, with its original start in UTC.
        begin, end: instants in UTC, or for whole days the first day and the last.
    """

    event: CalendarEvent
    external_id: str
    begin: _Time
    end: _Time


@dataclass(frozen=True)
class Broken:
    """An event that can't be read: its reason code, first line, UID and name, the line that is wrong, a sentence."""

    reason: str
    line_number: int
    uid: str
    name: str
    found: str
    sentence: str


@dataclass
class Occurrences:
    """The occurrences of a calendar, in the order of their times, and the events that can't be read."""

    held: list[Occurrence] = field(default_factory=list)
    cancelled: list[Occurrence] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


def read_occurrences(
    body: bytes, first: dt.date | None, last: dt.date | None, timezone: str, *, ahead: dt.timedelta = _DAY
) -> Occurrences:
    """Read the occurrences from `first` to `last`, days in `timezone` (inclusive).

    `first` None: from the first event; `last` None: to so many days `ahead` of the start of the last event.

    Times without a zone are in the calendar's X-WR-TIMEZONE, or else in `timezone`. Events of journals and tasks are no
    events. An occurrence that is part of the window counts.

    Raises:
        PermanentError: it is not a calendar, its end is missing, or it has more than MOST_OCCURRENCES occurrences.
    """
    parts = cut(body)
    zone = zone_called(timezone) or ZoneInfo("UTC")
    found = Occurrences()
    with warnings.catch_warnings():
        # Names such as /example.org/Europe/Berlin are meant as they look.
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
        learn_zones(parts.zones)
        series = _read_series(parts, zone, found)
    if last is None:
        last = max((_day_of(event.start) for events in series for event in events), default=dt.date.min) + ahead
    _follow(series, first, last, zone, found)
    if parts.properties.text("METHOD").upper() == "CANCEL":
        found.held, found.cancelled = [], found.held + found.cancelled
    if len(found.held) > MOST_OCCURRENCES:
        raise PermanentError(
            f"The calendar has {len(found.held):,} occurrences to {last}; expected at most {MOST_OCCURRENCES:,}. Use a "
            "calendar of fewer events."
        )
    found.held.sort(key=lambda each: (_day_of(each.begin), str(each.begin), each.external_id))
    return found


def _follow(
    series: Iterable[Sequence[CalendarEvent]], first: dt.date | None, last: dt.date, zone: ZoneInfo, found: Occurrences
) -> None:
    """Add the occurrences of all series to those found."""
    spent = 0.0
    for events in series:
        begin = first or min(_day_of(event.start) for event in events)
        try:
            spent += _cost(events, last, MOST_OF_A_CALENDAR - spent)
            every = _occurrences_of(events, begin, last, zone)
        except MemoryError:
            raise
        except Exception as error:  # whatever the libraries make of times that they can't compute
            found.broken.append(_broken(events[0].source, error))
            continue
        for each in every:
            (found.cancelled if each.event.is_cancelled else found.held).append(each)


def _read_series(parts: CutFile, zone: ZoneInfo, found: Occurrences) -> list[list[CalendarEvent]]:
    """Return the events that can be read, those of one UID together; the others are added to `found.broken`."""
    of_calendar = zone_called(parts.properties.text("X-WR-TIMEZONE"))
    by_uid: dict[str, list[CalendarEvent]] = {}
    for source in parts.events:
        try:
            event = read_event(source, of_calendar or zone, of_calendar)
        except MemoryError:
            raise
        except Exception as error:  # whatever the library makes of lines that it can't read
            found.broken.append(_broken(source, error))
        else:
            by_uid.setdefault(event.uid, []).append(event)
    return [each for events in by_uid.values() for each in _apart(events)]


def _apart(events: list[CalendarEvent]) -> list[list[CalendarEvent]]:
    """Return the events of a UID as series: with their modifications, or each alone if only their UIDs are the same.

    Of an event that is there in several versions, the library takes that of the highest SEQUENCE.
    """
    whole = [event for event in events if not event.is_modification]
    starts = {event.start for event in whole}
    versions = {event.component.get("SEQUENCE", -1) for event in whole}
    if len(starts) < 2 or len(versions) == len(whole):
        return [events]
    # Some programs give one UID to the holidays of all years, for example.
    alone = {event.start: replace(event, uid=f"{event.uid}/{_moment(event.start)}") for event in whole}
    rest = [event for event in events if event.is_modification]
    return [[event] for event in alone.values()] + ([rest] if rest else [])


def _cost(events: Iterable[CalendarEvent], last: dt.date, left: float) -> float:
    """Return what it costs to follow the rules of a series.

    Raises BrokenEventError if that is more than a rule may cost, or than what is `left` of the calendar's.
    """
    spent = 0.0
    for event in events:
        rules = event.component.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            cost = cost_of(rule, _day_of(event.start), last)
            spent += cost
            if cost > MOST_OF_A_RULE or spent > left:
                raise BrokenEventError(
                    "too_many_occurrences",
                    "RRULE",
                    f"'{shortened(printable(event.source.line_of('RRULE')), 120)}' from {_day_of(event.start)} on "
                    "repeats within a day, never, or for too long; expected a rule of days, weeks, months or years.",
                )
    return spent


def _occurrences_of(events: Sequence[CalendarEvent], first: dt.date, last: dt.date, zone: ZoneInfo) -> list[Occurrence]:
    """Return the occurrences of one series in a window of local days."""
    found: dict[str, Occurrence] = {}
    is_single = len(events) == 1 and not (events[0].repeats or events[0].is_modification)
    for event, start, end, original in (
        [(events[0], events[0].start, events[0].end, None)] if is_single else _repeated(events, first, last)
    ):
        begin, finish = _span(start, end, event)
        if _is_in_window(begin, finish, first, last, zone):
            external_id = event.uid + (f"/{_moment(original)}" if original else "")
            named = event if event.name else replace(event, name=_name_of(events))
            found[external_id] = Occurrence(named, external_id, begin, finish)
    return [*found.values()]


def _repeated(
    events: Sequence[CalendarEvent], first: dt.date, last: dt.date
) -> Iterator[tuple[CalendarEvent, _Time, _Time, _Time]]:
    """Yield the occurrences of a series: the event, its start and end there, and its original start."""
    calendar = Calendar()
    for number, event in enumerate(events):
        component = event.component.copy()
        component[_NUMBER] = number
        component["UID"] = event.uid
        calendar.add_component(component)
    # A day more on each side, because the window's days are local; what is outside is sorted out by the caller.
    components = of(calendar).between(first - _DAY, last + 2 * _DAY)
    if len(components) > MOST_OCCURRENCES:
        raise BrokenEventError(
            "too_many_occurrences",
            "RRULE",
            f"The event takes place {len(components):,} times to {last}; expected at most {MOST_OCCURRENCES:,}.",
        )
    for component in components:
        event = events[int(component[_NUMBER])]
        start = component["DTSTART"].dt
        yield event, start, component["DTEND"].dt, _original(component["RECURRENCE-ID"], start, event)


def _original(recurrence_id: vDDDTypes, start: _Time, event: CalendarEvent) -> _Time:
    """Return the original start of an occurrence; one of a change of all that follow is moved as far as the first."""
    original: Any = recurrence_id.dt
    is_one_of_many = recurrence_id.params.get("RANGE") == "THISANDFUTURE"
    if is_one_of_many and isinstance(original, dt.datetime) == isinstance(event.start, dt.datetime):
        original = start - (event.start - original)
    found: _Time = original
    return found


def _span(start: _Time, end: _Time, event: CalendarEvent) -> tuple[_Time, _Time]:
    """Return the first day and the last, or two instants in UTC. The end of whole days is the day after the last."""
    if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
        are_days = event.is_whole_days and start.time() == end.time() == dt.time() and start < end
        if not are_days:
            return start.astimezone(dt.UTC), end.astimezone(dt.UTC)
    begin, after = _day_of(start), _day_of(end)
    return begin, max(begin, after - _DAY)


def _is_in_window(begin: _Time, end: _Time, first: dt.date, last: dt.date, zone: ZoneInfo) -> bool:
    if not isinstance(begin, dt.datetime) or not isinstance(end, dt.datetime):
        return begin <= last and end >= first
    opens, closes = start_of_day(first, zone), start_of_day(last + _DAY, zone)
    return begin < closes and (end > opens or begin >= opens)


def _name_of(events: Iterable[CalendarEvent]) -> str:
    return next((event.name for event in events if event.name), "(no name)")


def _broken(source: Component, error: Exception) -> Broken:
    if isinstance(error, BrokenEventError):
        reason, found, sentence = error.reason, source.line_of(error.of) if error.of else "", str(error)
    else:
        reason, found = "bad_repetition", source.line_of("RRULE", "RDATE", "DTSTART")
        why = shortened(printable(" ".join(str(error).split())), 120)
        sentence = f"'{shortened(printable(found), 120)}' can't be computed ({why}); expected times as in RFC 5545."
    uid, name = (shortened(printable(source.text(each)), 120) for each in ("UID", "SUMMARY"))
    return Broken(reason, source.line_number, uid, name, shortened(printable(found), 200), sentence)


def _day_of(at: _Time) -> dt.date:
    return at.date() if isinstance(at, dt.datetime) else at


def _moment(at: _Time) -> str:
    """Return a start as part of an id, in UTC: 2026-03-01T18:00:00Z, or 2026-03-01."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(at, dt.datetime) else at.isoformat()
