"""Planning again: after a call in sick few people are touched, and nothing confirmed moves."""

import datetime as dt
from dataclasses import replace

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters.check import find_violations
from flux_pipeline.rosters.explain import explain_gaps
from flux_pipeline.rosters.problem import AvailabilityException, RosterProblem, Shift, ShiftStatus
from flux_pipeline.rosters.result import Roster
from flux_pipeline.rosters.rules import Rule
from flux_pipeline_tests.unit.rosters.absences import call_in_sick
from flux_pipeline_tests.unit.rosters.weeks import RULES, at, plan, small_week


def published(problem: RosterProblem, roster: Roster, every_confirmed: int = 2) -> RosterProblem:
    """Return the problem with the roster published, and every second shift of it confirmed."""
    kept = tuple(
        replace(each, status=ShiftStatus.PUBLISHED if place % every_confirmed else ShiftStatus.CONFIRMED)
        for place, each in enumerate(roster.shifts)
    )
    return replace(problem, kept=kept)


def wall(problem: RosterProblem, day: int) -> dt.datetime:
    return dt.datetime.combine(problem.first_day + dt.timedelta(days=day), dt.time())


@pytest.fixture(scope="module")
def week() -> RosterProblem:
    problem = small_week(5, days=4, heads=2)
    return published(problem, plan(problem))


def test_planning_a_published_week_again_changes_nothing(week: RosterProblem) -> None:
    again = plan(week, iterations=3, nodes=0)
    assert not again.touched
    assert {*week.kept} == {*again.shifts}


def test_a_call_in_sick_touches_at_most_two_and_nothing_confirmed(week: RosterProblem) -> None:
    gone = week.kept[len(week.kept) // 2]
    day = (gone.starts_at.astimezone(week.zone).date() - week.first_day).days
    sick = call_in_sick(week, gone.employee, wall(week, day), wall(week, day) + dt.timedelta(days=1), gone.starts_at)
    again = plan(sick, iterations=5, nodes=0)
    assert len({*again.touched} - {gone.employee}) <= 2
    assert {each for each in sick.kept if each.status == ShiftStatus.CONFIRMED} <= {*again.shifts}
    assert gone not in again.shifts
    assert not [each for each in find_violations(sick, again.shifts) if each.rule != "min_hours"]


def test_the_free_person_takes_the_shift_of_the_sick_one() -> None:
    problem = small_week(3, days=2, rules=())
    week = published(problem, plan(problem))
    gone = week.kept[0]
    day = (gone.starts_at.astimezone(week.zone).date() - week.first_day).days
    sick = call_in_sick(week, gone.employee, wall(week, day), wall(week, day) + dt.timedelta(days=1), at(week, 0, 6))
    again = plan(sick)
    assert not again.uncovered
    assert len(again.touched) == 1


def test_hours_lost_by_sickness_are_not_worked_later() -> None:
    problem = small_week(2, rules=())
    people = tuple(replace(each, min_minutes=20 * 60) for each in problem.employees)
    problem = replace(problem, employees=people)
    week = published(problem, plan(problem))
    gone = week.kept[0]
    day = (gone.starts_at.astimezone(week.zone).date() - week.first_day).days
    sick = call_in_sick(week, gone.employee, wall(week, day), wall(week, day + 1), at(week, 0, 6))
    assert sick.employees[0].min_minutes == 20 * 60 - gone.paid_minutes
    assert gone.employee not in plan(sick).touched


def test_short_notice_of_a_change_is_paid() -> None:
    problem = small_week(3, days=2, rules=(Rule("predictability_pay", {"notice_hours": 48, "pay_hours": 2}),))
    week = replace(published(problem, plan(problem), every_confirmed=9), planned_at=at(problem, 0, 6))
    assert plan(week).costs.changes == 0
    gone = week.kept[-1]
    sick = call_in_sick(week, gone.employee, wall(week, 0), wall(week, 2), at(week, 0, 6))
    assert plan(sick).costs.changes >= 2 * 14


def test_what_has_started_stays_as_it_is_even_if_only_published(week: RosterProblem) -> None:
    now = at(week, 1, 12)
    published_only = replace(
        week, planned_at=now, kept=tuple(replace(each, status=ShiftStatus.PUBLISHED) for each in week.kept)
    )
    # Nobody is needed any more.
    again = plan(replace(published_only, demand=()), iterations=3, nodes=0)
    started = {each for each in published_only.kept if each.starts_at < now}
    assert {each for each in again.shifts if each.starts_at < now} == started
    assert not find_violations(published_only, again.shifts)


def test_nothing_new_starts_before_the_moment_of_planning_and_demand_before_it_is_over() -> None:
    problem = replace(small_week(4, days=2, rules=()), planned_at=at(small_week(), 0, 15))
    roster = plan(problem)
    assert min(each.starts_at for each in roster.shifts) == at(problem, 0, 18)
    assert {each.starts_at for each in roster.uncovered} == {at(problem, 0, 15 + place / 4) for place in range(12)}
    early = replace(roster.shifts[0], starts_at=at(problem, 0, 14), ends_at=at(problem, 0, 18))
    assert "planned_at" in {each.rule for each in find_violations(problem, [early])}


@pytest.mark.parametrize("status", [ShiftStatus.PUBLISHED, ShiftStatus.CONFIRMED])
def test_kept_shifts_that_break_rules_are_planned_around(status: ShiftStatus) -> None:
    rules = (*RULES, Rule("weekends", {"most": 0}), Rule("least_days_off_in_a_row", {"least": 2}))
    problem = small_week(3, rules=rules)
    away = AvailabilityException(wall(problem, 3), wall(problem, 4))
    ended = at(problem, 0, 8)
    people = (replace(problem.employees[0], exceptions=(away,), last_shift_ended_at=ended, days_in_a_row_before=5),)
    problem = replace(problem, employees=(*people, *problem.employees[1:]))
    # Every day, twice on the fourth, at hours that no template has and in all more than their maximum.
    hours = [(day, 11.5, 18.5) for day in range(7)] + [(3, 19, 23.5)]
    kept = tuple(Shift("p0", "Service", at(problem, d, a), at(problem, d, b), status=status) for d, a, b in hours)
    roster = plan(replace(problem, kept=kept), iterations=3, nodes=0)
    assert status == ShiftStatus.PUBLISHED or {*kept} <= {*roster.shifts}
    others = [each for each in roster.shifts if each.employee != "p0"]
    assert others
    assert not find_violations(replace(problem, kept=kept), others) or status == ShiftStatus.CONFIRMED
    explain_gaps(replace(problem, kept=kept), roster, lambda: 0.0, 60.0)


def test_a_call_in_sick_is_checked() -> None:
    problem = small_week(1)
    with pytest.raises(PermanentError, match="Unknown employee 'nobody'"):
        call_in_sick(problem, "nobody", wall(problem, 0), wall(problem, 1), at(problem, 0, 0))
    with pytest.raises(PermanentError, match="ends at"):
        call_in_sick(problem, "p0", wall(problem, 1), wall(problem, 0), at(problem, 0, 0))


def test_an_exception_replaces_what_it_overlaps() -> None:
    problem = small_week(1)
    holiday = AvailabilityException(wall(problem, 0), wall(problem, 4))
    person = replace(problem.employees[0], exceptions=(holiday,))
    free = person.with_exception(wall(problem, 1), wall(problem, 2), is_available=True)
    assert sorted((each.starts, each.ends, each.is_available) for each in free.exceptions) == [
        (wall(problem, 0), wall(problem, 1), False),
        (wall(problem, 1), wall(problem, 2), True),
        (wall(problem, 2), wall(problem, 4), False),
    ]
