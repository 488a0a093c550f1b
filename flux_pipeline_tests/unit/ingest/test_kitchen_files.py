"""Files of the menu, the kitchen and the stock room: the rows that real spreadsheets give, and those rejected."""

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline_tests.unit.ingest.reading import read_upload


def read(text: str, kind: str, columns: dict[str, str] | None = None) -> ParsedUpload:
    return read_upload(text.encode(), kind=kind, columns=columns, place=Place("Europe/Berlin"))


def test_a_german_price_list_is_a_menu() -> None:
    parsed = read('Artikel;Warengruppe;VK-Preis\nFlädlesuppe;Suppen;6,50 €\nWiener "Art";;"1.234,50"\n', "menu")
    assert list(parsed.rows.item) == ["Flädlesuppe", 'Wiener "Art"']
    assert list(parsed.rows.category) == ["Suppen", None]
    assert list(parsed.rows.price) == [6.5, 1234.5]


def test_two_spellings_of_an_item_are_one_line_of_the_menu_and_the_last_one_counts() -> None:
    parsed = read("item,price\nCafé  au lait,3\ncafe au LAIT,3.20\n", "menu")
    assert list(parsed.rows.price) == [3.2]
    assert parsed.reasons == {"repeated_row": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",180,g,Onions,", "missing_item"),
        ("Soup,,g,Onions,", "missing_quantity"),
        ("Soup,0,g,Onions,", "bad_quantity"),
        ("Soup,-1,g,Onions,", "bad_quantity"),
        ("Soup,180,,Onions,", "missing_unit"),
        ("Soup,180,handful,Onions,", "bad_unit"),
        ("Soup,180,g,,", "missing_component"),
        ("Soup,180,g,Onions,Stock", "two_components"),
        ("Soup,180,g,,SOUP", "own_component"),
    ],
)
def test_a_line_of_a_recipe_needs_one_component_and_how_much_of_it(line: str, reason: str) -> None:
    head = "item,quantity,unit,ingredient,component_item\n"
    parsed = read(f"{head}{line}\nStock,0.000002,kg,Saffron,\n", "recipes")
    assert parsed.reasons == {reason: 1}
    assert list(parsed.rows.quantity) == [0.000002]


def test_a_file_of_recipes_with_neither_ingredients_nor_components_is_refused() -> None:
    with pytest.raises(PermanentError, match="needs ingredient, or component_item"):
        read("item,quantity,unit\nSoup,1,g\n", "recipes")


def test_unit_costs_keep_six_decimals() -> None:
    assert list(read("name,unit,unit_cost\nFlour,g,$0.000949\n", "ingredients").rows.unit_cost) == [0.000949]


def test_each_day_of_an_ingredient_is_a_row_and_the_last_row_of_a_day_counts() -> None:
    lines = "Flour,kg,0.95,\nFlour,kg,1.05,2024-03-01\nflour,kg,1.15,2024-03-01\nFlour,kg,1.10,2024-02-01\n"
    parsed = read(f"name,unit,unit_cost,valid_from\n{lines}", "ingredients")
    assert list(parsed.rows.unit_cost) == [0.95, 1.15, 1.10]
    assert parsed.reasons == {"repeated_row": 1}


@pytest.mark.parametrize("barcode", ["4.01235E+12", "4,01235e+12"])
def test_a_barcode_that_a_spreadsheet_cut_is_rejected(barcode: str) -> None:
    parsed = read(f'name,unit,EAN\nFlour,kg,"{barcode}"\nSalt,kg,0401234567890\n', "ingredients")
    assert parsed.reasons == {"mangled_barcode": 1}
    assert list(parsed.rows.barcode) == ["0401234567890"]


def test_to_order_only_above_the_par_level_is_rejected() -> None:
    parsed = read("name,unit,par,reorder point\nFlour,kg,20,50\nSalt,kg,,5\nEggs,pcs,60,60\n", "ingredients")
    assert parsed.reasons == {"threshold_above_par": 1}
    assert list(parsed.rows.name) == ["Salt", "Eggs"]


def test_a_count_of_nothing_is_a_count_and_lots_are_counted_apart() -> None:
    head = "Zutat;Bestand;ME;Inventurdatum;Charge;MHD\n"
    parsed = read(
        f"{head}Mehl;12,5;kg;31.03.2024;A;30.09.2024\nMehl;0;kg;31.03.2024;B;\nMehl;0,0;kg;31.03.2024;b;\n",
        "inventory_counts",
    )
    assert list(parsed.rows.quantity) == [12.5, 0]
    assert list(parsed.rows.lot) == ["A", "b"]
    assert parsed.reasons == {"repeated_row": 1}
    assert parsed.rows.expires_on[0] == pd.Timestamp("2024-09-30")
    assert read(f"{head}Mehl;0;kg;31.03.2024;;\n", "inventory_counts").loaded_count == 1


def test_two_equal_lines_of_a_delivery_are_two_crates_and_nothing_delivered_is_skipped() -> None:
    line = "Flour,25,kg,2024-03-01,"
    parsed = read(
        "ingredient,quantity,unit,delivered_on,expires_on\n"
        f"{line}\n{line}\nSalt,0,kg,2024-03-01,\nEggs,30,pcs,2024-03-01,2024-02-28\nMilk,-2,l,2024-03-01,\n",
        "deliveries",
    )
    assert list(parsed.rows.ingredient) == ["Flour", "Flour"]
    assert parsed.reasons == {"zero_quantity": 1, "expires_before_delivery": 1, "bad_quantity": 1}
    assert parsed.first_date == parsed.last_date == pd.Timestamp("2024-03-01").date()


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("2024-03-01,Croissant,,3,2.40", {}),
        ("2024-03-01,,Milk,1.5,", {}),
        ("2024-03-01,,,0,", {"zero_quantity": 1}),
        ("2024-03-01,,,3,", {"missing_item": 1}),
        ("2024-03-01,Croissant,Milk,3,", {"item_and_ingredient": 1}),
        ("2024-03-01,Croissant,,-3,", {"bad_quantity": 1}),
        (",Croissant,,3,", {"missing_date": 1}),
        ("2024-03-32,Croissant,,3,", {"bad_date": 1}),
        ("2024-03-01,Croissant,,3,free", {"bad_cost": 1}),
    ],
)
def test_waste_is_of_an_item_or_of_an_ingredient(line: str, reasons: dict[str, int]) -> None:
    parsed = read(f"date,item,ingredient,quantity,cost\n{line}\n", "waste")
    assert parsed.reasons == reasons


def test_equal_lines_of_waste_are_two_mishaps() -> None:
    assert read("date,item,quantity\n2024-03-01,Egg,1\n2024-03-01,Egg,1\n", "waste").loaded_count == 2


def test_school_breakfast_is_a_file_of_waste(real) -> None:
    content = real("school_breakfast/production_2025-05_first_5_days.csv")
    parsed = read_upload(content, kind="waste", place=Place("America/New_York"))
    assert (parsed.read_count, parsed.rejected_count) == (13_409, 0)
    assert parsed.skipped == {"zero_quantity": 12_793}
    assert parsed.detected_format["columns"] == {
        "date": "date",
        "location": "school",
        "item": "item",
        "quantity": "discarded",
        "cost": "discarded_cost",
        "waste_share": "discarded_pct",
        "planned_quantity": "plan_total",
        "offered_quantity": "offered",
        "served_quantity": "served_total",
        "leftover_quantity": "leftover",
        "served_cost": "served_cost",
        "leftover_cost": "leftover_cost",
        "production_cost": "production_cost",
    }
    rows = parsed.rows
    # Each was read as `5.00%` of as many as were offered.
    assert np.allclose(rows.waste_share, rows.quantity / rows.offered_quantity, atol=0.00006)
    assert rows.cost.sum().round(2) == pytest.approx(sum_of(content, "discarded_cost"))


def sum_of(content: bytes, column: str) -> float:
    import io

    texts = pd.read_csv(io.BytesIO(content), dtype=str)[column]
    return round(float(texts.str.replace("[$,]", "", regex=True).astype(float).sum()), 2)


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("Mill & Co,Flour,0.92,2,25,25", {}),
        (",Flour,0.92,2,25,25", {"missing_vendor": 1}),
        ("Mill & Co,,0.92,2,25,25", {"missing_ingredient": 1}),
        ("Mill & Co,Flour,,2,25,25", {"missing_price": 1}),
        ("Mill & Co,Flour,0.92,400,25,25", {"bad_lead_time_days": 1}),
        ("Mill & Co,Flour,0.92,2,25,0", {"bad_pack": 1}),
    ],
)
def test_a_vendors_price_has_a_lead_time_a_minimum_and_a_pack(line: str, reasons: dict[str, int]) -> None:
    parsed = read(f"Supplier,Article,Price,Lead time,MOQ,VPE\n{line}\n", "vendor_prices")
    assert parsed.reasons == reasons
