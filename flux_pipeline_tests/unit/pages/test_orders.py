"""An order as a page to print and as rows: what a vendor reads, whatever the names hold."""

import csv
import datetime as dt
import re
import uuid
from decimal import Decimal
from typing import Any

from flux_pipeline.inventory.shown.vendor_orders import OrderLine, VendorOrder
from flux_pipeline.pages.orders import COLUMNS, OrderSheet, order_csv, order_page

DAY = dt.date(2026, 3, 2)
CUT_OFF = dt.datetime(2026, 3, 2, 13, tzinfo=dt.UTC)


def line(ingredient: str, packs: int, pack: str, price: str, **values: Any) -> OrderLine:
    quantity = packs * Decimal(pack)
    given = {
        "id": uuid.UUID(int=packs),
        "vendor": "Mill & Co",
        "ingredient": ingredient,
        "unit": "kg",
        "order_code": None,
        "order_day": DAY,
        "order_by": CUT_OFF,
        "delivery_day": DAY + dt.timedelta(days=1),
        "status": "approved",
        "packs": packs,
        "pack_quantity": Decimal(pack),
        "quantity": quantity,
        "unit_price": Decimal(price),
        "amount": (quantity * Decimal(price)).quantize(Decimal("0.01")),
        "on_hand": Decimal(0),
        "on_order": Decimal(0),
        "expected_demand": 1.0,
        "covered_share": 0.9,
        "unavoidable_shortage": 0.0,
        "outcomes": {},
        "decided_by_rule": "pack",
        "reason": "test",
        "received_quantity": Decimal(0),
        "decided_by": None,
        "decided_at": None,
        "ordered_at": None,
        "cancelled_because": None,
    }
    return OrderLine(**(given | values))


def sheet(*lines: OrderLine, **values: Any) -> OrderSheet:
    order = VendorOrder(uuid.uuid4(), "Mill & Co", "Ada <Lund>", "a@mill.example", None, DAY, lines)
    given = {"restaurant": "Bistro", "currency": "EUR", "timezone": "Europe/Paris", "made_for": "kim"}
    return OrderSheet(order, **(given | {"made_at": CUT_OFF} | values))


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("</style>")[1]).split())


def test_a_page_has_vendor_days_articles_and_the_total() -> None:
    shown = text_of(
        order_page(sheet(line("Flour", 3, "25", "0.96", order_code="DG-550"), line("Oats", 1, "10", "1.2")))
    )
    assert shown.startswith("Order to Mill &amp; Co from Bistro Vendor Mill &amp; Co Ada &lt;Lund&gt; a@mill.example")
    assert "Order day Monday 2 March 2026 To be ordered by 14:00 Delivery expected Tuesday 3 March 2026" in shown
    assert "DG-550 Flour 3 25 kg 75 kg in all 24.00 0.96 per kg 72.00" in shown
    assert "Total, 2 articles, in EUR 84.00" in shown and "Draft" not in shown


def test_a_page_needs_nothing_else_and_runs_nothing_that_a_name_holds() -> None:
    page = order_page(sheet(line("<script>alert(1)</script>", 1, "1", "2"), restaurant="<b>"))
    assert "<script" not in page and "&lt;script&gt;" in page and "from &lt;b&gt;" in page
    assert not re.search(r"(src|href)=|url\(|@import", page)


def test_days_and_codes_have_a_column_only_where_they_say_something() -> None:
    later = line("Oats", 1, "10", "1.2", delivery_day=DAY + dt.timedelta(days=3), order_by=None)
    shown = text_of(order_page(sheet(line("Flour", 3, "25", "0.96"), later, is_draft=True)))
    assert "Tue 3 Mar 2026 to Thu 5 Mar 2026" in shown and "Oats Thu 5 Mar 1 10 kg" in shown
    assert "Order code" not in shown and shown.count("Draft") == 1 and "This is a draft, not an order." in shown


def test_rows_are_one_a_line_and_no_text_of_them_is_a_formula() -> None:
    rows = list(csv.reader(order_csv(sheet(line("=1+1", 2, "0.5", "1234.5678", order_code="@x"))).splitlines()))
    assert rows[0] == list(COLUMNS)
    found = dict(zip(*rows, strict=True))
    assert (found["article"], found["order_code"]) == ("'=1+1", "'@x")
    assert (found["order_by"], found["delivery_day"]) == ("2026-03-02 14:00", "2026-03-03")
    assert (found["pack_quantity"], found["quantity"], found["unit_price"]) == ("0.5", "1", "1234.5678")
