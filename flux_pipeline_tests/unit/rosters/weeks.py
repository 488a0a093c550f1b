"""Small weeks of a restaurant for the tests of rosters."""

import datetime as dt
import itertools
from dataclasses import replace

import numpy as np

from flux_pipeline.rosters.plan import plan_roster
from flux_pipeline.rosters.problem import Availability, Demand, Employee, Prices, Role, RosterProblem, ShiftTemplate
from flux_pipeline.rosters.result import Budget, Roster
from flux_pipeline.rosters.rules import Rule

MONDAY = dt.date(2026, 11, 23)
BERLIN = "Europe/Berlin"
RULES = (
    Rule("rest", {"hours": 11}),
    Rule("days_in_a_row", {"most": 5}),
    Rule("break", {"after_minutes": 360, "minutes": 30}),
)
ALL_DAY = tuple(Availability(day, dt.time(0), dt.time(0)) for day in range(7))
HALF_DAYS = (ShiftTemplate("half", "Service", (dt.time(10), dt.time(14), dt.time(18)), (240, 480)),)


def at(problem: RosterProblem, day: int, hour: float) -> dt.datetime:
    """Return an instant of the wall clock of a day of the problem."""
    date = problem.first_day + dt.timedelta(days=day)
    wall = dt.datetime.combine(date, dt.time(int(hour), round(hour % 1 * 60)), problem.zone)
    return wall.astimezone(dt.UTC)


def demand(problem: RosterProblem, role: str, day: int, hours: dict[tuple[float, float], int]) -> list[Demand]:
    """Return the quarter hours of a day, with heads by the hours from and to."""
    return [
        Demand(role, at(problem, day, quarter / 4), heads)
        for (start, end), heads in hours.items()
        for quarter in range(round(start * 4), round(end * 4))
    ]


def small_week(people: int = 4, days: int = 7, heads: int = 1, rules: tuple[Rule, ...] = RULES) -> RosterProblem:
    """Return a week of one role, open from 10 to 22, that its people can cover."""
    employees = tuple(
        Employee(f"p{place}", ("Service",), 14.0 + place, ALL_DAY, max_minutes=40 * 60) for place in range(people)
    )
    empty = RosterProblem(MONDAY, days, BERLIN, employees, (Role("Service"),), (), HALF_DAYS, rules)
    return replace(
        empty,
        demand=tuple(
            itertools.chain.from_iterable(demand(empty, "Service", day, {(10, 22): heads}) for day in range(days))
        ),
    )


def plan(problem: RosterProblem, **budget: float) -> Roster:
    """Plan within iterations alone: the clock doesn't move."""
    options = {"iterations": 20, "nodes": 200, "seconds": 30.0} | budget
    return plan_roster(problem, Budget(**options), lambda: 0.0)  # type: ignore[arg-type]


def on_grid(
    name: str, role: str, first: dt.time, last: dt.time, minutes: tuple[int, ...], grid_minutes: int = 60
) -> ShiftTemplate:
    """Build a template whose shifts begin every `grid_minutes` from `first` to `last` of the same day."""
    at = range(first.hour * 60 + first.minute, last.hour * 60 + last.minute + 1, grid_minutes)
    return ShiftTemplate(name, role, tuple(dt.time(minute // 60, minute % 60) for minute in at), minutes)


def random_week(seed: int, people: int = 20) -> RosterProblem:
    """Return a week of three roles with quarter hours of demand, breaks, rest and people of many kinds."""
    rng = np.random.default_rng(seed)
    roles = ("Kitchen", "Counter", "Service")
    templates = tuple(
        on_grid(f"{role} on the hour", role, dt.time(9), dt.time(17), (300, 360, 480), 60) for role in roles
    )
    empty = RosterProblem(
        MONDAY, 7, BERLIN, (), tuple(Role(role) for role in roles), (), templates, RULES, prices=Prices()
    )
    needed = []
    for role, day in itertools.product(roles, range(7)):
        busy = 1 + (day >= 4) * int(rng.random() < 0.7)
        lunch, dinner = busy + int(rng.integers(0, 2)), busy + int(rng.integers(0, 3))
        hours = {(9.0, 12.0): 1, (12.0, 14.0): lunch, (14.0, 18.0): busy, (18.0, 21.0): dinner, (21.0, 22.0): 1}
        needed += demand(empty, role, day, hours)
    employees = tuple(random_employee(rng, f"p{place}", roles) for place in range(people))
    return replace(empty, employees=employees, demand=tuple(needed))


def random_employee(rng: np.random.Generator, id: str, roles: tuple[str, ...]) -> Employee:
    own = tuple(str(role) for role in rng.choice(roles, size=int(rng.integers(1, 3)), replace=False))
    off = {int(day) for day in rng.choice(7, size=int(rng.integers(0, 3)), replace=False)}
    windows = tuple(
        Availability(day, dt.time(int(rng.choice([6, 6, 9, 14]))), dt.time(int(rng.choice([0, 0, 17, 23]))))
        for day in range(7)
        if day not in off
    )
    windows = tuple(each for each in windows if each.end == dt.time(0) or each.end > each.start)
    contract = int(rng.choice([20, 30, 40])) * 60
    return Employee(
        id,
        own,
        float(rng.integers(13, 20)),
        windows,
        min_minutes=contract // 2,
        max_minutes=contract,
        weekends_before=int(rng.integers(0, 5)),
        closings_before=int(rng.integers(0, 12)),
    )
