"""Typed values, which are parsed or refused, and printed values, which a spreadsheet must not run as formulas."""

import csv
import datetime as dt
import io
import json

import pytest

from flux_pipeline.cli.console import as_csv, as_json, parse_day, unrounded
from flux_pipeline.cli.files.upload import parse_columns
from flux_pipeline.cli.restaurant.hours import parse_days, parse_intervals
from flux_pipeline.cli.restaurant.settings import parsed
from flux_pipeline.errors import PermanentError
from flux_pipeline.wording import count_of


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", [0]),
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("Sat,Sun", [5, 6]),
        ("fri-mon", [0, 4, 5, 6]),
        ("daily", list(range(7))),
        ("mon-wed, fri", [0, 1, 2, 4]),
    ],
)
def test_days_of_the_week_are_understood(text: str, days: list[int]) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["", "often", "mon-", "1", "mon-fri-sun"])
def test_invalid_days_are_refused(text: str) -> None:
    with pytest.raises(PermanentError, match="mon-fri"):
        parse_days(text)


def test_hours_are_understood_past_midnight_too() -> None:
    assert parse_intervals(("07:00-14:30", "18:00-01:00")) == [
        (dt.time(7), dt.time(14, 30), False),
        (dt.time(18), dt.time(1), False),
    ]
    assert parse_intervals(("closed",)) == [(None, None, True)]


@pytest.mark.parametrize("texts", [("7-14",), ("07:00",), ("07:00-14:30", "closed"), ("25:00-26:00",)])
def test_invalid_hours_are_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(PermanentError, match="07:00-14:30"):
        parse_intervals(texts)


@pytest.mark.parametrize("columns", [("item",), ("=x",), ("item=",), ("item=a", "item=b")])
def test_a_malformed_or_repeated_column_is_refused(columns: tuple[str, ...]) -> None:
    with pytest.raises(PermanentError, match="--column"):
        parse_columns(columns)


def test_a_header_may_hold_an_equals_sign() -> None:
    assert parse_columns(("item=a=b", "date=d")) == {"item": "a=b", "date": "d"}


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "01.02.2026"])
def test_an_invalid_date_is_refused(text: str) -> None:
    with pytest.raises(PermanentError, match="YYYY-MM-DD"):
        parse_day(text)


@pytest.mark.parametrize(
    ("text", "value"), [("21", 21), ("0.5", 0.5), ("true", True), ("09:30", "09:30"), ("[1]", [1])]
)
def test_a_typed_setting_is_parsed(text: str, value: object) -> None:
    assert parsed(text) == value


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1+1", "-A1", "@SUM(A1)", "\tx"])
def test_a_name_that_a_spreadsheet_would_run_is_neutralised(name: str) -> None:
    ((_, cell),) = list(csv.reader(io.StringIO(as_csv(["n", "item"], [(-5, name)]))))[1:]
    assert cell == f"'{name}"


def test_numbers_and_names_come_through_unchanged() -> None:
    rows = [(-5, "Crème, brûlée", None)]
    assert list(csv.reader(io.StringIO(as_csv(["n", "item", "x"], rows))))[1] == ["-5", "Crème, brûlée", ""]
    assert json.loads(as_json(["n", "item", "x"], rows)) == [{"n": -5, "item": "Crème, brûlée", "x": None}]


@pytest.mark.parametrize(("number", "words"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1200, "1,200 days")])
def test_a_count_of_one_is_singular(number: int, words: str) -> None:
    assert count_of(number, "day") == words
    assert count_of(number, "match", "matches").endswith("match" if number == 1 else "matches")


@pytest.mark.parametrize(
    ("number", "shown"),
    [(3.0, "3"), (12.73, "12.73"), (280.06, "280.06"), (12.5, "12.50"), (0.125, "0.125"), (-1234.5, "-1,234.50")],
)
def test_a_number_that_people_check_is_not_rounded(number: float, shown: str) -> None:
    assert unrounded(number) == shown
