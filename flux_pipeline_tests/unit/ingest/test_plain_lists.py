"""Kinds that are plain lists: each cell by the form of its field, each row by its first wrong one."""

import datetime as dt

import pandas as pd
import pytest

from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload

HOURS = "day_of_week,open_time,close_time,is_closed\n"


def read(text: str, kind: str = "operating_hours") -> ParsedUpload:
    return read_upload(text.encode(), kind=kind, place=Place("Europe/Paris"))


def hours(*lines: str) -> ParsedUpload:
    return read(HOURS + "".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize(
    ("name", "day"),
    [
        *[("Monday", 0), ("mon", 0), ("Mo", 0), ("Mo.", 0), ("Montag", 0), ("lundi", 0), ("lunes", 0), ("lunedì", 0)],
        *[("Tue", 1), ("Di", 1), ("Dienstag", 1), ("mardi", 1), ("martes", 1), ("dinsdag", 1)],
        *[("Mi", 2), ("Mittwoch", 2), ("mercredi", 2), ("miércoles", 2), ("segunda-feira", 0), ("quarta-feira", 2)],
        *[("Do", 3), ("Donnerstag", 3), ("jeudi", 3), ("giovedì", 3), ("donderdag", 3), ("quinta-feira", 3)],
        *[("Fr", 4), ("vendredi", 4), ("viernes", 4), ("SAT", 5), ("Samstag", 5), ("sábado", 5)],
        *[("So", 6), ("Sonntag", 6), ("dimanche", 6), ("domingo", 6), ("zondag", 6)],
    ],
)
def test_a_weekday_is_recognised_by_its_name(name: str, day: int) -> None:
    assert list(hours(f"{name},9:00,17:00,").rows.day_of_week) == [day]


@pytest.mark.parametrize("text", ["1", "0", "Feiertag", "mon-fri", "?"])
def test_a_text_that_is_not_a_weekday_is_rejected(text: str) -> None:
    assert hours(f"{text},9:00,17:00,").reasons == {"bad_day_of_week": 1}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("9:00", dt.time(9)),
        ("09:30", dt.time(9, 30)),
        ("9:30 pm", dt.time(21, 30)),
        ("00:00", dt.time(0)),
        ("24:00", dt.time(0)),
    ],
)
def test_a_closing_time_is_a_time_of_day(text: str, time: dt.time) -> None:
    assert list(hours(f"mon,7:00,{text},").rows.close_time) == [time]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",9:00,17:00,", "missing_day_of_week"),
        ("mon,30:00,17:00,", "bad_open_time"),
        ("mon,9:00,17:00+02:00,", "bad_close_time"),
        ("mon,9:00,,", "missing_hours"),
        ("mon,,,", "missing_hours"),
        ("mon,9:00,17:00,yes", "closed_with_hours"),
        ("mon,9:00,17:00,perhaps", "bad_is_closed"),
        ("mon,9:00,17:00,,more", "too_many_fields"),
    ],
)
def test_a_row_is_rejected_for_its_first_fault(line: str, reason: str) -> None:
    read = hours(line, "tue,9:00,17:00,no")
    assert read.reasons == {reason: 1}
    assert list(read.rows.day_of_week) == [1]
    assert read.rejected.raw[0]["day_of_week"] == line.split(",", maxsplit=1)[0]


def test_a_day_off_needs_no_times_and_a_day_may_have_two_intervals() -> None:
    rows = hours("mon,,,yes", "tue,11:30,14:30,", "tue,18:00,01:00,no").rows
    assert list(rows.is_closed) == [True, False, False]
    assert list(rows.open_time) == [None, dt.time(11, 30), dt.time(18)]


def test_closures_bring_days_reasons_and_since_when_they_are_known() -> None:
    read_ = read("Datum;Grund;known at\n24.12.2026;Heiligabend;01.11.2026\n25.12.2026;;\n", "closures")
    assert list(read_.rows.date) == [pd.Timestamp("2026-12-24"), pd.Timestamp("2026-12-25")]
    assert list(read_.rows.reason) == ["Heiligabend", None]
    assert read_.rows.known_at[0] == pd.Timestamp("2026-11-02", tz="UTC")  # the end of the day
    assert (read_.first_date, read_.last_date) == (dt.date(2026, 12, 24), dt.date(2026, 12, 25))


def test_of_two_rows_for_a_day_the_last_one_counts() -> None:
    read_ = read("date,reason\n2026-12-24,early\n2026-12-24,Christmas Eve\n", "closures")
    assert list(read_.rows.reason) == ["Christmas Eve"]
    assert read_.reasons == {"repeated_row": 1}
