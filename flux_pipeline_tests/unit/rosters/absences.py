"""Sick calls in a problem, as the product makes them of an absence and cancelled shifts."""

import datetime as dt
from dataclasses import replace

from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters.problem import Employee, RosterProblem


def call_in_sick(
    problem: RosterProblem, employee: str, starts: dt.datetime, ends: dt.datetime, planned_at: dt.datetime
) -> RosterProblem:
    """Return the problem without the shifts of a person between two moments of the wall clock (naive).

    Their paid minutes count as worked, so the minimum, maximum and contract hours are less by them. Planning it again
    fills their place: confirmed shifts of others stay, and each person whose published shifts change costs the price
    of a touch. Raises PermanentError for an unknown person or an end before the start.
    """
    person = next((each for each in problem.employees if each.id == employee), None)
    if person is None:
        raise PermanentError(f"Unknown employee '{employee}'. Choose one of those in the roster.")
    if ends <= starts:
        raise PermanentError(f"The absence of '{employee}' ends at {ends}, before or when it starts ({starts}).")
    first, last = (each.replace(tzinfo=problem.zone) for each in (starts, ends))
    lost = [
        shift
        for shift in problem.kept
        if shift.employee == employee and shift.starts_at < last and first < shift.ends_at
    ]
    paid, contract = sum(shift.paid_minutes for shift in lost), person.contract_minutes
    ill = replace(
        person,
        min_minutes=max(0, person.min_minutes - paid),
        max_minutes=max(0, person.max_minutes - paid),
        contract_minutes=None if contract is None else max(0, contract - paid),
    )
    absent = ill.with_exception(starts, ends, is_available=False)
    kept = tuple(shift for shift in problem.kept if shift not in lost)
    return replace(change_employee(problem, absent), kept=kept, planned_at=planned_at)


def change_employee(problem: RosterProblem, person: Employee) -> RosterProblem:
    """Return the problem with the employee of that id replaced."""
    people = tuple(person if each.id == person.id else each for each in problem.employees)
    return replace(problem, employees=people)
