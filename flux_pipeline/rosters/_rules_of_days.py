"""Rows of the rules about days: rest, succession, days in a row, weekends, and the fair share of what nobody likes."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from flux_pipeline.rosters._matrix import ProgramBuilder
from flux_pipeline.rosters._options import Option, to_minute
from flux_pipeline.rosters.problem import RosterProblem, ShiftStatus

Cells = dict[tuple[int, int], list[int]]


def add_day_rules(
    builder: ProgramBuilder,
    problem: RosterProblem,
    options: Sequence[Option],
    cells: Cells,
    is_closing: NDArray[np.bool_],
) -> list[int]:
    """Add the rules; return the columns that carry the price of unfair shares."""
    fairness = []
    least_weekends = min(employee.weekends_before for employee in problem.employees)
    least_closings = min(employee.closings_before for employee in problem.employees)
    for person, employee in enumerate(problem.employees):
        own = [cells.get((person, day), []) for day in range(problem.days)]
        for day, columns in enumerate(own):
            builder.add_row(columns, 1.0, -np.inf, 1.0, "one_shift_a_day", person, day)
        _add_rest(builder, problem, options, person, own)
        _add_successions(builder, problem, options, person, own)
        works = _add_worked_days(builder, options, person, own)
        _add_rows_of_days(builder, problem, person, works)
        for rule in problem.rules_of("shifts_of_role", employee.id):
            columns = [place for each in own for place in each if options[place].role == rule["role"]]
            builder.add_row(columns, 1.0, -np.inf, float(rule["most"]), "shifts_of_role", person)
        weekends = _add_weekends(builder, problem, person, works)
        if problem.prices.fairness:
            closings = [place for each in own for place in each if is_closing[place]]
            more = employee.weekends_before - least_weekends
            fairness += _add_steps(builder, problem.prices.fairness, person, weekends, len(weekends), more)
            more = employee.closings_before - least_closings
            days = sum(any(is_closing[place] for place in each) for each in own)
            fairness += _add_steps(builder, problem.prices.fairness, person, closings, days, more)
    return fairness


def _add_rest(
    builder: ProgramBuilder, problem: RosterProblem, options: Sequence[Option], person: int, own: list[list[int]]
) -> None:
    """Add the rest between shifts, one row for each end of a shift: the strongest form for the relaxation."""
    employee = problem.employees[person]
    hours = [float(rule["hours"]) for rule in problem.rules_of("rest", employee.id)]
    rest = round(60 * max(hours, default=0.0))
    ended = employee.last_shift_ended_at
    if ended is not None:
        early = [place for each in own for place in each if options[place].start < to_minute(ended) + rest]
        builder.add_row(early, 1.0, -np.inf, 0.0, "rest", person, 0)
    for day, columns in enumerate(own):
        for later in range(day + 1, min(day + 2 + rest // 1440, problem.days)):
            _add_conflicts(
                builder,
                [(options[place].end, place) for place in columns],
                own[later],
                lambda end, place: options[place].start < end + rest,
                ("rest", person, day),
            )


def _add_conflicts(
    builder: ProgramBuilder,
    ends: list[tuple[int, int]],
    later: list[int],
    is_too_soon: Callable[[int, int], bool],
    owner: tuple[str, int, int],
) -> None:
    """Add a row for each set of later options that an end excludes, over all options that exclude at least it."""
    known: set[tuple[int, ...]] = set()
    for end in sorted({end for end, _ in ends}, reverse=False):
        excluded = tuple(place for place in later if is_too_soon(end, place))
        if excluded and excluded not in known:
            known.add(excluded)
            before = [place for other, place in ends if other >= end]
            builder.add_row([*before, *excluded], 1.0, -np.inf, 1.0, *owner)


def _add_successions(
    builder: ProgramBuilder, problem: RosterProblem, options: Sequence[Option], person: int, own: list[list[int]]
) -> None:
    """Add which roles may not follow which on the next day."""
    after: dict[str, set[str]] = {}
    for rule in problem.rules_of("succession", problem.employees[person].id):
        after.setdefault(str(rule["role"]), set()).add(str(rule["then"]))
    for then in {frozenset(each) for each in after.values()}:
        first = {role for role, excluded in after.items() if excluded >= then}
        for day in range(problem.days - 1):
            before = [place for place in own[day] if options[place].role in first]
            excluded = [place for place in own[day + 1] if options[place].role in then]
            if before and excluded:
                builder.add_row([*before, *excluded], 1.0, -np.inf, 1.0, "succession", person, day)


def _add_worked_days(
    builder: ProgramBuilder, options: Sequence[Option], person: int, own: list[list[int]]
) -> list[int]:
    """Add a column for each day that says whether the person works."""
    works = []
    for day, columns in enumerate(own):
        confirmed = sum(options[place].status == ShiftStatus.CONFIRMED for place in columns)
        most = float(max(1, confirmed)) if columns else 0.0
        works.append(builder.add_column(0.0, 0.0, most, person=person, day=-1))
        values = [1.0] * len(columns) + [-1.0]
        builder.add_row([*columns, works[-1]], values, 0.0, 0.0, "worked", person, day)
    return works


def _add_rows_of_days(builder: ProgramBuilder, problem: RosterProblem, person: int, works: list[int]) -> None:
    """Add the most and fewest days in a row, on and off; runs at either end may go on beyond the days planned."""
    employee = problem.employees[person]
    for rule in problem.rules_of("days_in_a_row", employee.id):
        most, before = int(float(rule["most"])), employee.days_in_a_row_before
        if before:
            days = max(0, most - before)
            first = works[: days + 1]
            builder.add_row(first, 1.0, -np.inf, days, "days_in_a_row", person, 0)
        for day in range(problem.days - most):
            builder.add_row(works[day : day + most + 1], 1.0, -np.inf, most, "days_in_a_row", person, day)
    for rule in problem.rules_of("least_days_in_a_row", employee.id):
        for day in range(1, problem.days):
            for later in range(day + 1, min(day + int(float(rule["least"])), problem.days)):
                columns, values = [works[day], works[day - 1], works[later]], [1.0, -1.0, -1.0]
                builder.add_row(columns, values, -np.inf, 0.0, "least_days_in_a_row", person, day)
    for rule in problem.rules_of("least_days_off_in_a_row", employee.id):
        for day in range(1, problem.days):
            for later in range(day + 1, min(day + int(float(rule["least"])), problem.days)):
                columns, values = [works[day - 1], works[day], works[later]], [1.0, -1.0, 1.0]
                builder.add_row(columns, values, -np.inf, 1.0, "least_days_off_in_a_row", person, day)


def _add_weekends(builder: ProgramBuilder, problem: RosterProblem, person: int, works: list[int]) -> list[int]:
    """Add a column for each weekend that says whether the person works on it; return them."""
    rules = problem.rules_of("weekends", problem.employees[person].id)
    if not rules and not problem.prices.fairness:
        return []
    by_week: dict[tuple[int, int], list[int]] = {}
    for date, column in zip(problem.dates, works, strict=True):
        if date.weekday() >= 5:
            by_week.setdefault(date.isocalendar()[:2], []).append(column)
    weekends = []
    for columns in by_week.values():
        weekend = builder.add_column(0.0, 0.0, 1.0, person=person, is_integer=True)
        weekends.append(weekend)
        for column in columns:
            most = builder.columns[column][2]
            builder.add_row([weekend, column], [max(1.0, most), -1.0], 0.0, np.inf, "worked", person)
    for rule in rules:
        builder.add_row(weekends, 1.0, -np.inf, float(rule["most"]), "weekends", person)
    return weekends


def _add_steps(
    builder: ProgramBuilder, price: float, person: int, columns: list[int], most: int, more: int
) -> list[int]:
    """Price each further one of a count more than the one before, from `more` steps on; return the priced columns.

    The sum of rising steps is the square of the count, and least where all people have the same.
    """
    if not columns or not most:
        return []
    steps = [builder.add_column(price * (more + step), 0.0, 1.0, person=person) for step in range(most)]
    values = [1.0] * len(columns) + [-1.0] * len(steps)
    builder.add_row([*columns, *steps], values, 0.0, 0.0, "worked", person)
    return steps
