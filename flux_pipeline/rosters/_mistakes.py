"""Mistakes in a roster's problem, each named in a sentence before anything is solved."""

import math
from collections.abc import Iterator
from itertools import pairwise

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters.problem import Employee, RosterProblem, minutes_of_week
from flux_pipeline.rosters.rules import check_rules

WEEK = 7 * 24 * 60


def refuse_mistakes(problem: RosterProblem) -> None:
    """Raise PermanentError with every mistake of the problem, or the first one of its rules."""
    check_rules(problem.rules)
    mistakes = find_mistakes(problem)
    if mistakes:
        raise PermanentError(" ".join(mistakes))


def find_mistakes(problem: RosterProblem) -> list[str]:
    """Return a sentence for each mistake: what was found and what to do. An empty list: it can be solved."""
    if not problem.employees:
        return ["There are no employees. Add at least one before planning."]
    if problem.days < 1:
        return [f"The roster has {problem.days} days; expected at least one."]
    ids = [employee.id for employee in problem.employees]
    found = [f"Employee '{id}' is there twice. Give each their own id." for id in sorted({*ids}) if ids.count(id) > 1]
    roles = {role.name for role in problem.roles}
    for employee in problem.employees:
        found += _of_employee(employee, roles)
    return [*found, *_of_demand(problem, roles), *_of_shifts(problem, {*ids}, roles)]


def _of_employee(employee: Employee, roles: set[str]) -> Iterator[str]:
    who = f"Employee '{employee.id}'"
    if not employee.roles:
        yield f"{who} has no role. Give them at least one."
    for role in employee.roles:
        if role not in roles:
            yield f"{who} has the unknown role '{role}'. Choose one of: {', '.join(sorted(roles))}."
    if not math.isfinite(employee.hourly_rate) or employee.hourly_rate <= 0:
        yield f"{who} has an hourly rate of {employee.hourly_rate:g}; expected more than zero."
    if employee.min_minutes < 0:
        yield f"{who} has minimum hours below zero."
    if employee.max_minutes < employee.min_minutes:
        yield (
            f"{who} has maximum hours of {employee.max_minutes / 60:g} below their minimum of "
            f"{employee.min_minutes / 60:g}. Correct one of them."
        )
    for each in employee.exceptions:
        if each.ends <= each.starts:
            yield f"{who} has an exception that ends at {each.ends} before or when it starts ({each.starts})."
    windows = sorted(minutes_of_week(each.weekday, each.start, each.end) for each in employee.availability)
    # The last window may reach into the Monday after.
    around = [*windows, (windows[0][0] + WEEK, windows[0][1] + WEEK)] if windows else []
    for (_, end), (start, _) in pairwise(around):
        if start < end:
            yield f"{who} has availability that overlaps on {WEEKDAYS[start // 1440 % 7]}. Merge the windows."
    for absence, other in pairwise(sorted(employee.exceptions, key=lambda each: (each.starts, each.ends))):
        if other.starts < absence.ends:
            yield f"{who} has exceptions that overlap on {other.starts.date()}. Merge them."


def _of_demand(problem: RosterProblem, roles: set[str]) -> Iterator[str]:
    for demand in problem.demand:
        if demand.role not in roles:
            yield f"Demand at {demand.starts_at} is for the unknown role '{demand.role}'."
        if demand.heads < 0 or demand.minutes <= 0:
            yield f"Demand at {demand.starts_at} has {demand.heads} heads for {demand.minutes} minutes."
        if demand.starts_at.tzinfo is None:
            yield f"Demand at {demand.starts_at} has no UTC offset. Give instants."
    for template in problem.templates:
        if template.role not in roles:
            yield f"Shift template '{template.name}' has the unknown role '{template.role}'."
        if not template.minutes or min(template.minutes) <= 0 or max(template.minutes) > 24 * 60:
            yield f"Shift template '{template.name}' ends before it starts or lasts over a day. Correct its minutes."


def _of_shifts(problem: RosterProblem, ids: set[str], roles: set[str]) -> Iterator[str]:
    for shift in problem.kept:
        if shift.ends_at <= shift.starts_at:
            yield f"The shift of '{shift.employee}' at {shift.starts_at} ends before or when it starts."
        if shift.employee not in ids:
            yield f"The shift at {shift.starts_at} is of the unknown employee '{shift.employee}'."
        if shift.role not in roles:
            yield f"The shift of '{shift.employee}' at {shift.starts_at} has the unknown role '{shift.role}'."
    for wish in problem.wishes:
        if wish.ends_at <= wish.starts_at:
            yield f"The wish of '{wish.employee}' at {wish.starts_at} ends before or when it starts."
        if wish.employee not in ids:
            yield f"The wish at {wish.starts_at} is of the unknown employee '{wish.employee}'."
