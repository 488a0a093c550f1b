"""Files of staff: days of the week in one cell, dated availability, skills, contract hours and shift templates."""

import datetime as dt

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.weekdays import weekdays_of
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload

WEEK = tuple(range(7))
WEEKLY = "employee,day_of_week,start_time,end_time,preference\n"
DATED = "employee,date,last_date,start_time,end_time,preference,reason,status\n"


def read(text: str, kind: str) -> ParsedUpload:
    return read_upload(text.encode(), kind=kind, place=Place("Europe/Berlin"))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        *[(text, (0, 1, 2, 3, 4)) for text in ("Mon-Fri", "Mo\u2013Fr", "Mo.-Fr.", "lun - ven", "monday to friday")],
        *[(text, (0, 1, 2, 3, 4)) for text in ("lunes a viernes", "Montag bis Freitag", "weekdays", "dni robocze")],
        *[(text, (5, 6)) for text in ("Sat, Sun", "Sa + So", "Week-End", "samedi et dimanche", "helg", "Sat/Sun")],
        *[
            (text, WEEK)
            for text in ("daily", "täglich", "todos los días", "tous les jours", "codziennie", "alla dagar")
        ],
        ("fri-mon", (0, 4, 5, 6)),
        ("Mon Wed Fri", (0, 2, 4)),
        ("Mon-Wed, weekend", (0, 1, 2, 5, 6)),
        ("segunda-feira - sexta-feira", (0, 1, 2, 3, 4)),
        ("월요일", (0,)),
        *[(text, None) for text in ("", "1", "mon-", "often", "mon-fri-sun", "Mon, Feiertag")],
    ],
)
def test_days_of_the_week_are_read_as_people_list_them(text: str, days: tuple[int, ...] | None) -> None:
    assert weekdays_of(text) == days


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("Ada,2026-12-24,2026-12-31,,,,Urlaub,genehmigt", {}),
        ("Ada,2026-12-24,,09:00,13:00,,,", {}),
        ("Ada,2026-12-24,2026-12-25,17:00,17:00,,,", {}),
        ("Ada,2026-12-24,,,,,holiday,pending", {"not_approved": 1}),
        ("Ada,2026-12-24,,,,,holiday,Denied", {"not_approved": 1}),
        ("Ada,,,,,,,", {"missing_day": 1}),
        ("Ada,,2026-12-24,,,,,", {"missing_date": 1}),
        ("Ada,2026-12-24,2026-12-23,,,,,", {"ends_before_start": 1}),
        ("Ada,soon,,,,,,", {"bad_date": 1}),
        ("Ada,2026-12-24,,09:00,,,,", {"missing_time": 1}),
        ("Ada,2026-12-24,2026-12-24,17:00,17:00,,,", {"no_time_between": 1}),
        ("Ada,2026-12-24,,,,rather not,,", {"bad_preference": 1}),
        ("Ada,2026-12-24,,,,,,perhaps", {"bad_status": 1}),
    ],
)
def test_a_dated_row_is_checked_and_only_an_approved_request_counts(line: str, reasons: dict[str, int]) -> None:
    assert read(f"{DATED}{line}\nBen,2026-12-13,,,,,,\n", "availability").reasons == reasons


def test_a_dated_row_is_an_absence_unless_it_says_otherwise_and_words_about_health_are_not_kept() -> None:
    rows = read(
        f"{DATED}Ada,2026-12-24,,,,,,\nBen,2026-12-24,,,,available,,\nCy,2026-12-24,,,,,Krankmeldung,\n"
        "Di,2026-12-24,,,,,broken leg,\n",
        "availability",
    ).rows
    assert list(rows.preference) == ["unavailable", "available", "unavailable", "unavailable"]
    assert list(rows.reason) == ["other", "other", "sick", "other"]


def test_a_date_with_its_own_day_of_the_week_is_a_date_and_with_another_day_a_mistake() -> None:
    head = "Name,Date,Day,Start,End\n"
    parsed = read(f"{head}Ada,2026-05-13,Wed,9am,5pm\nBen,2026-05-14,Fri,9am,5pm\n", "availability")
    assert list(parsed.rows.day_of_week) == [None]
    assert parsed.reasons == {"two_days": 1}
    assert "('Fri') and a date of another day" in parsed.rejected.message[0]


@pytest.mark.parametrize(
    ("lines", "bad"),
    [
        ("Ada,Mon,09:00,17:00,\nAda,Mon,16:00,18:00,\n", [3]),
        ("Ada,Mon,09:00,17:00,\nADA,Mon-Fri,16:00,18:00,unavailable\nBen,Mon,16:00,18:00,\n", [3]),
        ("Ada,Sun,22:00,02:00,\nAda,Mon,01:00,03:00,\n", [3]),
        ("Ada,Mon,,,\nAda,Mon,09:00,12:00,preferred\n", [3]),
        ("Ada,Mon,09:00,17:00,\nAda,Mon,17:00,18:00,\nAda,Tue,09:00,17:00,\n", []),
        ("Ada,Mon,09:00,17:00,\nAda,Mon,09:00,12:00,\n", []),
        ("Ada,Mon,09:00,,\nAda,Mon,10:00,12:00,\n", [2]),
    ],
    ids=["a day", "days and spellings", "over midnight", "the whole day", "they touch", "repeated", "no time"],
)
def test_weekly_times_that_overlap_earlier_ones_of_the_person_are_rejected(lines: str, bad: list[int]) -> None:
    parsed = read(WEEKLY + lines, "availability")
    assert list(parsed.rejected.line_number) == bad


@pytest.mark.parametrize(
    ("content", "first", "last", "start", "end"),
    [
        ("Employee,Start,End,Type\nAda,2026-05-13 09:00,2026-05-14 13:00,PTO\n", 13, 14, dt.time(9), dt.time(13)),
        ("Employee,Start,End,Type\nAda,2026-05-13 00:00,2026-05-14 23:59,PTO\n", 13, 14, dt.time(0), dt.time(23, 59)),
        (
            "Employee,Start,End,Type\nAda,2026-05-13T07:00:00Z,2026-05-14T22:30:00Z,PTO\n",
            *(13, 15, dt.time(9), dt.time(0, 30)),
        ),
        ("Mitarbeiter;von;bis;Grund\nAda;13.05.2026;14.05.2026;Urlaub\n", 13, 14, None, None),
        (
            "emp_name,leave_type,date_from,date_to,status\nAda,Vacation,2026-05-13,2026-05-14,approved\n",
            13,
            14,
            None,
            None,
        ),
        ("employee_name,day,start_time,end_time\nAda,2026-05-13,12:00,18:00\n", 13, None, dt.time(12), dt.time(18)),
        ("Nom;Date de début;Date de fin;Motif\nAda;13/05/2026;14/05/2026;Congés payés\n", 13, 14, None, None),
    ],
    ids=["days with times", "whole days by the minute", "UTC", "German", "leave", "a day that is a date", "French"],
)
def test_requests_for_time_off_are_read_as_programs_export_them(
    content: str, first: int, last: int | None, start: dt.time | None, end: dt.time | None
) -> None:
    (row,) = read(content, "availability").rows.itertuples()
    assert row.employee == "Ada"
    assert (row.date.day, None if last is None else row.last_date.day) == (first, last)
    assert (row.start_time, row.end_time, row.preference) == (start, end, "unavailable")


@pytest.mark.parametrize(
    "content",
    [
        "employee_name,day_of_week,is_available,start_time,end_time\nAda,Monday,1,09:00,17:00\nAda,Tuesday,0,,\n",
        "teammember,DayofWeek,Start_time,End_time,Available\nAda,Monday,900,1700,true\nAda,Tuesday,,,false\n",
        "Medewerker;Dag;Van;Tot;Beschikbaar\nAda;maandag;9:00;17:00;ja\nAda;dinsdag;;;nee\n",
        "Pracownik;Dzień tygodnia;od;do;dostępność\nAda;mon;9:00;17:00;tak\nAda;tue;;;nie\n",
    ],
)
def test_weekly_availability_is_read_as_programs_export_it(content: str) -> None:
    columns = {"employee": "teammember"} if content.startswith("teammember") else {}
    rows = read_upload(content.encode(), kind="availability", columns=columns).rows
    assert list(rows.day_of_week) == [(0,), (1,)]
    assert list(rows.start_time) == [dt.time(9), None]
    assert list(rows.preference) == ["available", "unavailable"]


def test_availability_without_any_day_is_refused_with_what_is_missing() -> None:
    with pytest.raises(PermanentError, match="day_of_week"):
        read("employee,start_time,end_time\nAda,09:00,17:00\n", "availability")


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        *[(f"Ada,Grill,{level}", {"bad_level": 1}) for level in ("0", "6", "2.5", "expert")],
        ("Ada,,3", {"missing_skill": 1}),
        (",Grill,3", {"missing_employee": 1}),
        ("Ben,BAR,3", {"repeated_row": 1}),
    ],
)
def test_a_skill_needs_a_person_and_a_level_from_1_to_5(line: str, reasons: dict[str, int]) -> None:
    parsed = read(f"employee,skill,level\n{line}\nBen,Bar,5\n", "skills")
    assert parsed.reasons == reasons
    assert list(parsed.rows.level) == [5]


def test_a_german_list_of_skills_is_read() -> None:
    rows = read("Mitarbeiter;Fähigkeit;Stufe\nAda Kok;Grill;3\n;Kasse;\n;Theke;5\n", "skills").rows
    assert list(rows.employee) == ["Ada Kok"] * 3
    assert rows.level.fillna(0).tolist() == [3, 0, 5]


def test_contract_hours_are_not_the_most_hours_and_not_above_them() -> None:
    head = "Mitarbeiter;Funktion;Vertragsstunden;Höchststunden\n"
    parsed = read(f"{head}Ada;Küche;32;40\nBen;Küche;41;40\nCy;Küche;45;\n", "employees")
    assert list(parsed.rows.contract_weekly_hours) == [32, 45]
    assert parsed.reasons == {"contract_above_max_hours": 1}


def test_a_list_for_an_import_into_a_scheduling_tool_is_a_list_of_employees() -> None:
    head = "First Name,Last Name,Email Address,Positions,Tags,Base Hourly Rate,Maximum Hours Per Week\n"
    rows = read(f'{head}Ada,Kok,ada@x.org,"Bar, Service",,15.5,30\n', "employees").rows
    assert rows.loc[0, ["name", "role", "email", "hourly_rate", "max_weekly_hours"]].tolist() == [
        *("Ada Kok", "Bar, Service", "ada@x.org", 15.5, 30)
    ]


def test_shift_templates_are_read_in_groups_with_defaults_for_name_and_days() -> None:
    rows = read(
        "Rolle;Schicht;Beginn;Ende;Tage\nKüche;Früh;7:00;15:00;werktags\n;;17:00;00:30;\n;Spät;16:00;1:00;Fr, Sa\n",
        "shift_templates",
    ).rows
    assert list(rows.role) == ["Küche", "Küche", "Küche"]
    assert list(rows.name) == ["Früh", "17:00-00:30", "Spät"]
    assert list(rows.days) == [(0, 1, 2, 3, 4), WEEK, (4, 5)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",Early,07:00,15:00,", "missing_role"),
        ("Bar,Early,,15:00,", "missing_start_time"),
        ("Bar,Early,07:00,15:00,often", "bad_days"),
        ("Bar,Early,07:00,07:00,", "no_time_between"),
    ],
)
def test_a_shift_template_is_rejected_for_its_first_fault(line: str, reason: str) -> None:
    head = "role,name,start_time,end_time,Day of Week\n"
    parsed = read(f"{head}{line}\nKitchen,Early,07:00,15:00,Mon\nKitchen,Late,15:00,23:00,Mon\n", "shift_templates")
    assert parsed.reasons == {reason: 1}


@pytest.mark.parametrize(
    ("cell", "start", "end", "preference"),
    [
        *[
            (cell, dt.time(9), dt.time(17), "available")
            for cell in ("9am-5pm", "09:00 - 17:00", "9:00 to 17:00", "9-17")
        ],
        ("18-24", dt.time(18), dt.time(0), "available"),
        ("22:00-06:00", dt.time(22), dt.time(6), "available"),
        *[(cell, None, None, "available") for cell in ("1", "x", "Any", "all day", "ja")],
        *[(cell, None, None, "unavailable") for cell in ("0", "OFF", "no", "nicht verfügbar")],
        ("preferred", None, None, "preferred"),
    ],
)
def test_a_column_for_each_day_of_the_week_is_a_row_for_each_filled_cell(
    cell: str, start: dt.time | None, end: dt.time | None, preference: str
) -> None:
    parsed = read(
        f"First Name,Last Name,Mon,Tue,Week of\nAda,Kok,{cell},,2026-03-02\nBen,Li,-,yes,2026-03-02\n", "availability"
    )
    ada, ben = parsed.rows.itertuples()
    assert (ada.employee, ada.day_of_week, ben.employee, ben.day_of_week) == ("Ada Kok", (0,), "Ben Li", (1,))
    assert (ada.start_time, ada.end_time, ada.preference) == (start, end, preference)
    assert (parsed.read_count, list(parsed.rows.line_number)) == (2, [2, 3])


@pytest.mark.parametrize("cell", ["9-5", "08-12;9-5", "08-12;", "after school"])
def test_a_cell_that_is_no_span_is_rejected(cell: str) -> None:
    parsed = read(f"Name,Mon,Tue\nAda Kok,{cell},1\n", "availability")
    assert parsed.reasons == {"bad_times": 1}
    assert f"'{cell}' can't be the times" in parsed.rejected.message[0]


def test_a_column_for_each_skill_is_a_row_for_each_person_who_has_it() -> None:
    file = "Name,Role,Grill,Bar,Till,Active,Mon\nAda,Kitchen,3,0,x,yes,1\nBen,Bar,no,5,,yes,1\n"
    rows = read(file, "skills").rows
    assert list(zip(rows.employee, rows.skill, rows.level.fillna(0), strict=True)) == [
        *(("Ada", "Grill", 3), ("Ada", "Till", 0), ("Ben", "Bar", 5))
    ]


def test_a_cell_may_have_several_spans_that_do_not_overlap() -> None:
    parsed = read('Name,Mon,Tue\nAda,"10-14, 18-23",\nBen,"10-14;13-15",x\n', "availability")
    assert list(parsed.rows.times) == ["10-14, 18-23", "x"]
    assert parsed.reasons == {"overlapping_times": 1}
