"""Events of the simulated world in the shapes of two services: Ticketmaster's Discovery API and PredictHQ.

Both have the same events, in pages, as known when yesterday was over; each refuses a request without a key.
"""

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.stand_in._exchange import Answer, Asked, as_json

# Ticketmaster gives no page beyond the thousandth event.
DEEPEST = 1000
SEGMENTS = {"match": ("Sports", "Football"), "concert": ("Music", "Rock")}
CATEGORIES = {"market": "community", "match": "sports", "concert": "concerts", "trade fair": "expos"}
LONGEST_EVENT = dt.timedelta(days=4)
KM_PER_DEGREE = 111.2
_WITHIN = re.compile(r"([0-9.]+)km@(-?[0-9.]+),(-?[0-9.]+)")


@dataclass(frozen=True)
class _Event:
    """A simulated event; its times are UTC."""

    id: str
    name: str
    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    latitude: float
    longitude: float
    attendance: int
    known_at: str
    timezone: str
    country: str


def ticketmaster(asked: Asked, today: dt.date) -> Answer:
    """Answer /discovery/v2/events.json: events that start in the window, by date."""
    query = asked.query
    if not query.get("apikey"):
        fault = {"faultstring": "Invalid ApiKey", "detail": {"errorcode": "oauth.v2.InvalidApiKey"}}
        return as_json({"fault": fault}, 401)
    size, page = int(query.get("size", 20)), int(query.get("page", 0))
    if size * page >= DEEPEST:
        detail = "Query param with key 'page' is too deep: (page * size) must be less than 1,000"
        return as_json({"errors": [{"code": "DIS1035", "detail": detail, "status": "400"}]}, 400)
    north, east = (float(part) for part in query["latlong"].split(","))
    first, end = (dt.datetime.fromisoformat(query[name]) for name in ("startDateTime", "endDateTime"))
    found = [
        each
        for each in _events(first, end, today)
        if first <= each.starts_at <= end and _is_near(each, north, east, float(query.get("radius", 25)))
    ]
    pages = math.ceil(len(found) / size)
    fixed = {name: value for name, value in query.items() if name not in {"apikey", "page"}}
    links: dict[str, Any] = {"self": {"href": f"{asked.path}?{urlencode({**fixed, 'page': page})}"}}
    if page + 1 < pages:
        links["next"] = {"href": f"{asked.path}?{urlencode({**fixed, 'page': page + 1})}"}
    shown = [_as_ticketmaster(each) for each in found[page * size : (page + 1) * size]]
    return as_json(
        {
            **({"_embedded": {"events": shown}} if shown else {}),
            "_links": links,
            "page": {"size": size, "totalElements": len(found), "totalPages": pages, "number": page},
        }
    )


def predicthq(asked: Asked, today: dt.date) -> Answer:
    """Answer /v1/events/: events that are going on in the window, by start."""
    query = asked.query
    if not asked.headers.get("authorization", "").removeprefix("Bearer "):
        return as_json({"error": "Authentication credentials were not provided."}, 401)
    within = _WITHIN.fullmatch(query.get("within", ""))
    if within is None:
        return as_json({"errors": {"within": ["Expected radius@latitude,longitude."]}}, 400)
    radius, north, east = (float(part) for part in within.groups())
    days = [dt.date.fromisoformat(query[f"active.{bound}"]) for bound in ("gte", "lte")]
    first, end = (dt.datetime.combine(day, dt.time(), dt.UTC) for day in (days[0], days[1] + dt.timedelta(days=1)))
    found = [
        each
        for each in _events(first, end, today)
        if each.ends_at >= first and each.starts_at < end and _is_near(each, north, east, radius)
    ]
    limit, offset = int(query.get("limit", 10)), int(query.get("offset", 0))
    pages = {"previous": offset - limit, "next": offset + limit}
    urls = {
        name: f"{asked.base}{asked.path}?{urlencode({**query, 'offset': at})}" if 0 <= at < len(found) else None
        for name, at in pages.items()
    }
    results = [_as_predicthq(each) for each in found[offset : offset + limit]]
    return as_json({"count": len(found), "overflow": False, **urls, "results": results})


def _events(first: dt.datetime, end: dt.datetime, today: dt.date) -> list[_Event]:
    """Return the events that may be going on between two moments, by start."""
    yesterday = today - dt.timedelta(days=1)
    begin = (first - LONGEST_EVENT).date()
    rows = simulate_events(min(begin, yesterday), yesterday, max((end.date() - yesterday).days, 0))
    near = {each.slug: each for each in demo_restaurants()}
    events = []
    for row in rows.to_dict("records"):
        restaurant = near[row["external_id"].rsplit("-", 2)[0]]
        events.append(
            _Event(
                row["external_id"],
                row["name"],
                row["kind"],
                dt.datetime.fromisoformat(row["starts_at"]),
                dt.datetime.fromisoformat(row["ends_at"]),
                row["latitude"],
                row["longitude"],
                row["expected_attendance"],
                row["known_at"],
                restaurant.timezone,
                restaurant.country_code,
            )
        )
    return events


def _is_near(event: _Event, north: float, east: float, radius_km: float) -> bool:
    across = (event.longitude - east) * math.cos(math.radians(north))
    return math.hypot(event.latitude - north, across) * KM_PER_DEGREE <= radius_km


def _as_ticketmaster(event: _Event) -> dict[str, Any]:
    local = event.starts_at.astimezone(ZoneInfo(event.timezone))
    segment, genre = SEGMENTS.get(event.kind, ("Miscellaneous", "Fairs & Festivals"))
    return {
        "name": event.name,
        "type": "event",
        "id": event.id,
        "test": False,
        "locale": "en-us",
        "dates": {
            "start": {
                "localDate": f"{local:%Y-%m-%d}",
                "localTime": f"{local:%H:%M:%S}",
                "dateTime": f"{event.starts_at:%Y-%m-%dT%H:%M:%SZ}",
                "dateTBD": False,
                "dateTBA": False,
                "timeTBA": False,
                "noSpecificTime": False,
            },
            "end": {"dateTime": f"{event.ends_at:%Y-%m-%dT%H:%M:%SZ}", "approximate": False},
            "timezone": event.timezone,
            "status": {"code": "onsale"},
            "spanMultipleDays": event.ends_at - event.starts_at > dt.timedelta(days=1),
        },
        "classifications": [{"primary": True, "segment": {"name": segment}, "genre": {"name": genre}}],
        "_embedded": {
            "venues": [
                {
                    "name": event.name,
                    "type": "venue",
                    "timezone": event.timezone,
                    "country": {"countryCode": event.country},
                    "location": {"longitude": f"{event.longitude}", "latitude": f"{event.latitude}"},
                }
            ]
        },
    }


def _as_predicthq(event: _Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "title": event.name,
        "description": "",
        "category": CATEGORIES.get(event.kind, "festivals"),
        "labels": [event.kind],
        "country": event.country,
        "start": f"{event.starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{event.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "duration": int((event.ends_at - event.starts_at).total_seconds()),
        "timezone": event.timezone,
        "location": [event.longitude, event.latitude],
        "phq_attendance": event.attendance,
        "rank": min(100, event.attendance // 400),
        "first_seen": event.known_at,
        "updated": event.known_at,
        "scope": "locality",
        "state": "active",
    }
