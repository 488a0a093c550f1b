"""Problems that are built from what is stored."""

import datetime as dt
from dataclasses import replace

import pytest

from flux_pipeline.rosters._mistakes import find_mistakes
from flux_pipeline.rosters.inputs.assemble import build_problem, settled_moment
from flux_pipeline.rosters.inputs.country_rules import country_rules
from flux_pipeline.rosters.inputs.material import (
    DatedException,
    Material,
    NeededHeads,
    PersonMaterial,
    RoleMaterial,
    StoredShift,
    TemplateMaterial,
    Window,
)
from flux_pipeline.rosters.problem import Availability, Employee, ShiftStatus
from flux_pipeline.rosters.rules import Rule, choose_rules
from flux_pipeline.rosters.settings import OwnRule, RosterSettings

MONDAY = dt.date(2026, 3, 23)
SETTINGS = RosterSettings()
ADA = PersonMaterial("ada", "Kitchen", 18.0, 0, 40)


def moment(day: int, hour: float) -> dt.datetime:
    """Return an instant of the week in Berlin, whose clocks change on its Sunday; hours count from midnight."""
    wall = dt.datetime.combine(MONDAY, dt.time()) + dt.timedelta(days=day, hours=hour)
    offset = dt.timedelta(hours=2 if wall >= dt.datetime(2026, 3, 29, 3) else 1)
    return (wall - offset).replace(tzinfo=dt.UTC)


def needed(day: int, first: int, last: int, role: str = "Kitchen", heads: int = 1) -> tuple[NeededHeads, ...]:
    date = MONDAY + dt.timedelta(days=day)
    return tuple(NeededHeads(role, date, moment(day, hour), 60, heads) for hour in range(first, last))


def shift(status: str, day: int = 0, employee: str = "ada", hours: tuple[float, float] = (10, 18)) -> StoredShift:
    starts, ends = (moment(day, hour) for hour in hours)
    return StoredShift(f"{status}{day}", employee, "Kitchen", MONDAY + dt.timedelta(days=day), starts, ends, status)


def material(**values: object) -> Material:
    base = Material(
        first_day=MONDAY,
        days=7,
        timezone="Europe/Berlin",
        cutoff=dt.time(4),
        planned_at=moment(-4, 12),
        forecast_as_of=MONDAY - dt.timedelta(days=5),
        may_move=True,
        roles=(RoleMaterial("Bar", hourly_cost=15.0), RoleMaterial("Kitchen", ("Grill",), 20.0)),
        people=(ADA,),
        templates=(),
        shifts=(),
        needed=needed(0, 10, 22),
        rules=(),
    )
    return replace(base, **values)  # type: ignore[arg-type]


def employee(person: PersonMaterial, **values: object) -> Employee:
    return build_problem(material(people=(person,), **values), SETTINGS).employees[0]


def test_a_skill_named_like_a_role_lets_a_person_work_in_it_too() -> None:
    found = employee(replace(ADA, skills=("bar", "Grill")))
    assert found.roles == ("Kitchen", "Bar") and found.skills == {"bar", "grill"}


def test_a_person_without_a_rate_costs_what_their_role_does() -> None:
    assert employee(replace(ADA, hourly_rate=None)).hourly_rate == 20.0


def test_a_rate_of_zero_is_named_before_planning() -> None:
    [mistake] = find_mistakes(build_problem(material(people=(replace(ADA, hourly_rate=0.0),)), SETTINGS))
    assert "hourly rate of 0" in mistake


def test_a_person_whose_role_is_not_rostered_any_more_is_named() -> None:
    [mistake] = find_mistakes(build_problem(material(people=(replace(ADA, role="Phone"),)), SETTINGS))
    assert "has no role" in mistake


def test_a_person_without_weekly_times_can_work_at_any_time() -> None:
    assert len(employee(ADA).availability) == 7


def test_a_time_that_a_person_excludes_is_cut_out_of_the_week() -> None:
    windows = (Window(0, dt.time(8), dt.time(16)), Window(0, dt.time(12), dt.time(13), "unavailable"))
    found = employee(replace(ADA, windows=windows)).availability
    assert found == (Availability(0, dt.time(8), dt.time(12)), Availability(0, dt.time(13), dt.time(16)))


def test_a_night_that_a_person_excludes_is_cut_out_across_the_end_of_the_week() -> None:
    found = employee(replace(ADA, windows=(Window(6, dt.time(22), dt.time(6), "unavailable"),))).availability
    assert Availability(0, dt.time(6), dt.time(0)) in found
    assert Availability(6, dt.time(0), dt.time(22)) in found
    assert len(found) == 7


def test_exceptions_are_on_the_wall_clock() -> None:
    away = DatedException(moment(6, 1), moment(6, 12))
    [found] = employee(replace(ADA, exceptions=(away,))).exceptions
    assert (found.starts.hour, found.ends.hour) == (1, 12)


def test_nobody_is_asked_again_for_a_shift_that_they_declined() -> None:
    [found] = employee(ADA, shifts=(shift("declined"),)).exceptions
    assert not found.is_available and (found.starts.hour, found.ends.hour) == (10, 18)


def test_hours_lost_to_a_sick_day_count_as_worked() -> None:
    lost = replace(shift("cancelled"), ended_because="absent")
    found = employee(replace(ADA, min_hours=20, contract_hours=30), shifts=(lost,))
    assert (found.min_minutes, found.max_minutes, found.contract_minutes) == (12 * 60, 32 * 60, 22 * 60)


def test_hours_become_quarters_so_that_a_break_uncovers_no_whole_hour() -> None:
    assert len(build_problem(material(), SETTINGS).demand) == 12 * 4


def test_what_has_begun_is_neither_needed_nor_changed() -> None:
    problem = build_problem(material(planned_at=moment(0, 12), shifts=(shift("published"),)), SETTINGS)
    assert min(each.starts_at for each in problem.demand) == moment(0, 12)
    assert problem.kept[0].status == ShiftStatus.CONFIRMED


def test_a_draft_that_has_begun_is_kept_and_one_ahead_is_planned_again() -> None:
    shifts = (shift("draft"), shift("draft", 3))
    [kept] = build_problem(material(planned_at=moment(0, 12), shifts=shifts), SETTINGS).kept
    assert (kept.starts_at, kept.status) == (moment(0, 10), ShiftStatus.CONFIRMED)


def test_published_shifts_stay_where_they_may_not_move() -> None:
    problem = build_problem(material(may_move=False, shifts=(shift("published"),)), SETTINGS)
    assert problem.kept[0].status == ShiftStatus.CONFIRMED


def test_a_published_shift_in_an_absence_is_not_kept_where_it_may_move() -> None:
    away = replace(ADA, exceptions=(DatedException(moment(0, 0), moment(1, 0)),))
    shifts = (shift("published"), shift("published", 1), shift("confirmed", 0, hours=(20, 22)))
    kept = build_problem(material(people=(away,), shifts=shifts), SETTINGS).kept
    assert [each.starts_at for each in kept] == [moment(1, 10), moment(0, 20)]
    fixed = build_problem(material(people=(away,), shifts=shifts, may_move=False), SETTINGS).kept
    assert len(fixed) == 3


def test_a_holiday_counts_for_the_fewest_hours() -> None:
    windows = tuple(Window(day, dt.time(10), dt.time(18)) for day in range(5))
    away = (DatedException(moment(0, 0), moment(2, 0)),)
    assert employee(replace(ADA, min_hours=30, windows=windows, exceptions=away)).min_minutes == 18 * 60


def test_drafts_of_the_week_before_count_for_rest_and_not_for_fairness() -> None:
    [found] = build_problem(material(shifts=(shift("draft", -1, hours=(14, 22)),)), SETTINGS).employees
    assert found.last_shift_ended_at == moment(-1, 22)
    assert (found.weekends_before, found.closings_before, found.days_in_a_row_before) == (0, 0, 1)


def test_work_in_another_role_than_their_own_weighs_a_little() -> None:
    wishes = build_problem(material(people=(replace(ADA, skills=("Bar",)),)), SETTINGS).wishes
    assert {(wish.role, wish.to_work) for wish in wishes} == {("Bar", False)} and len(wishes) == 7
    # A third of a day in the bar costs half an hour's pay.
    assert wishes[0].weight / 3 == 9.0


def test_a_week_under_way_asks_for_no_more_than_its_other_days_can_add() -> None:
    person = replace(ADA, min_hours=35)
    assert employee(person, planned_at=moment(5, 8)).min_minutes == 10 * 60
    assert employee(person, planned_at=moment(5, 8), shifts=(shift("published"),)).min_minutes == 18 * 60


def test_preferred_times_are_wishes_of_their_weekday() -> None:
    windows = (Window(2, dt.time(18), dt.time(2), "preferred"),)
    [wish] = build_problem(material(people=(replace(ADA, windows=windows),)), SETTINGS).wishes
    assert (wish.starts_at, wish.ends_at) == (moment(2, 18), moment(3, 2))
    assert wish.to_work and wish.weight == 9.0


def test_free_shifts_begin_and_end_with_the_heads_needed() -> None:
    problem = build_problem(material(needed=needed(0, 10, 22)), SETTINGS)
    kitchen = [each for each in problem.templates if each.role == "Kitchen"]
    latest = {each.minutes[0]: max(each.starts) for each in kitchen}
    assert latest[240] == dt.time(18) and latest[540] == dt.time(13)
    assert all(each.weekdays == {0} and min(each.starts) == dt.time(10) for each in kitchen)


def test_a_day_shorter_than_a_length_has_a_shift_that_covers_all_of_it() -> None:
    problem = build_problem(material(needed=needed(0, 18, 22) + needed(0, 17, 18)[:1]), SETTINGS)
    assert {each.minutes[0]: each.starts for each in problem.templates} == {
        240: (dt.time(17), dt.time(18)),
        300: (dt.time(17),),
    }


def test_a_free_shift_after_midnight_begins_on_the_next_weekday() -> None:
    problem = build_problem(material(needed=needed(4, 20, 30)), SETTINGS)
    late = {each.weekdays for each in problem.templates if dt.time(2) in each.starts}
    assert late == {frozenset({5})}


def test_a_role_with_templates_has_no_free_shifts() -> None:
    template = TemplateMaterial("Late", "Kitchen", dt.time(17), dt.time(1), (4, 5))
    [found] = build_problem(material(templates=(template,)), SETTINGS).templates
    assert (found.starts, found.minutes, found.weekdays) == ((dt.time(17),), (480,), {4, 5})


def test_what_people_worked_before_is_counted() -> None:
    days = (-9, -8, -3, -2, -1)
    worked = (*(shift("confirmed", day) for day in days), shift("confirmed", -2, "ben", (14, 22)))
    ben = replace(ADA, id="ben")
    found = build_problem(material(people=(ADA, ben), shifts=worked), SETTINGS).employees
    assert [each.weekends_before for each in found] == [2, 1]
    # Ben closed on the Saturday on which Ada left earlier.
    assert [each.closings_before for each in found] == [4, 1]
    assert [each.days_in_a_row_before for each in found] == [3, 0]
    assert found[0].last_shift_ended_at == moment(-1, 18)


def test_the_moment_of_planning_counts_only_where_it_matters() -> None:
    first, rules = moment(0, 4), [Rule("notice", {"hours": 72.0})]
    early = {settled_moment(moment(-5, hour), first, rules) for hour in (8, 9, 20)}
    assert early == {moment(-3, 4)}
    assert settled_moment(moment(-2, 8.1), first, rules) == moment(-2, 8)


@pytest.mark.parametrize(
    ("country", "rest", "breaks"),
    [("DE", 11, [(360, 30), (570, 45)]), ("ES", 12, [(360, 15)]), ("BR", 11, [(360, 30)])],
)
def test_a_country_has_its_own_rules_and_those_of_all_others(
    country: str, rest: float, breaks: list[tuple[float, float]]
) -> None:
    found = choose_rules(country_rules(), country, "corner")
    assert [rule.parameters["hours"] for rule in found if rule.name == "rest"] == [rest]
    pauses = [(rule.parameters["after_minutes"], rule.parameters["minutes"]) for rule in found if rule.name == "break"]
    assert pauses == breaks


def test_an_unknown_rule_is_refused_when_it_is_set() -> None:
    with pytest.raises(ValueError, match=r"Unknown rule 'siesta'\. Choose one of: break"):
        RosterSettings(roster_rules=(OwnRule(name="siesta", parameters={"hours": 2}),))


def test_lengths_of_free_shifts_are_quarter_hours() -> None:
    with pytest.raises(ValueError, match=r"4\.1 hours; expected 1 to 16 in quarters"):
        RosterSettings(roster_shift_hours=(4.1,))
