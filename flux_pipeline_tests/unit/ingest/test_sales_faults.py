"""Exports that were once loaded wrong without a word: what is right about each."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload

LEEDS = Place("Europe/London", country_code="GB", currency="GBP")
DALLAS = Place("America/Chicago", country_code="US", currency="USD")

TILL_NAME = """Date,Receipt number,Item,Quantity,Net sales,POS,Store
2026-10-01 12:05,7-11,Latte,1,150.00,POS 2,Harbour Kiosk
2026-10-01 12:05,7-11,Yam cake,2,360.00,POS 2,Harbour Kiosk
2026-10-01 12:40,7-12,Espresso,1,90.00,POS 2,Harbour Kiosk
2026-10-01 12:40,7-12,Cookie,3,120.00,POS 2,Harbour Kiosk
2026-10-02 09:10,3-40,Latte,1,150.00,POS 1,Harbour Kiosk
2026-10-02 09:10,3-40,Bagel,1,95.00,POS 1,Harbour Kiosk
"""
ROUNDED = """Location,Order Id,Order #,Order Date,Check Id,Item Selection Id,Menu Item,Net Price,Qty,Void?
9 Elm Street,2.4E+18,801,10/13/26 17:17,2.4E+18,2.4E+18,Paloma,20,1,FALSE
9 Elm Street,2.4E+18,801,10/13/26 17:17,2.4E+18,2.4E+18,Fries,7,1,FALSE
9 Elm Street,2.4E+18,802,10/13/26 17:58,2.4E+18,2.4E+18,Fries,7,1,FALSE
9 Elm Street,2.4E+18,802,10/13/26 17:58,2.4E+18,2.4E+18,Burger,15,2,FALSE
9 Elm Street,2.4E+18,803,10/14/26 12:00,2.4E+18,2.4E+18,Burger,15,1,FALSE
9 Elm Street,2.4E+18,803,10/14/26 12:00,2.4E+18,2.4E+18,Fries,14,2,FALSE
"""
STATUS = """Date,Time,Order No,Item,Qty,Amount,{header}
2026-05-01,12:01,1,Soup,1,5.00,Completed
2026-05-01,12:05,2,Bread,2,6.00,Cancelled
2026-05-01,12:20,3,Soup,2,10.00,Completed
2026-05-02,12:09,4,Soup,1,5.00,Refunded
2026-05-02,12:30,5,Bread,1,3.00,Voided
"""
RECEIPT_TYPE = """Date,Receipt number,Receipt type,Item,Quantity,Net sales
2026-05-01 12:01,1-01,Sale,Yam cake,2,360.00
2026-05-01 12:20,1-02,Refund,Yam cake,1,180.00
2026-05-01 13:05,1-03,Sale,Latte,1,150.00
2026-05-02 09:00,1-04,Sale,Latte,2,300.00
"""
VOIDED_IN_NAME = """Date,Time,Item,Qty,Price Point Name,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Event Type
2023-12-31,17:48:40,SLIDERS (Voided),1.0,6 pieces,$0.00,$0.00,$0.00,$0.00,Ta1,Payment
2023-12-31,17:48:40,RIBS (Voided),2.0,Full Rack,$0.00,$0.00,$0.00,$0.00,Ta1,Payment
2023-12-31,17:42:54,SLIDERS,1.0,6 pieces,$22.15,$0.00,$22.15,$2.10,Ta2,Payment
2023-12-31,17:42:54,SLIDERS,1.0,4 pieces,$14.57,$0.00,$14.57,$1.38,Ta2,Payment
2023-12-31,17:42:54,RIBS,2.0,Full Rack,$69.86,$0.00,$69.86,$6.64,Ta2,Payment
2023-12-09,14:29:54,RIBS,-1.0,Full Rack,-$35.78,$0.00,-$35.78,-$3.40,Tr1,Refund
2023-12-09,13:19:42,RIBS,1.0,Full Rack,$35.78,$0.00,$35.78,$3.40,Ta3,Payment
2023-12-05,16:12:32,DIP,2.0,Regular,$1.70,$0.00,$1.70,$0.16,Ta4,Payment
2023-11-30,16:13:48,Fries (Voided),2.0,Full,$0.00,$0.00,$0.00,$0.00,Ta5,Payment
"""
COMBO = """Receipt Number,Date,Product,Quantity,Unit Price,Subtotal,Parent Line,Line ID
R1,2026-05-01 12:00,Lunch Menu,1,14.50,14.50,,11
R1,2026-05-01 12:00,Burger,1,10.00,10.00,11,12
R1,2026-05-01 12:00,Soda,1,4.50,4.50,11,13
R2,2026-05-01 12:10,Burger,1,12.00,12.00,,14
R3,2026-05-02 12:10,Lunch Menu,2,14.50,29.00,,15
R3,2026-05-02 12:10,Burger,2,10.00,20.00,15,16
R3,2026-05-02 12:10,Soda,2,4.50,9.00,15,17
"""
COUPON = """Sale ID,Sale Date,Sale Time,Product Name,Item Type,Quantity,Unit Price,Total
s1,2023-11-01,13:08:58,Pilsner,Product,2,6.15,12.30
s1,2023-11-01,13:08:58,Coupon,Coupon,1,-2.00,-2.00
s2,2023-11-01,13:16:00,Burger,Product,1,15.50,15.50
s3,2023-11-01,13:36:49,Stout,Product,1,6.75,6.75
s4,2023-11-02,13:40:00,Burger,Product,1,15.50,15.50
"""
NET = "Order,Date,Item,Qty,Net\nA1,2026-10-25 12:30,Soup,1,5.00\nA2,2026-10-25 12:40,Bread,2,6.00\n"
NET += "A3,2026-10-26 12:30,Soup,3,15.00\n"
CENTS = """created_at,unique_id,order_id,item_name,item_price,item_quantity
2021-04-02 01:00:00+00:00,b7-01,ordA,Chorizo,500,1
2021-04-02 01:00:00+00:00,b7-02,ordA,Kraut,1050,3
2021-04-02 01:00:00+00:00,b7-02,ordA,Kraut,1050,3
2021-04-02 06:00:00+00:00,b7-03,ordB,Chorizo,1000,2
2021-04-02 06:00:00+00:00,b7-04,ordB,Kraut,350,1
2021-04-02 11:00:00+00:00,b7-05,ordC,Chorizo,1500,3
2021-04-02 11:00:00+00:00,b7-06,ordC,Kraut,700,2
"""
STATUS_HEADERS = ("Status", "Order Status", "State", "Financial Status", "Payment Status", "Bill Status", "Mode")

# The defect, the file, the restaurant, the lines, units and money that count, reasons of the rest, words of the notes.
FAULTS = [
    ("the name of a till as number of lines", TILL_NAME, LEEDS, (6, 9, 965.00), {}, "'POS' repeats within a ticket"),
    ("ids rounded by a spreadsheet", ROUNDED, DALLAS, (6, 8, 78.00), {}, "'Item Selection Id' were rounded"),
    *(
        (
            *(f"states under {header}", STATUS.format(header=header), LEEDS, (2, 3, 15.00)),
            *({"void": 2, "refunded_sale": 1}, "1 sale marked as refunded: neither counted as a sale nor"),
        )
        for header in STATUS_HEADERS
    ),
    ("refunds with positive numbers", RECEIPT_TYPE, LEEDS, (4, 4, 630.00), {}, "'Receipt type' decide what counts"),
    ("voided beside the item's name", VOIDED_IN_NAME, DALLAS, (6, 6, 108.28), {"void": 3}, ""),
    ("a combo and its parts", COMBO, LEEDS, (3, 4, 55.50), {"combo_part": 4}, "their money counts once"),
    ("coupons as lines", COUPON, LEEDS, (4, 5, 50.05), {"voucher": 1}, "Coupon"),
    ("money called net", NET, LEEDS, (3, 6, 26.00), {}, ""),
]


def read(content: str, place: Place, settings: UploadSettings | None = None, **hints: str) -> ParsedUpload:
    source = Source.of(content.encode())
    return merged(list(open_upload(source, kind="sales", hints=Hints(**hints), place=place, settings=settings).parts()))


def sums(parsed: ParsedUpload) -> tuple[int, float, float]:
    rows = parsed.rows
    return len(rows), rows["quantity"].sum(), round(rows["line_amount"].sum(), 2)


@pytest.mark.parametrize(
    ("content", "place", "sold", "reasons", "note"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_a_file_is_counted_as_it_was_sold(content, place, sold, reasons, note):
    parsed = read(content, place)
    assert (sums(parsed), parsed.reasons) == (sold, reasons)
    assert note in " ".join(parsed.detected_format["notes"])


def test_a_refund_counts_against_its_item():
    rows = read(RECEIPT_TYPE, LEEDS).rows
    assert rows.groupby("item_name")["quantity"].sum().to_dict() == {"Latte": 3, "Yam cake": 1}


def test_voided_items_are_no_items_of_the_menu():
    items = set(read(VOIDED_IN_NAME, DALLAS).rows["item_name"])
    assert items == {"SLIDERS (6 pieces)", "SLIDERS (4 pieces)", "RIBS (Full Rack)", "DIP"}


def test_the_parts_of_a_combo_count_if_the_restaurant_says_so():
    parsed = read(COMBO, LEEDS, UploadSettings(upload_combos="parts"))
    assert (sums(parsed), parsed.reasons) == ((5, 7, 55.50), {"combo": 2})


def test_money_of_a_line_that_is_called_a_price_is_asked_about_and_then_right():
    with pytest.raises(PermanentError, match=r"500 may be in cents. Add --money cents or --money whole"):
        read(CENTS, DALLAS)
    parsed = read(CENTS, DALLAS, money="cents")
    assert (sums(parsed), parsed.reasons) == ((6, 12, 51.00), {"repeated_line": 1})
    assert "'item_price' is larger with the quantity" in " ".join(parsed.detected_format["notes"])


def test_ids_that_were_rounded_leave_the_tickets_apart():
    assert read(ROUNDED, DALLAS).rows["ticket"].nunique() == 3
