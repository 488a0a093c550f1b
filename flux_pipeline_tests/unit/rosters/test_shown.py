"""What people see of a week: cover by quarter hours, gaps in sentences, and people by role."""

import datetime as dt
import json

import pytest

from flux_pipeline.rosters.explain import OF_ONE_SHIFT, PRICE, OneMore, ask_for_one_more, explain_gaps
from flux_pipeline.rosters.problem import RosterProblem
from flux_pipeline.rosters.rules import KNOWN_RULES
from flux_pipeline.rosters.shown.cover import by_day, cover_of
from flux_pipeline.rosters.shown.gaps import WORDING, gap_sentences, gap_values, week_sentences
from flux_pipeline.rosters.shown.week import role_marks
from flux_pipeline_tests.unit.rosters import test_explain as gaps_of
from flux_pipeline_tests.unit.rosters.shown import MONDAY, at, gap, needed, person_id, relaxation, shift, week_of
from flux_pipeline_tests.unit.rosters.weeks import plan

FRIDAY = MONDAY + dt.timedelta(days=4)
NAMES = {str(person_id(name)): name for name in ("Ada Kok", "Ben Reis")}


def sentences(values: dict) -> str:
    return " ".join(gap_sentences(values, NAMES, week_of([]).zone, "EUR"))


def test_a_shift_covers_the_quarter_hours_that_it_works_all_of() -> None:
    week = week_of([shift("Ada Kok", "Kitchen", FRIDAY, 17 + 10 / 60, 19, pause=(18.25, 15))])
    rostered = [f"{each.starts_at:%H:%M}" for each in cover_of(week) if each.rostered]
    assert rostered == ["17:15", "17:30", "17:45", "18:00", "18:30", "18:45"]


def test_heads_after_midnight_belong_to_the_evening_before() -> None:
    week = week_of([shift("Ada Kok", "Kitchen", FRIDAY, 23, 25)], needed("Kitchen", FRIDAY, {23: 1, 24: 2, 25: 1}))
    assert by_day(cover_of(week)) == {("Kitchen", FRIDAY): (240, 120, 120)}


def test_shifts_that_are_not_worked_cover_nothing() -> None:
    lost = [
        shift(name, "Kitchen", FRIDAY, 17, 18, status=status)
        for name, status in (("Ada", "declined"), ("Ben", "cancelled"))
    ]
    assert cover_of(week_of(lost)) == ()


def test_on_the_night_of_a_clock_change_each_quarter_hour_counts_once() -> None:
    saturday = dt.date(2026, 10, 24)
    week = week_of([shift("Ada", "Bar", saturday, 22, 28)], first_day=saturday - dt.timedelta(days=5))
    cover = cover_of(week)
    assert len({each.starts_at.astimezone(dt.UTC) for each in cover}) == len(cover) == 7 * 4


def test_people_are_listed_by_the_role_in_which_they_work_most() -> None:
    shifts = [
        shift("Ada", "Kitchen", FRIDAY, 10, 18),
        shift("Ada", "Bar", MONDAY, 10, 12),
        shift("Ben", "Bar", MONDAY, 10, 12),
    ]
    groups = week_of(shifts, also=["Zoë"]).people_by_role()
    assert groups == [("Bar", [person_id("Ben")]), ("Kitchen", [person_id("Ada")]), ("", [person_id("Zoë")])]


def test_marks_of_roles_are_short_and_differ() -> None:
    assert role_marks(["Kitchen", "Service"]) == {"Kitchen": "K", "Service": "S"}
    assert role_marks(["Dishes", "Delivery"]) == {"Delivery": "De", "Dishes": "Di"}
    assert role_marks(["Bar", "Bar terrace"]) == {"Bar": "B", "Bar terrace": "BT"}
    assert role_marks(["Cook 1", "Cook 2", "cook 2"]) == {"Cook 1": "C1", "Cook 2": "C2", "cook 2": "C3"}


def test_a_gap_is_two_plain_sentences() -> None:
    other = relaxation("max_hours", 120.0, 1200.0, who="Ben Reis", extra_cost=-4.0)
    assert sentences(gap(relaxations=[*gap()["relaxations"], other])) == (
        "Friday 4 Dec 19:00-20:00: 1 head of Kitchen is missing. It would be covered if Ada Kok worked 17:00-22:00 "
        "with 9 instead of 11 hours of rest (18.50 EUR more than leaving it), or if Ben Reis worked 17:00-22:00, "
        "2 hours above the maximum of 20 hours (4.00 EUR less than leaving it); one more person in Kitchen would "
        "cover 4 hours of the week."
    )


def test_a_gap_that_nothing_covers_says_why() -> None:
    assert "Nobody else was found who can work in Kitchen then" in sentences(gap(relaxations=[]))
    costly = gap(relaxations=[], one_more={"minutes": 0, "extra_cost": 0.0})
    assert sentences(costly).endswith("Covering it would cost more than leaving it.")


def test_a_part_that_is_covered_is_named() -> None:
    half = relaxation("rest", 9.0, 11.0, covers=gap()["relaxations"][0]["covers"][2:])
    assert "Part of it (19:30-20:00) would be covered if" in sentences(gap(relaxations=[half]))
    assert "up to 2 heads of Kitchen are missing" in sentences(gap(heads=2))
    assert "2 heads of Kitchen are missing. One of them" in sentences(gap(heads=2, fewest_heads=2))


def test_a_shift_on_another_day_or_in_another_role_says_so() -> None:
    night = {"role": "Bar", "starts_at": at(FRIDAY, -6).isoformat(), "ends_at": at(FRIDAY, 1).isoformat()}
    assert "worked Thursday 18:00-01:00 in Bar" in sentences(gap(relaxations=[relaxation("rest", 9, 11, shift=night)]))


@pytest.mark.parametrize("rule", sorted({*KNOWN_RULES, *OF_ONE_SHIFT, "max_hours", PRICE}))
@pytest.mark.parametrize("limit", [None, 3.0])
def test_every_rule_has_wording(rule: str, limit: float | None) -> None:
    assert rule in WORDING
    for shift_changes in ({}, {"shift": None}):
        text = sentences(gap(relaxations=[relaxation(rule, 1.0, limit, **shift_changes)]))
        assert "{" not in text and "None" not in text and "rule '" not in text


def test_a_gap_for_which_no_time_was_left_says_so() -> None:
    assert "were not examined" in sentences(gap(relaxations=[], one_more=None, is_examined=False))


def test_one_more_person_is_named_once_for_a_role() -> None:
    week = week_of([], also=["Ada Kok"], gaps=[gap(), gap(starts_at=at(MONDAY, 19).isoformat())])
    paragraphs = week_sentences(week)
    assert [paragraph.split(" ")[0] for paragraph in paragraphs] == ["Monday", "Friday"]
    assert ["one more person" in paragraph for paragraph in paragraphs] == [True, False]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (gaps_of.gap_by_hours, "above the maximum of 16 hours"),
        (gaps_of.gap_by_rest, "instead of 13 hours of rest"),
        (gaps_of.gap_by_days_in_a_row, "3 days in a row instead of at most 2"),
        (gaps_of.gap_by_notice, "at less than 48 hours of notice"),
        (gaps_of.gap_by_skills, "after training for Service"),
        (gaps_of.gap_by_availability, "outside of the hours given as available"),
    ],
)
def test_gaps_of_a_plan_become_values_for_json_and_sentences(build, words: str) -> None:
    problem: RosterProblem = build()
    roster = plan(problem)
    more = {each.role: each for each in ask_for_one_more(problem, roster, lambda: 0.0, 60.0)}
    found = explain_gaps(problem, roster, lambda: 0.0, 60.0)
    values = [json.loads(json.dumps(gap_values(each, more.get("Service"), problem))) for each in found]
    minutes = sum(each.heads * each.minutes for each in roster.uncovered)
    assert sum(each["minutes_uncovered"] for each in values) == minutes > 0
    assert any(words in " ".join(gap_sentences(each, {}, problem.zone, "EUR")) for each in values)


def test_a_gap_has_the_values_of_one_more_person() -> None:
    problem = gaps_of.gap_by_hours()
    found = explain_gaps(problem, plan(problem), lambda: 0.0, 60.0)[0]
    assert gap_values(found, OneMore("Service", 240, -80.0), problem)["one_more"] == {
        "minutes": 240,
        "extra_cost": -80.0,
    }
