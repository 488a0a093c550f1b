"""Exports of tills that are recognised by their headers and mapped exactly."""

import pytest

from flux_pipeline.ingest.columns._mapping import map_header
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline_tests.unit.ingest.reading import read_upload

SQUARE = (
    "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,Tax,"
    "Transaction ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Dining Option,Customer ID,Customer Name,"
    "Customer Reference ID,Unit,Count,Itemization Type,Commission,Employee"
)
TOAST = (
    "Location,Order Id,Order #,Sent Date,Order Date,Check Id,Server,Table,Dining Area,Service,Dining Option,"
    "Item Selection Id,Item Id,Master Id,SKU,PLU,Menu Item,Menu Subgroup(s),Menu Group,Menu,Sales Category,"
    "Gross Price,Discount,Net Price,Qty,Tax,Void?,Deferred,Tax Exempt"
)
LIGHTSPEED = (
    "Receipt ID,Product ID,Name,Quantity,Tax Inclusive Price,Total Tax Inclusive Price,Tax Percentage,Creation Date"
)
CLOVER = (
    "Line Item Date,Order Employee ID,Order Employee Name,Order Employee Custom ID,Item ID,Item Product Code,Item SKU,"
    "Order ID,Item Name,Currency,Per Unit Quantity,Item Unit,Item Revenue,Modifiers,Modifiers Revenue,Total Revenue,"
    "Discounts,Total Discount,Order Discounts,Order Discount Proportion,Item Total,Item Tax Rate,Item Fee,Tax Amount,"
    "Item Total with Tax/Fee Amount,Refunded,Exchanged,Order Payment State,Service Charge"
)


def read(header: str, *rows: dict[str, str]):
    names = header.split(",")
    lines = [header, *(",".join(row.get(name, "") for name in names) for row in rows)]
    return read_upload("\n".join(lines).encode(), kind="sales", place=Place("America/New_York"))


@pytest.mark.parametrize(
    ("header", "preset", "columns"),
    [
        (
            SQUARE,
            "square",
            {"ticket": "Transaction ID", "quantity": "Qty", "gross_amount": "Gross Sales", "amount": "Net Sales"},
        ),
        (TOAST, "toast", {"date": "Order Date", "ticket": "Check Id", "void": "Void?", "category": "Menu Group"}),
        (LIGHTSPEED, "lightspeed", {"date": "Creation Date", "item": "Name", "amount": "Total Tax Inclusive Price"}),
        (CLOVER, "clover", {"date": "Line Item Date", "amount": "Item Total", "quantity": "1", "void": "Refunded"}),
    ],
)
def test_an_export_is_recognised_in_any_order_of_its_columns(header, preset, columns):
    for names in (header.split(","), header.split(",")[::-1]):
        found = map_header(tuple(names), KINDS["sales"], {})
        assert found.preset == preset
        assert columns.items() <= found.stated.items()
        assert set(found.how.values()) == {f"preset:{preset}"}


def test_hints_go_before_the_preset():
    found = map_header(tuple(SQUARE.split(",")), KINDS["sales"], {"category": "Location"})
    assert (found.headers["category"], found.how["category"]) == ("Location", "stated")
    assert found.how["item"] == "preset:square"


def test_a_square_export_is_read_with_its_variations_and_without_personal_data():
    sale = {"Date": "03/25/24", "Time": "12:00:00", "Qty": "2", "Gross Sales": "$9.00", "Discounts": "-$1.00"}
    sale |= {"Net Sales": "$8.00", "Transaction ID": "T1", "Event Type": "Payment", "Dining Option": "For Here"}
    sale |= {"Customer Name": "Ada Kok", "Employee": "Ben", "Payment ID": "P1", "Item": "Latte"}
    parsed = read(
        SQUARE,
        sale | {"Price Point Name": "Large"},
        sale | {"Price Point Name": "Regular"},
        sale | {"Price Point Name": "", "Event Type": "Refund", "Qty": "-1", "Net Sales": "-$4.00"},
        sale | {"Qty": "x"},
    )
    rows = parsed.rows
    assert rows["item_name"].tolist() == ["Latte (Large)", "Latte", "Latte"]
    assert rows["quantity"].tolist() == [2.0, 2.0, -1.0]
    assert rows["line_amount"].tolist() == [8.0, 8.0, -4.0]
    assert set(rows["channel"]) == {"dine_in"}
    [raw] = parsed.rejected["raw"]
    assert not {"Ada Kok", "Ben", "P1"} & set(raw.values())
    personal = parsed.detected_format["personal_columns"]
    assert (personal["Customer Name"], personal["Employee"], personal["Payment ID"]) == (4, 4, 4)
    assert personal["Customer ID"] == 0


def test_square_where_prices_hold_the_tax_has_its_amount_before_discounts_under_another_name():
    header = SQUARE.replace("Gross Sales,Discounts,Net Sales,Tax", "Product Sales,Discounts,Net Sales,Tax,Gross Sales")
    assert map_header(tuple(header.split(",")), KINDS["sales"], {}).headers["gross_amount"] == "Product Sales"


def test_a_toast_export_has_date_and_time_in_one_column():
    line = {
        "Order Date": "3/25/24 6:30 PM",
        "Check Id": "C1",
        "Item Selection Id": "9",
        "Menu Item": "Soup",
        "Qty": "1",
    }
    line |= {"Gross Price": "9.00", "Discount": "0.00", "Net Price": "9.00", "Void?": "false", "Server": "Ben"}
    line |= {"Qty": "1"}
    parsed = read(TOAST, line, line | {"Void?": "true"})
    assert parsed.rows["sold_at"].dt.strftime("%d %H:%M").tolist() == ["25 22:30"]
    assert parsed.skipped == {"void": 1}
    assert parsed.detected_format["personal_columns"] == {"Server": 2}


def test_a_clover_line_is_one_unit():
    line = {"Line Item Date": "2024-03-25", "Order ID": "O1", "Item Name": "Soup", "Item Revenue": "9.00"}
    line |= {"Total Revenue": "9.50", "Item Total": "9.00", "Refunded": "false"}
    parsed = read(CLOVER, line, line, line | {"Refunded": "true"})
    assert parsed.rows[["quantity", "line_amount"]].to_numpy().tolist() == [[1.0, 9.0], [1.0, 9.0]]
    assert parsed.skipped == {"void": 1}


def test_an_export_that_is_known_from_the_last_time_keeps_its_variations():
    header = tuple(SQUARE.split(","))
    first = map_header(header, KINDS["sales"], {})
    again = map_header(header, KINDS["sales"], {}, known=first.stated)
    assert (again.headers, again.layout) == (first.headers, first.layout) and "item" in again.layout.combined
    assert map_header(header, KINDS["sales"], {"item": "SKU"}, known=first.stated).layout.combined == {}


@pytest.mark.parametrize("header", [SQUARE, TOAST])
def test_the_shop_of_an_export_is_found(header):
    assert map_header(tuple(header.split(",")), KINDS["sales"], {}).headers["location"] == "Location"


LOYVERSE = (
    "Date,Receipt number,Receipt type,Category,SKU,Item,Variant,Modifiers applied,Quantity,Gross sales,Discounts,"
    "Net sales,Cost of goods,Gross profit,Taxes,Dining option,POS,Store,Cashier name,Customer name,Customer contacts,"
    "Comment,Status"
)
PETPOOJA = (
    "Date,Timestamp,Invoice No.,Item,Price,Qty.,Sub Total,Discount,Tax,Final Total,Table No.,Server Name,Covers,"
    "Variation,Category,hsn_code"
)
PETPOOJA_ORDERS = (
    "date,restaurant_name,invoice_no,order_type,payment_type,item_name,item_quantity,item_price,discount,"
    "container_charge,status,customer_name"
)
SUMUP = (
    "Konto,Datum,Zeit,Typ,Transaktionsnummer,Zahlungsmethode,Menge,Beschreibung,Währung,Preis (brutto),Preis (netto),"
    "Steuer,Steuersatz"
)


@pytest.mark.parametrize(
    ("header", "preset", "columns"),
    [
        (LOYVERSE, "loyverse", {"event": "Receipt type", "void": "Status", "amount": "Net sales"}),
        (LOYVERSE.replace(",Item,", ",Item name,"), "loyverse", {"item": "Item name"}),
        (PETPOOJA, "petpooja", {"date": "Timestamp", "gross_amount": "Sub Total", "ticket": "Invoice No."}),
        (PETPOOJA_ORDERS, "petpooja", {"item": "item_name", "price": "item_price", "event": "status"}),
        (SUMUP, "sumup", {"amount": "Preis (brutto)", "ticket": "Transaktionsnummer", "event": "Typ"}),
    ],
    ids=["loyverse", "loyverse, older", "petpooja, items", "petpooja, orders", "sumup"],
)
def test_exports_of_further_tills_are_recognised(header, preset, columns):
    for names in (header.split(","), header.split(",")[::-1]):
        found = map_header(tuple(names), KINDS["sales"], {})
        assert found.preset == preset
        assert columns.items() <= found.stated.items()


def test_a_loyverse_export_is_read_with_its_variants_refunds_and_cancelled_receipts():
    sale = {"Date": "2026-01-01 08:00:00", "Receipt number": "1-1", "Receipt type": "Sale", "Item": "Latte"}
    sale |= {"Quantity": "1", "Gross sales": "4.00", "Discounts": "0.50", "Net sales": "3.50", "Status": "Closed"}
    refund = {"Receipt number": "1-2", "Receipt type": "Refund", "Quantity": "-1", "Net sales": "-3.50"}
    parsed = read(
        LOYVERSE,
        sale | {"Variant": "Large", "Category": "No category"},
        sale | {"Variant": ""},
        sale | refund | {"Variant": "Large"},
        sale | {"Receipt number": "1-3", "Status": "Cancelled"},
    )
    rows = parsed.rows
    assert rows["item_name"].tolist() == ["Latte (Large)", "Latte", "Latte (Large)"]
    assert (rows["quantity"].sum(), rows["line_amount"].sum(), rows["ticket"].nunique()) == (1, 3.5, 2)
    assert parsed.skipped == {"void": 1}
    assert rows["category"].isna().all()


def test_the_discount_of_a_bill_is_not_taken_for_that_of_each_line():
    line = {"date": "25-04-2025", "invoice_no": "1001", "item_quantity": "2", "item_price": "40", "discount": "5"}
    line |= {"status": "Success", "restaurant_name": "Snacks"}
    parsed = read(PETPOOJA_ORDERS, line | {"item_name": "Puri"}, line | {"item_name": "Sandwich"})
    assert parsed.rows["line_amount"].tolist() == [80.0, 80.0]
    assert "belong to the whole bill and are not used" in parsed.detected_format["notes"][0]


def test_the_money_of_a_line_of_sumup_is_that_of_all_its_units():
    line = {"Datum": "2024-03-01", "Zeit": "12:30:00", "Typ": "Verkauf", "Beschreibung": "Cappuccino"}
    line |= {"Transaktionsnummer": "T1", "Menge": "4", "Preis (brutto)": "20.00", "Preis (netto)": "18.50"}
    back = {"Transaktionsnummer": "T2", "Typ": "Rückerstattung", "Menge": "1", "Preis (brutto)": "-5.00"}
    rows = read(SUMUP, line, line | back).rows
    assert rows[["quantity", "line_amount"]].to_numpy().tolist() == [[4.0, 20.0], [-1.0, -5.0]]


def test_of_several_presets_the_one_with_most_headers_is_taken():
    lines = "Z_KASSE_ID,Z_ERSTELLUNG,Z_NR,BON_ID,POS_ZEILE,ARTIKELTEXT,GV_TYP,MENGE,STK_BR"
    both = f"{lines},BON_TYP,BON_STORNO,BON_START,BON_ENDE,POS_BRUTTO"
    assert map_header(tuple(lines.split(",")), KINDS["sales"], {}).preset == "dsfinvk_lines"
    assert map_header(tuple(both.split(",")), KINDS["sales"], {}).preset == "dsfinvk"


# name, header of the size, items with their sizes, the names that are loaded, whether a note says so.
VARIANTS = [
    ("size", "Size", [("Latte", "Large"), ("Latte", "Small")], ["Latte (Large)", "Latte (Small)"], True),
    ("German", "Größe", [("Tee", "groß"), ("Tee", "klein")], ["Tee (groß)", "Tee (klein)"], True),
    ("French", "Taille", [("Thé", "grand"), ("Thé", "petit")], ["Thé (grand)", "Thé (petit)"], True),
    ("Spanish", "Tamaño", [("Té", "grande"), ("Té", "chico")], ["Té (grande)", "Té (chico)"], True),
    ("regular adds nothing", "Size", [("Latte", "Large"), ("Latte", "Regular")], ["Latte (Large)", "Latte"], True),
    ("default title", "Variant", [("Tee", "Default Title"), ("Pie", "XL")], ["Tee", "Pie (XL)"], True),
    ("the item's own name", "Variant", [("Tee", "Tee"), ("Pie", "XL")], ["Tee", "Pie (XL)"], True),
    ("in the name already", "Variant", [("Tee - XL", "XL"), ("Pie", "")], ["Tee - XL", "Pie"], True),
    ("a size of something else", "Size", [("Latte", "2"), ("Latte", "4")], ["Latte", "Latte"], True),
    ("one size for each item", "Size", [("Latte", "Large"), ("Tea", "Pot")], ["Latte", "Tea"], False),
    ("an empty column", "Variant", [("Latte", ""), ("Tea", "")], ["Latte", "Tea"], False),
]


@pytest.mark.parametrize(
    ("header", "items", "names", "noted"), [row[1:] for row in VARIANTS], ids=[row[0] for row in VARIANTS]
)
def test_a_size_becomes_part_of_the_items_name(header, items, names, noted):
    lines = [f"2024-03-01,{item},{size},1,3.00" for item, size in items]
    parsed = read_upload("\n".join([f"Date,Item,{header},Quantity,Price", *lines]).encode(), kind="sales")
    assert parsed.rows["item_name"].tolist() == names
    assert bool(parsed.detected_format["notes"]) == noted


@pytest.mark.parametrize("word", ["None", "Uncategorized", "No category", "-", "n/a", "ohne Kategorie", ""])
def test_a_word_for_no_category_is_none(word):
    parsed = read_upload(f"Date,Item,Category,Quantity\n2024-03-01,Tea,{word},1".encode(), kind="sales")
    assert parsed.rows["category"].isna().all()
