"""Statements that hold from a day on: noted under the day that a file gives, or under the one that follows from others.

A statement without a day counts from the start if it is the first about its subject, or if its file also has ones of
past days: then it is the beginning of a history. Otherwise it counts from the day on which it came in; within a day of
the statement in force it corrects that one.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.versions import Versioned

SETTLING = dt.timedelta(days=1)


def note_dated(tx: Tenant, table: Versioned, stated: Sequence[Mapping[str, Any]], received_at: dt.datetime) -> set[int]:
    """Note statements that hold from a day on; return the `line_number` of those that changed anything.

    Idempotent: what equals the statement in force changes nothing.

    Args:
        tx: the restaurant's transaction.
        table: the table, whose key ends with valid_from.
        stated: its columns, and line_number; columns that are left out are empty, and so is an unknown valid_from.
        received_at: when this was stated.
    """
    if not stated:
        return set()
    today = business_day_at(tx, received_at)
    before: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for stored in tx.connection.execute(select(table.table).where(table.current)).mappings():
        known = {str(name): value for name, value in stored.items()}
        before.setdefault(_subject(table, known), []).append(known)
    empty: dict[str, Any] = dict.fromkeys((*table.key, *table.values, "known_at"))
    every = [empty | dict(each) | {"valid_from": as_day(each.get("valid_from"))} for each in stated]
    with_history = {_subject(table, row) for row in every if is_past(row["valid_from"], today)}
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    changed: set[int] = set()
    for row in every:
        subject = _subject(table, row)
        own = before.get(subject, [])
        if row["valid_from"] is None and subject not in with_history:
            newest = in_force(own, today)
            if newest is not None and not _differs(table, newest, row):
                continue
            row["valid_from"] = first_day_after(newest, received_at, today)
        same = next((other for other in own if other["valid_from"] == row["valid_from"]), None)
        if same is None or _differs(table, same, row):
            changed.add(row["line_number"])
            rows[tuple(row[name] for name in table.key)] = row
    if rows:
        table.note(
            tx.connection, pd.DataFrame(list(rows.values()), dtype=object), received_at, restaurant_id=tx.restaurant.id
        )
    return changed


def business_day_at(tx: Tenant, at: dt.datetime) -> dt.date:
    """Return the business day that is under way at a moment."""
    return tx.restaurant.last_complete_business_day(at) + dt.timedelta(days=1)


def is_past(first_day: dt.date | None, today: dt.date) -> bool:
    """Return whether a statement has a first day that is not to come, so that its file tells a history."""
    return first_day is not None and first_day <= today


def in_force(own: Sequence[Mapping[str, Any]], today: dt.date) -> Mapping[str, Any] | None:
    """Return which of the statements about a subject holds on a day, None if there is none."""
    valid = [each for each in own if each["valid_from"] is None or each["valid_from"] <= today]
    return max(valid, key=lambda each: (each["valid_from"] or dt.date.min, each["known_at"]), default=None)


def first_day_after(before: Mapping[str, Any] | None, at: dt.datetime, today: dt.date) -> dt.date | None:
    """Return the first day of a statement without one, or None if it holds from the start.

    Args:
        before: the statement in force, with its valid_from and known_at.
        at: when the new one came in.
        today: the business day of that moment.
    """
    if before is None:
        return None
    day: dt.date | None = before["valid_from"]
    return day if at - before["known_at"] < SETTLING else today


def as_day(value: Any) -> dt.date | None:
    """Return the date of a cell of a frame, None if it is empty."""
    if value is None or pd.isna(value):
        return None
    return value.date() if isinstance(value, dt.datetime) else value


def exact(value: Any, decimals: int) -> Decimal | None:
    """Return the number of a cell of a frame as a decimal, None if it is empty."""
    return None if value is None else round(Decimal(repr(float(value))), decimals)


def _subject(table: Versioned, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in table.key if name != "valid_from")


def _differs(table: Versioned, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return any(one[name] != other[name] for name in table.values)
