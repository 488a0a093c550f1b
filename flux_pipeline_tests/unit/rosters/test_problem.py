"""What is refused before anything is solved, and which rules hold where."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.rosters._mistakes import find_mistakes
from flux_pipeline.rosters.problem import (
    Availability,
    AvailabilityException,
    Employee,
    RosterProblem,
    ShiftTemplate,
    Wish,
)
from flux_pipeline.rosters.rules import Rule, RuleRow, choose_rules
from flux_pipeline_tests.unit.rosters.weeks import at, plan, small_week

EVENING = Availability(4, dt.time(18), dt.time(2))


def with_employee(**changes: object) -> RosterProblem:
    problem = small_week()
    return replace(problem, employees=(replace(problem.employees[0], **changes), *problem.employees[1:]))  # type: ignore[arg-type]


def with_wish(start: float, end: float) -> RosterProblem:
    problem = small_week()
    return replace(problem, wishes=(Wish("p0", at(problem, 0, start), at(problem, 0, end), 1.0),))


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda: replace(small_week(), employees=()), "There are no employees"),
        (lambda: with_employee(roles=()), "'p0' has no role"),
        (lambda: with_employee(roles=("Pilot",)), "unknown role 'Pilot'"),
        (lambda: with_employee(hourly_rate=0), "hourly rate of 0"),
        (lambda: with_employee(min_minutes=600, max_minutes=300), "maximum hours of 5 below their minimum of 10"),
        (lambda: with_employee(availability=(EVENING, EVENING)), "overlaps on Friday"),
        (
            lambda: with_employee(availability=(EVENING, Availability(5, dt.time(1), dt.time(9)))),
            "overlaps on Saturday",
        ),
        (
            lambda: with_employee(
                exceptions=(AvailabilityException(dt.datetime(2026, 11, 24), dt.datetime(2026, 11, 23)),)
            ),
            "ends at 2026-11-23",
        ),
        (lambda: with_employee(id="p1"), "'p1' is there twice"),
        (lambda: with_wish(14, 10), "ends before or when it starts"),
        (
            lambda: replace(small_week(), templates=(ShiftTemplate("x", "Service", (), (-60,)),)),
            "ends before it starts",
        ),
    ],
)
def test_bad_input_is_named_before_solving(build: Callable[[], RosterProblem], named: str) -> None:
    with pytest.raises(PermanentError, match=named):
        plan(build())


def test_all_mistakes_are_found_at_once() -> None:
    assert len(find_mistakes(with_employee(hourly_rate=-1, roles=()))) == 2


def test_windows_that_touch_do_not_overlap() -> None:
    assert not find_mistakes(with_employee(availability=(EVENING, Availability(5, dt.time(2), dt.time(9)))))


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (Rule("nap", {"hours": 1}), "Unknown rule 'nap'. Choose one of: break,"),
        (Rule("rest", {"minutes": 1}), "has the parameters minutes; expected hours"),
        (Rule("rest", {"hours": -1}), "expected a number of zero or more"),
        (Rule("succession", {"role": "Service", "then": 3}), "expected a name"),
    ],
)
def test_an_unknown_rule_is_refused_before_solving(rule: Rule, named: str) -> None:
    with pytest.raises(PermanentError, match=named):
        plan(replace(small_week(), rules=(rule,)))


def test_a_restaurants_rule_wins_over_its_countrys() -> None:
    rows = [
        RuleRow(Rule("rest", {"hours": 10})),
        RuleRow(Rule("rest", {"hours": 11}), country="DE"),
        RuleRow(Rule("rest", {"hours": 12}), restaurant="corner"),
        RuleRow(Rule("weekends", {"most": 2}), country="FR"),
    ]
    assert choose_rules(rows, "DE", "corner") == (rows[2].rule,)
    assert choose_rules(rows, "DE", "other") == (rows[1].rule,)
    assert choose_rules(rows, "US", "other") == (rows[0].rule,)


def test_a_persons_rule_wins_over_that_of_all() -> None:
    own = Rule("rest", {"hours": 12}, employee="p0")
    problem = small_week(rules=(Rule("rest", {"hours": 11}), own))
    assert problem.rules_of("rest", "p0") == [own.parameters]
    assert problem.rules_of("rest", "p1") == [{"hours": 11}]


def test_an_employee_is_a_plain_value() -> None:
    assert Employee("a", ("b",), 1.0, ()) == Employee("a", ("b",), 1.0, ())
