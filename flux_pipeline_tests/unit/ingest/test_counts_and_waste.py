"""Count sheets and waste logs as programs and people write them: read rightly, or asked about.

The layouts follow published import templates, reports and log sheets; names and figures are invented.
"""

import datetime as dt

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.kitchen.waste import Reason, find_reason
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload

CAME = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)


def read(text: str, kind: str = "inventory_counts", columns: dict[str, str] | None = None) -> ParsedUpload:
    return read_upload(text.encode(), kind=kind, columns=columns, place=Place("Europe/Berlin"), known_at=CAME)


def found(parsed: ParsedUpload, *columns: str) -> list[tuple[object, ...]]:
    rows = parsed.rows[list(columns)].astype(object)
    return [tuple(row) for row in rows.where(rows.notna(), None).itertuples(index=False)]


def asked(text: str, kind: str = "inventory_counts") -> dict[str, str]:
    with pytest.raises(NeedsOptionsError) as refusal:
        read(text, kind)
    return dict(refusal.value.columns)


# By layout: the file, and quantity and unit of its rows.
COUNTS = {
    "what is counted, beside what the system has": (
        "Product,Location,Lot/Serial Number,On Hand Quantity,Unit of Measure,Counted Quantity,Difference,"
        "Scheduled Date\nFlour,Store,L1,10,kg,8.5,-1.5,2026-03-13\nEggs,Store,,60,Units,,,2026-03-13\n",
        [(8.5, "kg")],
    ),
    "technical names of that": (
        "item,location_id,quantity,inventory_quantity,inventory_date\nFlour,8,10,8.5,2026-03-13\n",
        [(8.5, None)],
    ),
    "a reconciliation": (
        "Item Code,Item Name,Warehouse,Quantity,Valuation Rate,Current Qty,Quantity Difference,Posting Date\n"
        "F-1,Flour,Stores,8.5,0.95,10,-1.5,2026-03-13\n",
        [(8.5, None)],
    ),
    "a counting document with the unit in code": (
        "Item No.,Item Description,Whse,In-Whse Qty on Count Date,Counted Qty,Difference,UoM Code,Count Date\n"
        "A1,Flour,01,10,8.5,-1.5,kg,2026-03-13\n",
        [(8.5, "kg")],
    ),
    "should and is": (
        "Artikel;Maßeinheit;Soll;Ist;Differenz;Stichtag\nMehl;kg;12;10,5;-1,5;13.03.2026\n",
        [(10.5, "kg")],
    ),
    "a bar's sheet with what to order": (
        "Code;Article;Dénomination;Stock initial;Quantité en stock;Quantité à demander;Unité;Date\n"
        "1247;Vermouth;Apéritif;0,75;3;2;Bouteille;13/03/2026\n",
        [(3, "bottle")],
    ),
    "stock and par": (
        "Item,Unit,Par,On Hand,To Order,Value,Date\nRum,btl,6,4.3,2,80.10,2026-03-13\nGin,btl,2,0,2,,2026-03-13\n",
        [(4.3, "bottle"), (0, "bottle")],
    ),
    "what is theoretical and what is counted": (
        "Producto;Unidad;Existencia teórica;Existencia física;Diferencia;Fecha\nHarina;kg;12,5;11;-1,5;13/03/2026\n",
        [(11, "kg")],
    ),
    "cases only": ("Description,Counted_Cases,Location,Date\nBacon,45.5,Freezer,2026-03-13\n", [(45.5, "case")]),
    "cases and eaches": (
        "Item,Pack Size,Cases,Eaches,Date\nCola,24,2,3,2026-03-13\nWater,6 x 1 l,2,,2026-03-13\n"
        "Oil,4 x 5 l,0,1,2026-03-13\n",
        [(51, None), (12, "l"), (1, None)],
    ),
    "cases and loose units of another size": (
        "Item,Pack Size,Cases,Loose,Unit,Date\nOil,4 x 5 l,1,250,ml,2026-03-13\n",
        [(20.25, "l")],
    ),
    "cases in the unit": ("Item,Pack,Count,Unit,Date\nTins,6 x 2.5 kg,2,case,2026-03-13\n", [(30, "kg")]),
    "units in the cells": (
        "Item,Count,Date\nWater,3 x 1 l,2026-03-13\nFlour,2.5 kg,2026-03-13\n",
        [(3, "l"), (2.5, "kg")],
    ),
    "the unit in the header": ("Item,Count (kg),Date\nFlour,2.5,2026-03-13\n", [(2.5, "kg")]),
}


@pytest.mark.parametrize("layout", COUNTS)
def test_a_count_sheet_is_read_as_it_is(layout: str) -> None:
    text, expected = COUNTS[layout]
    parsed = read(text)
    assert found(parsed, "quantity", "unit") == expected
    assert parsed.rejected.empty


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Item,Unit,Quantity,On Hand,Date\nRum,btl,6,4,2026-03-13\n", {"quantity": "Quantity"}),
        ("Item,Cases,Units,Date\nCola,2,3,2026-03-13\n", {"loose_quantity": "Units"}),
        ("Item,Case Size,Cases,Quantity,Date\nCola,24,2,3,2026-03-13\n", {"quantity": "Quantity"}),
        ("Item,Size,Count,Date\nRum,700 ml,4,2026-03-13\n", {"pack": "Size"}),
        ("Item,Count,Measured in,Date\nRum,4,btl,2026-03-13\n", {"unit": "Measured in"}),
        ("Item,Count,Recount,Counted,Date\nRum,4,5,5,2026-03-13\n", {"quantity": "Count"}),
    ],
)
def test_what_may_not_be_the_count_is_asked_about(text: str, question: dict[str, str]) -> None:
    assert asked(text) == question


def test_the_answer_to_a_question_is_taken() -> None:
    cases = "Item,Case Size,Cases,{},Date\nCola,24,2,3,2026-03-13\n"
    assert found(read(cases.format("Units"), columns={"loose_quantity": "Units"}), "quantity") == [(51,)]
    assert found(read(cases.format("Quantity"), columns={"quantity": "Quantity"}), "quantity") == [(3,)]
    opened = read("Item,Size,Count,Date\nRum,700 ml,4,2026-03-13\n", columns={"pack": "Size"})
    assert found(opened, "quantity", "unit") == [(2800, "ml")]


def test_a_sheet_without_a_day_needs_it() -> None:
    text = "Item,Count,Unit\nFlour,2,kg\n"
    with pytest.raises(PermanentError, match=r"counted_on.* --column counted_on==2024-03-01"):
        read(text)
    assert read(text, columns={"counted_on": "=2026-03-13"}).first_date == dt.date(2026, 3, 13)


# By line: its reason, None where it is counted.
LINES = {
    "Flour,2,kg,2026-03-20,": None,
    "Flour,0,kg,2026-03-20,2026-01-02": None,
    "Flour,,kg,2026-03-20,": "not_counted",
    "Flour,-,kg,2026-03-20,": "not_counted",
    "Flour,n/a,kg,2026-03-20,": "not_counted",
    "DAIRY,,,,": "missing_counted_on",
    "Flour,-2,kg,2026-03-20,": "bad_quantity",
    "Flour,some,kg,2026-03-20,": "bad_quantity",
    "Flour,2,handful,2026-03-20,": "bad_unit",
    "Flour,2,kg,2026-03-21,": "future_date",
    "Flour,2,kg,2026-03-20,1026-04-01": "bad_expires_on",
    "Flour,2,kg,1926-03-20,": "bad_counted_on",
    ",2,kg,2026-03-20,": "missing_ingredient",
}


@pytest.mark.parametrize("line", LINES)
def test_an_empty_cell_is_no_count_and_0_is_one(line: str) -> None:
    parsed = read(f"ingredient,quantity,unit,counted_on,expires_on\n{line}\nSalt,1,kg,2026-03-19,\n")
    assert parsed.reasons == ({} if LINES[line] is None else {LINES[line]: 1})
    assert parsed.loaded_count == (2 if LINES[line] is None else 1)


@pytest.mark.parametrize(("came", "loaded"), [("2026-03-20T22:30Z", 0), ("2026-03-20T23:30Z", 1)])
def test_tomorrow_begins_at_the_restaurants_midnight(came: str, loaded: int) -> None:
    text = "ingredient,quantity,counted_on\nFlour,2,2026-03-21\n"
    at = dt.datetime.fromisoformat(came)
    parsed = read_upload(text.encode(), kind="inventory_counts", place=Place("Europe/Berlin"), known_at=at)
    assert parsed.loaded_count == loaded


def test_a_count_after_midnight_is_of_the_business_day_before() -> None:
    parsed = read("Item,Count,Counted at\nFlour,2,2026-03-14 01:30\nSalt,1,2026-03-13\n")
    assert [str(day.date()) for day in parsed.rows.counted_on] == ["2026-03-13", "2026-03-13"]
    assert found(parsed, "counted_at") == [(dt.datetime(2026, 3, 14, 0, 30, tzinfo=dt.UTC),), (None,)]
    apart = read("Item,Count,Date,Time\nFlour,2,2026-03-13,23:30\n")
    assert found(apart, "counted_at") == [(dt.datetime(2026, 3, 13, 22, 30, tzinfo=dt.UTC),)]


def test_two_counts_of_one_place_and_lot_are_doubted_and_places_add_up() -> None:
    parsed = read(
        "Item,Count,Unit,Date,Location,Lot\nFlour,3,kg,2026-03-13,Bar,\nflour,4,kg,2026-03-13,bar,\n"
        "Salt,1,kg,2026-03-13,Store,\nSalt,2,kg,2026-03-13,Bar,\nMilk,1,l,2026-03-13,,A\nMilk,1,l,2026-03-13,,B\n"
        "Eggs,6,pcs,2026-03-13,,\nEggs,6,pcs,2026-03-13,,\n"
    )
    assert found(parsed, "ingredient", "quantity") == [("Salt", 1), ("Salt", 2), ("Milk", 1), ("Milk", 1), ("Eggs", 6)]
    assert parsed.reasons == {"counted_twice": 2, "repeated_row": 1}
    assert "3 on line 2 and 4 on line 3" in parsed.rejected.message[0]


def test_equal_amounts_with_another_last_day_are_no_repeats() -> None:
    head = "Item,Count,Unit,Date,Best before\n"
    rows = "Milk,6,l,2026-03-13,2026-03-15\nMilk,6,l,2026-03-13,2026-03-19\nEggs,9,pcs,2026-03-13,2026-03-20\n"
    parsed = read(f"{head}{rows}Eggs,9,pcs,2026-03-13,2026-03-20\n")
    assert found(parsed, "ingredient", "quantity") == [("Eggs", 9)]
    assert parsed.reasons == {"counted_twice": 2, "repeated_row": 1}
    results = "6, good until 2026-03-15, on line 2 and 6, good until 2026-03-19, on line 3"
    assert results in parsed.rejected.message[0]


def test_cases_of_an_unknown_size_are_not_added_to_loose_units() -> None:
    head = "Item,Pack,Cases,Loose,Unit,Date\n"
    parsed = read(f"{head}Cola,,2,3,,2026-03-13\nOil,4 x 5 l,1,2,piece,2026-03-13\nGum,24,9e7,1,,2026-03-13\n")
    assert parsed.reasons == {"unknown_case": 3}
    assert "expected a pack such as 24" in parsed.rejected.message[0]


# By layout: the file, and quantity, unit and reason of its rows.
WASTE = {
    "a scale's": (
        "Date,Time,Food Item,Weight (lbs),Loss Reason,Station,Value,Employee\n"
        "03/13/2026,1:30 PM,Roast Beef,2.4,Overproduction,Grill,$12.00,A\n",
        [(2.4, "lb", "overproduced")],
    ),
    "a log sheet's": (
        "Date,Time of Day,Type of Food,Loss Reason,Portions,Quantity (kg),Recorded By\n"
        "2026-03-13,13:00,Soup,Trimmings,4,2,B\n",
        [(2, "kg", "prepared")],
    ),
    "an app's": (
        "itemName,quantity,unit,date,reason,costImpact,notes\nTomato Soup,2.5,kg,2026-03-13,expired,25.0,x\n"
        "Chicken,1.8,kg,2026-03-13,over-prepared,18,\n",
        [(2.5, "kg", "expired"), (1.8, "kg", "overproduced")],
    ),
    "scrap orders": (
        "Date,Reference,Product,Quantity,Unit of Measure,Source Location,Scrap Location,Scrap Reason,Status\n"
        "2026-03-13 10:00:00,SP/1,Flour,2,kg,Stock,Scrap,Damaged,Done\n",
        [(2, "kg", "damaged")],
    ),
    "a back office's": (
        "Date,Number,Item,Qty,UofM,Each Amount,Total Amount,Reason\n"
        "2026-03-13,W1,Flour,2,lb,1.0,2.0,Spoiled - left out\n",
        [(2, "lb", "spoiled")],
    ),
    "a German list": (
        "Datum;Uhrzeit;Artikel;Menge;Einheit;Grund;Kürzel\n13.03.2026;14:30;Brötchen;12;Stk.;Überproduktion;AK\n",
        [(12, "piece", "overproduced")],
    ),
    "a Polish list": (
        "Data;Towar;Ilość;Jednostka;Powód\n13.03.2026;Mleko;1,5;l;przeterminowany\n",
        [(1.5, "l", "expired")],
    ),
}


@pytest.mark.parametrize("layout", WASTE)
def test_a_waste_log_is_read_as_it_is(layout: str) -> None:
    text, expected = WASTE[layout]
    parsed = read(text, "waste")
    rows = found(parsed, "quantity", "unit", "reason")
    assert [(quantity, unit, find_reason(str(reason)).word) for quantity, unit, reason in rows] == expected
    assert parsed.rejected.empty


def test_a_weight_without_a_unit_is_asked_about_and_the_answer_holds_for_every_row() -> None:
    text = "Date,Food Item,Weight,Reason\n2026-03-13,Roast Beef,2.4,Spoiled\n"
    assert asked(text, "waste") == {"unit": "=kg"}
    assert found(read(text, "waste", {"unit": "=lb"}), "quantity", "unit") == [(2.4, "lb")]


@pytest.mark.parametrize(("kind", "day", "thing"), [("waste", "date", "item"), ("deliveries", "delivered_on", "goods")])
def test_waste_and_deliveries_of_tomorrow_are_rejected(kind: str, day: str, thing: str) -> None:
    parsed = read(f"{day},{thing},quantity\n2026-03-21,Soup,2\n2026-03-20,Soup,1\n", kind)
    assert parsed.reasons == {"future_date": 1}
    assert "expected 2026-03-20 at the latest" in parsed.rejected.message[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Overproduction", Reason("overproduced")),
        ("abgelaufen", Reason("expired")),
        ("Spoiled - left out", Reason("spoiled", "Spoiled - left out")),
        ("expired or dropped", Reason("other", "expired or dropped")),
        ("the cat", Reason("other", "the cat")),
        ("staff_meal", Reason("staff_meal")),
        (None, Reason("other")),
    ],
)
def test_the_reason_is_a_word_of_the_list_and_what_says_more_is_kept(text: str | None, reason: Reason) -> None:
    assert find_reason(text) == reason
