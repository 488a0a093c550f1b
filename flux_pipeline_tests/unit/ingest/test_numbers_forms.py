"""Numbers in the forms that people, tills and spreadsheets write them: exact, or refused."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.ingest.cells.marks.decimal import find_marks
from flux_pipeline.ingest.cells.numbers import parse_numbers, read_number
from flux_pipeline.ingest.table.texts import Tally, Texts


def texts_of(*cells: str) -> Texts:
    return Texts.of(np.array(cells, dtype=object))


def mark_of(*cells: str, delimiter: str = ",") -> str:
    tally = Tally()
    tally.add(texts_of(*cells))
    return find_marks({"price": tally}, delimiter)["price"].mark


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        *((".", text) for text in ("1234.50", "1,234.50", "1 234.50", "1'234.50", "1\u2019234.50", "1\u202f234.5")),
        *((",", text) for text in ("1234,50", "1.234,50", "1 234,50", "1\u00a0234,50", "1\u2009234,5", "1'234,50")),
    ],
)
def test_thousands_are_set_apart_by_any_sign_but_the_mark(mark, text):
    assert read_number(text, mark, money=False) == Decimal("1234.5")


@pytest.mark.parametrize(
    ("text", "number"), [("1,23,456.00", "123456"), ("12,34,567", "1234567"), ("1,23,45,678.9", "12345678.9")]
)
def test_lakhs_and_crores_are_read(text, number):
    assert read_number(text, ".", money=False) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1,2345", "12,34", "1,234,56", "1,23,45.6", "1.234.5", "1,234'567", "1,,234", "12,345,67,890", "1.2.3"]
)
def test_groups_that_are_neither_thousands_nor_lakhs_are_not_a_number(text):
    assert read_number(text, ".", money=True) is None


@pytest.mark.parametrize(
    "text",
    [
        *("$12.50", "12.50 $", "US$12.50", "12.50 EUR", "EUR 12.50", "CHF12.50", "12.50€", "\u20b912.50", "Rs. 12.50"),
        *("12.50 kr", "kr. 12.50", "12.50 z\u0142", "R$ 12.50", "\uffe512.50", "\uff11\uff12.\uff15", "12.50 \u5186"),
    ],
)
def test_currency_signs_and_codes_may_come_before_or_after(text):
    assert read_number(text, ".", money=True) == Decimal("12.5")


@pytest.mark.parametrize(
    "text",
    ["-12.50", "\u221212.50", "12.50-", "12.50\u2212", "(12.50)", "($12.50)", "-$12.50", "$-12.50", "12.50 EUR-"],
)
def test_less_than_nothing_is_written_in_many_ways(text):
    assert read_number(text, ".", money=True) == Decimal("-12.5")


@pytest.mark.parametrize("text", ["12.-", "CHF 12.-", "12.\u2013", "12.--", "12.\u2014 Fr."])
def test_a_dash_for_the_cents_makes_no_negative_price(text):
    assert read_number(text, ".", money=True) == 12
    assert mark_of(text) == "."


def test_a_dash_after_a_comma_shows_a_decimal_comma():
    assert mark_of("1.234,-") == ","
    assert read_number("1.234,- \u20ac", ",", money=True) == 1234


@pytest.mark.parametrize(
    "text", ["-", "", "(12", "--1", "-1-", "(-1)", "1\u00b2", "\u00bd", "$", "1 $ 2", "12 Euros", "0x1"]
)
def test_a_text_that_is_not_a_number_is_none(text):
    assert read_number(text, ".", money=True) is None


@pytest.mark.parametrize("text", ["12.5%", "12.5 %", "% 12.5", "12.5\u00a0%", "12.5\uff05"])
def test_a_per_cent_sign_changes_nothing_of_the_number(text):
    found = parse_numbers(texts_of(text), decimals=2, below=1000, mark=".", percent=True)
    assert (found.scaled.tolist(), found.bad.tolist()) == ([1250], [False])
    assert parse_numbers(texts_of(text), decimals=2, below=1000, mark=".").bad.tolist() == [True]


def test_per_cents_show_the_decimal_mark_too():
    assert mark_of("12,5 %", "3,25%") == ","
    assert mark_of("12.5%") == "."


@given(st.integers(-(10**9), 10**9), st.sampled_from([".", ","]), st.sampled_from(["", ",", ".", " ", "'", "\u202f"]))
def test_quantities_of_three_decimals_read_back_exactly(thousandths, mark, separator):
    if separator == mark:
        separator = ""
    text = f"{Decimal(thousandths) / 1000:,.3f}".replace(",", "_").replace(".", mark).replace("_", separator)
    found = parse_numbers(texts_of(text), decimals=3, below=10**9, mark=mark)
    assert (found.scaled.tolist(), found.bad.tolist()) == ([thousandths], [False])


@pytest.mark.parametrize("text", ["1.0005", "1.00049999999999999999", "150.00000000000003", "1e-3", "9" * 41])
def test_longer_fractions_are_rounded_from_their_digits(text):
    found = parse_numbers(texts_of(text), decimals=3, below=10**9, mark=".")
    expected = {"1.0005": 1001, "1.00049999999999999999": 1000, "150.00000000000003": 150_000, "1e-3": 1}.get(text)
    assert (found.scaled.tolist(), found.bad.tolist()) == ([expected or 0], [expected is None])
