"""Files with misleading columns, each named by its trouble: what is read, and what is refused with a question."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.upload import open_upload

LONDON = Place("Europe/London", country_code="GB")


def read(content: bytes, **columns: str) -> ParsedUpload:
    opened = open_upload(Source.of(content), kind="sales", hints=Hints(columns), place=LONDON)
    return merged(list(opened.parts()))


# file, what its sender says, the items read, their quantities, their amounts, what was set aside.
READ = [
    (
        *("sales_two_shops.csv", {"location": "Store=NORTH"}, ["Bagel", "Tea"], [3, 1], [6, 2.5]),
        {"other_location": 1, "missing_location": 1},
    ),
    (
        "sales_two_shops.csv",
        {"location": "Store=*"},
        ["Bagel", "Bagel", "Tea", "Tea"],
        [3, 5, 1, 1],
        [6, 10, 2.5, 2.5],
        {},
    ),
    ("sales_item_code_and_name.csv", {}, ["Croissant", "Bagel"], [3, 13], [0, 0], {}),
    ("sales_item_code_and_name.csv", {"item": "Item"}, ["101", "102"], [3, 13], [0, 0], {}),
    ("sales_price_and_unnamed_count.csv", {"quantity": "Sold"}, ["Tea", "Pie"], [3, 1], [7.5, 4], {}),
    ("sales_price_and_unnamed_count.csv", {"quantity": "1"}, ["Tea", "Pie"], [1, 1], [2.5, 4], {}),
    ("sales_amount_and_unnamed_count.csv", {"quantity": "Sold"}, ["Tea", "Pie"], [3, 1], [7.5, 4], {}),
    (
        *("sales_amount_and_unnamed_count.csv", {"quantity": "Total", "amount": "Total"}),
        *(["Tea", "Pie"], [7.5, 4], [7.5, 4], {}),
    ),
    (
        "sales_ticket_total_on_each_line.csv",
        {},
        ["Papadum", "Korma", "Naan", "Naan"],
        [2, 1, 2, 1],
        [1.6, 8.95, 5.9, 2.95],
        {},
    ),
    ("sales_amount_far_from_price.csv", {}, ["Tea", "Tea"], [2, 1], [400, 200], {}),
    ("sales_korean_headers.csv", {}, ["크로아상", "앙버터"], [2, 1], [7000, 4800], {}),
    ("sales_brazilian_headers.csv", {}, ["Coxinha"], [3], [21], {}),
    ("sales_notes_about_guests.csv", {}, ["Tea"], [1], [0], {"bad_quantity": 1}),
    (
        *("sales_wide_with_a_word.csv", {"item": "*"}),
        *(
            ["Croissant", "Brezel", "Kaffee", "Brezel", "Kaffee", "Croissant", "Brezel", "Kaffee"],
            [3, 4, 5, 4, 5, 1, 4, 5],
        ),
        *([0] * 8, {"bad_quantity": 1}),
    ),
]

REFUSED = [
    (
        "sales_two_shops.csv",
        {},
        r"has 2 places in 'Store': 'North', 'South'.*--column location='Store=\*'\. .*--column location=Store=North\.$",
    ),
    ("sales_two_shops.csv", {"location": "Store=East"}, "No row has 'East' in 'Store', which holds 'North', 'South'"),
    (
        "sales_price_and_unnamed_count.csv",
        {},
        r"'Sold' holds numbers.*a price but no quantity.*--column quantity=Sold \(how many were sold\), or --column "
        r"amount=Sold \(the money of the line\); or --column quantity=1",
    ),
    (
        "sales_amount_and_unnamed_count.csv",
        {},
        r"'Sold' holds numbers.*the money of a line \('Total'\) but no quantity.*--column quantity=Sold .*; or "
        r"--column quantity=Total --column amount=Total to count the money itself",
    ),
    ("sales_days_side_by_side.csv", {}, "The days are columns .*'date', 'item', 'quantity'"),
    (
        "sales_quarters_side_by_side.csv",
        {},
        "'Q1', 'Q2', 'Q3', 'Q4' are sums over longer periods; expected .* each day",
    ),
    ("sales_json.csv", {}, "The file is JSON"),
    ("sales_table_of_a_web_page.xls", {}, "The file is a web page"),
    ("sales_is_a_menu.csv", {}, "needs date, or day_of_month and month.*--kind menu"),
    ("sales_wide_with_a_word.csv", {}, r"recognised as the item.*Each of 'Croissant', 'Brezel', 'Kaffee'.*item=\*"),
    (
        "sales_nothing_recognised.csv",
        {},
        r"as the date \(.*\) or as the item \(.*--column date=HEADER --column item=HEADER",
    ),
]


@pytest.mark.parametrize(("name", "stated", "items", "quantities", "amounts", "reasons"), READ)
def test_a_file_is_read_as_its_columns_were_meant(tiny, name, stated, items, quantities, amounts, reasons):
    parsed = read(tiny(name), **stated)
    assert parsed.rows["item_name"].tolist() == items
    assert parsed.rows["quantity"].tolist() == quantities
    assert parsed.rows["line_amount"].tolist() == amounts
    assert parsed.reasons == reasons
    assert parsed.read_count == len(items) + sum(reasons.values())


@pytest.mark.parametrize(("name", "stated", "says"), REFUSED)
def test_ambiguous_columns_are_refused_with_a_question(tiny, name, stated, says):
    with pytest.raises(PermanentError, match=says) as refusal:
        read(tiny(name), **stated)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")


COFFEE = [
    f"2024-03-0{1 + place // 10},2024-03-0{1 + place // 10} 1{place % 10}:15,card,{38.70 - place % 2:.2f},{name}"
    for place, name in enumerate(["Latte", "Americano", "Cocoa"] * 10)
]


@pytest.mark.parametrize(
    ("stated", "options"),
    [
        ({}, "--column item=coffee_name --column amount=money --column quantity=1."),
        ({"item": "coffee_name"}, "--column item=coffee_name --column amount=money --column quantity=1."),
    ],
)
def test_a_refusal_ends_with_the_most_likely_columns_which_are_then_read(stated, options):
    content = "\n".join(["date,datetime,cash_type,money,coffee_name", *COFFEE]).encode()
    with pytest.raises(PermanentError, match="Most likely: ") as refusal:
        read(content, **stated)
    assert str(refusal.value).endswith(options)
    pairs = [pair.split("=") for pair in options.rstrip(".").split("--column ")[1:]]
    parsed = read(content, **{field: header.strip() for field, header in pairs})
    assert (parsed.loaded_count, set(parsed.rows["quantity"])) == (30, {1.0})
    assert parsed.rows["line_amount"].tolist()[:2] == [38.7, 37.7]


def test_another_kind_is_suggested_only_for_more_than_a_date():
    with pytest.raises(PermanentError) as refusal:
        read(b"date,thing\n2024-12-24,4\n2024-12-25,3\n")
    assert "--kind" not in str(refusal.value)
    with pytest.raises(PermanentError, match=r"The file could be read as kind closures: --kind closures\."):
        read(b"closed on,reason\n2024-12-24,Christmas Eve\n2024-12-25,Christmas\n")


def test_numbers_that_depend_on_the_day_or_the_item_are_not_a_count(tiny):
    parsed = read(tiny("sales_price_and_temperature.csv"))
    assert (parsed.loaded_count, set(parsed.rows["quantity"])) == (13, {1.0})
    assert parsed.detected_format["unused_columns"] == ["Cost", "Mean"]


def test_an_unnamed_count_is_refused_even_if_equal_within_days():
    lines = [f"2024-03-{day:02d},Tea,2.50,{1 if day < 20 else 50}" for day in (*range(1, 13), 1, 2, 3, 20)]
    with pytest.raises(PermanentError, match="'Sold' holds numbers"):
        read("\n".join(["Date,Item,Price,Sold", *lines]).encode())


def test_the_place_of_a_file_is_part_of_its_format(tiny):
    content = b"Date,Store ID,Store,Item,Qty\n2024-03-01,7,Main,Tea,1\n2024-03-01,7,main ,Pie,1\n"
    assert read(content).detected_format["location"] == "Main"
    assert read(tiny("sales_two_shops.csv"), location="Store=north").detected_format["location"] == "North"
    assert read(tiny("sales_two_shops.csv"), location="Store=*").detected_format["location"] is None


def test_a_place_that_was_picked_once_is_picked_in_the_next_file_of_that_header(tiny):
    content = tiny("sales_two_shops.csv")
    first = read(content, location="Store=South").detected_format
    opened = open_upload(
        Source.of(content),
        kind="sales",
        place=LONDON,
        known={first["header_fingerprint"]: first["columns"]},
    )
    assert merged(list(opened.parts())).rows["quantity"].tolist() == [5.0]
    assert opened.detected_format["columns"] == first["columns"]


def test_the_second_shop_of_a_file_may_come_late():
    lines = [f"2024-03-01,North,Tea,{number % 9 + 1}" for number in range(3_000)]
    content = "\n".join(["Date,Store,Item,Qty", *lines, "2024-03-01,South,Tea,1"]).encode()
    with pytest.raises(PermanentError, match="has 2 places in 'Store': 'North', 'South'"):
        read(content)


def test_lines_of_two_shops_in_a_wide_table_are_not_tickets():
    content = b"date,Store,Tea,Pie,Soup\n2024-03-01,North,3,2,1\n2024-03-01,South,5,2,1\n"
    parsed = read(content, location="Store=South")
    assert (parsed.rows["quantity"].tolist(), parsed.skipped) == ([5.0, 2.0, 1.0], {"other_location": 3})
    assert parsed.rows["ticket"].isna().all()


def test_the_reading_of_a_doubtful_amount_is_noted(tiny):
    [note] = read(tiny("sales_ticket_total_on_each_line.csv")).detected_format["notes"]
    assert "'Total' is the same on all lines of a ticket" in note
    note, *_ = read(tiny("sales_ticket_total_on_each_line.csv"), amount="Total").detected_format["notes"]
    assert note.endswith("It is taken as the line's, because it was given as the amount.")
    [note] = read(tiny("sales_amount_far_from_price.csv")).detected_format["notes"]
    assert "On 2 of the first 2 lines the amount in 'Total' is far from quantity x price" in note


def test_whole_numbers_of_money_may_be_cents_unless_the_currency_has_none(tiny):
    content = tiny("sales_japanese_headers.csv")
    with pytest.raises(PermanentError, match=r"900 may be in cents. Add --money cents or --money whole"):
        read(content)
    tokyo = Place("Asia/Tokyo", country_code="JP", currency="JPY")
    cents = open_upload(Source.of(content), kind="sales", hints=Hints(money="cents"), place=LONDON)
    yen = open_upload(Source.of(content), kind="sales", place=tokyo)
    sold = [merged(list(opened.parts())).rows.iloc[0] for opened in (cents, yen)]
    assert [(row["item_name"], row["line_amount"], row["unit_price"]) for row in sold] == [
        ("ラーメン", 18, 9),
        ("ラーメン", 1800, 900),
    ]


def test_prices_in_thousands_are_asked_about_where_no_dish_costs_thousands():
    content = b"date,item,quantity,price\n2024-03-01,Flour,3,1.125\n2024-03-02,Tea,1,3.255\n"
    berlin = Place("Europe/Berlin", country_code="DE", currency="EUR")
    with pytest.raises(PermanentError, match=r"1.125 may have three decimals. .*Most likely: --decimal point"):
        open_upload(Source.of(content), kind="sales", place=berlin)
    opened = open_upload(Source.of(content), kind="sales", hints=Hints(decimal="point"), place=berlin)
    assert merged(list(opened.parts())).rows["line_amount"].tolist() == [3.38, 3.26]


def test_an_amount_that_gives_the_quantity_gets_no_note():
    content = b"date,item,price,amount\n2024-03-01,Tea,2.50,25.00\n2024-03-01,Pie,3.00,9.00\n2024-03-02,Tea,2.50,5.00\n"
    parsed = read(content)
    assert parsed.rows["quantity"].tolist() == [10.0, 3.0, 2.0]
    assert not parsed.detected_format.get("notes")


def test_a_ticket_total_without_prices_is_not_the_amount_of_a_line():
    lines = [
        f"2024-03-01,{ticket},{item},{count},{10 + ticket}.00"
        for ticket in range(4)
        for item, count in (("Tea", 1), ("Pie", 2))
    ]
    content = "\n".join(["date,ticket,item,qty,total", *lines]).encode()
    with pytest.raises(PermanentError, match=r"it is the ticket's: the file gives no line's amount.*--column amount=0"):
        read(content)
    assert set(read(content, amount="0").rows["line_amount"]) == {0.0}


@pytest.mark.parametrize(
    "lines",
    [
        ("1,Tea,2,2.50,5.00", "1,Pie,1,4.00,4.00", "1,Soup,1,4.50,4.50"),
        ("1,Tea,1,2.50,2.75", "1,Pie,1,4.00,4.40", "1,Soup,2,4.50,9.90"),  # with tax
        ("1,Tea,2,2.50,0.00", "1,Pie,1,4.00,0.00", "2,Soup,1,4.50,4.50"),  # on the house
        ("1,Tea,1,4.00,4.00", "1,Pie,1,4.00,4.00", "2,Soup,1,4.00,4.00"),  # all for one price
    ],
)
def test_an_amount_of_the_line_is_kept_without_a_note(lines):
    parsed = read("\n".join(["ticket,item,qty,price,total,date", *(f"{line},2024-03-01" for line in lines)]).encode())
    assert parsed.rows["line_amount"].tolist() == [float(line.split(",")[-1]) for line in lines]
    assert parsed.detected_format["notes"] == []


def test_the_item_is_the_column_of_texts_and_two_such_columns_are_refused():
    lines = (b"Date,Item,Item Name,Description,Qty", b"2024-03-01,101,Tea,hot,1")
    with pytest.raises(PermanentError, match="could be the item: 'Item Name', 'Description'"):
        read(b"\n".join(lines))


def test_free_text_and_the_names_of_staff_are_dropped(tiny):
    parsed = read(tiny("sales_notes_about_guests.csv"))
    assert parsed.detected_format["personal_columns"] == {
        "Notes": 2,
        "CPF": 1,
        "Kassiert durch": 2,
        "Delivery to": 1,
    }
    assert parsed.rejected["raw"].tolist() == [{"Date": "2024-03-02", "Item": "Tea", "Qty": "x", "Table": "5"}]


def test_an_unused_column_of_text_is_dropped_whatever_its_name_and_one_of_plain_words_is_kept():
    words = [
        f"{first} {last}"
        for first in ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay")
        for last in ("Kok", "Reis", "Moreau", "Lee", "Ito", "Roy")
    ]
    lines = [
        f"2024-03-01,Tea {number % 3},{number},{words[number]},hot and sweet {number % 3},card" for number in range(36)
    ]
    parsed = read("\n".join(["date,item,qty,Who knows,About it,Paid with", *lines]).encode())
    assert parsed.detected_format["dropped_columns"] == {"Who knows": 36, "About it": 36}
    assert parsed.detected_format["unused_columns"] == ["Who knows", "About it", "Paid with"]
