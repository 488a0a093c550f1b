"""Lists of the kitchen as people keep them, with merged cells, totals rows and fractions; each named by its defect."""

import pytest

from flux_pipeline_tests.unit.ingest.reading import read_upload


def rows_of(text, kind, *columns):
    parsed = read_upload(text.encode(), kind=kind)
    assert parsed.read_count == parsed.loaded_count + parsed.skipped_count + parsed.rejected_count
    return parsed, [tuple(row) for row in parsed.rows[list(columns)].to_numpy().tolist()]


SOUP_AND_PIZZA = [
    ("Leek soup", "Leeks", 0.25),
    ("Leek soup", "Cream", 30),
    ("Leek soup", "Salt", 2),
    ("Bianca", "Dough ball", 1),
    ("Bianca", "Ricotta", 90),
]
RECIPES = {
    "merged_cells": "Menu Item,Ingredient,Qty,Unit\nLeek soup,Leeks,0.25,kg\n,Cream,30,ml\n,Salt,2,g\n"
    "Bianca,Dough ball,1,pc\n,Ricotta,90,g\n",
    "item_on_a_row_of_its_own": "Menu Item,Ingredient,Qty,Unit\nLeek soup,,,\n,Leeks,0.25,kg\n,Cream,30,ml\n,Salt,2,g\n"
    "Bianca,,,\n,Dough ball,1,pc\n,Ricotta,90,g\n",
    "blank_lines_between_groups": "Recipe,Ingredient,Qty,Unit\nLeek soup,Leeks,1/4,kg\n,Cream,30,ml\n,Salt,2,g\n,,,\n"
    "Bianca,Dough ball,1,pc\n,Ricotta,90,g\n",
    "total_below_each_recipe": "Recipe,Ingredient,Qty,Unit,Cost\nLeek soup,Leeks,\u00bc,kg,0.40\n,Cream,30,ml,0.20\n"
    ",Salt,2,g,0.01\n,Total,,,0.61\nBianca,Dough ball,1,pc,0.35\n,Ricotta,90,g,0.80\n,Total,,,1.15\n",
    "total_beside_the_item": "Recipe,Ingredient,Qty,Unit,Cost\nLeek soup,Leeks,0.25,kg,0.40\n"
    "Leek soup,Cream,30,ml,0.20\n"
    "Leek soup,Salt,2,g,0.01\nLeek soup,Total,,,0.61\nBianca,Dough ball,1,pc,0.35\nBianca,Ricotta,90,g,0.80\n",
    "German_with_semicolons": "Rezept;Zutat;Menge;Einheit\nLeek soup;Leeks;0,25;kg\n;Cream;30;ml\n;Salt;2;g\n"
    "Bianca;Dough ball;1;Stk\n;Ricotta;90;g\n",
}


@pytest.mark.parametrize("defect", RECIPES)
def test_a_recipe_names_its_item_once(defect):
    parsed, rows = rows_of(RECIPES[defect], "recipes", "item", "ingredient", "quantity")
    assert rows == SOUP_AND_PIZZA
    assert parsed.rejected_count == 0


def test_rows_that_take_a_field_from_above_are_named():
    parsed, _ = rows_of(RECIPES["merged_cells"], "recipes", "item")
    assert parsed.detected_format["notes"] == [
        "3 rows without 'Menu Item' (the first is line 3) take the one above, as with merged cells."
    ]


NOT_GROUPS = {
    "first_row_lacks_it": ",Leeks,1,kg\nBianca,Dough ball,1,pc\n,Ricotta,90,g\n,Oil,5,ml\n",
    "one_slip_among_many": "Leek soup,Leeks,1,kg\nBianca,Dough ball,1,pc\n,Ricotta,90,g\nTarte,Onion,1,pc\n",
    "item_repeated_elsewhere": "Leek soup,Leeks,1,kg\nLeek soup,Cream,1,kg\n,Salt,2,g\n,Pepper,1,g\n",
    "rows_of_remarks": "Leek soup,Leeks,1,kg\n,Cream,30,ml\n,cut them,,\n,boil for an hour,,\n",
}


@pytest.mark.parametrize("defect", NOT_GROUPS)
def test_a_missing_item_that_may_be_a_slip_is_rejected(defect):
    body = NOT_GROUPS[defect]
    parsed, _ = rows_of(f"Menu Item,Ingredient,Qty,Unit\n{body}", "recipes", "item")
    lacking = sum(line.startswith(",") for line in body.splitlines())
    assert parsed.reasons == {"missing_item": lacking}
    assert parsed.detected_format["notes"] == []


DELIVERED = [
    ("2026-03-02", "Mill & Sons", "Flour", 25),
    ("2026-03-02", "Mill & Sons", "Yeast", 2),
    ("2026-03-02", "Mill & Sons", "Salt", 5),
    ("2026-03-03", "Green Row", "Leeks", 12),
    ("2026-03-03", "Green Row", "Onions", 20),
]
DELIVERIES = {
    "date_and_vendor_once": "Date,Vendor,Ingredient,Quantity\n2026-03-02,Mill & Sons,Flour,25\n,,Yeast,2\n,,Salt,5\n"
    "2026-03-03,Green Row,Leeks,12\n,,Onions,20\n",
    "heading_row": "Date,Vendor,Ingredient,Quantity\n2026-03-02,Mill & Sons,,\n,,Flour,25\n,,Yeast,2\n,,Salt,5\n"
    "2026-03-03,Green Row,,\n,,Leeks,12\n,,Onions,20\n",
    "total_below_each_invoice": "Date,Vendor,Ingredient,Quantity,Price,Sum\n2026-03-02,Mill & Sons,Flour,25,1,25\n"
    ",,Yeast,2,3,6\n,,Salt,5,1,5\n,,,,Invoice total,36\n2026-03-03,Green Row,Leeks,12,1,12\n,,Onions,20,1,20\n"
    ",,,,Invoice total,32\n",
    "subtotals": "Date,Vendor,Ingredient,Quantity\n2026-03-02,Mill & Sons,Flour,25\n,,Yeast,2\n"
    ",,Salt,5\n,,Subtotal,32\n"
    "2026-03-03,Green Row,Leeks,12\n,,Onions,20\n,,Subtotal,32\n,,Grand total,64\n",
}


@pytest.mark.parametrize("defect", DELIVERIES)
def test_a_delivery_gives_its_day_and_vendor_once(defect):
    parsed, _ = rows_of(DELIVERIES[defect], "deliveries", "quantity")
    rows = parsed.rows
    found = zip(rows.delivered_on.dt.strftime("%Y-%m-%d"), rows.vendor, rows.ingredient, rows.quantity, strict=True)
    assert list(found) == DELIVERED
    assert parsed.rejected_count == 0


def test_a_vendor_that_one_delivery_lacks_is_not_that_of_the_delivery_before():
    text = (
        "Date,Vendor,Ingredient,Quantity\n2026-03-02,Mill & Sons,Flour,25\n,,Yeast,2\n"
        "2026-03-03,,Leeks,12\n,,Onions,20\n"
    )
    parsed, _ = rows_of(text, "deliveries", "vendor")
    assert parsed.rows.vendor.tolist() == ["Mill & Sons", None, None, None]
    assert parsed.rows.delivered_on.dt.day.tolist() == [2, 2, 3, 3]


def test_a_count_gives_its_day_once():
    text = (
        "Count date,Ingredient,On hand,Unit\n2026-03-02,Flour,2\u00bd,bag\n,Yeast,1/2,kg\n"
        "2026-03-09,Flour,1 3/4,bag\n,Yeast,1-1/2,kg\n"
    )
    parsed, rows = rows_of(text, "inventory_counts", "ingredient", "quantity")
    assert rows == [("Flour", 2.5), ("Yeast", 0.5), ("Flour", 1.75), ("Yeast", 1.5)]
    assert parsed.rows.counted_on.dt.day.tolist() == [2, 2, 9, 9]


WASTED = [("Plum tomatoes", 2.5), ("Barley soup", 1.5), ("Bean patty", 3)]
WASTE = {
    "total_with_a_date": (
        "Date,Item,Category,Quantity,Unit,Reason,Cost\n10/13/2026,Plum tomatoes,Produce,2.5,lb,Spoiled,$2.85\n"
        "10/13/2026,Barley soup,Prepared,1 1/2,qt,Overproduction,$6.00\n"
        "10/14/2026,Bean patty,Protein,3,ea,Dropped,$7.50\n10/14/2026,TOTAL,,7,,,$16.35\n"
    ),
    "total_without_a_date": (
        "Date,Item,Quantity,Cost\n2026-10-13,Plum tomatoes,2\u00bd,2.85\n2026-10-13,Barley soup,1\u00bd,6.00\n"
        "2026-10-14,Bean patty,3,7.50\nTOTAL,,7,16.35\n"
    ),
    "total_of_each_day": (
        "Date,Item,Quantity,Cost\n2026-10-13,Plum tomatoes,2.5,2.85\n2026-10-13,Barley soup,1.5,6.00\n"
        "2026-10-13,Daily total,4,8.85\n2026-10-14,Bean patty,3,7.50\n2026-10-14,Daily total,3,7.50\n"
    ),
    "total_of_money_only": (
        "Date,Item,Quantity,Cost\n2026-10-13,Plum tomatoes,2.5,2.85\n2026-10-13,Barley soup,1.5,6.00\n"
        "2026-10-14,Bean patty,3,7.50\n2026-10-14,Total,,16.35\n"
    ),
    "total_of_a_category": (
        "Date,Item,Quantity,Cost\n2026-10-13,Plum tomatoes,2.5,2.85\n2026-10-13,Barley soup,1.5,6.00\n"
        "2026-10-13,Total fresh,4,8.85\n2026-10-14,Bean patty,3,7.50\n"
    ),
    "total_of_the_first_column": (
        "Item,Date,Quantity,Cost\nPlum tomatoes,2026-10-13,2.5,2.85\nBarley soup,2026-10-13,1.5,6.00\n"
        "Bean patty,2026-10-14,3,7.50\nGrand Total,,7,16.35\n"
    ),
    "German_total": (
        "Datum;Artikel;Menge;Kosten\n13.10.2026;Plum tomatoes;2,5;2,85\n13.10.2026;Barley soup;1 1/2;6,00\n"
        "14.10.2026;Bean patty;3;7,50\n14.10.2026;Gesamt;7;16,35\n"
    ),
}


@pytest.mark.parametrize("defect", WASTE)
def test_totals_of_waste_are_left_out(defect):
    parsed, rows = rows_of(WASTE[defect], "waste", "item", "quantity")
    assert rows == WASTED
    assert parsed.rejected_count == 0
    assert set(parsed.skipped) == {"totals_line"}


def test_a_thing_named_like_a_total_is_loaded_or_asked_about():
    head = "Date,Item,Quantity\n2026-10-13,Oats,2\n2026-10-13,Bran,3\n"
    parsed, rows = rows_of(f"{head}2026-10-13,Total crunch cereal,4\n", "waste", "item", "quantity")
    assert rows == [("Oats", 2), ("Bran", 3), ("Total crunch cereal", 4)]
    parsed, rows = rows_of(f"{head}2026-10-13,TOTAL,6\n", "waste", "item", "quantity")
    assert rows == [("Oats", 2), ("Bran", 3)]
    assert parsed.reasons == {"unclear_total": 1}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1 1/2", 1.5),
        ("1-1/2", 1.5),
        ("1\u00bd", 1.5),
        ("2 \u00be", 2.75),
        ("\u00bc", 0.25),
        ("3/8", 0.375),
        ("1\u20442", 0.5),
        ("1/3", 0.333),
        ("12 \u2154", 12.667),
    ],
)
def test_a_fraction_is_a_number_in_the_kitchen(written, read):
    _, rows = rows_of(f"date,item,quantity\n2026-10-13,Oats,{written}\n", "waste", "quantity")
    assert rows == [(read,)]


@pytest.mark.parametrize("written", ["10/13", "1/2/2026", "3/2", "2/1", "1 1/7", "1/2/3", "-1/2", "1 1/2 1/2", "0/2"])
def test_what_may_be_a_date_is_no_fraction(written):
    parsed, _ = rows_of(f"date,item,quantity\n2026-10-13,Oats,{written}\n", "waste", "quantity")
    assert parsed.reasons == {"bad_quantity": 1}


@pytest.mark.parametrize(("written", "read"), [("1\u00bd", 1.5), ("\u00bd", 0.5), ("2 1/2", 2.5)])
def test_a_sale_may_be_of_a_part(written, read):
    parsed = read_upload(f"date,item,quantity,amount\n2026-10-13,Oats,{written},3.00\n".encode(), kind="sales")
    assert parsed.rows.quantity.tolist() == [read]


def test_half_of_a_shared_sale_is_not_guessed():
    parsed = read_upload(b"date,item,quantity,amount\n2026-10-13,Oats,1/2,3.00\n", kind="sales")
    assert parsed.reasons == {"bad_quantity": 1}
