"""Planned rosters: cover, cost by part, bound, and what ended the search."""

import datetime as dt
import itertools
from collections import Counter
from dataclasses import replace

import pytest

from flux_pipeline.rosters.check import find_violations
from flux_pipeline.rosters.plan import plan_roster
from flux_pipeline.rosters.problem import (
    Availability,
    AvailabilityException,
    Demand,
    Prices,
    RosterProblem,
    Shift,
    ShiftStatus,
    ShiftTemplate,
    Wish,
)
from flux_pipeline.rosters.result import BelowMinimum, Budget, EndedBy, Roster
from flux_pipeline.rosters.rules import Rule
from flux_pipeline_tests.unit.rosters.weeks import RULES, at, demand, plan, random_week, small_week

NO_FAIRNESS = Prices(fairness=0.0)


def day_of(problem: RosterProblem, *, people: int = 1, **changes: object) -> RosterProblem:
    """Return one day of the small week with other fields."""
    return replace(small_week(people, days=1), prices=NO_FAIRNESS, rules=(), **changes)  # type: ignore[arg-type]


def hours_of(roster: Roster) -> Counter[str]:
    hours: Counter[str] = Counter()
    for shift in roster.shifts:
        hours[shift.employee] += shift.paid_minutes / 60
    return hours


def test_a_week_that_can_be_covered_is_covered_at_a_proven_cost() -> None:
    problem = small_week()
    roster = plan(problem)
    # Without break rule and hours, only the wage of 12 hours a day and the extra quarter hours count.
    assert roster.ended_by == EndedBy.PROOF
    assert roster.gap <= 1e-3
    assert not find_violations(problem, roster.shifts)
    assert roster.costs.total == pytest.approx(roster.bound, rel=1e-3)


def test_the_cheapest_person_works_where_nothing_else_decides() -> None:
    problem = replace(small_week(3, days=1, rules=()), prices=NO_FAIRNESS)
    roster = plan(replace(problem, demand=tuple(demand(problem, "Service", 0, {(10, 14): 1}))))
    assert [each.employee for each in roster.shifts] == ["p0"]
    assert roster.costs.wages == pytest.approx(4 * 14)
    assert roster.costs.total == pytest.approx(4 * 14)


def test_what_nobody_can_cover_is_listed_by_the_quarter_hour() -> None:
    problem = replace(small_week(1, days=1, rules=()), prices=NO_FAIRNESS)
    roster = plan(replace(problem, demand=tuple(demand(problem, "Service", 0, {(10, 13.75): 1, (13.75, 14): 2}))))
    assert [(each.starts_at, each.heads) for each in roster.uncovered] == [(at(problem, 0, 13.75), 1)]
    assert roster.costs.under == pytest.approx(problem.prices.under_hour / 4)


def test_a_break_is_neither_paid_nor_covered() -> None:
    problem = replace(small_week(1, days=1), prices=NO_FAIRNESS)
    roster = plan(replace(problem, demand=tuple(demand(problem, "Service", 0, {(10, 18): 1}))))
    (shift,) = roster.shifts
    assert shift.paid_minutes == 450
    assert sum(each.minutes for each in roster.uncovered) == 30
    assert {each.starts_at for each in roster.uncovered} == {
        shift.break_starts_at,
        shift.break_starts_at + dt.timedelta(minutes=15),  # type: ignore[operator]
    }


def test_people_of_one_shift_do_not_all_have_their_break_at_once() -> None:
    problem = replace(small_week(3, days=1), prices=NO_FAIRNESS)
    roster = plan(replace(problem, demand=tuple(demand(problem, "Service", 0, {(10, 18): 3}))))
    assert len({each.break_starts_at for each in roster.shifts}) == 3


def test_a_break_may_have_a_choice_of_places() -> None:
    problem = replace(small_week(1, days=1), prices=NO_FAIRNESS, break_choices=3)
    needed = demand(problem, "Service", 0, {(10, 13.75): 1, (14.25, 18): 1})
    assert not plan(replace(problem, demand=tuple(needed))).uncovered
    needed = demand(problem, "Service", 0, {(10, 13.25): 1, (13.75, 18): 1})
    assert not plan(replace(problem, demand=tuple(needed))).uncovered


def test_a_shift_over_midnight_belongs_to_its_evening_and_keeps_rest() -> None:
    problem = small_week(1, days=2, rules=(Rule("rest", {"hours": 11}),))
    night = ShiftTemplate("night", "Service", (dt.time(20),), (360,))
    lunch = ShiftTemplate("lunch", "Service", (dt.time(11), dt.time(13)), (240,))
    needed = demand(problem, "Service", 0, {(20, 24): 1}) + demand(problem, "Service", 1, {(0, 2): 1, (11, 17): 1})
    roster = plan(replace(problem, templates=(night, lunch), demand=tuple(needed), prices=NO_FAIRNESS))
    local = [each.starts_at.astimezone(problem.zone).hour for each in roster.shifts]
    assert local == [20, 13]
    assert not find_violations(replace(problem, templates=(night, lunch)), roster.shifts)


@pytest.mark.parametrize(("date", "is_rested"), [(dt.date(2026, 3, 28), False), (dt.date(2026, 3, 21), True)])
def test_rest_over_a_change_of_the_clock_is_by_instants(date: dt.date, is_rested: bool) -> None:
    problem = replace(small_week(1, days=2, rules=(Rule("rest", {"hours": 12}),)), first_day=date)
    needed = demand(problem, "Service", 0, {(18, 22): 1}) + demand(problem, "Service", 1, {(10, 14): 1})
    roster = plan(replace(problem, demand=tuple(needed)))
    assert len(roster.shifts) == 1 + is_rested


def test_dated_exceptions_take_away_and_give_hours() -> None:
    problem = small_week(2, days=1, rules=())
    day = dt.datetime(2026, 11, 23)
    away = AvailabilityException(day, day + dt.timedelta(days=1))
    extra = AvailabilityException(day.replace(hour=14), day.replace(hour=18), is_available=True)
    people = (
        replace(problem.employees[0], exceptions=(away,)),
        replace(problem.employees[1], availability=(), exceptions=(extra,)),
    )
    roster = plan(replace(problem, employees=people))
    assert [(each.employee, each.starts_at, each.minutes) for each in roster.shifts] == [
        ("p1", at(problem, 0, 14), 240)
    ]


def test_hours_stay_between_minimum_and_maximum_and_overtime_is_paid() -> None:
    problem = replace(small_week(2, rules=(Rule("overtime", {"premium": 0.5}),)), prices=NO_FAIRNESS)
    people = (
        replace(problem.employees[0], max_minutes=40 * 60, contract_minutes=20 * 60),
        replace(problem.employees[1], min_minutes=16 * 60, max_minutes=24 * 60),
    )
    roster = plan(replace(problem, employees=people))
    hours = hours_of(roster)
    assert hours == {"p0": 40, "p1": 24}
    assert roster.costs.overtime == pytest.approx(20 * 14 * 0.5)


def test_minimum_hours_that_nobody_can_work_have_a_price_and_are_found_by_the_checker() -> None:
    problem = small_week(1)
    person = replace(problem.employees[0], availability=(Availability(0, dt.time(9), dt.time(23)),), min_minutes=1_200)
    problem = replace(problem, employees=(person,))
    roster = plan(problem)
    assert roster.costs.short_hours > 0
    # A shift of 8 hours on Monday, its break not counted.
    assert roster.below_minimum == (BelowMinimum("p0", problem.first_day, 1_200 - 450),)
    assert {each.rule for each in find_violations(problem, roster.shifts)} == {"min_hours"}


def test_wishes_weigh_by_the_minutes_that_a_shift_overlaps() -> None:
    problem = replace(small_week(1, days=1, rules=()), prices=NO_FAIRNESS)
    problem = replace(problem, demand=tuple(demand(problem, "Service", 0, {(10, 14): 1})))
    off = Wish("p0", at(problem, 0, 12), at(problem, 0, 20), 8.0)
    on = Wish("p0", at(problem, 0, 10), at(problem, 0, 18), 6.0, to_work=True)
    assert plan(replace(problem, wishes=(off,))).costs.wishes == pytest.approx(2.0)
    assert plan(replace(problem, wishes=(on,))).costs.wishes == pytest.approx(3.0)


def test_a_wish_decides_between_equals() -> None:
    problem = replace(small_week(2, days=1, rules=()), prices=NO_FAIRNESS)
    problem = replace(problem, demand=tuple(demand(problem, "Service", 0, {(10, 14): 1})))
    wish = Wish("p0", at(problem, 0, 10), at(problem, 0, 14), 30.0)
    assert [each.employee for each in plan(replace(problem, wishes=(wish,))).shifts] == ["p1"]


def test_weekends_and_closing_shifts_go_to_those_who_had_fewer() -> None:
    problem = small_week(4, rules=())
    before = ((5, 9), (1, 9), (5, 2), (5, 9))
    people = tuple(
        replace(each, hourly_rate=15.0, weekends_before=weekends, closings_before=closings)
        for each, (weekends, closings) in zip(problem.employees, before, strict=True)
    )
    roster = plan(replace(problem, employees=people, days=7))
    closing = Counter(each.employee for each in roster.shifts if each.ends_at.astimezone(problem.zone).hour == 22)
    assert closing["p2"] == max(closing.values()) >= 4
    weekend = {each.employee for each in roster.shifts if each.starts_at.astimezone(problem.zone).weekday() >= 5}
    assert "p1" in weekend


def test_days_worked_before_count_in_a_row() -> None:
    problem = small_week(1)
    person = replace(problem.employees[0], days_in_a_row_before=4)
    roster = plan(replace(problem, employees=(person,)))
    days = [(each.starts_at.astimezone(problem.zone).date() - problem.first_day).days for each in roster.shifts]
    assert not {0, 1} <= {*days}
    assert not find_violations(replace(problem, employees=(person,)), roster.shifts)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("weekends", {"most": 0}),
        Rule("least_days_in_a_row", {"least": 3}),
        Rule("least_days_off_in_a_row", {"least": 2}),
        Rule("shifts_of_role", {"role": "Service", "most": 2}),
        Rule("succession", {"role": "Service", "then": "Service"}),
        Rule("shift_length", {"least_minutes": 300, "most_minutes": 500}),
        Rule("notice", {"hours": 60}),
    ],
    ids=lambda rule: rule.name,
)
def test_the_roster_keeps_each_rule_of_the_table(rule: Rule) -> None:
    problem = small_week(2, rules=(*RULES, rule))
    days = (0, 2, 3, 5, 6)
    needed = tuple(each for day in days for each in demand(problem, "Service", day, {(10, 14): 1}))
    problem = replace(problem, planned_at=at(problem, 0, 0), demand=needed, prices=NO_FAIRNESS)
    free = plan(replace(problem, rules=RULES), iterations=3, nodes=0)
    kept = plan(problem, iterations=3, nodes=0)
    assert rule.name in {each.rule for each in find_violations(problem, free.shifts)}
    assert not find_violations(problem, kept.shifts)


def test_the_same_seed_gives_the_same_rows() -> None:
    problem = replace(random_week(5, people=5), days=2)
    first, second = (plan(problem, iterations=4, nodes=0, seed=7) for _ in range(2))
    assert first == second
    assert first.ended_by == EndedBy.BUDGET


def test_a_run_that_the_clock_cuts_short_says_so_and_keeps_the_hard_rules() -> None:
    problem = random_week(5, people=6)
    seconds = itertools.count(0.0, 0.25)
    roster = plan_roster(problem, Budget(seconds=1.0), lambda: next(seconds))
    assert roster.ended_by == EndedBy.CLOCK
    assert {each.rule for each in find_violations(problem, roster.shifts)} <= {"min_hours"}


def test_confirmed_shifts_that_break_a_rule_among_themselves_stay() -> None:
    problem = small_week(2, days=3)
    late = Shift("p0", "Service", at(problem, 0, 18), at(problem, 1, 0), status=ShiftStatus.CONFIRMED)
    early = Shift("p0", "Service", at(problem, 1, 8), at(problem, 1, 12), status=ShiftStatus.CONFIRMED)
    roster = plan(replace(problem, kept=(late, early)))
    assert {late, early} <= {*roster.shifts}


def test_no_demand_is_an_empty_roster() -> None:
    roster = plan(replace(small_week(2), demand=()))
    assert not roster.shifts
    assert roster.gap == 0


def test_demand_without_any_shift_is_uncovered() -> None:
    problem = small_week(1, days=1)
    roster = plan(replace(problem, templates=(), demand=(Demand("Service", at(problem, 0, 12), 2),)))
    assert [each.heads for each in roster.uncovered] == [2]
