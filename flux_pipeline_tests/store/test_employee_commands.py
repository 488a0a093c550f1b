"""`flux employees`: people with their hours and times, absences that are noted and taken back, and skills."""

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest

from flux_pipeline.store.door import Store
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.staff._words import Weekly, exception_in_words, week_in_words
from flux_pipeline.store.staff.exceptions import Dated, Days
from flux_pipeline_tests.store.commands import flux, output_of, refused
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

PEOPLE = (
    "name,role,skills,hourly_rate,min hours,max hours,contract hours,active\n"
    "Ada Kok,Kitchen,Grill,18.50,32,40,38,yes\nBen Li,Service,Kitchen,,,,,yes\nCy Noe,Service,,,,,,no\n"
)
TODAY = dt.datetime.now(dt.UTC).date()


def ahead(days: int) -> dt.date:
    return TODAY + dt.timedelta(days=days)


def said(day: dt.date) -> str:
    return f"{day.day} {day:%b}"


def hire(store: Store) -> None:
    bistro = store.restaurant("bistro")
    hand_in_kind(store, bistro, "employees", PEOPLE)
    times = "employee,day_of_week,start_time,end_time\nAda Kok,Mon-Fri,07:00,15:00\n"
    hand_in_kind(store, bistro, "availability", times)


BEGINNINGS = {"bistro": hire}


@pytest.fixture(autouse=True)
def people(bistro: Restaurant) -> None:
    """The people of `hire`, in every test."""


def acts(store: Store) -> list[tuple[str, str]]:
    with store.fleet() as fleet:
        return [(act.action, act.subject) for act in list_acts(fleet) if act.action.startswith("employees.")]


def test_people_are_listed_with_their_hours_and_times_but_those_who_left_only_when_asked() -> None:
    lines = output_of("employees", "list", "--restaurant", "bistro").splitlines()
    ada = next(line for line in lines if "Ada Kok" in line)
    assert ada.split() == ["Ada", "Kok", "Kitchen", "32", "38", "40", "18.50", "Mon-Fri", "07:00-15:00"]
    ben = next(line for line in lines if "Ben Li" in line)
    assert ben.split() == ["Ben", "Li", "Service", "Kitchen", "0", "40", "any", "time"]
    assert not any("Cy Noe" in line for line in lines)
    assert "Cy Noe (left)" in output_of("employees", "list", "--all", "--restaurant", "bistro")


def test_people_are_listed_for_programs() -> None:
    found = json.loads(output_of("employees", "list", "--json", "--restaurant", "bistro"))
    assert [(row["name"], row["other_roles"]) for row in found] == [("Ada Kok", ""), ("Ben Li", "Kitchen")]
    csv = output_of("employees", "list", "--csv", "--restaurant", "bistro").splitlines()
    assert csv[0].startswith("name,role,other_roles,min_weekly_hours,contract_weekly_hours") and len(csv) == 3


def test_a_restaurant_without_people_is_answered_with_what_to_load(cafe: Restaurant) -> None:
    assert "Nobody works at cafe yet." in output_of("employees", "list", "--restaurant", "cafe")
    assert output_of("employees", "list", "--json", "--restaurant", "cafe").strip() == "[]"


def test_an_absence_is_noted_shown_and_partly_taken_back(store: Store) -> None:
    first, last = ahead(10), ahead(17)
    words = ("employees", "away", "ada kok", "--from", first, "--until", last, "--reason", "holiday")
    assert output_of(*words, "--restaurant", "bistro") == f"Ada Kok is noted as away from {first} until {last}.\n"
    assert "was already noted" in output_of(*words, "--restaurant", "bistro")
    output_of("employees", "away", "ada kok", "--from", ahead(12), "--reason", "sick", "--restaurant", "bistro")
    output_of("employees", "back", "ada kok", "--from", ahead(15), "--restaurant", "bistro")
    shown = output_of("employees", "show", "ada kok", "--restaurant", "bistro")
    assert f"Off {said(ahead(12))} (sick)" in shown
    assert "not away" in output_of("employees", "back", "ada kok", "--from", ahead(15), "--restaurant", "bistro")
    spans = [(each, "Ada Kok") for each in ("employees.back", "employees.away", "employees.away")]
    assert acts(store) == spans
    output_of("employees", "back", "ada kok", "--from", TODAY, "--until", ahead(30), "--restaurant", "bistro")
    assert "Off" not in output_of("employees", "show", "ada kok", "--restaurant", "bistro")


def test_a_later_absence_stays_when_an_earlier_one_is_taken_back(store: Store, bistro: Restaurant) -> None:
    for day in (5, 6, 20):
        output_of("employees", "away", "Ben Li", "--from", ahead(day), "--restaurant", "bistro")
    output_of("employees", "back", "Ben Li", "--from", ahead(6), "--restaurant", "bistro")
    query = "SELECT (starts_at AT TIME ZONE 'Europe/Paris')::date FROM availability_exceptions ORDER BY 1"
    assert ask(store, bistro, query) == [(ahead(5),), (ahead(20),)]


def test_a_skill_is_given_changed_and_taken_away(store: Store) -> None:
    words = ("employees", "skill", "ben li", "grill")
    assert output_of(*words, "--level", 3, "--restaurant", "bistro") == "Ben Li has the skill 'grill'.\n"
    assert "already had" in output_of(*words, "--restaurant", "bistro")
    assert "Skills: Grill 3, Kitchen 1" in output_of("employees", "show", "ben li", "--restaurant", "bistro")
    assert output_of(*words, "--remove", "--restaurant", "bistro") == "Ben Li no longer has the skill 'grill'.\n"
    assert "expected one of: Kitchen" in refused(*words, "--remove", "--restaurant", "bistro")
    assert acts(store) == [("employees.skill", "Ben Li")] * 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "Adda Kok"), "Did you mean 'Ada Kok'?"),
        (("away", "Dora", "--from", "2026-12-24"), "Nobody at bistro is called 'Dora'"),
        (("away", "Ada Kok", "--from", "24.12."), "not a date"),
        (("away", "Ada Kok", "--from", "2026-12-24", "--until", "2026-12-23"), "before --from 2026-12-24"),
        (("away", "Ada Kok", "--from", "2026-12-24", "--from-time", "9am"), "not a time"),
    ],
)
def test_what_is_mistyped_is_refused_with_what_is_expected(words: tuple[str, ...], message: str) -> None:
    assert message in refused("employees", *words, "--restaurant", "bistro")


def test_a_level_and_a_removal_exclude_each_other_and_a_level_has_bounds() -> None:
    for more in (("--level", 3, "--remove"), ("--level", 6)):
        assert flux("employees", "skill", "Ada Kok", "Grill", *more, "--restaurant", "bistro").exit_code == 2


def test_weekly_times_are_put_in_few_words() -> None:
    def times(days: str, start: int, end: int, preference: str = "available") -> list[Weekly]:
        return [Weekly(int(day), dt.time(start), dt.time(end), preference) for day in days]

    assert week_in_words([]) == "any time"
    assert week_in_words(times("01234", 7, 15)) == "Mon-Fri 07:00-15:00"
    assert week_in_words(times("024", 7, 15) + times("56", 0, 0)) == "Mon, Wed, Fri 07:00-15:00; Sat, Sun all day"
    assert week_in_words(times("0", 7, 11) + times("0", 18, 23)) == "Mon 07:00-11:00 18:00-23:00"
    assert week_in_words(times("6", 0, 0, "unavailable")) == "any time but not Sun"


@pytest.mark.parametrize(
    ("days", "available", "reason", "words"),
    [
        (("2026-12-24", "2026-12-31", None, None), False, "holiday", "off 24-31 Dec (holiday)"),
        (("2026-12-24", "2027-01-02", None, None), False, "other", "off 24 Dec-2 Jan"),
        (("2026-12-24", "2026-12-24", "09:00", "13:00"), False, "sick", "off 24 Dec 09:00-13:00 (sick)"),
        (("2026-12-24", "2026-12-24", "18:00", "02:00"), True, "other", "also 24 Dec 18:00-02:00"),
        (("2026-12-24", "2026-12-26", "18:00", "12:00"), False, "other", "off 24 Dec 18:00-26 Dec 12:00"),
    ],
)
def test_an_exception_is_put_in_few_words(
    days: tuple[str, str, str | None, str | None], available: bool, reason: str, words: str
) -> None:
    first, last, *times = days
    start, end = (None if time is None else dt.time.fromisoformat(time) for time in times)
    instants = Days(dt.date.fromisoformat(first), dt.date.fromisoformat(last), start, end).instants("Europe/Paris")
    assert exception_in_words(Dated(*instants, available, reason), ZoneInfo("Europe/Paris")) == words
