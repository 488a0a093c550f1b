"""People found by name or address, and what files of skills, availability and shift templates store of them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.staff.exceptions import set_exception
from flux_pipeline.store.staff.people import find_employee
from flux_pipeline.store.staff.skills import employee_skills
from flux_pipeline.store.uploads.registry import Upload
from flux_pipeline_tests.store.handing_in import ask, hand_in_kind

PEOPLE = (
    "name,role,email\nAda Kok,Kitchen,ada@x.org\nBen Li,Service,li@x.org\n"
    "Ben Li,Kitchen,ben@x.org\nChloé Noe,Service,\n"
)
WEEKLY = "employee,day_of_week,start_time,end_time,preference\n"
DATED = "employee,date,last_date,start_time,end_time,preference,reason\n"
TIMES = """
SELECT e.name, day_of_week, start_time::text, end_time::text, preference
FROM employee_availability a JOIN employees e ON e.id = a.employee_id ORDER BY 1, 2, 3
"""
EXCEPTIONS = """
SELECT e.name, x.starts_at, x.ends_at, x.is_available, x.reason
FROM availability_exceptions x JOIN employees e ON e.id = x.employee_id ORDER BY 1, 2
"""
TEMPLATES = """
SELECT r.name, t.name, start_time::text, end_time::text, days
FROM shift_templates t JOIN employee_roles r ON r.id = t.employee_role_id ORDER BY 1, 2
"""
PARIS = ZoneInfo("Europe/Paris")


def hire(store: Store) -> None:
    assert hand_in_kind(store, store.restaurant("bistro"), "employees", PEOPLE).accounting.loaded == 4


BEGINNINGS = {"bistro": hire}


@pytest.fixture(autouse=True)
def people(bistro: Restaurant) -> None:
    """The people of `hire`, in every test."""


def load(store: Store, restaurant: Restaurant, kind: str, content: str) -> Upload:
    """Load a file, which must succeed, and again under another name with a blank line, which must change nothing."""
    upload = hand_in_kind(store, restaurant, kind, content)
    assert upload.error is None
    tables = [ask(store, restaurant, query) for query in (TIMES, EXCEPTIONS, TEMPLATES)]
    again = hand_in_kind(store, restaurant, kind, f"{content}\n")
    assert (again.accounting.loaded, again.accounting.rejected) == (0, 0)
    assert tables == [ask(store, restaurant, query) for query in (TIMES, EXCEPTIONS, TEMPLATES)]
    return upload


def refusal(store: Store, restaurant: Restaurant, kind: str, content: str) -> str:
    upload = hand_in_kind(store, restaurant, kind, content)
    assert upload.status == "failed" and upload.error is not None
    assert not {"Ada", "Ben", "Chloé", "Zoe", "ada@x.org"} & {*upload.error.replace("'", " ").split()}
    return upload.error


def skills_of(store: Store, restaurant: Restaurant, name: str) -> dict[str, int]:
    with store.tenant(restaurant) as tx:
        return employee_skills(tx).get(find_employee(tx, name).id, {})


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize("text", ["Ada Kok", "ADA  KOK", "ada@X.org", " ada@x.org "])
def test_a_person_is_found_by_name_or_address(store: Store, bistro: Restaurant, text: str) -> None:
    with store.tenant(bistro) as tx:
        assert find_employee(tx, text).name == "Ada Kok"
        assert find_employee(tx, "chloe noe").name == "Chloé Noe"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ada", r"Nobody at bistro is called 'Ada' .* Did you mean 'Ada Kok'\? `flux employees list"),
        ("Chloe Noee", "Did you mean 'Chloé Noe'"),
        (
            "ben li",
            "2 people at bistro are called 'ben li'; expected an email .*: li@x.org, ben@x.org|ben@x.org, li@x.org",
        ),
    ],
)
def test_an_unknown_or_ambiguous_person_is_answered_with_what_to_type(
    store: Store, bistro: Restaurant, text: str, message: str
) -> None:
    with store.tenant(bistro) as tx, pytest.raises(PermanentError, match=message):
        find_employee(tx, text)


@pytest.mark.parametrize("kind", ["skills", "availability"])
def test_a_file_with_unknown_or_ambiguous_people_is_refused_with_their_lines_and_nothing_is_lost(
    store: Store, bistro: Restaurant, kind: str
) -> None:
    head = {"skills": "employee,skill\n", "availability": "employee,day_of_week\n"}[kind]
    error = refusal(store, bistro, kind, f"{head}Ada Kok,Mon\nZoe,Mon\nAda Kok,Tue\nZoe,Tue\n")
    assert error.startswith("Lines 3, 5: nobody here has this name or address; expected people of a file of employees.")
    assert "--kind employees" in error
    error = refusal(store, bistro, kind, f"{head}Ada Kok,Mon\nBen Li,Mon\n")
    assert "Line 3: 2 people have this name; expected an email address that identifies one." in error
    assert load(store, bistro, kind, f"{head}Ada Kok,Mon\nben@x.org,Mon\n").accounting.loaded == 2


def test_skills_are_added_with_their_levels_and_a_role_keeps_its_spelling(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, "skills", 'employee,skill,level\nAda Kok,"Grill, Till",3\nada@x.org,service,\n')
    assert skills_of(store, bistro, "Ada Kok") == {"Grill": 3, "Service": 1, "Till": 3}
    upload = load(store, bistro, "skills", "employee,skill,level\nAda Kok,GRILL,5\nAda Kok,Till,\nAda Kok,Bar,2\n")
    assert (upload.accounting.loaded, upload.accounting.reasons) == (2, {"already_loaded": 1})
    assert skills_of(store, bistro, "Ada Kok") == {"Bar": 2, "Grill": 5, "Service": 1, "Till": 3}
    assert ask(store, bistro, "SELECT count(*) FROM skills") == [(4,)]


def test_a_list_of_employees_brings_skills_and_other_roles(store: Store, bistro: Restaurant) -> None:
    file = 'name,positions,skills\nAda Kok,"Kitchen, service",Grill; Bar\nChloé Noe,Service,\n'
    assert load(store, bistro, "employees", file).accounting.loaded == 1
    assert skills_of(store, bistro, "Ada Kok") == {"Bar": 1, "Grill": 1, "Service": 1}
    error = refusal(store, bistro, "employees", 'name,positions\nAda Kok,"Kitchen, Valet"\n')
    assert "Line 2: unknown role 'Valet'; this restaurant has Kitchen, Service." in error


def test_weekly_lines_replace_the_weekly_times_of_their_people_only(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, "availability", f"{WEEKLY}Ada Kok,Mon-Tue,07:00,15:00,preferred\nChloe Noe,Sun,,,unavailable\n")
    load(store, bistro, "availability", f"{WEEKLY}ada@x.org,Tue,07:00,23:59,\nada@x.org,Sat,18:00,02:00,\n")
    assert ask(store, bistro, TIMES) == [
        ("Ada Kok", 1, "07:00:00", "00:00:00", "available"),
        ("Ada Kok", 5, "18:00:00", "02:00:00", "available"),
        ("Chloé Noe", 6, "00:00:00", "00:00:00", "unavailable"),
    ]


def test_dated_lines_are_instants_by_the_restaurants_clock_and_cut_earlier_ones(
    store: Store, bistro: Restaurant
) -> None:
    load(
        store,
        bistro,
        "availability",
        f"{DATED}Ada Kok,2026-03-28,2026-04-02,,,,holiday\nAda Kok,2026-05-01,,22:00,02:00,,\n",
    )
    load(store, bistro, "availability", f"{DATED}Ada Kok,2026-03-30,,09:00,13:00,available,\n")
    assert ask(store, bistro, EXCEPTIONS) == [
        ("Ada Kok", paris("2026-03-28"), paris("2026-03-30 09:00"), False, "holiday"),
        ("Ada Kok", paris("2026-03-30 09:00"), paris("2026-03-30 13:00"), True, "other"),
        ("Ada Kok", paris("2026-03-30 13:00"), paris("2026-04-03"), False, "holiday"),
        ("Ada Kok", paris("2026-05-01 22:00"), paris("2026-05-02 02:00"), False, "other"),
    ]


@pytest.mark.parametrize(
    ("lines", "spans"),
    [
        ("2026-12-24,,,\nAda Kok,2026-12-25,2026-12-26,,", [("2026-12-24", "2026-12-27")]),
        ("2026-12-24,2026-12-26,,\nAda Kok,2026-12-25,,,", [("2026-12-24", "2026-12-27")]),
        ("2026-12-24,2026-12-25,09:00,17:00", [("2026-12-24 09:00", "2026-12-25 17:00")]),
        ("2026-12-24,2026-12-25,00:00,23:59", [("2026-12-24", "2026-12-26")]),
        ("2026-03-29,,02:30,03:00", []),
    ],
    ids=["they touch", "they overlap", "one span", "by the minute", "an hour that the clocks skip"],
)
def test_exceptions_that_say_the_same_are_one(
    store: Store, bistro: Restaurant, lines: str, spans: list[tuple[str, str]]
) -> None:
    load(store, bistro, "availability", f"employee,date,last_date,start_time,end_time\nAda Kok,{lines}\n")
    found = [row[1:3] for row in ask(store, bistro, EXCEPTIONS)]
    assert found == [(paris(starts), paris(ends)) for starts, ends in spans]


def test_an_exception_that_is_stored_again_changes_nothing_and_an_empty_one_is_refused(
    store: Store, bistro: Restaurant
) -> None:
    with store.tenant(bistro) as tx:
        person = find_employee(tx, "Ada Kok").id
        assert set_exception(tx, person, paris("2026-03-28"), paris("2026-03-30"), reason="sick")
        assert not set_exception(tx, person, paris("2026-03-28"), paris("2026-03-29"), reason="sick")
        with pytest.raises(PermanentError, match="ends before or when it starts"):
            set_exception(tx, person, paris("2026-03-28"), paris("2026-03-28"))
    assert len(ask(store, bistro, EXCEPTIONS)) == 1


def test_weekly_times_are_refused_as_a_whole_if_a_line_is_wrong_and_dated_lines_are_not(
    store: Store, bistro: Restaurant
) -> None:
    with store.tenant(bistro) as tx:
        store_setting(tx, "upload_rejected_share", 0.5)
    error = refusal(store, bistro, "availability", f"{WEEKLY}Ada Kok,Mon,,,\nAda Kok,Mon,09:00,12:00,\n")
    assert error.startswith("1 of 2 rows can't be read, and weekly times are replaced as a whole. Line 3: The times")
    assert ask(store, bistro, TIMES) == []
    lines = "Ada Kok,2026-12-24,,,,,\nAda Kok,2026-12-26,2026-12-25,,,,\n"
    upload = hand_in_kind(store, bistro, "availability", DATED + lines)
    assert (upload.accounting.loaded, upload.accounting.rejected) == (1, 1)


def test_one_persons_times_under_two_spellings_may_not_overlap(store: Store, bistro: Restaurant) -> None:
    lines = "Ada Kok,Mon,09:00,17:00,\nada@x.org,Mon,16:00,18:00,\n"
    assert refusal(store, bistro, "availability", WEEKLY + lines).startswith("Line 3: the times overlap")
    lines = "Ada Kok,Mon,09:00,17:00,\nada@x.org,Mon,09:00,12:00,\n"
    upload = hand_in_kind(store, bistro, "availability", WEEKLY + lines)
    assert (upload.accounting.loaded, upload.accounting.reasons) == (1, {"repeated_row": 1})
    assert ask(store, bistro, TIMES) == [("Ada Kok", 0, "09:00:00", "12:00:00", "available")]


def test_a_file_replaces_the_shift_templates_of_its_roles(store: Store, bistro: Restaurant) -> None:
    head = "role,name,start_time,end_time,days\n"
    load(store, bistro, "shift_templates", f"{head}Kitchen,Early,07:00,15:00,Mon-Fri\nService,Late,17:00,01:00,\n")
    days = "kitchen,Early,07:00,15:00,Mon\nkitchen,Early,07:00,15:00,Tue\nkitchen,Early,08:00,16:00,Sat\n"
    assert load(store, bistro, "shift_templates", head + days).accounting.loaded == 3
    assert ask(store, bistro, TEMPLATES) == [
        ("Kitchen", "Early", "07:00:00", "15:00:00", [0, 1]),
        ("Kitchen", "Early 08:00-16:00", "08:00:00", "16:00:00", [5]),
        ("Service", "Late", "17:00:00", "01:00:00", list(range(7))),
    ]
    assert "unknown role 'Valet'" in refusal(store, bistro, "shift_templates", f"{head}Valet,Early,07:00,15:00,\n")


def test_people_of_one_restaurant_are_unknown_to_another(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    assert "nobody here" in refusal(store, cafe, "skills", "employee,skill\nAda Kok,Grill\n")


def test_grids_of_days_and_of_skills_are_loaded_as_people_keep_them(store: Store, bistro: Restaurant) -> None:
    grid = "Name,Phone,Mon,Tue,Wed\nAda Kok,555 0101,10-14; 18-23,off,\nChloé Noe,,x,,18:00-02:00\n"
    upload = load(store, bistro, "availability", grid)
    assert (upload.accounting.read, upload.accounting.loaded) == (4, 4)
    assert ask(store, bistro, TIMES) == [
        ("Ada Kok", 0, "10:00:00", "14:00:00", "available"),
        ("Ada Kok", 0, "18:00:00", "23:00:00", "available"),
        ("Ada Kok", 1, "00:00:00", "00:00:00", "unavailable"),
        ("Chloé Noe", 0, "00:00:00", "00:00:00", "available"),
        ("Chloé Noe", 2, "18:00:00", "02:00:00", "available"),
    ]
    load(store, bistro, "skills", "Name,Grill,Till\nAda Kok,4,x\nChloé Noe,,2\n")
    assert skills_of(store, bistro, "Ada Kok") == {"Grill": 4, "Till": 1}
