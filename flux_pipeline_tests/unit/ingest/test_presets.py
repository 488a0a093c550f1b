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
