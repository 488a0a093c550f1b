"""Calendars of the simulated world as iCalendar files: the events of a restaurant's city, school holidays of a country.

School holidays have no effect on simulated sales.
"""

import datetime as dt
import re
from collections.abc import Iterable

from flux_pipeline.demo.calendar import demo_window
from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.stand_in._exchange import Answer

# The furthest that a calendar reaches ahead. Events are known at most twelve weeks before.
AHEAD_DAYS = 90
# Of each year: name, first day (month, day), days. Much as they are in Lyon, Bristol and Hamburg.
SCHOOL_HOLIDAYS = {
    "fr": (("Winter holidays", (2, 8), 16), ("Spring holidays", (4, 5), 16), ("Summer holidays", (7, 5), 58),
           ("Autumn holidays", (10, 18), 16), ("Christmas holidays", (12, 20), 16)),
    "gb": (("February half-term", (2, 15), 9), ("Easter holidays", (4, 1), 16), ("May half-term", (5, 25), 7),
           ("Summer holidays", (7, 23), 40), ("October half-term", (10, 25), 9), ("Christmas holidays", (12, 20), 15)),
    "de": (("Spring holidays", (3, 6), 12), ("May holidays", (5, 11), 5), ("Summer holidays", (7, 16), 42),
           ("Autumn holidays", (10, 19), 12), ("Christmas holidays", (12, 21), 12)),
}  # fmt: skip
_PATH = re.compile(r"/calendars/(school-holidays-)?([a-z-]+)\.ics")
# RFC 5545, 3.1: a line has at most 75 bytes.
LONGEST_LINE = 75


def calendar(path: str, today: dt.date) -> Answer | None:
    """Answer /calendars/<restaurant>.ics and /calendars/school-holidays-<country>.ics; None for another path."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    if found[1]:
        entries = [*_holidays(found[2], today)] if found[2] in SCHOOL_HOLIDAYS else None
    else:
        is_there = found[2] in {each.slug for each in demo_restaurants()}
        entries = [*_city(found[2], today)] if is_there else None
    return None if entries is None else Answer(_file(entries, today), content_type="text/calendar; charset=utf-8")


def _city(slug: str, today: dt.date) -> Iterable[dict[str, str]]:
    """Return the events near a restaurant that are known when yesterday is over."""
    yesterday = today - dt.timedelta(days=1)
    events = simulate_events(demo_window(today).first_day, yesterday, AHEAD_DAYS)
    for each in events[events["external_id"].str.startswith(f"{slug}-")].itertuples():
        yield {
            "UID": f"{each.external_id}",
            "SUMMARY": f"{each.name}",
            "CATEGORIES": f"{each.kind}",
            "DTSTART": _utc(f"{each.starts_at}"),
            "DTEND": _utc(f"{each.ends_at}"),
            "GEO": f"{each.latitude};{each.longitude}",
            "STATUS": "CONFIRMED",
        }


def _holidays(country: str, today: dt.date) -> Iterable[dict[str, str]]:
    for year in range(today.year - 2, today.year + 2):
        for name, (month, day), days in SCHOOL_HOLIDAYS[country]:
            first = dt.date(year, month, day)
            yield {
                "UID": f"school-{country}-{first:%Y%m%d}",
                "SUMMARY": name,
                "CATEGORIES": "School holidays",
                "DTSTART;VALUE=DATE": f"{first:%Y%m%d}",
                # The day after the last.
                "DTEND;VALUE=DATE": f"{first + dt.timedelta(days=days):%Y%m%d}",
                "TRANSP": "TRANSPARENT",
            }


def _file(entries: Iterable[dict[str, str]], today: dt.date) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Flux//Stand-in//EN"]
    for entry in entries:
        fields = {"DTSTAMP": f"{today:%Y%m%d}T000000Z", **entry}
        lines += ["BEGIN:VEVENT", *(f"{name}:{value}" for name, value in fields.items()), "END:VEVENT"]
    lines.append("END:VCALENDAR")
    assert all(len(line.encode()) <= LONGEST_LINE for line in lines)
    return "".join(f"{line}\r\n" for line in lines).encode()


def _utc(text: str) -> str:
    return f"{dt.datetime.fromisoformat(text):%Y%m%dT%H%M%SZ}"
