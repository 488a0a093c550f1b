"""Rows that leave their file are written so that they read the same by themselves."""

from decimal import Decimal

import numpy as np
import pytest

from flux_pipeline.ingest.canonical import in_canonical_form
from flux_pipeline.ingest.cells.marks.decimal import find_marks
from flux_pipeline.ingest.cells.numbers import read_number, with_point
from flux_pipeline.ingest.table.texts import Tally, Texts


@pytest.mark.parametrize(
    ("text", "order", "canonical"),
    [
        ("03/04/2024", "month_first", "2024-03-04"),
        ("03/04/2024", "day_first", "2024-04-03"),
        ("3.4.24 14:05", "day_first", "2024-04-03 14:05"),
        ("Mo 03.04.2024", "day_first", "Mo 2024-04-03"),
        ("24/03/13", "short_year_first", "2024-03-13"),
        ("2024-03-04T10:00:00Z", "day_first", "2024-03-04T10:00:00Z"),
        ("2024/3/4", "year_first", "2024/3/4"),
        ("31/02/2024", "day_first", "31/02/2024"),
        ("03/04/2024", None, "03/04/2024"),
        ("yesterday", "day_first", "yesterday"),
        ("", "day_first", ""),
    ],
)
def test_days_have_the_year_first(text: str, order: str | None, canonical: str) -> None:
    found = {"columns": {"date": "Datum"}, "date_order": order, "decimals": {}}
    assert in_canonical_form({"Datum": text, "Notiz": text}, "sales", found) == {"Datum": canonical, "Notiz": text}


@pytest.mark.parametrize(
    ("text", "mark", "canonical"),
    [
        ("1.234", ",", "1234"),
        ("1.234", ".", "1.2340"),
        ("7,500", ",", "7.5000"),
        ("7,500", ".", "7500"),
        ("-1.234,50 \u20ac", ",", "-1234.50 \u20ac"),
        ("\u20ac 1,234.50-", ".", "\u20ac 1234.50-"),
        ("1.234x", ",", "1234x"),
        ("12,34,567.5", ".", "1234567.5"),
        ("1'234.5", ".", "1234.5"),
        (",5", ",", "0.5"),
        ("1.23.4", ",", "1.23.4"),
        ("CHF 12.-", ".", "CHF 12.-"),
        ("zwei", ",", "zwei"),
        ("", ",", ""),
    ],
)
def test_numbers_have_a_point_and_no_thousands(text: str, mark: str, canonical: str) -> None:
    assert with_point(text, mark) == canonical


@pytest.mark.parametrize("mark", [",", "."])
@pytest.mark.parametrize("text", ["1.234", "1,234", "0,125", "1.234,5", "1,234.56", "12", "-3,5", "1.250,125"])
def test_a_number_in_canonical_form_keeps_its_value(text: str, mark: str) -> None:
    meant = read_number(text, mark, money=True)
    if meant is None:
        return
    alone = Tally()
    alone.add(Texts.of(np.array([with_point(text, mark)], dtype=object)))
    for delimiter in (",", ";"):
        found = find_marks({"amount": alone}, delimiter)["amount"].mark
        assert read_number(with_point(text, mark), found, money=True) == meant == Decimal(meant)


def test_only_the_cells_of_days_and_numbers_change() -> None:
    found = {
        "columns": {"date": "Day", "item": "What", "quantity": "*", "ticket": "Bill"},
        "decimals": {"quantity": ",", "amount": ","},
        "date_order": "day_first",
        "item_columns": ["Tea"],
    }
    cells = {"Day": "03/04/2024", "What": "Pie 1.500", "Bill": "1.234", "Tea": "1.500"}
    assert in_canonical_form(cells, "sales", found) == {**cells, "Day": "2024-04-03", "Tea": "1500"}
