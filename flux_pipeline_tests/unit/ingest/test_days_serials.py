"""Days and times as spreadsheets count them."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline_tests.unit.ingest.reading import read_upload


def read(*lines: str, header: str = "date,item,quantity"):
    return read_upload("\n".join([header, *lines]).encode(), kind="sales", place=Place("UTC"))


@pytest.mark.parametrize(
    ("number", "day"),
    [("32874", "1990-01-01"), ("45351", "2024-02-29"), ("45352.0", "2024-03-01"), ("59999", "2064-04-07")],
)
def test_a_number_is_the_day_that_spreadsheets_show_for_it(number, day):
    rows = read(f"{number},Tea,1").rows
    assert (str(rows["business_date"][0].date()), rows["sold_at"].isna().all()) == (day, True)


@pytest.mark.parametrize(
    ("number", "sold_at"),
    [
        ("45352.4270833333", "2024-03-01 10:15:00"),
        ("45352.42708", "2024-03-01 10:15:00"),
        ('"45352,75"', "2024-03-01 18:00:00"),
        ("45352.999999", "2024-03-02 00:00:00"),
    ],
)
def test_a_fraction_is_the_time_to_the_second(number, sold_at):
    rows = read(f"{number},Tea,1", "45353.5,Tea,1").rows
    assert str(rows["sold_at"][0].tz_localize(None)) == sold_at


def test_a_day_without_a_fraction_among_times_is_a_day_and_no_midnight():
    rows = read("45352,Tea,1", "45353.5,Tea,1").rows
    assert rows["business_date"].dt.strftime("%m-%d").tolist() == ["03-01", "03-02"]
    assert rows["sold_at"].isna().tolist() == [True, False]


def test_times_of_a_column_of_their_own_are_fractions():
    rows = read("45352,0.4270833,Tea,1", "45352,0,Tea,1", header="date,time,item,quantity").rows
    assert rows["sold_at"].dt.strftime("%d %H:%M").tolist() == ["01 10:15", "01 00:00"]
    rows = read("2024-03-01,0.75,Tea,1", header="date,time,item,quantity").rows
    assert rows["sold_at"].dt.strftime("%d %H:%M").tolist() == ["01 18:00"]


def test_unambiguous_numbers_and_texts_may_be_mixed():
    rows = read("45364,Tea,1", "2024-03-14,Tea,1", "15 Mar 2024,Tea,1").rows
    assert rows["business_date"].dt.day.tolist() == [13, 14, 15]


def test_numbers_beside_texts_that_a_spreadsheet_could_not_read_are_refused():
    with pytest.raises(PermanentError, match="spreadsheet numbers such as 45295, none of them after the 12th"):
        read("45295,Tea,1", "45326,Tea,1", "13/03/2024,Tea,1", "14/03/2024,Tea,1")


def test_a_slip_among_dates_is_not_a_serial_number():
    parsed = read(*["2024-03-01,Tea,1"] * 150, "45352,Tea,1")
    assert parsed.reasons == {"bad_date": 1}


@pytest.mark.parametrize("text", ["19999", "25000", "60001", "4535", "45352.5.1", "45352 5"])
def test_other_numbers_are_not_days(text):
    assert read("45352,Tea,1", f"{text},Tea,1").reasons == {"bad_date": 1}
