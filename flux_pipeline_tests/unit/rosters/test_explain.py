"""Explanations of gaps: the rule named does cover the hour once it is relaxed, and one more person covers minutes."""

import datetime as dt
from dataclasses import replace

import pytest

from flux_pipeline.rosters.explain import Gap, ask_for_one_more, explain_gaps, relax_rule
from flux_pipeline.rosters.problem import Availability, Prices, Role, RosterProblem
from flux_pipeline.rosters.result import Roster
from flux_pipeline.rosters.rules import Rule
from flux_pipeline_tests.unit.rosters.weeks import at, demand, plan, small_week


def explain(problem: RosterProblem) -> tuple[Roster, list[Gap]]:
    roster = plan(problem)
    return roster, explain_gaps(problem, roster, lambda: 0.0, 60.0)


def with_people(problem: RosterProblem, **changes: object) -> RosterProblem:
    return replace(problem, employees=tuple(replace(each, **changes) for each in problem.employees))  # type: ignore[arg-type]


def gap_by_availability() -> RosterProblem:
    until_six = tuple(Availability(day, dt.time(8), dt.time(18)) for day in range(7))
    return with_people(small_week(2, days=1, rules=()), availability=until_six)


def gap_by_hours() -> RosterProblem:
    return with_people(small_week(2, days=3, rules=()), max_minutes=16 * 60)


def gap_by_days_in_a_row() -> RosterProblem:
    problem = small_week(1, days=3, rules=(Rule("days_in_a_row", {"most": 2}),))
    return replace(problem, demand=tuple(d for day in range(3) for d in demand(problem, "Service", day, {(10, 14): 1})))


def gap_by_rest() -> RosterProblem:
    problem = small_week(1, days=2, rules=(Rule("rest", {"hours": 13}),))
    needed = demand(problem, "Service", 0, {(18, 22): 1}) + demand(problem, "Service", 1, {(10, 14): 1})
    return replace(problem, demand=tuple(needed))


def gap_by_notice() -> RosterProblem:
    problem = small_week(2, days=1, rules=(Rule("notice", {"hours": 48}),))
    needed = tuple(demand(problem, "Service", 0, {(10, 14): 1}))
    return replace(problem, planned_at=at(problem, 0, 0), demand=needed)


def gap_by_skills() -> RosterProblem:
    problem = small_week(2, days=1, rules=())
    needed = tuple(demand(problem, "Service", 0, {(10, 14): 1}))
    return replace(problem, roles=(Role("Service", frozenset({"till"})),), demand=needed)


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (gap_by_availability, "availability"),
        (gap_by_hours, "max_hours"),
        (gap_by_days_in_a_row, "days_in_a_row"),
        (gap_by_rest, "rest"),
        (gap_by_notice, "notice"),
        (gap_by_skills, "skills"),
    ],
)
def test_the_rule_named_covers_the_missing_hours_once_relaxed(build: object, rule: str) -> None:
    problem = build()  # type: ignore[operator]
    _, gaps = explain(problem)
    assert gaps
    for gap in gaps:
        cheapest = gap.relaxations[0]
        assert cheapest.rule == rule
        again = plan(relax_rule(problem, cheapest))
        missing = {each.starts_at: each.heads for each in again.uncovered}
        before = {each.starts_at: each.heads for each in gap.periods}
        assert cheapest.covers
        assert all(missing.get(each, 0) < before[each] for each in cheapest.covers)


def test_a_covered_roster_has_no_gaps() -> None:
    assert explain(small_week(4, days=1, rules=()))[1] == []


def test_one_more_person_covers_what_is_missing() -> None:
    problem = with_people(small_week(1, days=2, rules=()), max_minutes=8 * 60)
    roster = plan(problem)
    (more,) = ask_for_one_more(problem, roster, lambda: 0.0, 60.0)
    assert more.role == "Service"
    assert more.covered_minutes == 8 * 60
    assert more.extra_cost == pytest.approx(8 * 14 - 8 * problem.prices.under_hour, abs=12)


def test_a_gap_that_no_single_rule_covers_has_no_relaxation() -> None:
    problem = small_week(1, days=1, rules=())
    double = replace(problem, demand=tuple(demand(problem, "Service", 0, {(10, 14): 2})), prices=Prices(fairness=0.0))
    assert [gap.relaxations for gap in explain(double)[1]] == [()]
