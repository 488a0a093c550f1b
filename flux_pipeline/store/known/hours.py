"""Opening hours of a restaurant by day of the week. Corrected hours stay on record, for a look back."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import func, insert, literal, select

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.staffing.week import check_week
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.known.current import OpenInterval, declared_hours, in_words
from flux_pipeline.store.known.versions import Versioned
from flux_pipeline.store.models.known import OperatingHours
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.uploads.registry import Upload, accounting_of, refuse_incomplete

HOURS = ["day_of_week", "open_time", "close_time", "is_closed"]
# A week is declared by several commands ("daily ...", then "sat closed"): what changes within a day still belongs to
# the first declaration.
SETTLING = dt.timedelta(days=1)
# One fact is a day of the week with all its intervals.
OPENING_HOURS = Versioned(OperatingHours, ("day_of_week",), ("open_time", "close_time", "is_closed"))


def opening_hours(tx: Tenant) -> pd.DataFrame:
    """Return the declared hours: day_of_week (0 = Monday), open_time, close_time (may cross midnight), is_closed."""
    return pd.DataFrame(declared_hours(tx), columns=HOURS)


def opening_hours_known(tx: Tenant, known_at: dt.datetime) -> pd.DataFrame:
    """Return the hours that were declared at a moment, in the columns of `opening_hours`.

    A restaurant declares its hours after it has opened, so the first hours of a day of the week apply before that too,
    as they were once they had settled.
    """
    of_day = OPENING_HOURS.table.alias()
    first = select(func.min(of_day.c.known_at) + SETTLING).where(of_day.c.day_of_week == OperatingHours.day_of_week)
    moment = literal(known_at, of_day.c.known_at.type)
    known = OPENING_HOURS.as_known_at(func.greatest(moment, first.scalar_subquery()))
    return pd.DataFrame(declared_hours(tx, known), columns=HOURS)


def set_opening_hours(tx: Tenant, hours: pd.DataFrame, at: dt.datetime) -> bool:
    """Replace the declared hours from `at` on; return whether that changed anything.

    Idempotent: a day that has these hours already is left unchanged.

    Args:
        tx: the restaurant's transaction.
        hours: day_of_week, open_time, close_time, is_closed.
        at: since when they apply.

    Raises:
        PermanentError: the hours contradict each other.
    """
    check_week(hours)
    tx.lock()
    before, after = _by_day(opening_hours(tx)), _by_day(hours)
    changed = sorted(day for day in before.keys() | after.keys() if before.get(day) != after.get(day))
    rows = []
    for day in changed:
        ended = [each["superseded_at"] for each in OPENING_HOURS.retract(tx.connection, at, day_of_week=day)]
        constants = {"restaurant_id": tx.restaurant.id, "known_at": max([at, *ended])}
        rows += [constants | dict(zip(HOURS, row, strict=True)) for row in sorted(after.get(day, ()), key=str)]
    if rows:
        tx.connection.execute(insert(OperatingHours), rows)
    return bool(changed)


def change_hours(tx: Tenant, days: Sequence[int], hours: pd.DataFrame, at: dt.datetime) -> None:
    """Replace the hours of some days of the week by `hours` from `at` on, and note the act."""
    tx.lock()
    declared, before = opening_hours(tx), _as_list(declared_hours(tx))
    kept = declared[~declared.day_of_week.isin(days)]
    if set_opening_hours(tx, hours if kept.empty else pd.concat([kept, hours], ignore_index=True), at):
        note_act(tx, "hours.set", "opening hours", before or None, _as_list(declared_hours(tx)))


def clear_hours(tx: Tenant, at: dt.datetime) -> None:
    """Retract all declared hours from `at` on, and note the act."""
    tx.lock()
    before = _as_list(declared_hours(tx))
    if set_opening_hours(tx, pd.DataFrame(columns=HOURS), at):
        note_act(tx, "hours.clear", "opening hours", before)


def load_opening_hours(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Replace the declared hours by those of a file. Idempotent: the same hours change nothing.

    Raises:
        PermanentError: a row was rejected; without it the restaurant would be closed at that time.
    """
    refuse_incomplete(parsed, "opening hours")
    changed = set_opening_hours(tx, parsed.rows[HOURS], upload.received_at)
    return accounting_of(parsed, written=None if changed else 0)


def _as_list(declared: Sequence[OpenInterval]) -> list[str]:
    """Return the declared hours as the log has them, for example ["mon-fri 07:00-14:30", "sun closed"]."""
    spans: list[tuple[int, int, str]] = []
    for day in range(7):
        of_day = [each for each in declared if each.day_of_week == day]
        words = in_words(of_day) if of_day else ""
        if spans and spans[-1][1:] == (day - 1, words):
            spans[-1] = (spans[-1][0], day, words)
        else:
            spans.append((day, day, words))
    return [f"{_short(a)}{'' if a == b else f'-{_short(b)}'} {words}" for a, b, words in spans if words]


def _short(day: int) -> str:
    return WEEKDAYS[day][:3].lower()


def _by_day(hours: pd.DataFrame) -> dict[int, set[tuple[Any, ...]]]:
    """Return the intervals of each day of the week as rows, missing values as None."""
    days: dict[int, set[tuple[Any, ...]]] = {}
    for row in hours[HOURS].astype(object).where(hours[HOURS].notna(), None).itertuples(index=False, name=None):
        days.setdefault(int(row[0]), set()).add(row)
    return days
