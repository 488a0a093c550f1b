"""Exports of a roster, read back: rows of a spreadsheet, and calendars over clock changes and midnight."""

import csv
import datetime as dt
import io
from dataclasses import replace

import pytest
import recurring_ical_events
from icalendar import Calendar

from flux_pipeline.pages.exports import CALENDAR_STATUS, COLUMNS, SEQUENCE, employee_calendar, roster_csv
from flux_pipeline.rosters.shown.week import RosterWeek
from flux_pipeline.store.models.staff import SHIFT_STATUSES
from flux_pipeline_tests.unit.rosters.shown import MONDAY, person_id, shift, week_of

MADE_AT = dt.datetime(2026, 11, 28, 22, 41, tzinfo=dt.UTC)
ADA = person_id("Ada Kok")
SATURDAY = dt.date(2026, 10, 24)


def read_csv(week: RosterWeek) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(roster_csv(week))))


def events(week: RosterWeek) -> list:
    return Calendar.from_ical(employee_calendar(week, ADA, MADE_AT)).walk("VEVENT")


def test_a_row_has_local_times_with_their_dates() -> None:
    rows = read_csv(week_of([shift("Ada Kok", "Kitchen", MONDAY, 18.5, 25.5, pause=(21.5, 30))]))
    assert [*rows[0]] == [*COLUMNS]
    assert [*rows[0].values()] == [
        *("2026-11-30", "Monday", "Ada Kok", "Kitchen", "2026-11-30 18:30", "2026-12-01 01:30"),
        *("2026-11-30 21:30", "30", "6.50", "draft"),
    ]


def test_shifts_that_are_not_worked_are_rows_too() -> None:
    shifts = [shift("Ada Kok", "Bar", MONDAY, hour, hour + 1, status=each) for hour, each in enumerate(SHIFT_STATUSES)]
    assert [row["status"] for row in read_csv(week_of(shifts))] == [*SHIFT_STATUSES]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(1)"])
def test_a_name_that_a_spreadsheet_would_run_is_neutralised(name: str) -> None:
    (row,) = read_csv(week_of([shift(name, name, MONDAY, 10, 12)]))
    assert row["employee"] == row["role"] == f"'{name}"


def test_a_calendar_has_the_shifts_of_one_person() -> None:
    week = week_of([shift("Ada Kok", "Kitchen", MONDAY, 10, 12), shift("Ben Reis", "Kitchen", MONDAY, 10, 12)])
    (event,) = events(week)
    assert (event["SUMMARY"], event["STATUS"]) == ("Kitchen, Bistro Quai Nord", "TENTATIVE")
    assert event["DESCRIPTION"] == "A draft, may still change.\n2 paid hours."
    assert event["UID"] == f"{week.shifts[0].id}@flux"
    assert event["DTSTAMP"].dt == MADE_AT
    assert b"Ben" not in employee_calendar(week, ADA, MADE_AT)


def test_a_night_over_a_clock_change_keeps_its_instants() -> None:
    # From 22:00 to 04:00 on the clock, seven hours.
    night = shift("Ada Kok", "Bar", SATURDAY, 22, 28, pause=(26.5, 30))
    week = week_of([night], first_day=SATURDAY - dt.timedelta(days=5))
    calendar = Calendar.from_ical(employee_calendar(week, ADA, MADE_AT))
    (event,) = recurring_ical_events.of(calendar).between(SATURDAY, SATURDAY + dt.timedelta(days=2))
    assert (event.start, event.end) == (night.starts_at, night.ends_at)
    assert event.end - event.start == dt.timedelta(hours=7)
    assert "Break at 02:30, 30 minutes." in event["DESCRIPTION"]


def test_a_changed_shift_replaces_its_entry() -> None:
    draft = shift("Ada Kok", "Kitchen", MONDAY, 10, 12)
    entries = [events(week_of([replace(draft, status=status)]))[0] for status in SHIFT_STATUSES]
    assert len({entry["UID"] for entry in entries}) == 1
    assert [entry["SEQUENCE"] for entry in entries] == sorted({entry["SEQUENCE"] for entry in entries})
    statuses = [entry["STATUS"] for entry in entries]
    assert statuses == ["TENTATIVE", "CONFIRMED", "CONFIRMED", "CANCELLED", "CANCELLED"]
    assert {*CALENDAR_STATUS} == {*SEQUENCE} == {*SHIFT_STATUSES}


def test_the_file_is_as_the_standard_asks() -> None:
    role = "Crêpes, galettes; cidre \\ brûlé " * 6
    week = week_of([shift("Ada Kok", role, MONDAY, 10, 12)])
    content = employee_calendar(week, ADA, MADE_AT)
    lines = content.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    for line in (b"VERSION:2.0", b"METHOD:PUBLISH", b"DTSTAMP:20261128T224100Z", b"DTSTART:20261130T090000Z"):
        assert line in lines
    assert Calendar.from_ical(content).walk("VEVENT")[0]["SUMMARY"] == f"{role}, Bistro Quai Nord"


def test_a_person_without_shifts_has_an_empty_calendar() -> None:
    assert events(week_of([], also=["Ada Kok"])) == []
