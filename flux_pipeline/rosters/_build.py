"""Program of a roster: a column for each option, rows for each rule, and what is priced instead of forbidden.

Heads too few or too many, overtime, unequal weekends and closing shifts, wishes and touched people have prices; all
else holds strictly. Minimum hours have a price too, above all others, as nobody can be made to be available.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flux_pipeline.rosters._matrix import Program, ProgramBuilder
from flux_pipeline.rosters._options import Option, to_minute
from flux_pipeline.rosters._rules_of_days import add_day_rules
from flux_pipeline.rosters.problem import RosterProblem, Wish

# Minutes after the last demand of a day's shift ends that still close the restaurant.
CLOSING_MINUTES = 30
# What a minute below the minimum hours costs: an hour more than ten people missing for it.
SHORT_MINUTE_PRICE = 15.0
# Rules that several shifts of a person break together, and whose rows can be broken.
BREAKABLE_ROWS = {"max_hours", "rest", "succession", "weekends", "shifts_of_role", "least_days_off_in_a_row"}
# What breaking a rule costs in itself: as good as nothing, but nothing is broken in vain.
BREAK_PRICE = 0.01


@dataclass(frozen=True)
class CostColumns:
    """The columns that carry each part of the cost besides the options, and what options cost by part."""

    under: NDArray[np.int64]
    over: NDArray[np.int64]
    overtime: NDArray[np.int64]
    short: NDArray[np.int64]
    fairness: NDArray[np.int64]
    touched: NDArray[np.int64]
    wages: NDArray[np.float64]
    wishes: NDArray[np.float64]
    changes: NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A program with its options (its first columns), the constants of its cost and the columns of its parts.

    Attributes:
        breaks: the columns that break a rule, and which; empty unless the model is elastic.
    """

    problem: RosterProblem
    options: Sequence[Option]
    program: Program
    parts: CostColumns
    wish_constant: float
    change_constant: float
    breaks: dict[int, str]

    @property
    def constant(self) -> float:
        return self.wish_constant + self.change_constant


def build_model(problem: RosterProblem, options: Sequence[Option], is_elastic: bool = False) -> Model:
    """Build the model of a problem. In an elastic one a single rule may be broken, once and for one person."""
    builder = ProgramBuilder()
    wages = np.array([_wage(problem, option) for option in options])
    wishes, wish_constant = _wishes(problem, options)
    changes, change_constant = _changes(problem, options)
    for place, option in enumerate(options):
        is_fixed = option.is_fixed
        cost = wages[place] + wishes[place] + changes[place]
        builder.add_column(cost, float(is_fixed), 1.0, True, option.person, option.day)
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, option in enumerate(options):
        cells[option.person, option.day].append(place)
    fairness, breaks = add_day_rules(builder, problem, options, cells, _closings(problem, options), is_elastic)
    overtime, short = _add_hours(builder, problem, options, cells)
    touched = _add_touched(builder, problem, options, cells)
    under, over = _add_cover(builder, problem, options)
    if is_elastic:
        breaks |= {place: option.breaks_rule for place, option in enumerate(options) if option.breaks_rule}
        breaks |= _add_breaks(builder, options)
        builder.add_row(breaks, 1.0, -np.inf, 1.0, "one_break")
    parts = CostColumns(
        under=np.array(under, dtype=np.int64),
        over=np.array(over, dtype=np.int64),
        overtime=np.array(overtime, dtype=np.int64),
        short=np.array(short, dtype=np.int64),
        fairness=np.array(fairness, dtype=np.int64),
        touched=np.array(touched, dtype=np.int64),
        wages=wages,
        wishes=wishes,
        changes=changes,
    )
    return Model(problem, options, builder.build(), parts, wish_constant, change_constant, breaks)


def _wage(problem: RosterProblem, option: Option) -> float:
    return problem.prices.wages * problem.employees[option.person].hourly_rate * option.paid_minutes / 60


def _wishes(problem: RosterProblem, options: Sequence[Option]) -> tuple[NDArray[np.float64], float]:
    """Return what each option costs by the wishes that it meets or not, and the cost of no shift at all."""
    by_person: dict[str, list[tuple[int, int, Wish]]] = defaultdict(list)
    for wish in problem.wishes:
        by_person[wish.employee].append((to_minute(wish.starts_at), to_minute(wish.ends_at), wish))
    costs = np.zeros(len(options))
    for place, option in enumerate(options):
        for start, end, wish in by_person[problem.employees[option.person].id]:
            if wish.role in {None, option.role}:
                overlap = max(0, min(end, option.end) - max(start, option.start)) / (end - start)
                costs[place] += (-1 if wish.to_work else 1) * wish.weight * overlap
    return costs, sum(wish.weight for wish in problem.wishes if wish.to_work)


def _changes(problem: RosterProblem, options: Sequence[Option]) -> tuple[NDArray[np.float64], float]:
    """Return the predictability pay of each option, and that of taking all published shifts away."""
    costs, constant = np.zeros(len(options)), 0.0
    published_days = {option.day for option in options if option.status}
    for place, option in enumerate(options):
        employee = problem.employees[option.person]
        for rule in problem.rules_of("predictability_pay", employee.id):
            if problem.planned_at is None or option.day not in published_days:
                continue
            if option.start - to_minute(problem.planned_at) < float(rule["notice_hours"]) * 60:
                pay = float(rule["pay_hours"]) * employee.hourly_rate
                costs[place] += -pay if option.status else pay
                constant += pay if option.status else 0.0
    return costs, constant


def _closings(problem: RosterProblem, options: Sequence[Option]) -> NDArray[np.bool_]:
    """Return which options last to the end of their day's demand."""
    ends = np.array(sorted(to_minute(d.starts_at) + d.minutes for d in problem.open_demand if d.heads > 0))
    closing: dict[int, int] = {}
    for option in options:
        closing[option.day] = max(closing.get(option.day, 0), option.end)
    for day, last in closing.items():
        # The last demand that any shift of the day reaches.
        reached = ends[ends <= last]
        closing[day] = int(reached[-1]) if reached.size else last
    return np.array([option.end >= closing[option.day] - CLOSING_MINUTES for option in options], dtype=bool)


def _add_hours(
    builder: ProgramBuilder,
    problem: RosterProblem,
    options: Sequence[Option],
    cells: dict[tuple[int, int], list[int]],
) -> tuple[list[int], list[int]]:
    """Add minimum, maximum and contract minutes of each hours period; return the columns of beyond and short."""
    overtime: list[int] = []
    shorts: list[int] = []
    length = problem.hours_period_days
    for person, employee in enumerate(problem.employees):
        for first in range(0, problem.days, length):
            days = range(first, min(first + length, problem.days))
            columns = [place for day in days for place in cells.get((person, day), [])]
            minutes = [float(options[place].paid_minutes) for place in columns]
            builder.add_row(columns, minutes, -np.inf, employee.max_minutes, "max_hours", person, first)
            if len(days) == length and employee.min_minutes:
                short = builder.add_column(
                    SHORT_MINUTE_PRICE, 0.0, employee.min_minutes, person=person, day=first, until=days[-1]
                )
                least = [*minutes, 1.0]
                builder.add_row([*columns, short], least, employee.min_minutes, np.inf, "min_hours", person, first)
                shorts.append(short)
            if employee.contract_minutes is not None:
                premiums = [float(rule["premium"]) for rule in problem.rules_of("overtime", employee.id)]
                price = problem.prices.wages * employee.hourly_rate / 60 * max(premiums, default=0.0)
                column = builder.add_column(price, 0.0, np.inf, person=person)
                overtime.append(column)
                contract = float(employee.contract_minutes)
                builder.add_row([*columns, column], [*minutes, -1.0], -np.inf, contract, "overtime", person)
    return overtime, shorts


def _add_touched(
    builder: ProgramBuilder,
    problem: RosterProblem,
    options: Sequence[Option],
    cells: dict[tuple[int, int], list[int]],
) -> list[int]:
    """Add a column for each person whose published days change; return them."""
    published_days = sorted({option.day for option in options if option.status})
    touched = []
    for person in range(len(problem.employees) if published_days else 0):
        column = builder.add_column(problem.prices.touch, 0.0, 1.0, True, person)
        touched.append(column)
        for day in published_days:
            here = cells.get((person, day), [])
            new = [place for place in here if options[place].status is None]
            if new:
                builder.add_row([*new, column], [1.0] * len(new) + [-1.0], -np.inf, 0.0, "touched", person)
            for place in here:
                if options[place].status and not options[place].is_fixed:
                    builder.add_row([place, column], 1.0, 1.0, np.inf, "touched", person)
    return touched


def _add_cover(
    builder: ProgramBuilder, problem: RosterProblem, options: Sequence[Option]
) -> tuple[list[int], list[int]]:
    """Add a row for each period of demand; return its columns of heads too few and of heads too many."""
    starts, places = {}, {}
    numbered = [*enumerate(problem.open_demand)]
    for role in {demand.role for _, demand in numbered}:
        own = [(to_minute(each.starts_at), place) for place, each in numbered if each.role == role]
        own.sort()
        starts[role], places[role] = np.array([start for start, _ in own]), [place for _, place in own]
    workers: list[list[int]] = [[] for _ in problem.open_demand]
    for column, option in enumerate(options):
        if option.role in starts:
            first, last = np.searchsorted(starts[option.role], [option.start, option.end])
            for at in range(first, last):
                place = places[option.role][at]
                if _covers(option, int(starts[option.role][at]), problem.open_demand[place].minutes):
                    workers[place].append(column)
    under, over = [], []
    for place, demand in enumerate(problem.open_demand):
        hours = demand.minutes / 60
        under_price = problem.prices.under_hour * hours if demand.under_price is None else demand.under_price
        over_price = problem.prices.over_hour * hours if demand.over_price is None else demand.over_price
        day = (problem.day_of(demand.starts_at) - problem.first_day).days
        under.append(builder.add_column(under_price, 0.0, float(demand.heads), day=day))
        over.append(builder.add_column(over_price, 0.0, np.inf, day=day))
        columns = [*workers[place], under[-1], over[-1]]
        values = [1.0] * (len(columns) - 1) + [-1.0]
        builder.add_row(columns, values, demand.heads, demand.heads, "cover")
    return under, over


def _covers(option: Option, start: int, minutes: int) -> bool:
    """Return whether an option works all of a period."""
    end = start + minutes
    in_break = option.break_minutes and start < option.break_start + option.break_minutes and option.break_start < end
    return option.start <= start and end <= option.end and not in_break


def _add_breaks(builder: ProgramBuilder, options: Sequence[Option]) -> dict[int, str]:
    """Add a column for each rule of a person and day that allows a shift more than its rows do; return them."""
    longest = float(max((option.paid_minutes for option in options), default=0))
    breaks: dict[tuple[str, int, int], int] = {}
    for row, (_, _, name, person, day) in enumerate(builder.limits):
        if name in BREAKABLE_ROWS:
            if (name, person, day) not in breaks:
                breaks[name, person, day] = builder.add_column(BREAK_PRICE, 0.0, 1.0, True, person)
            value = np.array([-longest if name == "max_hours" else -1.0])
            builder.entries.append((np.array([row]), np.array([breaks[name, person, day]]), value))
    return {column: name for (name, _, _), column in breaks.items()}
