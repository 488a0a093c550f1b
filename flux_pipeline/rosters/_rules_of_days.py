"""Rows of the rules about days: rest, succession, days in a row, weekends, and the fair share of what nobody likes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from flux_pipeline.rosters._matrix import ProgramBuilder
from flux_pipeline.rosters._options import Option, to_minute
from flux_pipeline.rosters.problem import RosterProblem

Cells = dict[tuple[int, int], list[int]]


def add_day_rules(
    builder: ProgramBuilder,
    problem: RosterProblem,
    options: Sequence[Option],
    cells: Cells,
    is_closing: NDArray[np.bool_],
    is_elastic: bool,
) -> tuple[list[int], dict[int, str]]:
    """Add the rules; return the columns that carry the price of unfair shares, and those that break a rule."""
    fairness: list[int] = []
    breaks: dict[int, str] = {}
    least_weekends = min(employee.weekends_before for employee in problem.employees)
    least_closings = min(employee.closings_before for employee in problem.employees)
    for person, employee in enumerate(problem.employees):
        own = [cells.get((person, day), []) for day in range(problem.days)]
        for day, columns in enumerate(own):
            builder.add_row(columns, 1.0, -np.inf, 1.0, "one_shift_a_day", person, day)
        _add_rest(builder, problem, options, person, own)
        _add_successions(builder, problem, options, person, own)
        stints = _add_stints(builder, problem, options, person, own, is_elastic)
        breaks |= {each.column: each.breaks_rule for each in stints if each.breaks_rule}
        for rule in problem.rules_of("shifts_of_role", employee.id):
            columns = [place for each in own for place in each if options[place].role == rule["role"]]
            builder.add_row(columns, 1.0, -np.inf, float(rule["most"]), "shifts_of_role", person)
        weekends = _add_weekends(builder, problem, person, stints)
        if problem.prices.fairness:
            closings = {place: 1 for each in own for place in each if is_closing[place]}
            more = employee.weekends_before - least_weekends
            most = len({date.isocalendar()[:2] for date in problem.dates if date.weekday() >= 5})
            fairness += _add_steps(builder, problem.prices.fairness, person, weekends, most, more)
            more = employee.closings_before - least_closings
            days = sum(any(is_closing[place] for place in each) for each in own)
            fairness += _add_steps(builder, problem.prices.fairness, person, closings, days, more)
    return fairness, breaks


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
        builder.add_row(early, 1.0, -np.inf, 0.0, "rest", person)
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


@dataclass(frozen=True)
class _Stint:
    """Days in a row on which a person works, with a day off or the end of the plan on either side.

    Attributes:
        column: that says whether they are worked.
        breaks_rule: the rule that forbids it, or empty.
    """

    first: int
    last: int
    column: int
    breaks_rule: str


def _add_stints(
    builder: ProgramBuilder,
    problem: RosterProblem,
    options: Sequence[Option],
    person: int,
    own: list[list[int]],
    is_elastic: bool,
) -> list[_Stint]:
    """Add a column for each stint that the person could work, and that exactly its days are worked.

    In place of columns for single days, which say the same, they leave nothing for the rules about days in a row to
    forbid but stints too near to each other: the relaxation is then much stronger. Stints at either end of the plan
    may go on beyond it.
    """
    employee, days = problem.employees[person], problem.days
    most = _limit(problem, employee.id, "days_in_a_row", "most", days, min)
    least = _limit(problem, employee.id, "least_days_in_a_row", "least", 1, max)
    off = _limit(problem, employee.id, "least_days_off_in_a_row", "least", 1, max)
    stints = []
    for first, last in combinations_with_replacement(range(days), 2):
        length = last - first + 1
        before = employee.days_in_a_row_before if first == 0 else 0
        is_short = length < least and first > 0 and last < days - 1
        broken = "days_in_a_row" if length + before > most else "least_days_in_a_row" if is_short else ""
        if all(own[first : last + 1]) and (is_elastic or not broken):
            stints.append(_Stint(first, last, builder.add_column(0.0, 0.0, 1.0, True, person, first, last), broken))
    for day, columns in enumerate(own):
        # Of several fixed shifts on a day one says that it is worked.
        fixed = [place for place in columns if options[place].is_fixed]
        worked = fixed[:1] or columns
        here = [each.column for each in stints if each.first <= day <= each.last]
        values = [1.0] * len(worked) + [-1.0] * len(here)
        builder.add_row([*worked, *here], values, 0.0, 0.0, "days_in_a_row", person, day)
        for least_off in {1, off} if is_elastic else {off}:
            near = [each.column for each in stints if each.first <= day <= each.last + least_off]
            rule = "least_days_off_in_a_row" if least_off > 1 else "worked"
            builder.add_row(near, 1.0, -np.inf, 1.0, rule, person, day)
    return stints


def _limit(
    problem: RosterProblem, employee: str, rule: str, parameter: str, default: int, choose: Callable[[list[int]], int]
) -> int:
    return choose([int(float(each[parameter])) for each in problem.rules_of(rule, employee)] or [default])


def _add_weekends(
    builder: ProgramBuilder, problem: RosterProblem, person: int, stints: Sequence[_Stint]
) -> dict[int, int]:
    """Add the most weekends; return how many each stint has. No two stints have the same one."""
    weekends = {}
    for each in stints:
        dates = problem.dates[each.first : each.last + 1]
        count = len({date.isocalendar()[:2] for date in dates if date.weekday() >= 5})
        if count:
            weekends[each.column] = count
    for rule in problem.rules_of("weekends", problem.employees[person].id):
        builder.add_row(weekends, weekends.values(), -np.inf, float(rule["most"]), "weekends", person)
    return weekends


def _add_steps(
    builder: ProgramBuilder, price: float, person: int, counts: dict[int, int], most: int, more: int
) -> list[int]:
    """Price each further one of a count more than the one before, from `more` steps on; return the priced columns.

    The sum of rising steps is the square of the count, and least where all people have the same.
    """
    if not counts or not most:
        return []
    steps = [builder.add_column(price * (more + step), 0.0, 1.0, person=person) for step in range(most)]
    values = [*counts.values(), *[-1.0] * len(steps)]
    builder.add_row([*counts, *steps], values, 0.0, 0.0, "worked", person)
    return steps
