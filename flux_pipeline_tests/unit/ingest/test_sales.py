"""Verdicts and values of each line of a sales file."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline_tests.unit.ingest.reading import read_upload

PARIS = Place("Europe/Paris")


def read_lines(*lines: str, header: str = "date,item,quantity,price,amount", place: Place | None = None):
    return read_upload("\n".join([header, *lines]).encode(), kind="sales", place=place)


def test_each_reason_is_found_once_and_in_its_order(tiny):
    parsed = read_upload(tiny("sales_each_reason_once.csv"), kind="sales", place=PARIS)
    assert parsed.rows["line_number"].tolist() == [2]
    assert parsed.skipped == {"blank_line": 1, "zero_quantity": 2}
    found = parsed.rejected[["line_number", "reason_code", "column_name"]].to_numpy().tolist()
    assert found == [
        [3, "missing_date", "date"],
        [4, "bad_date", "date"],
        [5, "bad_time", "time"],
        [6, "missing_item", "item"],
        [7, "missing_quantity", "quantity"],
        [8, "bad_quantity", "quantity"],
        [9, "bad_amount", "amount"],
        [12, "bad_price", "price"],
        [13, "bad_price", "price"],
        [14, "amount_without_price", "price"],
        [15, "amount_without_price", "price"],
        [16, "quantity_too_small", "amount"],
        [17, "amount_too_large", "quantity"],
        [18, "too_many_fields", None],
    ]
    assert all(message.endswith(".") for message in parsed.rejected["message"])
    assert parsed.rejected["raw"][5]["quantity"] == "two"


def test_refunds_and_repeated_lines_are_sales(tiny):
    parsed = read_upload(tiny("sales_refund_and_repeated_line.csv"), kind="sales")
    assert parsed.rows["quantity"].tolist() == [1.0, 1.0, -1.0]
    assert parsed.rows["line_amount"].tolist() == [2.0, 2.0, -2.0]
    assert parsed.rows["ticket"].tolist() == ["7", "7", "8"]


@pytest.mark.parametrize(
    ("line", "quantity", "price", "amount"),
    [
        ("2024-03-01,Tea,3,1.15,", 3, 1.15, 3.45),
        ("2024-03-01,Tea,0.5,1.01,", 0.5, 1.01, 0.51),  # 0.505: half up, where binary rounding gives 0.50
        ("2024-03-01,Tea,-0.5,1.01,", -0.5, 1.01, -0.51),
        ("2024-03-01,Flour,350,0.0125,", 350, 0.01, 4.38),  # the price is rounded after it is used
        ("2024-03-01,Tea,,1.20,10.80", 9, 1.2, 10.8),
        ("2024-03-01,Tea,,3,1", 0.333, 3, 1),
        ("2024-03-01,Tea,,3,2", 0.667, 3, 2),
        ("2024-03-01,Tea,,3,-2", -0.667, 3, -2),
        ("2024-03-01,Tea,2,1.20,2.00", 2, 1.2, 2),  # the amount as written, a discount in it
        ("2024-03-01,Tea,2,,2.00", 2, np.nan, 2),
        ("2024-03-01,Tea,2,0,", 2, 0, 0),
        ("2024-03-01,Tea,2,,", 2, np.nan, 0),
        ("2024-03-01,Tea,,10.0,150.03999999999996", 15.004, 10, 150.04),
        ("2024-03-01,Tea,1.0005,1,", 1.001, 1, 1),
        ("2024-03-01,Tea,1,999999999.99,", 1, 999999999.99, 999999999.99),
        ("2024-03-01,Tea,1e1,1E-1,", 10, 0.1, 1),
    ],
)
def test_quantity_price_and_amount_follow_from_each_other_exactly(line, quantity, price, amount):
    rows = read_lines(line).rows[["quantity", "unit_price", "line_amount"]]
    np.testing.assert_array_equal(rows.to_numpy(), [[quantity, price, amount]])


@pytest.mark.parametrize(
    "text", ["10 000.00", "10,000.00", "10'000.00", "+10000", "€10,000", "10000 EUR", "CHF 10'000"]
)
def test_money_is_read_in_the_forms_of_tills(text):
    rows = read_lines(f'2024-03-01,Tea,1,2.50,"{text}"').rows
    assert rows["line_amount"].tolist() == [10000.0]


@pytest.mark.parametrize("text", ["-3.50", "(3.50)", "3.50-", "\u22123.50", "-$3.50", "$-3.50", "($3.50)"])
def test_negative_money_is_read_in_the_forms_of_tills(text):
    assert read_lines(f'2024-03-01,Tea,-1,,"{text}"').rows["line_amount"].tolist() == [-3.5]


@pytest.mark.parametrize(
    "text", ["1.2.3", "1,23,45.7", "--1", "(-1)", "1-2", "nan", "inf", "0x10", "1e999", "9" * 50, "10 000 00"]
)
def test_a_text_that_is_not_a_number_is_rejected(text):
    assert read_lines(f'2024-03-01,Tea,1,2.50,"{text}"').reasons == {"bad_amount": 1}


def test_the_other_rows_distinguish_thousands_from_decimals():
    header = "date;item;quantity;price;amount"
    parsed = read_lines("2024-03-01;Tea;1.000;2,50;2.500,00", header=header)
    assert parsed.rows["quantity"].tolist() == [1000.0]
    parsed = read_lines("2024-03-01;Tea;1.000;2.50;2.50", header=header)
    assert parsed.rows["quantity"].tolist() == [1.0]


def test_the_business_day_ends_at_the_cutoff_and_no_clock_change_loses_a_row(tiny):
    rows = read_upload(tiny("sales_night_of_clock_change.csv"), kind="sales", place=PARIS).rows
    assert rows["business_date"].dt.strftime("%m-%d").tolist() == ["03-30", "10-26", "06-30", "07-01", "07-01"]
    assert rows["sold_at"].dt.strftime("%m-%d %H:%M").tolist()[:4] == [
        "03-31 01:00",
        "10-27 00:30",
        "07-01 01:59",
        "07-01 02:00",
    ]
    assert pd.isna(rows["sold_at"][4])


def test_another_cutoff_is_honoured():
    place = Place("Europe/Paris", dt.time(6))
    rows = read_lines("2024-03-02 05:59,Tea,1,2,", "2024-03-02 06:00,Tea,1,2,", place=place).rows
    assert rows["business_date"].dt.day.tolist() == [1, 2]


def test_dates_at_midnight_throughout_are_days_without_time(tiny):
    rows = read_upload(tiny("sales_midnight_in_every_date.csv"), kind="sales", place=PARIS).rows
    assert rows["business_date"].dt.day.tolist() == [1, 2]
    assert rows["sold_at"].isna().all()


def test_a_time_with_its_own_date_keeps_that_date(tiny):
    rows = read_upload(tiny("sales_time_with_its_own_date.csv"), kind="sales", place=PARIS).rows
    assert rows["business_date"].dt.day.tolist() == [1, 1]
    assert rows["sold_at"].dt.strftime("%d %H:%M").tolist() == ["01 23:30", "01 18:30"]


@pytest.mark.parametrize(
    ("written", "sold_at", "day"),
    [
        ("2024-07-01T23:30:00Z", "2024-07-01 23:30:00", 1),
        ("2024-07-02 06:30+09:00", "2024-07-01 21:30:00", 1),
        ("2024-07-01 11:15:30.250 pm", "2024-07-01 21:15:30.250000", 1),
        ("2024-07-01 12:05 AM", "2024-06-30 22:05:00", 30),
    ],
)
def test_times_with_zones_and_twelve_hour_clocks_are_read(written, sold_at, day):
    rows = read_lines(f"{written},Tea,1,2,", place=PARIS).rows
    assert str(rows["sold_at"][0].tz_localize(None)) == sold_at
    assert rows["business_date"].dt.day.tolist() == [day]


def test_the_apostrophe_before_a_formula_sign_is_not_part_of_the_text():
    parsed = read_lines("2024-03-01,'+ Cheese,'-1,5,'-5.00", "2024-03-01,'s Gravenhage,1,5,")
    assert parsed.rows["item_name"].tolist() == ["+ Cheese", "'s Gravenhage"]
    assert parsed.rows["quantity"].tolist() == [-1, 1]
    assert parsed.rejected.empty
    assert read_lines("never,'+ Cheese,1,5,").rejected["raw"][0]["item"] == "'+ Cheese"


def test_times_need_a_place_and_the_place_a_real_timezone():
    with pytest.raises(PermanentError, match="timezone is unknown"):
        read_lines("2024-03-01 12:00,Tea,1,2,")
    with pytest.raises(PermanentError, match="doesn't know the restaurant's timezone 'Europe/Pairs'"):
        read_lines("2024-03-01 12:00,Tea,1,2,", place=Place("Europe/Pairs"))


def test_a_few_stray_dates_are_rejected_and_do_not_turn_the_others():
    days = [f"{1 + day % 28:02d}/05/2024,Tea,1,2," for day in range(200)]
    parsed = read_lines(*days, "05/31/2024,Tea,1,2,")
    assert parsed.reasons == {"bad_date": 1}
    assert parsed.detected_format["date_order"] == "day_first"
    assert set(parsed.rows["business_date"].dt.month) == {5}


@pytest.mark.parametrize(
    "text", ["2024-02-30", "2023-02-29", "0024-01-01", "22024-01-01", "2024-1", "1-2024-1", "20241301"]
)
def test_a_text_that_is_not_a_date_is_rejected(text):
    assert read_lines("2024-02-29,Tea,1,2,", f"{text},Tea,1,2,").reasons == {"bad_date": 1}


def test_dates_that_are_equal_in_both_orders_are_not_refused():
    assert read_lines("05/05/24,Tea,1,2,").rows["business_date"].astype(str).tolist() == ["2024-05-05"]


def test_a_stray_date_among_iso_dates_is_rejected_and_the_file_is_not_refused():
    parsed = read_lines(*["2024-03-01,Tea,1,2,"] * 150, "4/3/14,Tea,1,2,")
    assert parsed.reasons == {"bad_date": 1}
    assert parsed.detected_format["date_order"] == "year_first"
