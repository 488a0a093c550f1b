"""Order guides, price lists and delivery notes of vendors, in the columns of public files with invented rows.

The columns are those of the order guides of Sysco, US Foods, Performance Food, Shamrock and Dennis, the lists of
ingredients of Kitchen CUT and three other programs, a purchase history, an invoice template, and German and French
lists.
"""

import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline_tests.unit.ingest.reading import read_upload

DALLAS = Place("America/Chicago", country_code="US", currency="USD")
BERLIN = Place("Europe/Berlin", country_code="DE", currency="EUR")
# What a case or a unit costs: its price, packs, size, the unit of a pack, and the unit of a unit's price.
PRICE = ["ingredient", "case_price", "case_quantity", "pack_quantity", "pack_unit", "unit_price", "unit"]

SYSCO = """H,L0601,047,942355,Weekly guide,2
F,SUPC,Case Qty,Split Qty,Code,Item Status,Replaced Item,Pack,Size,Unit,Brand,Mfr #,Desc,Cat,Case $,Split $,Per Lb
P,1821537,,,,,,4,5LB,LB,HILL,H-4,CARROT SHREDDED,PRODUCE,22.48,,N
P,4820154,,,,,,6,#10,CN,TOWER,T-10,TOMATO CRUSHED,CANNED,31.20,,N
P,7712090,,,,,,12,32,OZ,TOWER,T-32,STOCK CHICKEN,CANNED,28.90,3.10,N
P,6619302,,,,,,6,10-12LB,LB,PRAIRIE,P-10,BEEF BRISKET,MEAT,4.29,,Y
"""
US_FOODS = """CUSTOMER NUMBER,DISTRIBUTOR,DATE,PRODUCT NUMBER,DESCRIPTION,BRAND,PACK SIZE,CS PRICE,EA PRICE,CS,EA
102,NORTH FOODS,03/14/2025,1328,"CHICKEN, BREAST BONELESS",GLEN,4/10 LB,$88.40,,2,0
102,NORTH FOODS,03/14/2025,45001,"CREAM, HEAVY 36%",HILL,12/32 OZ,$52.08,$4.60,0,3
"""
PERFORMANCE = """Northern Foodservice
CORNER GRILL - Order Guide 4735
Product Description,Brand,StateOfOrigin,Domestic,Product Number,Pack Size,UOM,Price
JUICE ORANGE,ORCHARD,,No,413509,12/11.5 OZ,CS,$25.67
BEEF GROUND 80/20,PRAIRIE,,No,605164,8/10 LB,LB,$4.31
"""
SHAMROCK = """#,Product #,Description,Pack Size,Brand,Price,Unit
1,1102,"BUTTER, SOLID UNSALTED",36/1 LB,HILL,$98.10,CS
"""
DENNIS = """SKU,Description,Brand,Category,Pack Size,UOM,Unit Cost,Par Level,On Hand
D-1001,Peaches diced,Select,Canned,6/#10 cans,case,48.50,5,2
"""
INVENTORY = """item_code,item_description,vendor_name,current_price,purchased_on,unit_measure,purchase_unit,pack_size
4711,CHICKEN THIGH,NORTH FOODS,72.5,2025-03-10,CS,CS,4/10 LB
4713,MILK WHOLE,HILL DAIRY,4.1,2025-03-11,GAL,GAL,1 GAL
"""
CASES = """Item Name,Vendor,Vendor Item Number,Purchase Unit,Pack Size,Case Quantity,Item Size,Item Unit,Case Cost
Chicken breast,North Foods,NF-1,case,40 lb,1,40,lb,98.40
Cream,Hill Dairy,HD-3,case,12/32 oz,12,32,fl oz,52.08
"""
KITCHEN_CUT = """Ingredient name,Ingredient code,Supplier name,Category,Ingredient cost,Unit size,Ingredient unit
Tomatoes,T3,Green & Co,Veg,4.50,3,kg
"""
PACKS = "id,name,supplier,pack_size,pack_unit,pack_price\nchoc,Dark chocolate,Cocoa House,500,g,9.00\n"
CATALOG = """product,brand,vendor,pack_size_raw,class,latest_price_per_case_usd,est_units_per_case
HAM,ROMA,NORTH FOODS,1/13 LB,DELI,36.06,1
"""
GERMAN = """Art.-Nr.;Bezeichnung;Gebinde;VPE-Preis;g\u00fcltig ab;Lieferzeit
1001;Weizenmehl;Sack 25 kg;18,90 \u20ac;01.03.2025;2
1002;Salz;6 x 1 kg;4,20 \u20ac;01.03.2025;2
"""
FRENCH = """Fournisseur;D\u00e9signation;Conditionnement;Prix colis;Rendement
Mara\u00eecher;Tomates;colis 6 kg;11,40 \u20ac;95 %
"""


@pytest.mark.parametrize(
    ("text", "vendor", "place", "prices"),
    [
        (
            SYSCO,
            None,
            DALLAS,
            [
                ["CARROT SHREDDED", 22.48, 4, 5, "lb", None, None],
                ["TOMATO CRUSHED", 31.2, 6, 1, "can_10", None, None],
                ["STOCK CHICKEN", 28.9, 12, 32, "oz", None, None],
                ["BEEF BRISKET", None, None, None, None, 4.29, "lb"],
            ],
        ),
        (
            US_FOODS,
            None,
            DALLAS,
            [
                ["CHICKEN, BREAST BONELESS", 88.4, 4, 10, "lb", None, None],
                ["CREAM, HEAVY 36%", 52.08, 12, 32, "oz", None, None],
            ],
        ),
        (
            PERFORMANCE,
            "=Northern",
            DALLAS,
            [
                ["JUICE ORANGE", 25.67, 12, 11.5, "oz", None, "case"],
                ["BEEF GROUND 80/20", None, 8, 10, "lb", 4.31, "lb"],
            ],
        ),
        (SHAMROCK, "=Clover", DALLAS, [["BUTTER, SOLID UNSALTED", 98.1, 36, 1, "lb", None, "case"]]),
        (DENNIS, "=Downeast", DALLAS, [["Peaches diced", 48.5, 6, 1, "can_10", None, "case"]]),
        (
            INVENTORY,
            None,
            DALLAS,
            [["CHICKEN THIGH", 72.5, 4, 10, "lb", None, "case"], ["MILK WHOLE", None, 1, 1, "gallon", 4.1, "gallon"]],
        ),
        (
            CASES,
            None,
            DALLAS,
            [["Chicken breast", 98.4, 1, 40, "lb", None, "case"], ["Cream", 52.08, 12, 32, "fl_oz", None, "case"]],
        ),
        (KITCHEN_CUT, None, BERLIN, [["Tomatoes", 4.5, 1, 3, "kg", None, None]]),
        (PACKS, None, BERLIN, [["Dark chocolate", 9, 1, 500, "g", None, None]]),
        (CATALOG, None, DALLAS, [["HAM", 36.06, 1, 13, "lb", None, None]]),
        (
            GERMAN,
            "=M\u00fchle Nord",
            BERLIN,
            [["Weizenmehl", 18.9, 1, 25, "kg", None, None], ["Salz", 4.2, 6, 1, "kg", None, None]],
        ),
        (FRENCH, None, BERLIN, [["Tomates", 11.4, 1, 6, "kg", None, None]]),
    ],
    ids=[
        *("sysco", "us_foods", "performance", "shamrock", "dennis", "inventory", "cases", "kitchen_cut", "packs"),
        *("catalog", "german", "french"),
    ],
)
def test_a_price_list_says_what_a_unit_costs(
    text: str, vendor: str | None, place: Place, prices: list[list[object]]
) -> None:
    parsed = read_upload(text.encode(), kind="vendor_prices", columns={"vendor": vendor} if vendor else {}, place=place)
    assert parsed.rejected_count == 0, parsed.rejected.message.tolist()
    assert plain(parsed.rows[PRICE]) == prices
    assert set(parsed.rows.vendor) == {vendor.removeprefix("=")} if vendor else parsed.rows.vendor.notna().all()


def plain(rows: pd.DataFrame) -> list[list[object]]:
    return rows.astype(object).where(rows.notna(), None).to_numpy().tolist()


def test_a_list_of_one_vendor_asks_for_its_name() -> None:
    with pytest.raises(PermanentError, match="If it is the same on every row, give its name: --column vendor==NAME"):
        read_upload(PERFORMANCE.encode(), kind="vendor_prices")


def test_a_list_in_dollars_has_no_prices_in_euros() -> None:
    parsed = read_upload(CATALOG.encode(), kind="vendor_prices", place=BERLIN)
    assert parsed.reasons == {"bad_currency": 1}


def test_yields_in_per_cent_are_shares() -> None:
    text = "name,supplier,pack_size,pack_unit,pack_price,yield_percent\nOnion,Green,10,kg,8,88\nLeek,Green,5,kg,9,100\n"
    assert list(read_upload(text.encode(), kind="vendor_prices").rows.yield_factor) == [0.88, 1]
    text = "Artikel;Lieferant;Einheit;EK netto;Ausbeute %\nZwiebeln;Markt;kg;1,10;88\nLachs;Hof;kg;24,50;92,5\n"
    assert list(read_upload(text.encode(), kind="vendor_prices").rows.yield_factor) == [0.88, 0.925]


HISTORY = """date,product,brand,vendor,pack_size,quantity,unit_price_per_case,price_per_lb,net_weight_lbs,line_total
"Aug 14, 2026",BASIL,PEAK,NORTH FOODS,1/1 LB,2.0,20.25,13.97,2.899,40.5
"Aug 7, 2026",OREGANO,ROMA,NORTH FOODS,1/5 LB,1,55.27,11.05,5,55.27
"""
INVOICE = """Invoice Number,Vendor Name,Invoice Date,Description,Quantity,Unit Price,Pack Size
INV-1,North Foods,2024-01-15,Ground beef,10,45.50,10 lbs
"""
NOTE = """Lieferschein-Nr.;Lieferdatum;Lieferant;Artikelbezeichnung;Menge;Einheit;Gebinde;Einzelpreis;Gesamtpreis netto
LS-77;14.03.2025;M\u00fchle Nord;Weizenmehl;4;Sack;Sack 25 kg;18,90 \u20ac;75,60 \u20ac
LS-78;15.03.2025;Markt;Zwiebeln;12,5;kg;;1,10 \u20ac;13,75 \u20ac
"""
PURCHASES = "Ingredient,Qty,Unit Cost USD,Total Cost USD,Vendor,Note\nRice,10,95,,Star Traders,\nPaneer,2,,650,Dairy,\n"


@pytest.mark.parametrize(
    ("text", "columns", "place", "lines"),
    [
        (HISTORY, {"pack": "pack_size"}, DALLAS, [["BASIL", 2, "lb", 20.25], ["OREGANO", 5, "lb", 11.054]]),
        (INVOICE, {"pack": "Pack Size"}, DALLAS, [["Ground beef", 100, "lb", 4.55]]),
        (NOTE, {}, BERLIN, [["Weizenmehl", 100, "kg", 0.756], ["Zwiebeln", 12.5, "kg", 1.1]]),
        (PURCHASES, {"delivered_on": "=2025-03-14"}, DALLAS, [["Rice", 10, None, 95], ["Paneer", 2, None, 325]]),
    ],
    ids=["history", "invoice", "delivery_note", "purchases"],
)
def test_a_delivery_says_how_much_came_and_what_it_cost(
    text: str, columns: dict[str, str], place: Place, lines: list[list[object]]
) -> None:
    parsed = read_upload(text.encode(), kind="deliveries", columns=columns, place=place)
    assert parsed.rejected_count == 0, parsed.rejected.message.tolist()
    assert plain(parsed.rows[["ingredient", "quantity", "unit", "unit_cost"]]) == lines


def test_two_prices_of_a_history_are_kept_with_their_days() -> None:
    text = HISTORY.replace("OREGANO,ROMA", "BASIL,PEAK")
    rows = read_upload(text.encode(), kind="vendor_prices", place=DALLAS).rows
    assert rows.valid_from.dt.strftime("%m-%d").tolist() == ["08-14", "08-07"]
