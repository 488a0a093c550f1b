"""Acts of people on rosters: publish a week, confirm or decline shifts, call in sick. Each is logged."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters.shown.week import WeekShift
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import ScheduledShift
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.store.rosters.weeks import find_week, first_draft, list_shifts, planned_weeks
from flux_pipeline.store.staff.exceptions import set_exception
from flux_pipeline.store.staff.people import find_employee

# The statuses from which a shift may get another.
FROM_STATUS = {"published": ("draft",), "confirmed": ("published",), "declined": ("published", "confirmed")}
VERBS = {"published": "publish", "confirmed": "confirm", "declined": "decline"}
ILL = "sick"
LONGEST_ABSENCE_DAYS = 366


@dataclass(frozen=True)
class Changed:
    """The shifts that an act changed, and the others of the same people and days that it left as they were."""

    week: dt.date
    changed: Sequence[WeekShift]
    left: Sequence[WeekShift]


def publish_week(tx: Tenant, day: dt.date | None, now: dt.datetime) -> Changed:
    """Publish the drafts of a planned week that are not over at `now`, so that people can confirm them. Idempotent.

    Without a day, it is the week of the first such draft.

    Raises:
        PermanentError: no such week is planned.
    """
    tx.lock()
    week = find_week(tx, day or first_draft(tx, now))
    drafts = [shift for shift in week.shifts if shift.ends_at > now]
    return _change(tx, "published", week.first_day, drafts, f"week of {week.first_day}")


def answer_shifts(
    tx: Tenant, status: str, person: str, day: dt.date | None, only: dt.date | None, now: dt.datetime
) -> Changed:
    """Confirm or decline the published shifts of a person in a planned week. Idempotent.

    Args:
        tx: the restaurant's transaction.
        status: confirmed or declined; what has begun at `now` is not declined any more.
        person: their address or name.
        day: a day of the week; None: see `find_week`.
        only: the one business day whose shift is meant; None: all of the week.
        now: the moment (aware).

    Raises:
        PermanentError: the person is unknown, no such week is planned, or the person has no such shift.
    """
    tx.lock()
    employee, week = find_employee(tx, person), find_week(tx, only or day)
    own = [
        shift
        for shift in week.shifts
        if shift.employee_id == employee.id and shift.status != "cancelled" and only in {None, shift.date}
        if status != "declined" or shift.starts_at > now
    ]
    if not own:
        ahead = " that is still ahead" if status == "declined" else ""
        when = f"on {only}" if only else f"in the week of {week.first_day}"
        raise PermanentError(f"{employee.name} has no shift{ahead} {when}. `flux roster show` shows the shifts.")
    return _change(tx, status, week.first_day, own, f"{employee.name}, {only or f'week of {week.first_day}'}")


@dataclass(frozen=True)
class Absence:
    """An absence that was noted: the shifts that were cancelled, and the first days of the weeks to plan again."""

    lost: Sequence[WeekShift]
    weeks: Sequence[dt.date]


def call_sick(tx: Tenant, person: str, first: dt.date, last: dt.date, now: dt.datetime) -> Absence:
    """Note that a person is ill on some business days, and cancel their shifts of these days. Idempotent.

    Raises:
        PermanentError: the person is unknown, or the days end before they begin or are more than a year.
    """
    if not dt.timedelta(0) <= last - first < dt.timedelta(days=LONGEST_ABSENCE_DAYS):
        raise PermanentError(
            f"The absence is from {first} to {last}; expected an end on or after its start, within a year."
        )
    tx.lock()
    employee, clock = find_employee(tx, person), tx.restaurant.clock
    starts_at, ends_at = clock.moment(first, clock.cutoff), clock.end_of(last)
    is_new = set_exception(tx, employee.id, starts_at, ends_at, is_available=False, reason=ILL)
    shifts = [
        each
        for each in list_shifts(tx, first, (last - first).days + 1)
        if each.employee_id == employee.id and each.ends_at > now
    ]
    lost = [each for each in shifts if each.status in {"published", "confirmed"}]
    own = ScheduledShift
    # A draft was never agreed, so it doesn't count as hours worked.
    drafts = [each.id for each in shifts if each.status == "draft"]
    tx.connection.execute(delete(own).where(own.id.in_(drafts)))
    values = {"status": "cancelled", "ended_because": "absent"}
    tx.connection.execute(update(own).where(own.id.in_([each.id for each in lost])).values(values))
    if is_new or shifts:
        after = {"from": first.isoformat(), "until": last.isoformat(), "shifts_cancelled": [_text(e) for e in lost]}
        note_act(tx, "roster.sick", employee.name, after=after)
    return Absence(lost, planned_weeks(tx, first, last))


def _change(tx: Tenant, status: str, week: dt.date, shifts: Sequence[WeekShift], subject: str) -> Changed:
    """Give the shifts that may have it a status and log them."""
    chosen = [each for each in shifts if each.status in FROM_STATUS[status]]
    own = ScheduledShift
    query = update(own).where(own.id.in_([each.id for each in chosen])).values(status=status)
    tx.connection.execute(query)
    if chosen:
        before = sorted({each.status for each in chosen})
        after = {"status": status, "shifts": [_text(each) for each in chosen]}
        note_act(tx, f"roster.{VERBS[status]}", subject, {"status": ", ".join(before)}, after)
    return Changed(week, chosen, [each for each in shifts if each not in chosen])


def _text(shift: WeekShift) -> str:
    return f"{shift.employee}, {shift.role}, {shift.starts_at.isoformat()} to {shift.ends_at.isoformat()}"
