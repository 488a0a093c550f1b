"""Events near a restaurant as the driver `event`: how much pull they have on each day, by category, and in which words.

An event's pull is that of its attendance, less the further away it is. What the pull does to sales is fitted by the
model, for all events together and for each category. Which events are known, and which are near, is decided before.
"""

from __future__ import annotations

import math
import unicodedata
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flux_pipeline.distance import distance_km
from flux_pipeline.wording import count_of

Floats = npt.NDArray[np.float64]

SCHOOL_HOLIDAY = "school_holiday"
NO_CATEGORY = "event"
# An event of unknown size counts like one of 5,000 guests: a full hall, a town fair. Next door it has a pull of 1.
UNKNOWN_ATTENDANCE = 5_000.0
# Guests beyond ten thousand count less and less, and beyond fifty thousand not at all: seats are full, and a festival's
# three million do not come on one day. In the demo, whose true effect is linear up to full seats, the error of the mean
# on days of events is 5.5 % with a year of history (linear 5.6 %, a root 5.9 %, no attendance 7.0 %, a flag 8.8 %).
HALF_COUNTS, MOST_ATTENDANCE = 10_000.0, 50_000.0
# A third of an event's pull is left at this distance: a walk of half an hour. In the demo, whose events are within
# 1.6 km, the same error is 6.0 % with 1 km and 5.4 % with 4 km.
REACH_KM = 2.0
# Two sources mean the same event if it starts within two hours and 200 metres under nearly the same name. The same name
# with a year behind it has a ratio of 0.85.
SAME_PLACE_KM, SAME_TIME, SAME_NAME = 0.2, pd.Timedelta(hours=2), 0.8
_IDENTITY = ["source", "name", "starts_at", "ends_at", "latitude", "longitude"]


def event_drivers(events: pd.DataFrame) -> pd.DataFrame:
    """Return the pull of each day's events, as columns of `days`.

    Args:
        events: one row per event and local day: date, name, kind (its category), starts_at, ends_at (UTC), latitude,
            longitude, distance_km (0: at the restaurant; NaN: everywhere), expected_attendance (NaN: unknown), source.

    Returns:
        Indexed by date, only days with an event: event (the pull of all), one column event:... for each category, and
        event_words: the event with the largest pull, and how many others there are.
    """
    events = without_duplicates(events)
    pulls = pull(events.expected_attendance, events.distance_km)
    events = events.assign(kind=events.kind.map(category), pull=pulls)
    by_kind = events.pivot_table(index="date", columns="kind", values="pull", aggfunc="sum", fill_value=0.0)
    days = pd.DataFrame({"event": by_kind.sum(axis=1), **{f"event:{each}": by_kind[each] for each in by_kind}})
    ranked = events.sort_values(["date", "pull", "name"], ascending=[True, False, True])
    largest, others = ranked.drop_duplicates("date"), ranked.groupby("date").size() - 1
    words = [_words(event, count) for event, count in zip(largest.itertuples(), others, strict=True)]
    return days.assign(event_words=pd.Series(words, index=days.index, dtype=object))


def pull(attendance: pd.Series, distance_km: pd.Series) -> Floats:
    """Return the pull of events: ln(1 + guests / 10,000), 1 at 5,000 next door, falling with exp(-distance / 2 km)."""
    guests = attendance.astype(float).fillna(UNKNOWN_ATTENDANCE).clip(0.0, MOST_ATTENDANCE).to_numpy()
    away = distance_km.astype(float).fillna(0.0).clip(lower=0.0).to_numpy()
    size = np.log1p(guests / HALF_COUNTS) / np.log1p(UNKNOWN_ATTENDANCE / HALF_COUNTS)
    return np.asarray(size * np.exp(-away / REACH_KM))


def category(kind: str) -> str:
    """Return a kind as the name of a category: "Trade-Fairs" and "trade fair" are one, and no kind is "event"."""
    words = " ".join(kind.casefold().replace("_", " ").replace("-", " ").split())
    return (words.removesuffix("s") if len(words) > 3 and not words.endswith("ss") else words) or NO_CATEGORY


def without_duplicates(events: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without events that another source has too; the source that knows the attendance is kept."""
    number = events.groupby(_IDENTITY, dropna=False).ngroup()
    each = events.assign(number=number).drop_duplicates("number").sort_values(["starts_at", "number"])
    if each.source.nunique(dropna=False) < 2:
        return events
    rows: list[Any] = list(each.itertuples())
    starts = pd.DatetimeIndex(each.starts_at)
    dropped: set[int] = set()
    for at, until in enumerate(starts.searchsorted(starts + SAME_TIME, side="right")):
        for one, other in ((rows[at], rows[late]) for late in range(at + 1, until)):
            if not {one.number, other.number} & dropped and _is_same(one, other):
                is_better = pd.notna(other.expected_attendance) and pd.isna(one.expected_attendance)
                dropped.add(one.number if is_better else other.number)
    return events[~number.isin(dropped)]


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two events that start within two hours are one: of two sources, at one place, with one name."""
    is_apart = one.source == other.source or _distance_km(one, other) > SAME_PLACE_KM
    return not is_apart and _is_same_name(one.name, other.name)


def _distance_km(one: Any, other: Any) -> float:
    """Return how far apart two events are: infinitely, if only one of them has a place."""
    is_everywhere = [math.isnan(each.distance_km) for each in (one, other)]
    if any(is_everywhere):
        return 0.0 if all(is_everywhere) else math.inf
    # The restaurant's own event is at the restaurant.
    if 0.0 in (one.distance_km, other.distance_km):
        return float(max(one.distance_km, other.distance_km))
    away_km = distance_km(one.latitude, one.longitude, other.latitude, other.longitude)
    return math.inf if math.isnan(away_km) else away_km


def _is_same_name(name: str, other: str) -> bool:
    """Return whether two names are the same but for case, accents, signs and a few letters."""
    one, two = (_folded(each) for each in (name, other))
    return one == two or SequenceMatcher(None, one, two, autojunk=False).ratio() >= SAME_NAME


def _folded(name: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", name.casefold()) if each.isalnum())


def _words(event: Any, others: int) -> str:
    """Return "trade fair 1.2 km away, 9,000 guests, and 2 other events"."""
    parts = [event.name if event.kind == NO_CATEGORY else event.kind]
    if pd.notna(event.distance_km):
        away = "at the restaurant" if event.distance_km == 0 else f"{max(event.distance_km, 0.1):.1f} km away"
        parts[0] += f" {away}"
    if pd.notna(event.expected_attendance):
        parts.append(count_of(int(event.expected_attendance), "guest"))
    if others:
        parts.append(f"and {count_of(others, 'other event')}")
    return ", ".join(parts)
