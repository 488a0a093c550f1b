"""Encoding, delimiter, header and lines: what any file goes through, whatever its kind."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline_tests.unit.ingest.reading import read_upload


def read_sales(content: bytes, **stated):
    return read_upload(content, kind="sales", **stated)


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter", "decimal", "date_order"),
    [
        ("sales_plain.csv", "utf-8", ",", ".", "year_first"),
        ("sales_semicolon_comma_cp1252.csv", "cp1252", ";", ",", "day_first"),
        ("sales_tab_month_first_bom.csv", "utf-8-sig", "\t", ".", "month_first"),
        ("sales_pipe_no_last_newline.csv", "utf-8", "|", ".", "year_first"),
    ],
)
def test_the_format_is_found(tiny, name, encoding, delimiter, decimal, date_order):
    parsed = read_sales(tiny(name))
    found = parsed.detected_format
    assert (found["encoding"], found["delimiter"], found["decimal"]) == (encoding, delimiter, decimal)
    assert found["date_order"] == date_order
    assert parsed.reasons == {}


def test_a_european_file_is_read_as_it_was_meant(tiny):
    rows = read_sales(tiny("sales_semicolon_comma_cp1252.csv")).rows
    assert rows["item_name"].tolist() == ["Brötchen", "Käse"]
    assert rows["business_date"].astype(str).tolist() == ["2024-01-13", "2024-02-01"]
    assert rows["quantity"].tolist() == [1.5, 2.0]
    assert rows["unit_price"].tolist() == [2.5, 1234.5]
    assert rows["line_amount"].tolist() == [3.75, 2469.0]


def test_an_american_file_is_read_as_it_was_meant(tiny):
    rows = read_sales(tiny("sales_tab_month_first_bom.csv")).rows
    assert rows["business_date"].astype(str).tolist() == ["2024-03-13", "2024-04-01"]
    assert rows["line_amount"].tolist() == [3.5, 2500.0]


def test_each_column_has_its_own_decimal_mark(tiny):
    parsed = read_sales(tiny("sales_mixed_decimal_marks.csv"), place=Place("Europe/Paris"))
    assert parsed.detected_format["decimals"] == {"quantity": ".", "price": ","}
    assert parsed.detected_format["decimal"] == "mixed"
    assert parsed.rows["line_amount"].tolist() == [0.9, 3.6]
    assert parsed.rows["item_name"].tolist() == ["BAGUETTE", "PAIN AU CHOCOLAT"]
    assert parsed.rows["ticket"].tolist() == ["150040.0", "150040.0"]


def test_blank_lines_are_counted_and_line_numbers_are_the_files(tiny):
    parsed = read_sales(tiny("sales_blank_lines.csv"))
    assert parsed.rows["line_number"].tolist() == [3, 7]
    assert parsed.skipped == {"blank_line": 4}
    assert parsed.read_count == 6


def test_line_breaks_in_quotes_keep_line_numbers_true(tiny):
    parsed = read_sales(tiny("sales_line_break_in_quotes.csv"))
    assert parsed.rows["item_name"].tolist() == ["Menu of the day"]
    assert parsed.rows["line_number"].tolist() == [2]
    assert parsed.rejected["line_number"].tolist() == [4]


def test_rows_with_extra_cells_are_rejected_whole(tiny):
    parsed = read_sales(tiny("sales_extra_cells.csv"))
    assert parsed.rows["item_name"].tolist() == ["Soup", "Tea"]
    [rejected] = parsed.rejected.to_dict("records")
    assert (rejected["line_number"], rejected["reason_code"], rejected["column_name"]) == (3, "too_many_fields", None)
    assert list(rejected["raw"].values()) == ["2024-03-01", "Bread", " white", "1", "2.00", "", ""]


def test_a_row_with_text_far_beyond_the_header_is_rejected_and_its_words_there_are_not_kept():
    parsed = read_sales(b"date,item,quantity\n2024-03-01,Soup,1,,,late\n2024-03-01,Soup,1\n")
    assert parsed.reasons == {"too_many_fields": 1}
    assert parsed.rejected["raw"][0] == {
        "date": "2024-03-01",
        "item": "Soup",
        "quantity": "1",
        "column 4": "",
        "column 5": "",
        "column 6": "",
    }


def test_rows_that_end_early_count_as_empty_cells(tiny):
    parsed = read_sales(tiny("sales_short_rows.csv"))
    assert parsed.rows["line_number"].tolist() == [2]
    assert parsed.rejected["reason_code"].tolist() == ["missing_quantity", "missing_item"]


def test_a_file_of_only_a_header_has_no_rows(tiny):
    parsed = read_sales(tiny("sales_header_only.csv"))
    assert (parsed.read_count, parsed.first_date, parsed.last_date) == (0, None, None)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04 and so on", "The archive can't be read"),
        (b"\x1f\x8b\x08\x00", "The archive can't be read"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x01\x02\x03\x04", "not text"),
        (b"date,item,quantity\n2024-03-01,\x81,1\n", "Line 2 of the file is not UTF-8"),
    ],
)
def test_a_file_that_is_not_text_is_refused(content, says):
    with pytest.raises(PermanentError, match=says):
        read_sales(content)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("sales_empty.csv", "The file is empty"),
        ("sales_nul_byte.csv", "line 2 holds the byte 0x00"),
        ("sales_one_broken_byte.csv", r"Line 3 of the file is not UTF-8 \(byte 0xe9\), while other lines are"),
        ("sales_unclosed_quote.csv", "about line 3 on .a quote is never closed"),
        ("sales_two_headers_for_item.csv", "Several columns could be the item: 'product', 'article'.*item=product"),
        (
            "sales_no_item_column.csv",
            "recognised as the item.*'date', 'what', 'quantity'.*Most likely: --column item=what.",
        ),
        ("sales_dates_read_two_ways.csv", "03/04/2024 is 3 April 2024 .* 4 March 2024"),
        ("sales_dates_of_two_orders.csv", "mixes two orders of dates: 1 .* 1 only"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tiny, name, says):
    with pytest.raises(PermanentError, match=says) as refusal:
        read_sales(tiny(name))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"dish": "item"}, "Unknown field 'dish' of a sales file. Choose one of: date, day_of_month"),
        ({"item": "dish"}, "no column 'dish' for item; its columns are 'date', 'item', 'quantity', 'price'"),
    ],
)
def test_a_stated_column_that_does_not_exist_is_refused(tiny, stated, says):
    with pytest.raises(PermanentError, match=says):
        read_sales(tiny("sales_plain.csv"), columns=stated)


def test_a_stated_column_goes_before_its_name():
    parsed = read_sales(b"date,item,product,quantity\n2024-03-01,A,B,1\n", columns={"item": "PRODUCT "})
    assert parsed.rows["item_name"].tolist() == ["B"]
    assert parsed.detected_format["columns"]["item"] == "product"


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(PermanentError, match=r"Unknown kind 'sale'\. Choose one of: sales, menu, recipes"):
        read_upload(b"date\n", kind="sale")


def test_a_file_whose_every_row_is_bad_is_accounted_for(tiny):
    parsed = read_sales(tiny("sales_every_row_bad.csv"))
    assert (parsed.loaded_count, parsed.reasons) == (0, {"bad_date": 2})
    assert "'2024-02-30' is not a date" in parsed.rejected["message"][1]


@pytest.mark.parametrize(
    ("encoding", "items"),
    [
        ("cp1252", ["Weißwurst", "Pâté “maison”", "Crème brûlée", "Café crème", "Jalapeño"]),
        ("cp1252", ["Jalapeño burger", "Crème fraîche", "Smörgås", "Fläskfilé", "Kroketten"]),
        ("cp1250", ["Żurek", "Pączki", "Gołąbki", "Café latte", "Śledź w oleju", "Käsespätzle"]),
        ("cp1254", ["Şiş kebap", "Çiğ köfte", "Yoğurtlu köfte", "Künefe"]),
    ],
)
def test_a_menu_with_dishes_of_other_languages_keeps_its_letters(encoding, items):
    lines = "".join(f"2024-03-31,{item},1\n" for item in items)
    parsed = read_upload(f"date,item,quantity\n{lines}".encode(encoding), kind="sales")
    assert parsed.rows["item_name"].tolist() == items
