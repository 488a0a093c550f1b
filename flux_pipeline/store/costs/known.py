"""Rows of the kitchen as they were known at a moment. Reading them needs no frames, so that commands start quickly."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

# What is stated within a day of the first statement about a subject belongs to it.
SETTLING = dt.timedelta(days=1)

RowT = TypeVar("RowT")


def known_then(
    rows: Iterable[RowT], subject: Callable[[RowT], Any], known_at: dt.datetime, *, is_retrospective: bool
) -> list[RowT]:
    """Return the rows that were known at a moment.

    A kitchen writes down its recipes and prices long after it has opened, so in a look back the first statement about a
    subject counts as known before that too, as it was once it had settled.

    Args:
        rows: each with known_at and superseded_at (None: still known).
        subject: what a row is about.
        known_at: the moment.
        is_retrospective: whether it is long past.
    """
    found = list(rows)
    first: dict[Any, dt.datetime] = {}
    if is_retrospective:
        for row in found:
            key, known = subject(row), row.known_at  # type: ignore[attr-defined]
            first[key] = min(first.get(key, known), known)

    def is_known(row: Any) -> bool:
        moment = max(known_at, first[subject(row)] + SETTLING) if is_retrospective else known_at
        return row.known_at <= moment and (row.superseded_at is None or row.superseded_at > moment)

    return [row for row in found if is_known(row)]
