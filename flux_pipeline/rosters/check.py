"""Check of a roster against every hard rule, by the rule's name; it shares no code with what made the roster.

It walks shifts minute by minute and person by person, and knows nothing of options, matrices or prices.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from flux_pipeline.rosters.problem import Employee, RosterProblem, Shift, ShiftStatus

STEP = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Violation:
    """A broken rule: its name, whose shift, the moment and what was found."""

    rule: str
    employee: str
    at: dt.datetime
    found: str


def find_violations(problem: RosterProblem, shifts: Iterable[Shift]) -> list[Violation]:
    """Return every violation of a hard rule in the shifts, by person and time."""
    by_person: dict[str, list[Shift]] = defaultdict(list)
    for shift in sorted(shifts, key=lambda each: (each.employee, each.starts_at)):
        by_person[shift.employee].append(shift)
    found = []
    people = {employee.id: employee for employee in problem.employees}
    for id, own in by_person.items():
        if id not in people:
            found += [Violation("employees", id, shift.starts_at, "is not known") for shift in own]
    for id, employee in people.items():
        for check in (_each_shift, _pairs, _hours, _days, _counts, _kept):
            found += check(problem, employee, by_person.get(id, []))
    return found


def _local_date(problem: RosterProblem, shift: Shift) -> dt.date:
    wall = shift.starts_at.astimezone(problem.zone)
    night = dt.timedelta(hours=problem.cutoff.hour, minutes=problem.cutoff.minute)
    return (wall.replace(tzinfo=None) - night).date()


def _each_shift(problem: RosterProblem, employee: Employee, shifts: Sequence[Shift]) -> Iterator[Violation]:
    needed = {role.name: role.skills for role in problem.roles}
    last = problem.first_day + dt.timedelta(days=problem.days)
    for shift in shifts:
        is_kept = any(_is_same(shift, each) for each in problem.kept)

        def violation(rule: str, found: str, shift: Shift = shift) -> Violation:
            return Violation(rule, shift.employee, shift.starts_at, found)

        if shift.ends_at <= shift.starts_at:
            yield violation("length", "ends before it starts")
            continue
        if not problem.first_day <= _local_date(problem, shift) < last:
            yield violation("planned_days", "is outside of the days planned")
        if shift.role not in employee.roles or not needed.get(shift.role, frozenset()) <= employee.skills:
            yield violation("skills", f"can't work in role {shift.role}")
        yield from _break(problem, shift)
        if is_kept:
            continue
        if problem.planned_at is not None and shift.starts_at < problem.planned_at:
            yield violation("planned_at", "is new and starts before the moment of planning")
        if not _is_available(problem, employee, shift):
            yield violation("availability", "is not available for all of it")
        if not _is_offered(problem, shift):
            yield violation("templates", "no template offers this start and length")
        for rule in problem.rules_of("shift_length", employee.id):
            if not float(rule["least_minutes"]) <= shift.minutes <= float(rule["most_minutes"]):
                yield violation("shift_length", f"lasts {shift.minutes} minutes")
        for rule in problem.rules_of("notice", employee.id):
            hours = dt.timedelta(hours=float(rule["hours"]))
            if problem.planned_at is not None and shift.starts_at - problem.planned_at < hours:
                yield violation("notice", f"starts {shift.starts_at - problem.planned_at} after planning")


def _is_same(shift: Shift, other: Shift) -> bool:
    return (shift.employee, shift.role, shift.starts_at, shift.ends_at) == (
        other.employee,
        other.role,
        other.starts_at,
        other.ends_at,
    )


def _break(problem: RosterProblem, shift: Shift) -> Iterator[Violation]:
    owed = [
        float(rule["minutes"])
        for rule in problem.rules_of("break", shift.employee)
        if shift.minutes > float(rule["after_minutes"])
    ]
    if shift.break_minutes < max(owed, default=0):
        yield Violation("break", shift.employee, shift.starts_at, f"has {shift.break_minutes} minutes of break")
    elif shift.break_minutes:
        start = shift.break_starts_at
        end = start + dt.timedelta(minutes=shift.break_minutes) if start else None
        if start is None or end is None or start <= shift.starts_at or end >= shift.ends_at:
            yield Violation("break", shift.employee, shift.starts_at, "has a break that is not inside of it")


def _is_available(problem: RosterProblem, employee: Employee, shift: Shift) -> bool:
    moment = shift.starts_at
    while moment < shift.ends_at:
        wall = moment.astimezone(problem.zone).replace(tzinfo=None)
        exception = [each.is_available for each in employee.exceptions if each.starts <= wall < each.ends]
        if not (exception[0] if exception else any(_covers(each, wall) for each in employee.availability)):
            return False
        moment += STEP
    return True


def _covers(window: object, wall: dt.datetime) -> bool:
    weekday, start, end = (getattr(window, name) for name in ("weekday", "start", "end"))
    if start < end:
        return bool(wall.weekday() == weekday and start <= wall.time() < end)
    evening = wall.weekday() == weekday and wall.time() >= start
    morning = wall.weekday() == (weekday + 1) % 7 and wall.time() < end
    return bool(evening or morning)


def _is_offered(problem: RosterProblem, shift: Shift) -> bool:
    wall = shift.starts_at.astimezone(problem.zone)
    return any(
        template.role == shift.role
        and wall.weekday() in template.weekdays
        and wall.time() in template.starts
        and shift.minutes in template.minutes
        for template in problem.templates
    )


def _pairs(problem: RosterProblem, employee: Employee, shifts: Sequence[Shift]) -> Iterator[Violation]:
    rests = [dt.timedelta(hours=float(rule["hours"])) for rule in problem.rules_of("rest", employee.id)]
    rest = max(rests, default=dt.timedelta(0))
    if shifts and employee.last_shift_ended_at and shifts[0].starts_at - employee.last_shift_ended_at < rest:
        yield Violation("rest", employee.id, shifts[0].starts_at, "follows the shift before the first day too soon")
    for before, after in pairwise(shifts):
        pause = after.starts_at - before.ends_at
        days = (_local_date(problem, after) - _local_date(problem, before)).days
        if pause < dt.timedelta(0):
            yield Violation("overlap", employee.id, after.starts_at, "overlaps the shift before")
        if days == 0:
            yield Violation("one_shift_a_day", employee.id, after.starts_at, "is the second shift of the day")
        elif pause < rest:
            yield Violation("rest", employee.id, after.starts_at, f"follows after {pause}")
        for rule in problem.rules_of("succession", employee.id):
            if days == 1 and (before.role, after.role) == (rule["role"], rule["then"]):
                yield Violation("succession", employee.id, after.starts_at, f"{after.role} follows {before.role}")


def _hours(problem: RosterProblem, employee: Employee, shifts: Sequence[Shift]) -> Iterator[Violation]:
    minutes: Counter[int] = Counter()
    for shift in shifts:
        minutes[(_local_date(problem, shift) - problem.first_day).days // problem.hours_period_days] += (
            shift.minutes - shift.break_minutes
        )
    for period in range(-(-problem.days // problem.hours_period_days)):
        start = problem.first_day + dt.timedelta(days=period * problem.hours_period_days)
        at = dt.datetime.combine(start, dt.time(), problem.zone)
        # The rest of a period that the plan cuts off is not known.
        is_whole = (period + 1) * problem.hours_period_days <= problem.days
        if minutes[period] > employee.max_minutes:
            yield Violation("max_hours", employee.id, at, f"has {minutes[period] / 60:g} hours")
        if is_whole and minutes[period] < employee.min_minutes:
            yield Violation("min_hours", employee.id, at, f"has {minutes[period] / 60:g} hours")


def _days(problem: RosterProblem, employee: Employee, shifts: Sequence[Shift]) -> Iterator[Violation]:
    worked = {_local_date(problem, shift) for shift in shifts}
    calendar = [problem.first_day + dt.timedelta(days=day) for day in range(problem.days)]
    runs = [(is_work, list(days)) for is_work, days in groupby(calendar, key=lambda day: day in worked)]
    for place, (is_work, days) in enumerate(runs):
        at = dt.datetime.combine(days[0], dt.time(), problem.zone)
        length = len(days) + (employee.days_in_a_row_before if is_work and place == 0 else 0)
        for rule in problem.rules_of("days_in_a_row", employee.id):
            if is_work and length > float(rule["most"]):
                yield Violation("days_in_a_row", employee.id, at, f"works {length} days in a row")
        # A run at either end may go on beyond the days planned.
        if place in {0, len(runs) - 1}:
            continue
        name = "least_days_in_a_row" if is_work else "least_days_off_in_a_row"
        for rule in problem.rules_of(name, employee.id):
            if length < float(rule["least"]):
                yield Violation(name, employee.id, at, f"has {length} in a row")


def _counts(problem: RosterProblem, employee: Employee, shifts: Sequence[Shift]) -> Iterator[Violation]:
    at = dt.datetime.combine(problem.first_day, dt.time(), problem.zone)
    iso: Callable[[dt.date], tuple[int, int]] = lambda day: day.isocalendar()[:2]  # noqa: E731
    dates = [_local_date(problem, shift) for shift in shifts]
    weekends = len({iso(date) for date in dates if date.isoweekday() >= 6})
    for rule in problem.rules_of("weekends", employee.id):
        if weekends > float(rule["most"]):
            yield Violation("weekends", employee.id, at, f"works on {weekends} weekends")
    for rule in problem.rules_of("shifts_of_role", employee.id):
        count = sum(shift.role == rule["role"] for shift in shifts)
        if count > float(rule["most"]):
            yield Violation("shifts_of_role", employee.id, at, f"has {count} shifts of {rule['role']}")


def _kept(problem: RosterProblem, employee: Employee, shifts: Sequence[Shift]) -> Iterator[Violation]:
    for kept in problem.kept:
        has_started = problem.planned_at is not None and kept.starts_at < problem.planned_at
        is_fixed = kept.status == ShiftStatus.CONFIRMED or has_started
        if is_fixed and kept.employee == employee.id and not any(_is_same(kept, shift) for shift in shifts):
            rule, found = ("planned_at", "started") if has_started else ("confirmed", "confirmed")
            yield Violation(rule, employee.id, kept.starts_at, f"the {found} shift was moved or taken away")
