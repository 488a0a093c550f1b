"""Simulated local events around the demo restaurants, each known weeks ahead. `_truth` has their effect on sales."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from flux_pipeline.demo._seeds import rng_for
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants

EVENT_COLUMNS = [
    "name", "kind", "starts_at", "ends_at", "latitude", "longitude",
    "expected_attendance", "known_at", "source", "external_id",
]  # fmt: skip
SOURCE = "demo city calendar"
# At least as long as any horizon of the demo, so that all events within a horizon are known.
LEAST_NOTICE_DAYS, MOST_NOTICE_DAYS = 28, 84
# About a kilometre north or south.
NEARBY_DEGREES = 0.010


@dataclass(frozen=True)
class _Kind:
    """A kind of event. `weekly`: chance that a week has one; `every_weeks`: regular instead. Months None: all year."""

    kind: str
    name: str
    weekday: int
    start: dt.time
    hours: int
    attendance: tuple[int, int]
    weekly: float = 0.0
    every_weeks: int = 0
    months: tuple[int, ...] | None = None


_KINDS = (
    _Kind("market", "Makers' market", 5, dt.time(9), 7, (1_500, 4_000), every_weeks=2),
    _Kind("match", "Home match", 5, dt.time(18), 3, (9_000, 21_000), every_weeks=3, months=(1, 2, 3, 4, 8, 9, 10, 11)),
    _Kind("concert", "Open-air concert", 4, dt.time(19), 4, (4_000, 15_000), weekly=0.4, months=(5, 6, 7, 8, 9)),
    _Kind("concert", "Concert in the hall", 3, dt.time(20), 3, (2_000, 7_000), weekly=0.3),
    _Kind("trade fair", "Trade fair", 1, dt.time(9), 57, (3_000, 9_000), weekly=0.08),
    _Kind("festival", "Riverside festival", 4, dt.time(16), 55, (15_000, 40_000), weekly=0.12, months=(6, 7, 8)),
)


def simulate_events(first_day: dt.date, last_day: dt.date, horizon_days: int = 16) -> pd.DataFrame:
    """Simulate the events from `first_day` to `horizon_days` after `last_day` that were known when `last_day` ended.

    Returns:
        EVENT_COLUMNS, times as text (ISO, UTC), by start. An event depends only on its place and week.
    """
    end = last_day + dt.timedelta(days=horizon_days)
    known_by = dt.datetime.combine(last_day + dt.timedelta(days=1), dt.time(), dt.UTC)
    monday = first_day - dt.timedelta(days=first_day.weekday())
    mondays = pd.date_range(monday, end, freq="7D")
    rows = [
        row
        for restaurant in demo_restaurants()
        for week in mondays
        for row in _events_of_week(restaurant, week.date())
        if first_day <= row.day <= end and row.known_at <= known_by
    ]
    rows.sort(key=lambda row: (row.cells[2], row.cells[-1]))
    return pd.DataFrame([row.cells for row in rows], columns=EVENT_COLUMNS)


@dataclass(frozen=True)
class _Event:
    """A row of the file, with the day and the moment that decide whether the file contains it."""

    day: dt.date
    known_at: dt.datetime
    cells: tuple[object, ...]


def _events_of_week(restaurant: DemoRestaurant, monday: dt.date) -> list[_Event]:
    """Return all events near one restaurant that start in the week of `monday`."""
    found = []
    for number, kind in enumerate(_KINDS):
        rng = rng_for("event", restaurant.slug, monday, number)
        day = monday + dt.timedelta(days=kind.weekday)
        regular = kind.every_weeks > 0 and monday.toordinal() // 7 % kind.every_weeks == 0
        if (regular or rng.random() < kind.weekly) and (kind.months is None or day.month in kind.months):
            found.append(_event(restaurant, kind, day, f"{restaurant.slug}-{day:%Y%m%d}-{number}", rng))
    return found


def _event(restaurant: DemoRestaurant, kind: _Kind, day: dt.date, number: str, rng: np.random.Generator) -> _Event:
    starts_at = dt.datetime.combine(day, kind.start, ZoneInfo(restaurant.timezone)).astimezone(dt.UTC)
    notice = dt.timedelta(days=int(rng.integers(LEAST_NOTICE_DAYS, MOST_NOTICE_DAYS + 1)))
    known_at = dt.datetime.combine(day - notice, dt.time(9), dt.UTC)
    latitude, longitude = rng.uniform(-NEARBY_DEGREES, NEARBY_DEGREES, 2)
    cells = (
        kind.name,
        kind.kind,
        _utc(starts_at),
        _utc(starts_at + dt.timedelta(hours=kind.hours)),
        round(restaurant.latitude + latitude, 5),
        round(restaurant.longitude + longitude, 5),
        # Announcements are in round hundreds.
        int(rng.integers(*kind.attendance)) // 100 * 100,
        _utc(known_at),
        SOURCE,
        number,
    )
    return _Event(day, known_at, cells)


def _utc(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}Z"
