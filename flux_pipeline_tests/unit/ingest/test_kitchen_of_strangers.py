"""Cost sheets, price lists, invoices and exports as other programs write them: read rightly, or asked about.

Most layouts follow published order guides, import templates and exports; names and figures are invented.
"""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload


def read(text: str, kind: str, columns: dict[str, str] | None = None) -> ParsedUpload:
    return read_upload(text.encode(), kind=kind, columns=columns, place=Place("Europe/Berlin"))


def read_after(before: ParsedUpload, text: str) -> ParsedUpload:
    """Read a price list as the next one after another with the same header."""
    known = {before.detected_format["header_fingerprint"]: before.detected_format["columns"]}
    opened = open_upload(Source.of(text.encode()), kind="vendor_prices", place=Place("Europe/Berlin"), known=known)
    return merged(list(opened.parts()))


def contents(parsed: ParsedUpload) -> list[tuple[float, float, str]]:
    assert parsed.reasons == {}
    return list(zip(parsed.rows.case_quantity, parsed.rows.pack_quantity, parsed.rows.pack_unit, strict=True))


def asked(text: str, kind: str, columns: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(NeedsOptionsError) as refusal:
        read(text, kind, columns)
    return dict(refusal.value.columns)


ORDER_GUIDE = (
    "Item Code,Description,Pack Size,Case Price,Unit Price,Unit\nA1,MINCE,10 LB,40,4,LB\nA2,CUMIN,6/1LB,90,15,LB\n"
)


def test_the_order_guide_of_one_vendor_does_not_say_whose_it_is() -> None:
    with pytest.raises(PermanentError, match=r"--column vendor==NAME"):
        read(ORDER_GUIDE, "vendor_prices")
    parsed = read(ORDER_GUIDE, "vendor_prices", {"vendor": "=Mill & Co"})
    assert list(parsed.rows.vendor) == ["Mill & Co"] * 2
    assert contents(parsed) == [(1, 10, "lb"), (6, 1, "lb")]
    # The next guide with this header may be another vendor's.
    with pytest.raises(PermanentError, match=r"--column vendor==NAME"):
        read_after(parsed, ORDER_GUIDE)


SACKS = "fournisseur;produit;conditionnement;prix\nAnouk;Riz;Sac 25 kg;42,00\nAnouk;Tomates;Plateau 6 kg;9,60\n"


def test_a_price_beside_a_pack_is_of_one_unit_or_of_the_pack() -> None:
    answer = asked(SACKS, "vendor_prices")
    assert answer == {"case_price": "prix", "pack": "conditionnement"}
    assert contents(read(SACKS, "vendor_prices", answer)) == [(1, 25, "kg"), (1, 6, "kg")]
    of_units = read(SACKS, "vendor_prices", {"unit_price": "prix"})
    assert list(of_units.rows.unit_price) == [42, 9.6]
    assert list(read_after(of_units, SACKS).rows.unit_price) == [42, 9.6]


PACKAGES = "Name,Quantity,Unit,Supplier,Price\nCola,6 x 33 cl,cl,Mill,4.20\nFlour,25,kg,Mill,21\n"


def test_a_quantity_beside_a_price_is_that_of_the_price_or_the_least_to_order() -> None:
    answer = asked(PACKAGES, "vendor_prices")
    assert answer == {"case_price": "Price", "pack": "Quantity"}
    assert contents(read(PACKAGES, "vendor_prices", answer)) == [(6, 33, "cl"), (1, 25, "kg")]
    least = "Vendor,Product Template,Quantity,Unit of Measure,Price,Delivery Lead Time\nMill,Flour,{},kg,0.92,2\n"
    asked(least.format(25), "vendor_prices")
    assert list(read(least.format(1), "vendor_prices").rows.lead_time_days) == [2]
    parsed = read(least.format(25), "vendor_prices", {"minimum_order_quantity": "Quantity", "unit_price": "Price"})
    assert list(parsed.rows.minimum_order_quantity) == [25]


def test_packs_in_a_case_and_the_size_of_one_are_two_columns() -> None:
    text = "Vendor,Pack,Size,Unit,Desc,Case Price\nMill,4,5LB,LB,Carrots,21.50\nMill,1,50 LB,LB,Onions,18.90\n"
    answer = asked(text, "vendor_prices")
    assert answer == {"case_quantity": "Pack", "pack": "Size"}
    assert contents(read(text, "vendor_prices", answer)) == [(4, 5, "lb"), (1, 50, "lb")]


def test_a_count_of_cases_is_what_is_in_one_or_what_was_ordered() -> None:
    text = "Vendor,SUPC,Case Qty,Pack/Size,Description,Case Price\nMill,46,2,{},Beans,42.50\n"
    inside = asked(text.format("15 oz"), "vendor_prices")
    assert inside == {"case_quantity": "Case Qty", "pack": "Pack/Size"}
    assert contents(read(text.format("15 oz"), "vendor_prices", inside)) == [(2, 15, "oz")]
    assert contents(read(text.format("6/5 LB"), "vendor_prices", {"pack": "Pack/Size"})) == [(6, 5, "lb")]
    assert read(text.format("6/5 LB"), "vendor_prices", inside).reasons == {"bad_pack": 1}


def test_an_invoice_of_packs_needs_the_unit_that_was_counted() -> None:
    head = "Order Date,Invoice Number,Description,Quantity,Unit Price,Extension,Pack Size"
    with pytest.raises(NeedsOptionsError, match="no column says whether the quantity counts packs"):
        read(f"{head}\n2026-03-13,I-1,MINCE,5,40,200,10 LB\n", "deliveries")
    parsed = read(f"{head},Unit\n2026-03-13,I-1,MINCE,5,40,200,10 LB,CS\n", "deliveries")
    assert parsed.rows[["quantity", "unit", "unit_cost", "amount"]].to_numpy().tolist() == [[50, "lb", 4, 200]]


def test_a_price_each_and_its_amount_agree() -> None:
    head = "Qty,Unit,Product,Price Each,Amount,Date\n"
    parsed = read(f"{head}10,kg,Herring,14.00,140.00,2026-03-13\n5,kg,Rusks,6.22,99.52,2026-03-13\n", "deliveries")
    assert parsed.reasons == {"cost_contradicts_amount": 1}
    assert list(parsed.rows.unit_cost) == [14]


@pytest.mark.parametrize(
    "text",
    [
        "Product,Quantity,Unit of Measure,BoM Type,BoM Lines/Component,BoM Lines/Quantity,"
        "BoM Lines/Product Unit of Measure\nMayo,7.5,l,Kit,Oil,6,l\n,,,,Yolks,30,Units\n,,,,Salt,40,g\n",
        "ID,Item,Quantity,Item UOM,Item Code (Items),Qty (Items),UOM (Items)\n"
        "B-1,Mayo,7.5,l,Oil,6,l\n,,,,Yolks,30,pcs\n,,,,Salt,40,g\n",
        "recipe_name,ingredient_name,ingredient_quantity,ingredient_uofm_name,yield_qty,yield_uofm_name\n"
        "Mayo,Oil,6,l,7.5,l\nMayo,Yolks,30,pc,7.5,l\nMayo,Salt,40,g,7.5,l\n",
        "Recipe Name,Ingredient,Quantity,Unit,Yield Amount,Yield Unit\n"
        "Mayo,Oil,6,l,7.5,l\nMayo,Yolks,30,ea,,\nMayo,Salt,40,g,,\n",
    ],
    ids=["Odoo", "ERPNext", "Restaurant365", "template"],
)
def test_a_bill_of_materials_is_a_recipe_with_its_batch(text: str) -> None:
    parsed = read(text, "recipes")
    assert parsed.reasons == {}
    columns = ["item", "ingredient", "quantity", "unit", "yield_quantity", "yield_unit"]
    assert parsed.rows[columns].to_numpy().tolist() == [
        ["Mayo", "Oil", 6, "l", 7.5, "l"],
        ["Mayo", "Yolks", 30, "piece", 7.5, "l"],
        ["Mayo", "Salt", 40, "g", 7.5, "l"],
    ]


@pytest.mark.parametrize("header", ["Servings", "Portionen", "nombre de portions"])
def test_a_recipe_for_four_is_not_one_portion(header: str) -> None:
    parsed = read(f"Recipe,{header},Ingredient,Quantity,Unit\nSoup,4,Peas,220,g\nSoup,,Onion,30,g\n", "recipes")
    assert parsed.rows[["yield_quantity", "yield_unit"]].to_numpy().tolist() == [[4, "portion"]] * 2


def test_a_quantity_may_have_its_unit_in_the_cell() -> None:
    lines = ["1 1/2 cups", "½ bunch", '"1,5 tsp"', "250g", "2", "a handful"]
    parsed = read(
        "\n".join(["Recipe,Ingredient,Amount", *(f"Soup,Part {n},{line}" for n, line in enumerate(lines))]), "recipes"
    )
    assert parsed.rows[["quantity", "unit"]].to_numpy().tolist() == [
        [1.5, "cup"],
        [0.5, "bunch"],
        [1.5, "tsp"],
        [250, "g"],
    ]
    assert parsed.reasons == {"missing_unit": 1, "bad_quantity": 1}


COST_SHEET = "Quantity,,Ingredients,Unit Price,Unit,Cost\n220,g,Split peas,1.50,kg,0.33\n30,g,Onion,0.75,kg,0.03\n"


def test_a_cost_sheet_has_the_unit_of_the_price_and_another_of_the_quantity() -> None:
    assert asked(COST_SHEET, "recipes", {"item": "=Pea soup"}) == {"unit": "column 2"}
    parsed = read(COST_SHEET, "recipes", {"item": "=Pea soup", "unit": "column 2"})
    assert parsed.rows[["item", "quantity", "unit"]].to_numpy().tolist() == [
        ["Pea soup", 220, "g"],
        ["Pea soup", 30, "g"],
    ]


def test_conversions_of_a_recipe_program_are_read() -> None:
    text = "food,base_amount,base_unit,converted_amount,converted_unit\nFlour,1,cup,120,g\n,1,kg,900,g\n"
    parsed = read(text, "unit_conversions")
    assert parsed.rows[["ingredient", "to_quantity"]].to_numpy().tolist() == [["Flour", 120]]
    assert parsed.reasons == {"impossible_conversion": 1}


def test_a_file_of_numbers_of_ingredients_is_refused() -> None:
    with pytest.raises(PermanentError, match="No column of the file is recognised as the item"):
        read("Recipe_ID,Ingredient_ID,Quantity_Used\nR1,I1,280\nR1,I2,150\n", "recipes")
