"""Events of a calendar: a VEVENT of a file as the library's component, with what Flux reads of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event, Timezone
from icalendar.prop import vDDDLists, vDDDTypes
from icalendar.timezone import tzp

from flux_pipeline.ingest.calendars.cutting import Component, Line
from flux_pipeline.wording import printable, shortened

# What decides when an event takes place; an event with any of these that can't be read is set aside.
_TIMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_ONLY_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID")
_LONGEST_NAME = 199
# With the start of an occurrence it is still a text that a file may have.
_LONGEST_ID = 170
_DEGREES = re.compile(r"\s*([-+]?\d{1,2}(?:\.\d+)?)\s*;\s*([-+]?\d{1,3}(?:\.\d+)?)\s*", re.ASCII)
_POINT = re.compile(r"(?:^|geo:)\s*([-+]?\d{1,2}\.\d+)\s*[,;]\s*([-+]?\d{1,3}\.\d+)\s*$", re.IGNORECASE | re.ASCII)
_DAY_IN_UTC = re.compile(r"(?<=[:,])(\d{8})Z(?=,|$)", re.ASCII)
_BACKSLASH = "\\"
_ESCAPED = re.compile(r"\\([\\;,nN])")


class BrokenEventError(Exception):
    """An event that can't be read: a reason code, the property and the sentence."""

    def __init__(self, reason: str, of: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason, self.of = reason, of


@dataclass(frozen=True)
class CalendarEvent:
    """A VEVENT: the component that the library repeats (an icalendar.Event), and what all its occurrences share.

    `uid` is never empty. `is_whole_days` marks times from midnight to midnight that mean whole days.
    """

    component: Any
    source: Component
    uid: str
    name: str
    categories: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    is_cancelled: bool
    is_whole_days: bool

    @property
    def start(self) -> dt.date | dt.datetime:
        """When its first occurrence begins."""
        found: dt.date | dt.datetime = self.component["DTSTART"].dt
        return found

    @property
    def end(self) -> dt.date | dt.datetime:
        """When its first occurrence ends; a day without an end is one day, a time without an end has no length."""
        if "DTEND" in self.component:
            found: dt.date | dt.datetime = self.component["DTEND"].dt
            return found
        if "DURATION" in self.component:
            length: dt.timedelta = self.component["DURATION"].dt
            return self.start + length
        return self.start if isinstance(self.start, dt.datetime) else self.start + dt.timedelta(days=1)

    @property
    def is_modification(self) -> bool:
        """Whether it replaces one occurrence of another event."""
        return "RECURRENCE-ID" in self.component

    @property
    def repeats(self) -> bool:
        """Whether it has occurrences besides its own."""
        return "RRULE" in self.component or "RDATE" in self.component


def learn_zones(zones: Iterable[Component]) -> None:
    """Make the library know the time zones of a calendar, and no longer those of the calendar before."""
    tzp.use_zoneinfo()
    for zone in zones:
        try:
            text = _text("VTIMEZONE", (line.text for line in zone.lines))
            tzp.cache_timezone_component(Timezone.from_ical(text))
        except MemoryError:
            raise
        except Exception:  # a zone that can't be read is unknown, whatever the library makes of it
            continue


def read_event(source: Component, floating: dt.tzinfo, utc: ZoneInfo | None) -> CalendarEvent:
    """Read a VEVENT.

    Args:
        source: it, as cut from the file.
        floating: the zone of times without one.
        utc: the zone whose clocks an event in UTC follows when it repeats, if the calendar has one.

    Raises:
        BrokenEventError: it can't be read.
    """
    if not source.is_complete:
        raise BrokenEventError("cut_off", "", "The event has no END:VEVENT of its own; expected one.")
    component = _component(source, floating, utc)
    _check_times(component, source)
    name = _plain(source.text("SUMMARY"))
    is_cancelled = source.text("STATUS").upper() == "CANCELLED"
    # Of an occurrence that is changed or cancelled, some programs write no more than that.
    if not (name or is_cancelled or "RECURRENCE-ID" in component):
        raise BrokenEventError("missing_name", "SUMMARY", "The event has no SUMMARY; expected its name.")
    uid = _plain(source.text("UID"))
    if not uid or len(uid) > _LONGEST_ID:
        start = component["DTSTART"].dt
        uid = hashlib.sha256(repr((uid, name, start.isoformat())).encode()).hexdigest()[:32]
    return CalendarEvent(
        component,
        source,
        uid,
        shortened(name, _LONGEST_NAME),
        tuple(filter(None, (_plain(each) for each in source.text("CATEGORIES").split(",")))),
        *_point(source),
        is_cancelled,
        source.text("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE",
    )


def _component(source: Component, floating: dt.tzinfo, utc: ZoneInfo | None) -> Any:
    """Return a component with the times of an event and nothing else, none of them without a zone."""
    event: Any = Event.from_ical(_text("VEVENT", filter(None, map(_readable, source.lines))))
    for name, message in event.errors:
        if name in _TIMES:
            raise _broken(name, source, str(message))
    for name in _ONLY_ONCE:
        if isinstance(event.get(name), list):
            raise BrokenEventError(_reason(name), name, f"The event has {name} more than once; expected one.")
    component: Any = Event()
    for name in _TIMES:
        if name in event:
            component[name] = _in_zone(event[name], floating, utc, name)
        zone = getattr(getattr(component.get("DTSTART"), "dt", None), "tzinfo", None)
        if name == "DTSTART" and zone is not None and str(zone) != "UTC":
            # Some programs write the zone beside the start only.
            floating = zone
    if isinstance(event.get("SEQUENCE"), int):
        component["SEQUENCE"] = event["SEQUENCE"]
    return component


def _text(name: str, lines: Iterable[str]) -> str:
    return "\r\n".join([f"BEGIN:{name}", *lines, f"END:{name}", ""])


def _readable(line: Line) -> str:
    """Return a line as the library reads it, "" for one that isn't needed or says nothing."""
    if line.name == "RRULE":
        # "BYDAY=MO, TU" and "FREQ=DAILY\\;COUNT=2" can only mean one thing.
        return f"RRULE:{line.value.replace(' ', '').replace(_BACKSLASH, '')}" if line.value.strip() else ""
    if line.name in _TIMES:
        # Google writes birthdays as days in UTC.
        return _DAY_IN_UTC.sub(r"\1", line.text) if line.value.strip() else ""
    return line.text if line.name == "SEQUENCE" else ""


def _plain(text: str) -> str:
    """Return a text without escapes and line ends, in characters that can be stored and shown."""
    return " ".join(printable(_ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], text)).split())


def _reason(name: str) -> str:
    return {"DTSTART": "bad_date", "DTEND": "bad_ends_at", "DURATION": "bad_ends_at"}.get(name, "bad_repetition")


def _broken(name: str, source: Component, why: str = "") -> BrokenEventError:
    found = shortened(printable(source.line_of(name)), 120)
    because = f" ({shortened(printable(' '.join(why.split())), 120)})" if why else ""
    return BrokenEventError(_reason(name), name, f"'{found}' can't be read{because}; expected {name} as in RFC 5545.")


def _in_zone(value: Any, floating: dt.tzinfo, utc: ZoneInfo | None, name: str) -> Any:
    """Return a value whose times without a zone are in `floating`, and those in UTC on the clocks of `utc`."""
    if isinstance(value, list):
        return [_in_zone(each, floating, utc, name) for each in value]

    def moved(at: Any) -> Any:
        if isinstance(at, tuple):
            return tuple(moved(each) for each in at)
        if not isinstance(at, dt.datetime):
            return at
        if at.tzinfo is None:
            if zone := value.params.get("TZID"):
                raise BrokenEventError(
                    "unknown_zone",
                    name,
                    f"{name} is in the time zone '{shortened(printable(str(zone)), 60)}', which the calendar doesn't "
                    "define; expected an IANA name.",
                )
            return at.replace(tzinfo=floating)
        return at.astimezone(utc) if utc and at.tzname() == "UTC" else at

    if isinstance(value, vDDDLists):
        lists = vDDDLists([moved(each.dt) for each in value.dts])
        lists.params = value.params
        return lists
    if isinstance(value, vDDDTypes) and isinstance(value.dt, dt.datetime):
        moment = vDDDTypes(moved(value.dt))
        moment.params = value.params
        return moment
    return value


def _check_times(component: Any, source: Component) -> None:
    if "DTSTART" not in component:
        raise BrokenEventError("missing_date", "DTSTART", "The event has no DTSTART; expected when it begins.")
    start = component["DTSTART"].dt
    if not isinstance(start, dt.date):
        raise _broken("DTSTART", source)
    if "DTEND" in component:
        end = component["DTEND"].dt
        if not isinstance(end, dt.date) or isinstance(start, dt.datetime) != isinstance(end, dt.datetime):
            raise BrokenEventError(
                "bad_ends_at", "DTEND", "DTSTART and DTEND are not both days or both times; expected two of one form."
            )
        if end < start:
            raise BrokenEventError("bad_ends_at", "DTEND", "The event ends before it begins; expected a later DTEND.")
    elif "DURATION" in component:
        duration = component["DURATION"].dt
        if not isinstance(duration, dt.timedelta) or duration < dt.timedelta():
            raise _broken("DURATION", source)


def _point(source: Component) -> tuple[float | None, float | None]:
    """Return degrees north and east from GEO, or from a place that is written as coordinates."""
    for name in ("GEO", "X-APPLE-STRUCTURED-LOCATION", "LOCATION"):
        text = _plain(source.text(name))
        # Whole degrees are a point in GEO only; in a text, two numbers may be anything.
        found = (_DEGREES.fullmatch(text) if name == "GEO" else None) or _POINT.search(text)
        point = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
        # Programs write 0;0 for a place that they don't know.
        if point != (0.0, 0.0) and abs(point[0]) <= 90 and abs(point[1]) <= 180:
            return point
    return None, None
