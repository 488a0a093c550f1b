"""Explanation of what a roster does not cover: the rule that costs least to relax, and what one more would bring.

One rule at a time becomes elastic: it may be broken at a price, the missing heads must be there, and the days around
them are solved again. What was then broken, for whom and when, is the relaxation.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from flux_pipeline.rosters._build import ELASTIC_PRICE, Model, build_model
from flux_pipeline.rosters._matrix import Floats, solve_program, with_touched
from flux_pipeline.rosters._options import build_options, read_shift, to_minute
from flux_pipeline.rosters._search import settle
from flux_pipeline.rosters.people import change_employee, set_available
from flux_pipeline.rosters.problem import Availability, Employee, RosterProblem, Shift
from flux_pipeline.rosters.result import Roster, Uncovered
from flux_pipeline.rosters.rules import Rule

# Rules that one shift breaks, and rules that several shifts of a person break together.
OF_ONE_SHIFT = ("availability", "notice", "skills", "shift_length")
OF_SEVERAL = (
    "max_hours",
    "rest",
    "succession",
    "days_in_a_row",
    "weekends",
    "shifts_of_role",
    "least_days_in_a_row",
    "least_days_off_in_a_row",
)
# Costs are compared by hundreds and prices of a broken rule by a hundred thousand.
GAP = 1e-4
# Nodes of one question; the days around a gap are few.
NODES = 20
NEWCOMER = "one more person"
# Before this hour, a period may be worked by a shift of the day before.
NIGHT_ENDS = 8


@dataclass(frozen=True)
class Relaxation:
    """A rule that, relaxed for one person, covers what is missing.

    Attributes:
        shift: the shift that the person would work instead of what they work that day.
        amount: by how much the limit is exceeded: minutes for max_hours, the hours left for rest, else a count.
        covers: the starts of the missing periods that are then covered.
        extra_cost: what the roster then costs more (below zero: less), the price of missing heads included.
    """

    rule: str
    employee: str
    shift: Shift | None
    amount: float
    covers: tuple[dt.datetime, ...]
    extra_cost: float


@dataclass(frozen=True)
class Gap:
    """Quarter hours in a row that lack heads of a role, and the cheapest relaxation of each rule, cheapest first."""

    periods: tuple[Uncovered, ...]
    relaxations: tuple[Relaxation, ...]


@dataclass(frozen=True)
class OneMore:
    """What one more person in a role, always available, would bring at least: minutes and change of the cost."""

    role: str
    covered_minutes: int
    extra_cost: float


def explain_gaps(problem: RosterProblem, roster: Roster, clock: Callable[[], float], seconds: float) -> list[Gap]:
    """Return each gap of the roster with the relaxations that cover it; after `seconds`, those found so far."""
    deadline = clock() + seconds
    gaps = find_gaps(problem, roster)
    found: list[dict[str, list[Relaxation]]] = [{} for _ in gaps]
    for rule in (*OF_ONE_SHIFT, *OF_SEVERAL):
        also = frozenset({rule} & {*OF_ONE_SHIFT})
        model = build_model(problem, build_options(problem, also), elastic=rule)
        if model.elastic.size:
            question = _Question(model, rule, roster)
            for place, gap in enumerate(gaps):
                found[place][rule] = question.ask(gap, lambda: deadline - clock())
    return [Gap(gap, _cheapest_first(each.values())) for gap, each in zip(gaps, found, strict=True)]


def _cheapest_first(found: Iterable[list[Relaxation]]) -> tuple[Relaxation, ...]:
    return tuple(sorted((each for several in found for each in several), key=lambda each: each.extra_cost))


def find_gaps(problem: RosterProblem, roster: Roster) -> list[tuple[Uncovered, ...]]:
    """Return the uncovered periods of each role in groups of periods that follow each other."""
    gaps = []
    ordered = sorted(roster.uncovered, key=lambda each: (each.role, each.starts_at))
    joined: list[Uncovered] = []
    for period in ordered:
        follows = joined and joined[-1].starts_at + dt.timedelta(minutes=joined[-1].minutes) == period.starts_at
        if joined and not (follows and joined[-1].role == period.role):
            gaps.append(tuple(joined))
            joined = []
        joined.append(period)
    return [*gaps, tuple(joined)] if joined else gaps


def _values(model: Model, shifts: Sequence[Shift]) -> Floats:
    """Return the options of a roster as values of the model; all other columns are solved again with them."""
    at = {
        (model.problem.employees[option.person].id, option.role, option.start, option.end, option.break_start): place
        for place, option in enumerate(model.options)
    }
    x = np.zeros(model.program.cost.size)
    for each in shifts:
        pause = to_minute(each.break_starts_at) if each.break_starts_at else 0
        x[at[each.employee, each.role, to_minute(each.starts_at), to_minute(each.ends_at), pause]] = 1.0
    return x


class _Question:
    """What breaking one rule once would cover, asked of the elastic model around a roster."""

    def __init__(self, model: Model, rule: str, roster: Roster) -> None:
        self.model, self.rule, self.roster = model, rule, roster
        self.is_option = np.arange(model.program.cost.size) < len(model.options)
        self.program, self.x = settle(model.program, self.is_option, _values(model, roster.shifts))
        self.under = {
            (demand.role, demand.starts_at): int(column)
            for demand, column in zip(model.problem.demand, model.parts.under, strict=True)
        }

    def ask(self, gap: Sequence[Uncovered], seconds_left: Callable[[], float]) -> list[Relaxation]:
        """Return the cheapest relaxation for each period of a gap that no earlier one of them covers."""
        relaxations: list[Relaxation] = []
        covered: set[dt.datetime] = set()
        for period in gap:
            if period.starts_at in covered:
                continue
            x = self._cover(period, seconds_left())
            relaxation = None if x is None else self._read(x, gap)
            if relaxation:
                relaxations.append(relaxation)
                covered |= {*relaxation.covers}
        return relaxations

    def _cover(self, period: Uncovered, seconds: float) -> Floats | None:
        """Return values in which a head less is missing in the period, with the shifts of that day free."""
        problem = self.model.problem
        day = (period.starts_at.astimezone(problem.zone).date() - problem.first_day).days
        # No other period may lack more heads than now, else the gap would only move.
        highest = self.program.highest.copy()
        highest[self.model.parts.under] = np.round(self.x[self.model.parts.under])
        highest[self.under[period.role, period.starts_at]] = period.heads - 1
        # A shift of the evening before may last into the period.
        days = {day, day - 1} if period.starts_at.astimezone(problem.zone).hour < NIGHT_ENDS else {day}
        own = ~self.is_option & (self.program.person >= 0)
        free = with_touched(self.program, own | np.isin(self.program.day, [*days]) & self.is_option)
        return solve_program(replace(self.program, highest=highest), self.x, free, NODES, seconds, gap=GAP).x

    def _read(self, x: Floats, gap: Sequence[Uncovered]) -> Relaxation | None:
        """Return what the values break, unless it is nothing or more than one thing."""
        model, program = self.model, self.program
        broken = [int(column) for column in model.elastic if x[column] > 1e-6]
        if len(broken) != 1:
            return None
        column, person = broken[0], int(program.person[broken[0]])
        chosen = [int(place) for place in np.flatnonzero(x[: len(model.options)] > 0.5)]
        own = [model.options[place] for place in chosen if model.options[place].person == person]
        new = [place for place in chosen if self.x[place] < 0.5 and model.options[place].person == person]
        amount = float(x[column])
        if self.rule == "rest":
            amount = min(after.start - before.end for before, after in pairwise(own)) / 60
        penalty = float(program.cost[column] * x[column]) if column >= len(model.options) else ELASTIC_PRICE
        return Relaxation(
            rule=self.rule,
            employee=model.problem.employees[person].id,
            shift=read_shift(model.problem, model.options[new[0]]) if new else None,
            amount=amount,
            covers=tuple(each.starts_at for each in gap if x[self.under[each.role, each.starts_at]] < each.heads - 0.5),
            extra_cost=float(program.cost @ x) - penalty + model.constant - self.roster.costs.total,
        )


def relax_rule(problem: RosterProblem, relaxation: Relaxation) -> RosterProblem:
    """Return the problem in which the rule is relaxed as the relaxation says, for its person alone."""
    person = next(each for each in problem.employees if each.id == relaxation.employee)
    rule, shift = relaxation.rule, relaxation.shift
    more = math.ceil(relaxation.amount - 1e-6)
    if rule == "availability" and shift:
        start, end = (each.astimezone(problem.zone).replace(tzinfo=None) for each in (shift.starts_at, shift.ends_at))
        return change_employee(problem, set_available(person, start, end, is_available=True))
    if rule == "skills" and shift:
        needed = next(role.skills for role in problem.roles if role.name == shift.role)
        roles = tuple(dict.fromkeys((*person.roles, shift.role)))
        return change_employee(problem, replace(person, roles=roles, skills=person.skills | needed))
    if rule == "max_hours":
        return change_employee(problem, replace(person, max_minutes=person.max_minutes + more))
    own = [dict(each) for each in problem.rules_of(rule, person.id)]
    others = tuple(each for each in problem.rules if (each.name, each.employee) != (rule, person.id))
    return replace(problem, rules=(*others, *(Rule(rule, _weaker(rule, each, relaxation), person.id) for each in own)))


def _weaker(rule: str, parameters: dict[str, float | str], relaxation: Relaxation) -> dict[str, float | str]:
    """Return the parameters of a rule that allow what the relaxation needs."""
    if rule == "shift_length":
        return {"least_minutes": 0, "most_minutes": 24 * 60}
    if rule == "succession":
        # No role has this name, so nothing is excluded.
        return {"role": "", "then": ""}
    if rule in {"notice", "rest"}:
        return {"hours": relaxation.amount if rule == "rest" else 0}
    if "least" in parameters:
        return {"least": 1}
    return parameters | {"most": float(parameters["most"]) + math.ceil(relaxation.amount - 1e-6)}


def ask_for_one_more(
    problem: RosterProblem, roster: Roster, clock: Callable[[], float], seconds: float
) -> list[OneMore]:
    """Return for each role that lacks heads what one more person would bring, with all other shifts as they are.

    The person is always available, is paid the mean rate of the role and has the longest hours of it.
    """
    deadline = clock() + seconds
    found = []
    for role in dict.fromkeys(each.role for each in roster.uncovered):
        peers = [each for each in problem.employees if role in each.roles] or list(problem.employees)
        newcomer = Employee(
            id=NEWCOMER,
            roles=(role,),
            hourly_rate=sum(each.hourly_rate for each in peers) / len(peers),
            availability=tuple(Availability(day, dt.time(0), dt.time(0)) for day in range(7)),
            max_minutes=max(each.max_minutes for each in peers),
            skills=frozenset().union(*(each.skills for each in problem.roles if each.name == role)),
        )
        larger = replace(problem, employees=(*problem.employees, newcomer))
        model = build_model(larger, build_options(larger))
        is_option = np.arange(model.program.cost.size) < len(model.options)
        program, x = settle(model.program, is_option, _values(model, roster.shifts))
        free = ~is_option | (program.person == len(problem.employees))
        after = solve_program(program, x, free, NODES, deadline - clock(), gap=1e-3).x
        if after is not None:
            minutes = np.array([demand.minutes for demand in problem.demand])
            covered = (x - after)[model.parts.under] @ minutes
            found.append(OneMore(role, round(float(covered)), float(program.cost @ (after - x))))
    return found
