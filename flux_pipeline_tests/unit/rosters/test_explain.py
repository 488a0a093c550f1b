"""Explanations of gaps: the rule named does cover the hour once it is relaxed, and one more person covers minutes."""

import datetime as dt
from dataclasses import replace

import pytest

from flux_pipeline.rosters.explain import PRICE, Gap, ask_for_one_more, explain_gaps
from flux_pipeline.rosters.problem import Availability, Prices, Role, RosterProblem
from flux_pipeline.rosters.result import Roster
from flux_pipeline.rosters.rules import Rule
from flux_pipeline.rosters.shown.gaps import gap_sentences, gap_values
from flux_pipeline_tests.unit.rosters.relaxing import relax_rule
from flux_pipeline_tests.unit.rosters.weeks import ALL_DAY, at, demand, plan, small_week


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


def gap_by_succession() -> RosterProblem:
    problem = small_week(1, days=2, rules=(Rule("succession", {"role": "Service", "then": "Service"}),))
    return replace(problem, demand=tuple(d for day in range(2) for d in demand(problem, "Service", day, {(10, 14): 1})))


def gap_by_weekends() -> RosterProblem:
    problem = small_week(1, rules=(Rule("weekends", {"most": 0}),))
    return replace(problem, demand=tuple(demand(problem, "Service", 5, {(10, 14): 1})))


def gap_by_days_off() -> RosterProblem:
    problem = small_week(1, days=3, rules=(Rule("least_days_off_in_a_row", {"least": 2}),))
    needed = [d for day in (0, 2) for d in demand(problem, "Service", day, {(10, 14): 1})]
    return with_people(replace(problem, demand=tuple(needed)), availability=(ALL_DAY[0], ALL_DAY[2]))


def gap_by_lone_days() -> RosterProblem:
    problem = small_week(1, days=3, rules=(Rule("least_days_in_a_row", {"least": 2}),))
    problem = replace(problem, demand=tuple(demand(problem, "Service", 1, {(10, 14): 1})))
    return with_people(problem, availability=(ALL_DAY[1],))


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (gap_by_availability, "availability"),
        (gap_by_hours, "max_hours"),
        (gap_by_days_in_a_row, "days_in_a_row"),
        (gap_by_rest, "rest"),
        (gap_by_notice, "notice"),
        (gap_by_skills, "skills"),
        (gap_by_succession, "succession"),
        (gap_by_weekends, "weekends"),
        (gap_by_days_off, "least_days_off_in_a_row"),
        (gap_by_lone_days, "least_days_in_a_row"),
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


def test_the_cheapest_rule_is_named_first() -> None:
    # p0 has hours for one of two days, and p1, who costs more, is away until the evening.
    problem = small_week(2, days=2, rules=())
    late = tuple(Availability(day, dt.time(18), dt.time(0)) for day in range(7))
    short, dear = problem.employees
    people = (replace(short, max_minutes=4 * 60), replace(dear, availability=late, hourly_rate=20.0))
    needed = tuple(each for day in range(2) for each in demand(problem, "Service", day, {(10, 14): 1}))
    problem = replace(problem, employees=people, demand=needed, prices=Prices(fairness=0.0))
    (gap,) = explain(problem)[1]
    assert [(each.rule, each.employee) for each in gap.relaxations] == [("max_hours", "p0"), ("availability", "p1")]
    assert [each.extra_cost for each in gap.relaxations] == pytest.approx([4 * 14 - 240, 4 * 20 - 240])


def test_a_gap_that_is_not_worth_a_shift_names_its_price() -> None:
    problem = small_week(1, days=1, rules=())
    problem = replace(problem, demand=tuple(demand(problem, "Service", 0, {(10, 10.5): 1})))
    roster, (gap,) = explain(problem)
    assert not roster.shifts
    (relaxation,) = gap.relaxations
    assert (relaxation.rule, relaxation.employee) == (PRICE, "p0")
    assert relaxation.extra_cost > 0
    assert relax_rule(problem, relaxation) == problem


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


def test_a_gap_that_no_template_reaches_has_no_relaxation_and_says_so() -> None:
    problem = small_week(2, days=1)
    problem = replace(problem, demand=(*problem.demand, *demand(problem, "Service", 0, {(5, 7): 1})))
    _, gaps = explain(problem)
    [early] = [gap for gap in gaps if gap.periods[0].starts_at == at(problem, 0, 5)]
    assert not early.relaxations and early.is_examined
    values = gap_values(early, None, problem)
    assert "No shift template of Service reaches it." in gap_sentences(values, {}, problem.zone, "EUR")


def test_a_gap_for_which_no_time_is_left_is_not_examined() -> None:
    problem = gap_by_hours()
    roster = plan(problem)
    assert all(not gap.is_examined and not gap.relaxations for gap in explain_gaps(problem, roster, lambda: 0.0, 0.0))
