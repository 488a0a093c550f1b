"""Recipes and conversions as other programs and people write them, in the columns of public files with invented rows.

The columns are those of Odoo's and ERPNext's bills of materials, a chef's recipe workbook, a Swiss hotel's calculation
of its menus, import templates of recipe and till programs, and a German list of recipes.
"""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload

ZURICH = Place("Europe/Zurich", country_code="CH", currency="CHF")
LINE = ["item", "ingredient", "quantity", "unit"]
BATCH = [*LINE, "yield_quantity", "yield_unit"]


def rows_of(text: str, names: list[str], **columns: str) -> list[tuple[object, ...]]:
    parsed = read_upload(text.encode(), kind="recipes", columns=columns, place=ZURICH)
    assert parsed.rejected_count == 0, parsed.rejected.message.tolist()
    rows = parsed.rows[names].astype(object)
    return [tuple(row) for row in rows.where(rows.notna(), None).to_numpy().tolist()]


ODOO = [("Pizza rossa", "Dough", 1, "piece"), ("Pizza rossa", "Sauce", 0.1, "l"), ("Pizza verde", "Dough", 1, "piece")]


@pytest.mark.parametrize(
    "header",
    [
        "ID,Product,Quantity,BoM Type,BoM Lines/Component,BoM Lines/Quantity,BoM Lines/Product Unit of Measure",
        "id,product_tmpl_id,product_qty,type,"
        "bom_line_ids/product_id,bom_line_ids/product_qty,bom_line_ids/product_uom_id",
    ],
)
def test_a_bill_of_materials_of_odoo_is_a_recipe(header: str) -> None:
    text = f"{header}\nb1,Pizza rossa,1,Kit,Dough,1,Units\n,,,,Sauce,0.1,L\nb2,Pizza verde,1,Kit,Dough,1,Units\n"
    assert rows_of(text + ",,,,Basil,2,g\n", LINE) == [*ODOO, ("Pizza verde", "Basil", 2, "g")]


def test_the_quantity_of_a_bill_of_odoo_needs_its_unit() -> None:
    header = "Product,Quantity,BoM Lines/Component,BoM Lines/Quantity,BoM Lines/Product Unit of Measure"
    text = f"{header}\nSauce,10,Tomato,8,kg\n"
    assert read_upload(text.encode(), kind="recipes").reasons == {"half_a_yield": 1}


def test_a_bill_of_materials_of_erpnext_is_a_recipe_of_a_batch() -> None:
    text = (
        "ID,Item,Quantity,Item UOM,Company,ID (Items),Item Code (Items),Qty (Items),UOM (Items),Rate (Items)\n"
        "BOM-1,Apple pie,8,Portion,Oak Bakery,a1,Apples,2.5,Kg,3.1\n,,,,,a2,Flour,0.6,Kg,1.2\n,,,,,a3,Eggs,4,Nos,0.3\n"
        "BOM-2,Tea,1,Cup,Oak Bakery,b1,Tea leaves,3,Gram,0.04\n"
    )
    assert rows_of(text, BATCH) == [
        ("Apple pie", "Apples", 2.5, "kg", 8, "portion"),
        ("Apple pie", "Flour", 0.6, "kg", 8, "portion"),
        ("Apple pie", "Eggs", 4, "piece", 8, "portion"),
        ("Tea", "Tea leaves", 3, "g", 1, "cup"),
    ]


HOTEL = """Men\u00fc-Typ,Gericht,Gang,Verkaufspreis,Food Cost %,Zutat,Menge,Einheit,Preis pro Einheit,Wareneinsatz CHF
WINTER,Komplett,Gesamt,90.00,28.57%,,,,,
,,,,,,,,,
WINTER,Kroketten,Amuse,,,,,,,
,,,,,Alpk\u00e4se,30,g,28.00,0.84
,,,,,Mehl,20,g,2.50,0.05
,,,,,Subtotal Amuse:,,,,0.89
,,,,,,,,,
WINTER,Forelle,Gang 1,,,,,,,
,,,,,Forelle,80,g,60.00,4.80
,,,,,Rahm,30,ml,8.00,0.24
,,,,,Subtotal Gang 1:,,,,5.04
"""


def test_dishes_may_be_headings_with_a_subtotal_below() -> None:
    assert rows_of(HOTEL, LINE) == [
        ("Kroketten", "Alpk\u00e4se", 30, "g"),
        ("Kroketten", "Mehl", 20, "g"),
        ("Forelle", "Forelle", 80, "g"),
        ("Forelle", "Rahm", 30, "ml"),
    ]


WORKBOOK = """Recipe name:,Caesar dressing,,,,
Number of portions:,24,,,,
,Recipe Quantity (EP),,Costing,,
Ingredients,Quantity,Weight,AP$ / Unit,Unit,Yield %
Mayonnaise,,1750g,,,
Mustard,,275 g,,,88
Salt,,1/2 oz,,,
"""


def test_a_sheet_of_one_recipe_takes_its_item_from_the_command() -> None:
    with pytest.raises(PermanentError, match="If it is the same on every row, give its name: --column item==NAME"):
        read_upload(WORKBOOK.encode(), kind="recipes")
    assert rows_of(WORKBOOK, LINE, item="=Caesar dressing", quantity="Weight") == [
        ("Caesar dressing", "Mayonnaise", 1750, "g"),
        ("Caesar dressing", "Mustard", 275, "g"),
        ("Caesar dressing", "Salt", 0.5, "oz"),
    ]


def test_the_item_of_one_sheet_is_not_that_of_the_next() -> None:
    source = Source.of(WORKBOOK.encode())
    hints = Hints({"item": "=Caesar dressing", "quantity": "Weight"})
    first = open_upload(source, kind="recipes", hints=hints).detected_format
    known = {first["header_fingerprint"]: first["columns"]}
    assert (first["columns"]["item"], first["columns"]["unit"]) == ("=Caesar dressing", "Weight")
    with pytest.raises(PermanentError, match="No column of the file is recognised as the item"):
        open_upload(source, kind="recipes", known=known)
    again = open_upload(source, kind="recipes", hints=Hints({"item": "=Vinaigrette"}), known=known)
    assert again.first_rows(1)[LINE].to_numpy().tolist() == [["Vinaigrette", "Mayonnaise", 1750, "g"]]


@pytest.mark.parametrize(
    ("cell", "quantity", "unit"),
    [
        ("250 g", 250, "g"),
        ("16.8oz", 16.8, "oz"),
        ("6ea", 6, "piece"),
        ("1 1/2 cups", 1.5, "cup"),
        ("1\u00bd l", 1.5, "l"),
        ("\u00be tsp", 0.75, "tsp"),
        ("2#", 2, "lb"),
        ("8 fl oz", 8, "fl_oz"),
        ("'1,250 g'", 1250, "g"),
    ],
)
def test_a_quantity_may_have_its_unit_in_its_cell(cell: str, quantity: float, unit: str) -> None:
    cell = cell.replace("'", '"')
    assert rows_of(f"Recipe,Ingredient,Amount\nCake,Flour,{cell}\n", LINE) == [("Cake", "Flour", quantity, unit)]


def test_a_quantity_without_a_unit_among_others_is_rejected() -> None:
    parsed = read_upload(
        b"Recipe,Ingredient,Amount\nCake,Flour,250 g\nCake,Eggs,2\nCake,Salt,a pinch\n", kind="recipes"
    )
    assert parsed.reasons == {"missing_unit": 1, "bad_quantity": 1}


def test_a_column_of_portions_is_the_yield_of_the_recipe() -> None:
    text = "Receta;Raciones;Ingrediente;Cantidad;Unidad\nGazpacho;10;Tomate;2;kg\n;;Pepino;300;g\n;;Aceite;0,2;l\n"
    assert rows_of(text, BATCH) == [
        ("Gazpacho", "Tomate", 2, "kg", 10, "portion"),
        ("Gazpacho", "Pepino", 300, "g", 10, "portion"),
        ("Gazpacho", "Aceite", 0.2, "l", 10, "portion"),
    ]


def test_a_yield_may_have_its_unit_in_its_cell() -> None:
    lines = ["Sauce,5 qt,Tomatoes,10,lb", ",,Onion,2,lb", "Pesto,40 portions,Basil,3,lb", ",,Oil,1,qt"]
    assert rows_of("\n".join(["Recipe,Yield,Ingredient,Qty,Unit", *lines]), BATCH) == [
        ("Sauce", "Tomatoes", 10, "lb", 5, "quart"),
        ("Sauce", "Onion", 2, "lb", 5, "quart"),
        ("Pesto", "Basil", 3, "lb", 40, "portion"),
        ("Pesto", "Oil", 1, "quart", 40, "portion"),
    ]


def test_a_german_list_of_recipes_repeats_its_item() -> None:
    text = "Rezept;Typ;Zutat;Menge;Einheit;Preis;Rolle\nBrot;Brot;Mehl 550;10;kg;0,80;Mehl\nBrot;;Wasser;6,5;l;0;\n"
    assert rows_of(text, LINE) == [("Brot", "Mehl 550", 10, "kg"), ("Brot", "Wasser", 6.5, "l")]


@pytest.mark.parametrize(
    "text",
    [
        "Product,From unit,To unit,Factor\nParsley,bunch,g,80\n",
        "Zutat;Ausgangseinheit;Zieleinheit;Umrechnungsfaktor\nParsley;Bund;g;80\n",
        "Item,From UOM,To UOM,Value\nParsley,Bunch,Gram,80\n",
        "ingredient,from_quantity,to_quantity\nParsley,1 bunch,80 g\n",
    ],
)
def test_a_factor_says_how_many_one_unit_is(text: str) -> None:
    parsed = read_upload(text.encode(), kind="unit_conversions")
    names = ["ingredient", "from_quantity", "from_unit", "to_quantity", "to_unit"]
    assert parsed.rows[names].to_numpy().tolist() == [["Parsley", 1, "bunch", 80, "g"]]
