"""The checker: what it finds in rosters that were broken on purpose, and in ones that are right."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from flux_pipeline.rosters.check import find_violations
from flux_pipeline.rosters.problem import RosterProblem, Shift, ShiftStatus
from flux_pipeline.rosters.rules import Rule
from flux_pipeline_tests.unit.rosters.breaking import MUTATIONS
from flux_pipeline_tests.unit.rosters.weeks import at, plan, random_week, small_week


def shift(problem: RosterProblem, day: int, start: float, end: float, employee: str = "p0") -> Shift:
    return Shift(employee, "Service", at(problem, day, start), at(problem, day, end))


def rules_found(problem: RosterProblem, *shifts: Shift) -> set[str]:
    return {each.rule for each in find_violations(problem, shifts)}


@pytest.fixture(scope="module")
def week() -> tuple[RosterProblem, list[Shift]]:
    problem = random_week(3, people=8)
    shifts = list(plan(problem, iterations=0, nodes=0).shifts)
    kept = tuple(replace(each, status=ShiftStatus.CONFIRMED) for each in shifts[::5])
    return replace(problem, kept=kept), shifts


def test_a_planned_roster_breaks_no_rule(week: tuple[RosterProblem, list[Shift]]) -> None:
    assert not find_violations(*week)


@pytest.mark.parametrize("rule", MUTATIONS)
def test_a_mutated_roster_is_caught_by_the_name_of_the_rule(rule: str, week: tuple[RosterProblem, list[Shift]]) -> None:
    problem, shifts = week
    rng = np.random.default_rng(1)
    mutated = [mutate(problem, shifts, rng) for mutate in MUTATIONS[rule] for _ in range(5)]
    assert any(mutated)
    for each in mutated:
        assert each is None or rule in {found.rule for found in find_violations(problem, each)}


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (Rule("weekends", {"most": 0}), [5]),
        (Rule("least_days_in_a_row", {"least": 2}), [1]),
        (Rule("least_days_off_in_a_row", {"least": 2}), [1, 3]),
        (Rule("shifts_of_role", {"role": "Service", "most": 1}), [1, 3]),
        (Rule("succession", {"role": "Service", "then": "Service"}), [1, 2]),
        (Rule("shift_length", {"least_minutes": 60, "most_minutes": 200}), [1]),
    ],
)
def test_each_rule_of_the_table_is_checked(rule: Rule, days: list[int]) -> None:
    problem = small_week(rules=(rule,))
    shifts = [shift(problem, day, 10, 14) for day in days]
    assert rules_found(problem, *shifts) == {rule.name}
    assert not rules_found(replace(problem, rules=()), *shifts)


def test_notice_counts_from_the_moment_of_planning() -> None:
    problem = small_week(rules=(Rule("notice", {"hours": 24}),))
    planned = replace(problem, planned_at=at(problem, 0, 12))
    assert rules_found(planned, shift(problem, 1, 10, 14)) == {"notice"}
    assert not rules_found(planned, shift(problem, 1, 14, 18))


def test_rest_is_counted_by_instants_when_clocks_change() -> None:
    # In the night to Sunday, 29 March 2026, an hour is missing: 23:00 to 10:00 is ten hours.
    problem = replace(small_week(rules=(Rule("rest", {"hours": 11}),)), first_day=dt.date(2026, 3, 28), days=2)
    evening, morning = shift(problem, 0, 19, 23), shift(problem, 1, 10, 14)
    assert "rest" in rules_found(problem, evening, morning)
    winter = replace(problem, first_day=dt.date(2026, 3, 21))
    assert "rest" not in rules_found(winter, shift(winter, 0, 19, 23), shift(winter, 1, 10, 14))


def test_rest_counts_from_the_shift_before_the_first_day() -> None:
    problem = small_week()
    tired = replace(problem.employees[0], last_shift_ended_at=at(problem, 0, 2))
    problem = replace(problem, employees=(tired, *problem.employees[1:]))
    assert rules_found(problem, shift(problem, 0, 10, 14)) == {"rest"}
    assert "p0" not in {each.employee for each in plan(problem).shifts if each.starts_at < at(problem, 0, 13)}
