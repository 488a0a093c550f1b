"""Cutting of a calendar file into its components by lines, so that a broken event can't take others with it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import printable

# Only these end a line; others that Python knows may be in a text.
_LINE_END = re.compile(rb"\r\n|\n|\r")
# A name, its parameters, of which those in quotes may have a colon, and the value.
_PARTS = re.compile(r'\s*([A-Za-z0-9.-]+)\s*(?:;(?:[^":]|"[^"]*")*)?:(.*)', re.DOTALL)
_BEGINNING = 24
# Five times what may take place; more take minutes to read.
_MOST_EVENTS = 50_000
_EVENT, _ZONE, _CALENDAR = "VEVENT", "VTIMEZONE", "VCALENDAR"
# A component of a calendar, within the calendar; an alarm in an event is one deeper, and nothing is much deeper.
_DEPTH, _DEEPEST = 2, 20


class Line(NamedTuple):
    """An unfolded line: the name of its property in upper case, its value, and all of it."""

    name: str
    value: str
    text: str


@dataclass
class Component:
    """A component as in the file: the number of its first line, and its unfolded lines without BEGIN and END.

    Components inside it (alarms) are left out of an event and kept in a time zone.
    """

    line_number: int
    lines: list[Line] = field(default_factory=list)
    is_complete: bool = False

    def text(self, name: str) -> str:
        """Return the first text of a property, "" if it has none; for names and messages, as it is in the file."""
        return next((line.value for line in self.lines if line.name == name), "").strip()

    def line_of(self, *names: str) -> str:
        """Return the first line of the first of these properties that it has, "" if it has none of them."""
        return next((line.text for name in names for line in self.lines if line.name == name), "")


@dataclass
class CutFile:
    """The parts of a calendar file that are used: the properties of calendars, their time zones and events."""

    properties: Component = field(default_factory=lambda: Component(1))
    zones: list[Component] = field(default_factory=list)
    events: list[Component] = field(default_factory=list)
    is_ended: bool = False


def is_calendar(start: bytes) -> bool:
    """Return whether a file begins like a calendar."""
    return _in_bytes(start[: len(start) // 2 * 2]).lstrip()[:15].upper() == b"BEGIN:VCALENDAR"


def _in_bytes(body: bytes) -> bytes:
    """Return the text of a file without its mark of an encoding; one in UTF-16 in UTF-8."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace").encode("utf-8", "replace")
    return body.removeprefix(codecs.BOM_UTF8)


def cut(body: bytes) -> CutFile:
    """Cut a calendar into its parts.

    Raises PermanentError if it is not a calendar, or if its end is missing.
    """
    if not is_calendar(body):
        text = " ".join(body[:_BEGINNING].decode("utf-8", "replace").split())
        found = f"begins with '{printable(text)}'" if text else "is empty"
        raise PermanentError(
            f"This is not a calendar: it {found}; expected BEGIN:VCALENDAR. Check where it comes from."
        )
    cutter = _Cutter()
    for number, line in _unfolded(_in_bytes(body)):
        cutter.take(number, line)
    if cutter.open or not cutter.found.is_ended:
        raise PermanentError(
            f"The calendar is cut off after {len(body):,} bytes: END:VCALENDAR is missing; expected all of it. Fetch "
            "or export it again."
        )
    return cutter.found


class _Cutter:
    """The parts found so far, the names of the open components, outermost first, and the one whose lines are kept."""

    def __init__(self) -> None:
        self.found = CutFile()
        self.open: list[str] = []
        self._kept: Component | None = None

    def take(self, number: int, line: Line) -> None:
        """Take in the next line of the file."""
        name = line.value.strip().upper()
        if line.name == "BEGIN":
            self._begin(number, name)
        is_edge = line.name in {"BEGIN", "END"} and len(self.open) <= _DEPTH
        if self._kept and not is_edge and (len(self.open) == _DEPTH or self.open[1] == _ZONE):
            self._kept.lines.append(line)
        elif self.open == [_CALENDAR]:
            self.found.properties.lines.append(line)
        if line.name == "END" and name in self.open:
            self._end(name)

    def _begin(self, number: int, name: str) -> None:
        if name in {_EVENT, _CALENDAR} and _EVENT in self.open:
            # The end of the event before is missing, so that what belongs to it is unclear.
            self.open, self._kept = [_CALENDAR], None
        self.open.append(name)
        if len(self.open) > _DEEPEST:
            raise PermanentError(f"The calendar has components in components from line {number} on. Export it again.")
        if name in {_EVENT, _ZONE} and self.open == [_CALENDAR, name]:
            self._kept = Component(number)
            (self.found.events if name == _EVENT else self.found.zones).append(self._kept)
        if len(self.found.events) > _MOST_EVENTS:
            raise PermanentError(f"The calendar has more than {_MOST_EVENTS:,} events. Export a part of it.")

    def _end(self, name: str) -> None:
        if self._kept and self.open[1:] == [name]:
            self._kept.is_complete = True
        at = len(self.open) - 1 - self.open[::-1].index(name)
        del self.open[at:]
        if at <= 1:
            self._kept = None
        self.found.is_ended = self.found.is_ended or not self.open


def _unfolded(body: bytes) -> Iterator[tuple[int, Line]]:
    """Yield each line with the number of its first physical line; bytes are joined first, as a letter may be folded."""
    pending: list[bytes] = []
    at = 1
    for number, line in enumerate(chain(_LINE_END.split(body), [b"x"]), start=1):
        if line[:1] in {b" ", b"\t"} and pending:
            pending.append(line[1:])
            continue
        whole = b"".join(pending)
        if whole.strip():
            yield at, _line(whole)
        pending, at = [line], number


def _line(line: bytes) -> Line:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    found = _PARTS.match(text)
    return Line(found[1].upper(), found[2], text) if found else Line("", "", text)
