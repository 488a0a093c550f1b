"""Mutations of rosters: each breaks one rule on purpose, and says which."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from flux_pipeline.rosters.problem import RosterProblem, Shift, ShiftStatus

Shifts = list[Shift]
Mutation = Callable[[RosterProblem, Shifts, np.random.Generator], Shifts | None]


def pick(shifts: Sequence[Shift], rng: np.random.Generator) -> tuple[Shift, Shifts]:
    place = int(rng.integers(len(shifts)))
    return shifts[place], [each for at, each in enumerate(shifts) if at != place]


def moved(shift: Shift, start: dt.datetime, minutes: int | None = None) -> Shift:
    """Return the shift at another start, its break with it."""
    length = dt.timedelta(minutes=shift.minutes if minutes is None else minutes)
    by = start - shift.starts_at
    pause = shift.break_starts_at + by if shift.break_starts_at else None
    return replace(shift, starts_at=start, ends_at=start + length, break_starts_at=pause)


def twice_on_a_day(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    shift, _ = pick(shifts, rng)
    return [*shifts, moved(shift, shift.ends_at)]


def overlapping(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    shift, _ = pick(shifts, rng)
    return [*shifts, moved(shift, shift.starts_at + dt.timedelta(minutes=30))]


def without_rest(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    """Put a shift ten hours after the end of another, on the next day."""
    shift, _ = pick([each for each in shifts if each.ends_at.astimezone(problem.zone).hour >= 14], rng)
    start = shift.ends_at + dt.timedelta(hours=10)
    others = [each for each in shifts if each.employee != shift.employee or each.starts_at <= shift.starts_at]
    return [*others, moved(shift, start)]


def without_break(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts | None:
    long = [each for each in shifts if each.break_minutes]
    if not long:
        return None
    shift, _ = pick(long, rng)
    rest = [each for each in shifts if each is not shift]
    return [*rest, replace(shift, break_minutes=0, break_starts_at=None)]


def break_at_the_start(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts | None:
    long = [each for each in shifts if each.break_minutes]
    if not long:
        return None
    shift, _ = pick(long, rng)
    return [*(each for each in shifts if each is not shift), replace(shift, break_starts_at=shift.starts_at)]


def too_many_days(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    shift, _ = pick(shifts, rng)
    rest = [each for each in shifts if each.employee != shift.employee]
    first = shift.starts_at - dt.timedelta(
        days=(shift.starts_at.astimezone(problem.zone).date() - problem.first_day).days
    )
    return [*rest, *(moved(shift, first + dt.timedelta(days=day)) for day in range(problem.days))]


def unable(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts | None:
    shift, rest = pick(shifts, rng)
    own = next(each.roles for each in problem.employees if each.id == shift.employee)
    others = [role.name for role in problem.roles if role.name not in own]
    return [*rest, replace(shift, role=others[0])] if others else None


def unavailable(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts | None:
    """Move a shift to a day on which the person has no window."""
    for id in rng.permutation([each.id for each in problem.employees]):
        person = next(each for each in problem.employees if each.id == id)
        days = {each.weekday for each in person.availability}
        own = [each for each in shifts if each.employee == id]
        free = [day for day in range(problem.days) if day not in days and (day - 1) % 7 not in days]
        if own and free:
            now = (own[0].starts_at.astimezone(problem.zone).date() - problem.first_day).days
            rest = [each for each in shifts if each is not own[0]]
            return [*rest, moved(own[0], own[0].starts_at + dt.timedelta(days=free[0] - now))]
    return None


def not_offered(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    shift, rest = pick(shifts, rng)
    return [*rest, moved(shift, shift.starts_at, shift.minutes + 5)]


def too_many_hours(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    shift, rest = pick(shifts, rng)
    own = next(each for each in problem.employees if each.id == shift.employee)
    return [*rest, moved(shift, shift.starts_at, own.max_minutes + 120)]


def too_few_hours(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts | None:
    owed = [each.id for each in problem.employees if each.min_minutes]
    if not owed:
        return None
    id = str(rng.choice(owed))
    return [each for each in shifts if each.employee != id]


def outside_of_the_days(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    shift, rest = pick(shifts, rng)
    return [*rest, moved(shift, shift.starts_at + dt.timedelta(days=problem.days))]


def by_nobody(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    shift, rest = pick(shifts, rng)
    return [*rest, replace(shift, employee="nobody")]


def backwards(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts:
    shift, rest = pick(shifts, rng)
    return [*rest, replace(shift, starts_at=shift.ends_at, ends_at=shift.starts_at)]


def confirmed_away(problem: RosterProblem, shifts: Shifts, rng: np.random.Generator) -> Shifts | None:
    confirmed = [each for each in problem.kept if each.status == ShiftStatus.CONFIRMED]
    if not confirmed:
        return None
    shift, _ = pick(confirmed, rng)
    return [each for each in shifts if (each.employee, each.starts_at) != (shift.employee, shift.starts_at)]


MUTATIONS: dict[str, list[Mutation]] = {
    "one_shift_a_day": [twice_on_a_day],
    "overlap": [overlapping],
    "rest": [without_rest],
    "break": [without_break, break_at_the_start],
    "days_in_a_row": [too_many_days],
    "skills": [unable],
    "availability": [unavailable],
    "templates": [not_offered],
    "max_hours": [too_many_hours],
    "min_hours": [too_few_hours],
    "planned_days": [outside_of_the_days],
    "employees": [by_nobody],
    "length": [backwards],
    "confirmed": [confirmed_away],
}
