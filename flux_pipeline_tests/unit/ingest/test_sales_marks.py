"""Marks besides the numbers: voids, refunds, tips, comps, channels; and the quantity of a line without one."""

import numpy as np
import pytest

from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.sales.marks import channel_of
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload

PARIS = Place("Europe/Paris")


def read(header: str, *lines: str, **columns: str):
    text = "\n".join([header, *lines])
    return read_upload(text.encode(), kind="sales", columns=columns, place=PARIS)


def numbers(parsed) -> list[tuple[float, float]]:
    return list(zip(parsed.rows.quantity, parsed.rows.line_amount, strict=True))


@pytest.mark.parametrize("mark", ["yes", "Yes", "TRUE", "1", "x", "ja", "oui", "sí"])
def test_a_cancelled_line_is_skipped(mark: str) -> None:
    parsed = read(
        "date,item,qty,price,void?", f"2024-03-13,Tea,1,2,{mark}", "2024-03-13,Tea,1,2,no", "2024-03-13,Tea,1,2,"
    )
    assert (parsed.loaded_count, parsed.skipped) == (2, {"void": 1})


@pytest.mark.parametrize("mark", ["perhaps", "2"])
def test_a_mark_that_is_neither_yes_nor_no_is_rejected(mark: str) -> None:
    assert read("date,item,qty,price,void", f"2024-03-13,Tea,1,2,{mark}").reasons == {"bad_void": 1}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ("Payment", (2, 4)),
        ("", (2, 4)),
        ("Refund", (-2, -4)),
        ("REFUND", (-2, -4)),
        ("Rückgabe", (-2, -4)),
        ("Storno", None),
        ("No Sale", None),
    ],
)
def test_the_event_decides_whether_a_line_counts_and_which_way(event: str, line: tuple[float, float] | None) -> None:
    assert numbers(read("date,item,qty,price,event type", f"2024-03-13,Tea,2,2,{event}")) == ([line] if line else [])


@pytest.mark.parametrize("written", ["-1,-2.00", "1,2.00", "1,-2.00", "-1,2.00"])
def test_a_marked_refund_counts_negative_whatever_its_sign(written: str) -> None:
    parsed = read("date,item,qty,amount,refund", f"2024-03-13,Tea,{written},yes")
    assert numbers(parsed) == [(-1, -2)]


@pytest.mark.parametrize(
    "item", ["Tip", "GRATUITY", "Pourboire", "Service Charge 12%", "NONE", "Gift Card 50", "Pfand"]
)
def test_lines_that_are_not_food_are_skipped(item: str) -> None:
    assert read("date,item,qty,price", f"2024-03-13,{item},1,2").skipped == {"ignored_item": 1}


def test_the_restaurants_settings_name_the_items_that_are_not_food() -> None:
    content = Source.of(b"date,item,qty,price\n2024-03-13,Tip,1,2\n2024-03-13,Caf\xc3\xa9 Coupon,1,2\n")
    opened = open_upload(content, kind="sales", settings=UploadSettings(upload_ignored_items=("cafe*",)))
    (part,) = opened.parts()
    assert list(part.rows.item_name) == ["Tip"]


def test_a_price_of_nothing_is_a_comp_and_counts() -> None:
    assert numbers(read("date,item,qty,price", "2024-03-13,Tea,2,0.00")) == [(2, 0)]


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ("price,discount", "2.50,0.50", (2, 4.5)),
        ("price,discount", "2.50,-0.50", (2, 4.5)),
        ("gross sales,discounts", "5.00,($0.50)", (2, 4.5)),
        ("gross sales,discounts,net sales", "5.00,-0.50,4.49", (2, 4.49)),
        ("gross sales", "5.00", (2, 5)),
    ],
)
def test_a_discount_is_taken_off_once(header: str, line: str, expected: tuple[float, float]) -> None:
    parsed = read(f"date,item,qty,{header}", f"2024-03-13,Tea,2,{line}")
    assert numbers(parsed) == [expected]
    assert list(parsed.rows.discount_amount) == [0.5 if "discount" in header else 0]


def test_a_discount_is_given_back_with_a_refund() -> None:
    parsed = read("date,item,qty,price,discount,refund", "2024-03-13,Tea,2,2.50,0.50,yes")
    assert numbers(parsed) == [(-2, -4.5)]


def test_without_any_number_each_line_is_one_unit() -> None:
    parsed = read("Date,Time,Transaction,Item", "2016-10-30,09:58:11,1,Bread", "2016-10-30,09:58:11,1,Bread")
    assert numbers(parsed) == [(1, 0), (1, 0)]


def test_with_a_price_alone_each_line_is_one_unit_of_it() -> None:
    assert numbers(read("date,item,price", "2024-03-13,Tea,38.7", "2024-03-13,Tea,0")) == [(1, 38.7), (1, 0)]


def test_with_only_an_amount_money_is_counted() -> None:
    parsed = read("Datum,item,Umsatz", "2013-07-13,1,148.828353112183", "2013-07-13,2,0")
    assert numbers(parsed) == [(148.83, 148.83)]
    assert np.isnan(parsed.rows.unit_price[0])
    assert parsed.skipped == {"zero_quantity": 1}


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        *[("Dine In", "dine_in"), ("For Here", "dine_in"), ("Table 4", "dine_in"), ("sur place", "dine_in")],
        *[("Take Out", "takeaway"), ("To-Go", "takeaway"), ("À emporter", "takeaway"), ("Abholung", "takeaway")],
        *[("Delivery", "delivery"), ("Uber Eats", "delivery"), ("Lieferung", "delivery")],
        *[("", "unknown"), ("Kiosk 2", "unknown")],
    ],
)
def test_the_channel_is_known_by_the_tills_words(text: str, channel: str) -> None:
    assert channel_of(text) == channel


def test_guests_and_categories_are_read() -> None:
    header = "date,item,qty,price,guests,category,modifiers applied"
    parsed = read(header, "2024-03-13,Tea,1,2,4,Hot,lemon", "2024-03-13,Tea,1,2,,,", "2024-03-13,Tea,1,2,many,,")
    assert parsed.rows[["covers", "category", "modifiers"]].astype(object).where(
        lambda f: f.notna(), None
    ).to_numpy().tolist() == [
        [4, "Hot", "lemon"],
        [None, None, None],
    ]
    assert parsed.reasons == {"bad_covers": 1}
