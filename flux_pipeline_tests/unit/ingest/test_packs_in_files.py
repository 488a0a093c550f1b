"""Packs in files of vendors: what a price is of, and how much a quantity of packs is."""

import pandas as pd
import pytest

from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload

CONTENT = ["unit_price", "case_price", "case_quantity", "pack_quantity", "pack_unit"]


def read(kind: str, header: str, *lines: str) -> ParsedUpload:
    return read_upload("\n".join([header, *lines]).encode(), kind=kind)


def known(parsed: ParsedUpload, names: list[str]) -> list[object]:
    return [None if pd.isna(value) else value for value in parsed.rows[names].iloc[0].tolist()]


@pytest.mark.parametrize(
    ("unit", "pack", "content"),
    [
        ("case", "6/5 LB", [None, 30, 6, 5, "lb"]),
        ("CS", "40 lb", [None, 30, 1, 40, "lb"]),
        ("BAG", "50#", [None, 30, 1, 50, "lb"]),
        ("", "1 kg", [None, 30, 1, 1, "kg"]),
        ("", "Per kg", [None, 30, 1, 1, "kg"]),
        ("lb", "6/10-12 LB", [30, None, None, None, None]),
        ("lb", "4/10 LB", [30, None, 4, 10, "lb"]),
        ("kg", "25", [30, None, 1, 25, "kg"]),
        ("case", "-", [30, None, None, None, None]),
        ("", "25", [30, None, None, None, None]),
    ],
)
def test_the_price_of_a_package_is_that_of_its_content(unit: str, pack: str, content: list[object]) -> None:
    lines = f"Mill,Flour,30,{unit},{pack}", "Mill,Salt,1,kg,"
    parsed = read("vendor_prices", "vendor,ingredient,price,unit,pack", *lines)
    assert known(parsed, CONTENT) == content


@pytest.mark.parametrize(
    ("unit", "pack", "reason", "message"),
    [
        ("", "6/5 LB", "unclear_price", "The price 30 may be that of the pack '6/5 LB' or of a unit"),
        ("", "big box", "unclear_price", "The price 30 may be that of the pack 'big box' or of a unit"),
        ("case", "big box", "bad_pack", "The pack 'big box'"),
        ("case", "24", "bad_pack", "The pack '24' has no unit"),
        ("case", "5000000 g", "bad_pack", "is not a possible quantity"),
    ],
)
def test_a_price_of_an_unclear_content_is_rejected(unit: str, pack: str, reason: str, message: str) -> None:
    lines = f"Mill,Flour,30,{unit},{pack}", "Mill,Salt,1,kg,"
    parsed = read("vendor_prices", "vendor,ingredient,price,unit,pack", *lines)
    assert parsed.reasons == {reason: 1}
    assert message in parsed.rejected.message[0]


@pytest.mark.parametrize(
    ("columns", "cells", "content"),
    [
        ("case price,case quantity,pack", "30,12,12/32 oz", [12, 32, "oz"]),
        ("case price,case quantity,pack", "30,1,40 lb", [1, 40, "lb"]),
        ("case price,case quantity,pack", "30,6,5 lb", [6, 5, "lb"]),
        ("case price,case quantity,pack", "30,6,6/#10", [6, 1, "can_10"]),
        ("pack price,pack size,pack unit", "9,500,g", [1, 500, "g"]),
        ("pack price,pack qty,pack unit", "9,500,g", [1, 500, "g"]),
        ("case price,case quantity,pack,pack unit", "9,6,500,g", [6, 500, "g"]),
    ],
)
def test_the_content_of_a_case_may_be_partly_in_words(columns: str, cells: str, content: list[object]) -> None:
    parsed = read("vendor_prices", f"vendor,ingredient,{columns}", f"Mill,Flour,{cells}")
    assert known(parsed, CONTENT[2:]) == content


@pytest.mark.parametrize(
    ("columns", "cells", "reason", "message"),
    [
        (
            "case price,case quantity,pack",
            "30,4,6 x 1 kg",
            "bad_pack",
            "has a count, and so has the column of packs in a case",
        ),
        ("case price,pack unit,pack", "30,kg,40 lb", "unknown_content", "price of a case ('30')"),
        ("case price,pack qty,pack unit", "30,6,kg", "unknown_content", "price of a case ('30')"),
    ],
)
def test_the_content_of_a_case_is_not_guessed(columns: str, cells: str, reason: str, message: str) -> None:
    parsed = read("vendor_prices", f"vendor,ingredient,{columns}", f"Mill,Flour,{cells}")
    assert parsed.reasons == {reason: 1}
    assert message in parsed.rejected.message[0]


@pytest.mark.parametrize(
    ("unit", "pack", "line"),
    [
        ("case", "6/5 LB", [60, "lb", 1, 60]),
        ("BAG", "25 kg", [50, "kg", 1.2, 60]),
        ("kg", "6/5 LB", [2, "kg", 30, 60]),
        ("case", "", [2, "case", 30, 60]),
        ("case", "-", [2, "case", 30, 60]),
    ],
)
def test_a_quantity_of_packs_is_delivered_as_what_they_hold(unit: str, pack: str, line: list[object]) -> None:
    header = "ingredient,date,quantity,unit,price,pack size,total"
    parsed = read("deliveries", header, f"Flour,2025-03-01,2,{unit},30,{pack},60")
    assert known(parsed, ["quantity", "unit", "unit_cost", "amount"]) == line


def test_a_quantity_beside_packs_counts_them_if_the_sender_says_so() -> None:
    header, line = "ingredient,date,quantity,price,pack size", "Flour,2025-03-01,2,30,6/5 LB"
    with pytest.raises(NeedsOptionsError, match="whether the quantity counts packs") as asked:
        read("deliveries", header, line)
    assert asked.value.columns == {"pack": "pack size"}
    text = f"{header}\n{line}\n".encode()
    parsed = read_upload(text, kind="deliveries", columns=asked.value.columns)
    assert known(parsed, ["quantity", "unit", "unit_cost"]) == [60, "lb", 1]


@pytest.mark.parametrize(
    ("unit", "pack"), [("", "6/5 LB"), ("", "24"), ("case", "big box"), ("case", "24"), ("case", "100000 x 900 kg")]
)
def test_a_quantity_of_unclear_packs_is_rejected(unit: str, pack: str) -> None:
    header = "ingredient,date,quantity,unit,pack size"
    parsed = read("deliveries", header, f"Flour,2025-03-01,2,{unit},{pack}")
    assert parsed.reasons == {"bad_pack": 1}
    assert f"The line has the pack '{pack}'" in parsed.rejected.message[0]


def test_a_rounded_number_of_a_document_is_no_number() -> None:
    parsed = read("deliveries", "ingredient,date,quantity,unit,invoice", "Flour,2025-03-01,2,kg,1.2E+15")
    assert parsed.reasons == {"bad_document": 1}
