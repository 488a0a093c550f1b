"""Valid rows and what they become: sums of tickets, categories, modifiers, repeated lines, suggested names."""

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text

from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.sales.loading import SALES_TABLES, load_sales
from flux_pipeline.store.schema.months import make_months
from flux_pipeline.store.uploads.archive import KeptFile
from flux_pipeline.store.uploads.registry import register_upload
from flux_pipeline_tests.store.handing_in import ask, hand_in

DAY = pd.Timestamp("2026-03-06")


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return valid rows in the columns of the contract of sales."""
    usual: dict[str, Any] = {"ticket": "A1", "item_name": "Soup", "category": None, "quantity": 1.0}
    usual |= {"unit_price": 4.5, "line_amount": 4.5, "discount_amount": 0.0, "channel": "unknown", "covers": None}
    usual |= {"modifiers": None, "sold_at": pd.Timestamp("2026-03-06 12:00", tz="UTC"), "business_date": DAY}
    table = pd.DataFrame([{"line_number": number} | usual | row for number, row in enumerate(rows, start=2)])
    table["sold_at"] = pd.to_datetime(table.sold_at, utc=True)
    kinds = {"business_date": "datetime64[s]", "sold_at": pd.DatetimeTZDtype("us", "UTC"), "covers": "Int64"}
    return table.astype(kinds | {"ticket": object, "modifiers": object, "category": object})


def load(store: Store, restaurant: Restaurant, *blocks: pd.DataFrame) -> tuple[int, dict[str, int]]:
    """Load blocks as one file; return how many rows were loaded and skipped."""
    make_months(store, SALES_TABLES, [DAY.date()])
    with store.tenant(restaurant) as tx:
        upload, _ = register_upload(tx, KeptFile("x", str(id(blocks)), 1), "sales", "x", {})
        loaded, skipped = load_sales(tx, upload, blocks)
        return loaded, {reason: count for reason, count in skipped.items() if count}


def test_a_ticket_sums_its_lines_over_blocks(store: Store, bistro: Restaurant) -> None:
    first = {"discount_amount": 0.5, "covers": 2, "channel": "dine_in", "line_amount": 4.0}
    load(store, bistro, frame(first, {"ticket": "A2", "line_amount": -4.5}), frame({"line_number": 9, "covers": 3}))
    query = """SELECT source_ticket_id, total_amount, discount_amount, covers, channel, is_refund, sold_at::text
               FROM transactions ORDER BY 1"""
    assert [row[:6] for row in ask(store, bistro, query)] == [
        ("A1", Decimal("8.50"), Decimal("0.50"), 3, "dine_in", False),
        ("A2", Decimal("-4.50"), Decimal("0.00"), None, "unknown", True),
    ]


def test_three_decimals_and_a_missing_price_and_time_are_kept(store: Store, bistro: Restaurant) -> None:
    row = {"quantity": 0.125, "unit_price": None, "line_amount": 12345678.91, "sold_at": pd.NaT}
    load(store, bistro, frame(row, {"quantity": -999999999.999, "line_amount": -0.01}))
    assert ask(store, bistro, "SELECT quantity, unit_price, line_amount FROM transaction_items ORDER BY 1 DESC") == [
        (Decimal("0.125"), None, Decimal("12345678.91")),
        (Decimal("-999999999.999"), Decimal("4.50"), Decimal("-0.01")),
    ]


def test_a_sale_without_a_time_has_none(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, frame({"sold_at": pd.NaT, "ticket": None}))
    assert ask(store, bistro, "SELECT sold_at, source_ticket_id FROM transactions") == [(None, None)]


def test_equal_rows_are_units_of_their_own(store: Store, bistro: Restaurant) -> None:
    assert load(store, bistro, frame({}, {})) == (2, {})
    assert ask(store, bistro, "SELECT sum(line_count) FROM upload_days") == [(2,)]


def test_rows_of_the_same_line_stay_separate(store: Store, bistro: Restaurant) -> None:
    wide = frame({"line_number": 2}, {"line_number": 2, "item_name": "Tea"}, {"line_number": 3})
    assert load(store, bistro, wide) == (3, {})
    assert ask(store, bistro, "SELECT line_number FROM transaction_items ORDER BY 1") == [(1,), (2,), (3,)]


def test_modifiers_are_stored_with_their_line(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, frame({"modifiers": "no onions"}, {"item_name": "Tea"}))
    query = "SELECT menu_item_name, modifiers FROM transaction_items ORDER BY 1"
    assert ask(store, bistro, query) == [("Soup", {"text": "no onions"}), ("Tea", None)]


def test_items_get_the_category_that_the_file_names_most_and_keep_what_was_set(
    store: Store, bistro: Restaurant
) -> None:
    query = "SELECT m.name, c.name FROM menu_items m LEFT JOIN menu_categories c ON c.id = menu_category_id ORDER BY 1"
    load(
        store,
        bistro,
        frame({"category": "Mains"}, {"category": "Starters"}, {"category": "starters "}, {"item_name": "Tea"}),
    )
    assert ask(store, bistro, query) == [("Soup", "Mains"), ("Tea", None)]
    load(
        store,
        bistro,
        frame(
            {"category": "Drinks", "ticket": "B"},
            {"category": "MAINS", "ticket": "C", "item_name": "Tea"},
        ),
    )
    assert ask(store, bistro, query) == [("Soup", "Mains"), ("Tea", "Mains")]


def test_a_name_that_is_nearly_anothers_is_suggested_and_not_merged(store: Store, bistro: Restaurant) -> None:
    load(store, bistro, frame({"item_name": "Croissant"}, {"item_name": "Menu 1"}))
    load(store, bistro, frame(*({"item_name": name, "ticket": "B"} for name in ("Croissants", "Menu 2"))))
    query = """SELECT a.alias, m.name, a.similarity FROM menu_item_aliases a
               LEFT JOIN menu_items m ON m.id = a.suggested_menu_item_id ORDER BY 1"""
    assert ask(store, bistro, query) == [
        ("croissant", None, None),
        ("croissants", "Croissant", Decimal("0.947")),
        ("menu 1", None, None),
        ("menu 2", None, None),
    ]
    assert ask(store, bistro, "SELECT count(*) FROM menu_items") == [(4,)]


def test_a_name_that_a_person_put_on_the_menu_is_that_item(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        values = {"r": bistro.id}
        tx.connection.execute(text("INSERT INTO menu_items (restaurant_id, name) VALUES (:r, 'Crème brûlée')"), values)
    load(store, bistro, frame({"item_name": "CREME BRULEE"}))
    assert ask(store, bistro, "SELECT name, auto_created, last_sold_on IS NULL FROM menu_items") == [
        ("Crème brûlée", False, False)
    ]


HEAD = "date,item,quantity,price\n"
GOOD, BAD = "2026-03-06,Soup,1,4.50\n", "2026-03-06,Soup,x,4.50\n"


@pytest.mark.parametrize(("bad", "status"), [(1, "completed_with_errors"), (2, "failed")])
def test_a_file_with_too_large_a_share_of_bad_rows_is_refused_whole(
    store: Store, bistro: Restaurant, bad: int, status: str
) -> None:
    upload = hand_in(store, bistro, HEAD + GOOD * 19 + BAD * bad, rejected_share=0.05)
    counts = upload.accounting
    assert (upload.status, counts.read, counts.rejected) == (status, 19 + bad, bad)
    stored = ask(store, bistro, "SELECT (SELECT count(*) FROM transactions), count(*) FROM rejected_rows")
    assert stored == [(1, 1) if bad == 1 else (0, 2)]
    if bad == 2:
        assert counts.reasons == {"upload_refused": 19, "bad_quantity": 2}
        assert "2 of 21 rows (9.5%) can't be read; at most 5.0% may be rejected" in (upload.error or "")
        assert "Most often bad_quantity (2). Line 21: 'x' is not a valid quantity" in (upload.error or "")


def test_the_first_thousand_rejected_rows_of_a_refused_file_are_kept(store: Store, bistro: Restaurant) -> None:
    upload = hand_in(store, bistro, HEAD + BAD * 1200)
    assert upload.accounting.rejected == 1200
    assert ask(store, bistro, "SELECT count(*), min(line_number), max(line_number) FROM rejected_rows") == [
        (1000, 2, 1001)
    ]


def test_a_doubtful_decision_is_noted_with_the_upload(store: Store, bistro: Restaurant) -> None:
    upload = hand_in(store, bistro, "date,item,quantity,amount\n2026-03-06,Soup,2,9\n2026-03-06,Soup,1,-4.50\n")
    assert upload.drift == (
        "1 line with a quantity above 0 and an amount below 0 (the first is line 3) counts as a refund.",
    )
    assert ask(store, bistro, "SELECT sum(quantity), sum(line_amount) FROM transaction_items") == [(1, Decimal("4.50"))]


@pytest.mark.parametrize("letter", ["x", "\ufdfa"], ids=["long", "long when folded"])
def test_only_the_row_of_a_text_too_long_for_an_index_is_rejected(
    store: Store, bistro: Restaurant, letter: str
) -> None:
    text_of = {200: letter * 200, 6000: letter * 6000}
    lines = [
        f"2026-03-06,1,{text_of[6000]},,1,2",
        f"2026-03-06,{text_of[6000]},Tea,,1,2",
        "2026-03-06,1,Tea,,1,9999999999",
    ]
    lines += [
        f"2026-03-06,2,Soup,{text_of[6000]},1,2",
        f"2026-03-06,{'x' * 200},{'y' * 200},{'z' * 200},1,999999999.99",
    ]
    upload = hand_in(
        store, bistro, "\n".join(["date,ticket,item,category,quantity,amount", *lines]), rejected_share=0.9
    )
    assert (upload.status, upload.error) == ("completed_with_errors", None)
    rejected = {"item_too_long": 1, "ticket_too_long": 1, "category_too_long": 1, "bad_amount": 1}
    assert upload.accounting.reasons == rejected
    assert ask(store, bistro, "SELECT sum(total_amount) FROM transactions") == [(Decimal("999999999.99"),)]
