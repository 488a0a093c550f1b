"""Rows of events as every reader returns them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class EventRow:
    """An event: its begin and end in UTC, or at 00:00 UTC for whole days."""

    name: str
    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    latitude: float | None
    longitude: float | None
    expected_attendance: int | None
    external_id: str


_INSTANT = pd.DatetimeTZDtype("us", "UTC")
_TYPES: dict[str, Any] = {
    "name": object,
    "kind": object,
    "starts_at": _INSTANT,
    "ends_at": _INSTANT,
    "latitude": "float64",
    "longitude": "float64",
    "expected_attendance": "Int64",
    "external_id": object,
}


def event_rows(events: Iterable[EventRow]) -> pd.DataFrame:
    """Return the frame of events, one row for each external_id: the last one."""
    every = {each.external_id: each for each in events}
    names = [field.name for field in fields(EventRow)]
    columns = {name: pd.Series([getattr(each, name) for each in every.values()], dtype=_TYPES[name]) for name in names}
    return pd.DataFrame(columns)
