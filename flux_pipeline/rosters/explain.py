"""Explanation of what a roster does not cover: the rule that costs least to relax, and what one more would bring.

The day of a gap is solved again in an elastic model: the missing head must be there, and one rule may be broken once.
What was then broken, for whom and when, is the relaxation. Without that rule, the next is found.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from flux_pipeline.rosters._matrix import Floats, solve_program, with_touched
from flux_pipeline.rosters._options import Option, build_options, read_shift, to_minute
from flux_pipeline.rosters._settled import Settled
from flux_pipeline.rosters.problem import Availability, Employee, RosterProblem, Shift
from flux_pipeline.rosters.result import Roster, Uncovered

# Rules that one shift breaks.
OF_ONE_SHIFT = frozenset({"availability", "notice", "skills", "shift_length"})
# What is named where no rule is in the way, and covering costs more than a missing head is worth.
PRICE = "price"
# Rules named for the first period of a gap; what they leave open is asked for its cheapest rule only.
MOST_RULES = 2
# Costs of some thousands are compared to some ten cents.
GAP = 1e-4
# Nodes of one question; the days around a gap are few.
NODES = 50
NEWCOMER = "one more person"
# Before this hour, a period may be worked by a shift of the day before.
NIGHT_ENDS = 8


@dataclass(frozen=True)
class Relaxation:
    """A rule that, relaxed for one person, covers what is missing.

    Attributes:
        rule: its name, or `PRICE` if none has to be relaxed but covering costs more than it is worth.
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
    """Quarter hours in a row that lack heads of a role, and the cheapest relaxation of each rule, cheapest first.

    A gap for which no time was left is not examined, and has none.
    """

    periods: tuple[Uncovered, ...]
    relaxations: tuple[Relaxation, ...]
    is_examined: bool = True


@dataclass(frozen=True)
class OneMore:
    """What one more person in a role, always available, would bring at least: minutes and change of the cost."""

    role: str
    covered_minutes: int
    extra_cost: float


def explain_gaps(problem: RosterProblem, roster: Roster, clock: Callable[[], float], seconds: float) -> list[Gap]:
    """Return each gap of the roster with the relaxations that cover it; after `seconds`, those found so far."""
    deadline = clock() + seconds
    options = build_options(problem, OF_ONE_SHIFT)
    by_days: dict[frozenset[int], list[tuple[Uncovered, ...]]] = defaultdict(list)
    gaps = find_gaps(problem, roster)
    for gap in gaps:
        by_days[_days_around(problem, gap)].append(gap)
    found: dict[tuple[Uncovered, ...], Gap] = {}
    for days, several in by_days.items():
        question = _Question(problem, roster, options, days, several) if clock() < deadline else None
        for gap in several:
            found[gap] = Gap(gap, (), is_examined=False)
            if question and clock() < deadline:
                relaxations = question.ask(gap, lambda: deadline - clock())
                found[gap] = Gap(gap, relaxations, is_examined=bool(relaxations) or clock() < deadline)
    return [found[gap] for gap in gaps]


def _days_around(problem: RosterProblem, gap: Sequence[Uncovered]) -> frozenset[int]:
    """Return the days whose shifts may cover a gap; one of the evening before may last into it."""
    starts = gap[0].starts_at.astimezone(problem.zone)
    day = (problem.day_of(starts) - problem.first_day).days
    return frozenset({day, day - 1} if starts.hour < NIGHT_ENDS else {day})


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


class _Question:
    """What breaking one rule once would cover in some gaps of the same days, with all other days as they are."""

    def __init__(
        self,
        problem: RosterProblem,
        roster: Roster,
        options: Sequence[Option],
        days: frozenset[int],
        gaps: Sequence[Sequence[Uncovered]],
    ) -> None:
        spans = [(to_minute(gap[0].starts_at), to_minute(gap[-1].starts_at) + gap[-1].minutes) for gap in gaps]
        roles = {gap[0].role for gap in gaps}

        def is_free(option: Option) -> bool:
            overlaps = any(option.start < end and start < option.end for start, end in spans)
            is_of_role = option.breaks_rule != "skills" or option.role in roles
            return option.day in days and (not option.breaks_rule or (overlaps and is_of_role))

        settled = Settled(problem, roster, options, is_free, is_elastic=True)
        self.model, self.program, self.x = settled.model, settled.program, settled.x
        # What breaking a row costs in itself is not part of the answer.
        self.costs = self.program.cost.copy()
        self.costs[[column for column in self.model.breaks if column >= len(self.model.options)]] = 0.0
        # The price of hours below a minimum is not money.
        self.costs[self.model.parts.short] = 0.0
        own = ~settled.is_option & (self.program.person >= 0)
        self.free = with_touched(self.program, own | np.isin(self.program.day, [*days]) & settled.is_option)
        self.under = {
            (demand.role, demand.starts_at): int(column)
            for demand, column in zip(problem.open_demand, self.model.parts.under, strict=True)
        }

    def ask(self, gap: Sequence[Uncovered], seconds_left: Callable[[], float]) -> tuple[Relaxation, ...]:
        """Return the relaxations that cover a gap, cheapest first.

        They are the cheapest of each rule for the first period, and the cheapest of all for each later period that
        none before covers.
        """
        relaxations: list[Relaxation] = []
        covered: set[dt.datetime] = set()
        for period in gap:
            if period.starts_at not in covered:
                found = self._relax(period, gap, 1 if relaxations else MOST_RULES, seconds_left)
                relaxations += found
                covered |= {moment for each in found for moment in each.covers}
        return tuple(sorted(relaxations, key=lambda each: each.extra_cost))

    def _relax(
        self, period: Uncovered, gap: Sequence[Uncovered], most: int, seconds_left: Callable[[], float]
    ) -> list[Relaxation]:
        """Return the cheapest ways, each by another rule, by which a head less is missing in a period."""
        if not self.free[self.under[period.role, period.starts_at]]:
            # No shift that anybody could work reaches the period.
            return []
        # No other period may lack more heads than now, else the gap would only move.
        highest = self.program.highest.copy()
        highest[self.model.parts.under] = np.round(self.x[self.model.parts.under])
        highest[self.under[period.role, period.starts_at]] = period.heads - 1
        found: list[Relaxation] = []
        while len(found) < most:
            program = replace(self.program, highest=highest)
            x = solve_program(program, self.x, self.free, NODES, seconds_left(), GAP, presolve=False).x
            if x is None:
                break
            relaxation = self._read(x, period, gap)
            if relaxation is None:
                break
            found.append(relaxation)
            highest[[column for column, rule in self.model.breaks.items() if rule == found[-1].rule]] = 0.0
            if found[-1].rule == PRICE:
                break
        return found

    def _read(self, x: Floats, period: Uncovered, gap: Sequence[Uncovered]) -> Relaxation | None:
        """Return what the values break to cover the period; None if no new shift does, but a break at another time."""
        model, program, problem = self.model, self.program, self.model.problem
        n_options = len(model.options)
        chosen = [model.options[int(place)] for place in np.flatnonzero(x[:n_options] > 0.5)]
        before = {model.options[int(place)] for place in np.flatnonzero(self.x[:n_options] > 0.5)}
        new = [option for option in chosen if option not in before]
        broken = next((column for column in model.breaks if x[column] > 0.5), None)
        amount = 0.0 if broken is None else self._amount(x, broken)
        if broken is not None and amount > 0:
            rule, person = model.breaks[broken], int(program.person[broken])
        else:
            at = to_minute(period.starts_at)
            of_role = [option for option in new if option.role == period.role and option.start <= at < option.end]
            if not of_role:
                return None
            rule, person = PRICE, of_role[0].person
        if rule == "rest":
            amount = _shortest_rest(problem.employees[person], [each for each in chosen if each.person == person])
        shifts = [read_shift(problem, option) for option in new if option.person == person]
        return Relaxation(
            rule=rule,
            employee=problem.employees[person].id,
            shift=shifts[0] if shifts else None,
            amount=amount,
            covers=tuple(each.starts_at for each in gap if x[self.under[each.role, each.starts_at]] < each.heads - 0.5),
            extra_cost=float(self.costs @ (x - self.x)),
        )

    def _amount(self, x: Floats, column: int) -> float:
        """Return by how much a column that breaks a rule exceeds its limit; zero: it breaks nothing."""
        program, rule, person = self.program, self.model.breaks[column], int(self.program.person[column])
        if column < len(self.model.options) or rule == "least_days_in_a_row":
            return 1.0
        if rule == "days_in_a_row":
            employee = self.model.problem.employees[person]
            most = min(float(each["most"]) for each in self.model.problem.rules_of(rule, employee.id))
            first, last = int(program.day[column]), int(program.until[column])
            return last - first + 1 + (employee.days_in_a_row_before if first == 0 else 0) - most
        rows = np.unique(program.matrix[:, [column]].indices)
        rows = rows[program.row_person[rows] == person]
        kept = x.copy()
        kept[column] = 0.0
        return max(0.0, round(float(np.max((program.by_row[rows] @ kept) - program.upper[rows])), 6))


def _shortest_rest(employee: Employee, options: Sequence[Option]) -> float:
    """Return the hours of the shortest rest between options, and after the last shift before them."""
    ends = [option.end for option in options]
    starts = [option.start for option in options]
    if employee.last_shift_ended_at:
        ends.insert(0, to_minute(employee.last_shift_ended_at))
    else:
        del starts[0]
    return min(start - end for start, end in zip(starts, ends, strict=False)) / 60


def ask_for_one_more(
    problem: RosterProblem, roster: Roster, clock: Callable[[], float], seconds: float
) -> list[OneMore]:
    """Return for each role that lacks heads what one more person would bring, with all other shifts as they are.

    The person is always available, is paid the mean rate of the role and has the longest hours of it.
    """
    deadline, new = clock() + seconds, len(problem.employees)
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
        settled = Settled(larger, roster, build_options(larger), lambda option: option.person == new)
        program, x, parts = settled.program, settled.x, settled.model.parts
        free = ~settled.is_option | (program.person == new)
        after = solve_program(program, x, free, NODES, deadline - clock(), presolve=False).x
        if after is not None:
            minutes = np.array([demand.minutes for demand in problem.open_demand])
            covered = (x - after)[parts.under] @ minutes
            found.append(OneMore(role, round(float(covered)), float(program.cost @ (after - x))))
    return found
