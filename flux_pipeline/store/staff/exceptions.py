"""Dated exceptions of availability: absences, and times beyond the weekly ones. A later one cuts what it overlaps.

Those of one person never overlap, and those that touch and say the same are one row.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, tuple_

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import AvailabilityException
from flux_pipeline.store.records.acts import Outcome, note_act
from flux_pipeline.store.staff.people import find_employee

MIDNIGHT = dt.time(0)
# Programs that have no 24:00 end a day a minute or a second before midnight.
LAST_MINUTE = dt.time(23, 59)


class Dated(NamedTuple):
    """One exception; instants are aware."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    is_available: bool = False
    reason: str = "other"


class Days(NamedTuple):
    """When an exception is, on the wall clock: from a time of the first day to one of the last; no times: all day."""

    first: dt.date
    last: dt.date
    start: dt.time | None = None
    end: dt.time | None = None

    def instants(self, timezone: str) -> tuple[dt.datetime, dt.datetime]:
        """Return the two ends in UTC. On one day, an end at or before the start is on the next."""
        zone, last = ZoneInfo(timezone), self.last
        end = MIDNIGHT if self.end is None or self.end >= LAST_MINUTE else self.end
        if self.end is None or self.end >= LAST_MINUTE or (last == self.first and end <= (self.start or MIDNIGHT)):
            last += dt.timedelta(days=1)
        starts = dt.datetime.combine(self.first, self.start or MIDNIGHT, zone)
        return starts.astimezone(dt.UTC), dt.datetime.combine(last, end, zone).astimezone(dt.UTC)


def read_exceptions(
    tx: Tenant, *, since: dt.datetime | None = None, until: dt.datetime | None = None
) -> dict[uuid.UUID, list[Dated]]:
    """Return the exceptions of each person by their start: those that end after `since` and start before `until`."""
    row = AvailabilityException
    query = select(row.employee_id, row.starts_at, row.ends_at, row.is_available, row.reason).order_by(row.starts_at)
    if since is not None:
        query = query.where(row.ends_at > since)
    if until is not None:
        query = query.where(row.starts_at < until)
    found: dict[uuid.UUID, list[Dated]] = {}
    for each in tx.connection.execute(query):
        found.setdefault(each.employee_id, []).append(Dated(*each[1:]))
    return found


def set_exception(
    tx: Tenant,
    employee_id: uuid.UUID,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    is_available: bool = False,
    reason: str = "other",
) -> bool:
    """Store an exception of a person, and cut those that it overlaps; return whether that changed anything.

    Idempotent: the same exception again changes nothing. The caller holds the restaurant's lock.

    Raises:
        PermanentError: it ends before or when it starts.
    """
    if ends_at <= starts_at:
        raise PermanentError("The exception ends before or when it starts; expected a later end.")
    before = _stored(tx, employee_id)
    after = with_exception(before, Dated(starts_at, ends_at, is_available, reason))
    return replace_exceptions(tx, employee_id, before, after)


def with_exception(exceptions: Sequence[Dated], new: Dated) -> list[Dated]:
    """Return exceptions by their start with one more, which cuts those that it overlaps."""
    joined: list[Dated] = []
    for each in sorted([*without_times(exceptions, new.starts_at, new.ends_at), new]):
        if joined and joined[-1].ends_at == each.starts_at and joined[-1][2:] == each[2:]:
            joined[-1] = joined[-1]._replace(ends_at=each.ends_at)
        else:
            joined.append(each)
    return joined


def without_times(exceptions: Sequence[Dated], starts_at: dt.datetime, ends_at: dt.datetime) -> list[Dated]:
    """Return what exceptions leave outside of a time."""
    parts = [
        each._replace(starts_at=start, ends_at=end)
        for each in exceptions
        for start, end in (
            (each.starts_at, min(each.ends_at, starts_at)),
            (max(each.starts_at, ends_at), each.ends_at),
        )
        if start < end
    ]
    return sorted(parts)


def replace_exceptions(tx: Tenant, employee_id: uuid.UUID, before: Sequence[Dated], after: Sequence[Dated]) -> bool:
    """Store `after` in place of `before`, the stored exceptions of a person; return whether they differ."""
    row, gone, new = AvailabilityException, set(before) - set(after), set(after) - set(before)
    if gone:
        starts = tuple_(row.employee_id, row.starts_at)
        tx.connection.execute(delete(row).where(starts.in_([(employee_id, each.starts_at) for each in gone])))
    if new:
        keys = {"restaurant_id": tx.restaurant.id, "employee_id": employee_id}
        tx.connection.execute(insert(row), [keys | each._asdict() for each in sorted(new)])
    return bool(gone or new)


def note_absence(tx: Tenant, text: str, days: Days, reason: str) -> Outcome:
    """Store that a person is away, and note the act.

    Raises:
        PermanentError: nobody or several people are meant, or the absence ends before it starts.
    """
    tx.lock()
    person = find_employee(tx, text)
    starts_at, ends_at = days.instants(tx.restaurant.timezone)
    changed = set_exception(tx, person.id, starts_at, ends_at, reason=reason)
    if changed:
        note_act(tx, "employees.away", person.name, after={**_span(tx, starts_at, ends_at), "reason": reason})
    return Outcome(person.name, changed)


def take_back(tx: Tenant, text: str, first: dt.date, last: dt.date | None) -> Outcome:
    """Take a person's exceptions back from a day on, so that the weekly times count again, and note the act.

    Args:
        tx: the restaurant's transaction.
        text: the person, by name or address.
        first: the first day.
        last: the last day; None: until the end of what covers the first day.

    Raises:
        PermanentError: nobody or several people are meant, or the days end before they start.
    """
    tx.lock()
    person = find_employee(tx, text)
    starts_at, ends_at = Days(first, last or first).instants(tx.restaurant.timezone)
    if ends_at <= starts_at:
        raise PermanentError(f"The days end on {last}, before they start on {first}; expected a later day.")
    before = _stored(tx, person.id)
    if last is None:
        covering = (each.ends_at for each in before if each.starts_at < ends_at and starts_at < each.ends_at)
        ends_at = max(covering, default=ends_at)
    changed = replace_exceptions(tx, person.id, before, without_times(before, starts_at, ends_at))
    if changed:
        note_act(tx, "employees.back", person.name, before=_span(tx, starts_at, ends_at))
    return Outcome(person.name, changed)


def _stored(tx: Tenant, employee_id: uuid.UUID) -> list[Dated]:
    row = AvailabilityException
    query = select(row.starts_at, row.ends_at, row.is_available, row.reason).where(row.employee_id == employee_id)
    return [Dated(*each) for each in tx.connection.execute(query.order_by(row.starts_at))]


def _span(tx: Tenant, starts_at: dt.datetime, ends_at: dt.datetime) -> dict[str, str]:
    zone = ZoneInfo(tx.restaurant.timezone)
    first, last = (f"{each.astimezone(zone):%Y-%m-%d %H:%M}" for each in (starts_at, ends_at))
    return {"from": first, "until": last}
