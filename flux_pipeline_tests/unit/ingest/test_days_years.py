"""Dates without a year: the source of the year, which reading block by block does not change."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.survey import Survey, take_survey
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts

KINDS = {"date": Kind.MOMENT, "day_of_month": Kind.NUMBER, "month": Kind.TEXT, "year": Kind.NUMBER}
EVERY_SIZE = (1, 7, 10_000)


@dataclass(frozen=True)
class Rows:
    """Some rows of a file: what a block is asked for."""

    cells: dict[str, list[str]]
    line_numbers: np.ndarray
    delimiter: str = ","

    def texts(self, name: str) -> Texts:
        return Texts.of(np.array(self.cells[name], dtype=object))


def blocks_of(columns: dict[str, list[str]], size: int, lines: list[int] | None = None) -> list[MappedTable]:
    count = len(next(iter(columns.values())))
    numbers = np.array(lines or range(2, count + 2), dtype=np.int64)
    starts = range(0, count, size)
    rows = [
        Rows({name: cells[at : at + size] for name, cells in columns.items()}, numbers[at : at + size]) for at in starts
    ]
    return [MappedTable(each, {name: name for name in columns}) for each in rows]


def days_of(blocks: list[MappedTable], hints: Hints, known_at: dt.datetime | None = None) -> tuple[Survey, list[str]]:
    survey = take_survey(blocks, KINDS, hints=hints, known_at=known_at)
    return survey, [str(day) for block in blocks for day in survey.moments(block, "date").day]


def dated(texts: list[str], year_from: str, size: int = 10_000) -> list[str]:
    return days_of(blocks_of({"date": texts}, size), Hints(year_from=year_from, date_order="day_first"))[1]


@pytest.mark.parametrize("size", EVERY_SIZE)
@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["11/7", "31/12", "1/1", "2/3"], ["2019-07-11", "2019-12-31", "2020-01-01", "2020-03-02"]),
        (["11 July", "10 July", "12 July"], ["2019-07-11", "2019-07-10", "2019-07-12"]),
        (["31. Dez.", "2. Jan", "31. Dez.", "3. Jan"], ["2019-12-31", "2020-01-02", "2019-12-31", "2020-01-03"]),
        (["11.7.", "", "soon", "1.1."], ["2019-07-11", "NaT", "NaT", "2020-01-01"]),
        (["Jul 11", "Jan 5", "Nov 1", "Feb 29"], ["2019-07-11", "2020-01-05", "2020-11-01", "NaT"]),
    ],
)
def test_the_year_turns_where_the_days_jump_back_by_more_than_half_a_year(texts, days, size):
    assert dated(texts, days[0], size) == days


# Three readings of up to a hundred rows each: a few dozen examples take a second.
@settings(max_examples=40)
@given(
    steps=st.lists(st.integers(-20, 150), max_size=40),
    start=st.dates(dt.date(1999, 1, 1), dt.date(2040, 12, 31)),
    form=st.sampled_from(["%d/%m", "%d.%m.", "%d %B", "{d}. %b"]),
    repeats=st.integers(1, 3),
)
def test_rows_nearly_in_order_get_their_years_back_in_blocks_of_any_size(steps, start, form, repeats):
    days = [start]
    for step in steps:
        days.append(days[-1] + dt.timedelta(days=step))
    days = [day for day in days for _ in range(repeats)]
    texts = [day.strftime(form.replace("{d}", str(day.day))) for day in days]
    for size in EVERY_SIZE:
        assert dated(texts, start.isoformat(), size) == [day.isoformat() for day in days]


@pytest.mark.parametrize("size", EVERY_SIZE)
@pytest.mark.parametrize("months", [["7", "12", "1"], ["July", "Dezember", "janv."], ["07", "12.0", "Jan"]])
def test_day_and_month_in_separate_columns_get_the_same_years(months, size):
    columns = {"day_of_month": ["11", "31", "1.0"], "month": months}
    _, days = days_of(blocks_of(columns, size), Hints(year_from="2019-07-11"))
    assert days == ["2019-07-11", "2019-12-31", "2020-01-01"]


def test_a_column_of_years_needs_no_hint():
    columns = {"day_of_month": ["29", "30", ""], "month": ["2", "2", ""], "year": ["2024", "24", ""]}
    assert days_of(blocks_of(columns, 2), Hints())[1] == ["2024-02-29", "NaT", "NaT"]
    columns = {"date": ["13/7", "1/1", "2/1/2019"], "year": ["2019", "20", ""]}
    assert days_of(blocks_of(columns, 2), Hints())[1] == ["2019-07-13", "2020-01-01", "2019-01-02"]


def test_rows_unfolded_from_one_line_have_its_year_in_any_order():
    columns = {"date": ["11/7", "1/1", "2/1", "11/7", "1/1", "2/1"]}
    blocks = blocks_of(columns, 10, lines=[2, 3, 4, 2, 3, 4])
    _, days = days_of(blocks, Hints(year_from="2019-07-11", date_order="day_first"))
    assert days == ["2019-07-11", "2020-01-01", "2020-01-02"] * 2


@pytest.mark.parametrize(
    ("year_from", "says"),
    [
        (None, "The dates of the file have no year; .* such as --year-from 2019-07-11"),
        ("2019", "'2019' is not a day from which years can be counted"),
        ("2019-07-12", "--year-from is 2019-07-12, but the first row of the file is of 11 July"),
    ],
)
def test_a_missing_or_wrong_first_day_is_refused_with_the_option(year_from, says):
    for columns in ({"date": ["11 July", "12 July"]}, {"day_of_month": ["11", "12"], "month": ["7", "7"]}):
        with pytest.raises(PermanentError, match=says):
            days_of(blocks_of(columns, 1), Hints(year_from=year_from))


def test_rows_that_are_not_in_order_of_their_days_are_refused_rather_than_dated_ahead():
    texts = ["11/7", "31/12"] + ["1/1", "31/12"] * 5
    blocks = blocks_of({"date": ["1/1", "30/6", "31/12"] * 9}, 5)
    known_at = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    with pytest.raises(PermanentError, match="reach 2027, after the file came in"):
        days_of(blocks, Hints(year_from="2019-01-01"), known_at)
    assert dated(texts, "2019-07-11")[-1] == "2019-12-31"


def test_a_second_sheet_is_refused_if_years_depend_on_the_order_of_rows():
    blocks = [*blocks_of({"date": ["13 July", "14 July"]}, 5), *blocks_of({"date": ["13 May"]}, 5)]
    with pytest.raises(PermanentError, match="more than one sheet"):
        days_of(blocks, Hints(year_from="2019-07-13"))


def test_slips_in_another_column_need_no_year_if_days_are_split_into_columns():
    known_at = ["2019-01-01", "2019-01-01", "3 March"]
    blocks = blocks_of({"day_of_month": ["11"] * 3, "month": ["7"] * 3, "known_at": known_at}, 2)
    survey = take_survey(blocks, {**KINDS, "known_at": Kind.INSTANT}, hints=Hints(year_from="2019-07-11"))
    assert list(survey.years) == ["date"]


def test_a_few_dates_without_a_year_among_others_are_not_days():
    assert days_of(blocks_of({"date": ["2024-03-01", "2024-03-02", "3 March"]}, 5), Hints())[1][-1] == "NaT"


def test_years_missing_from_a_real_file_are_inferred_from_its_first_day(real):
    lines = [
        line.split(",")[:2] for line in real("korean_bakery/Bakery Sales.csv").decode("utf-8-sig").splitlines()[1:]
    ]
    columns = {"day_of_month": [line[0] for line in lines], "month": [line[1] for line in lines]}
    for size in EVERY_SIZE:
        _, days = days_of(blocks_of(columns, size), Hints(year_from="2019-07-11"))
        assert (len(days), min(days), max(days)) == (1_330, "2019-07-11", "2019-12-30")
