"""Facts that only a whole sales file shows: totals, second tables, days given once, voids, refunds, decimal marks."""

import datetime as dt
import re

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.sales._groups import GroupScan
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import open_tables
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.table.filling import fill_down
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload

BERLIN = Place("Europe/Berlin", country_code="DE")

# file, the lines that are read with their quantities, what was set aside, and what the notes say, one each.
READ = [
    (
        "totals_among_items",
        {2: 2, 3: 3, 5: 1},
        {"totals_line": 3},
        ["^2 lines are left out as totals .*'Summe' on line 4"],
    ),
    ("totals_with_their_day", {2: 2, 3: 3, 5: 1}, {"totals_line": 3}, []),
    ("void_takes_back", {2: 1, 3: -1, 4: 1}, {}, ["^1 line marked as void and below 0"]),
    ("both_halves_void", {4: 1}, {"void": 2}, []),
    ("second_table_below", {2: 2, 3: 3}, {"blank_line": 1, "other_table": 3}, ["^3 lines from line 5 on left out"]),
    (
        *("tables_in_turn", {2: 2, 9: 2}, {"blank_line": 2, "repeated_header": 1, "other_table": 3}),
        ["^3 lines from line 4 on left out"],
    ),
    ("header_of_two_lines", {3: 2}, {"missing_date": 1}, []),
    ("date_once_a_day", {2: 2, 3: 3, 4: 1, 5: 1}, {}, ["^2 lines have no date .the first is line 3."]),
    ("date_as_heading", {3: 2, 4: 3, 6: 1}, {"day_heading": 2}, ["^3 lines have no date"]),
    ("lost_date", {2: 1, 3: 2, 5: 4}, {"missing_date": 1}, []),
    ("quantity_as_float", {2: 2, 3: 1}, {}, []),
    (
        "weights_by_point",
        {2: 1.25, 3: 2.125},
        {},
        ["1.250 is read as 1.25, because .*could be 1,250. .*--decimal comma"],
    ),
    (
        "thousands_or_not",
        {2: 1200, 3: 2500},
        {},
        ["1.200 is read as 1,200, as is usual in the country.*--decimal point"],
    ),
    ("units_behind_quantities", {2: 1, 3: 0.25}, {}, []),
    (
        "refund_by_its_amount",
        {2: 2, 3: -1},
        {"discount_line": 1},
        ["^1 line with a quantity above 0 and an amount below 0 .*line 3", "^1 line of discounts .*except for -0.40"],
    ),
    (
        *("words_of_a_german_till", {2: -1, 3: -1, 4: -1, 5: 1, 7: 1}, {"void": 1}),
        ["'Vorgang' holds words .*Eigenverbrauch .1., Personalessen .1.; their lines count as sales"],
    ),
    ("texts_too_long", {2: 1, 7: 1}, {"item_too_long": 2, "ticket_too_long": 1, "bad_amount": 1}, []),
]


def read(*lines: str, country: str = "US", **hints: str) -> ParsedUpload:
    source = Source.of("\n".join(lines).encode())
    place = Place("UTC", country_code=country)
    return merged(list(open_upload(source, kind="sales", hints=Hints(**hints), place=place).parts()))


@pytest.mark.parametrize(("name", "quantities", "reasons", "notes"), READ, ids=[row[0] for row in READ])
def test_a_file_is_read_as_its_whole_shows(tiny, name, quantities, reasons, notes):
    parsed = read_upload(tiny(f"sales_{name}.csv"), kind="sales", place=BERLIN)
    assert dict(zip(parsed.rows["line_number"], parsed.rows["quantity"], strict=True)) == quantities
    assert parsed.reasons == reasons
    assert parsed.read_count == len(quantities) + sum(reasons.values())
    assert len(parsed.detected_format["notes"]) == len(notes)
    for sentence, says in zip(parsed.detected_format["notes"], notes, strict=True):
        assert re.search(says, sentence) and sentence.endswith(".")


def test_a_quote_that_swallows_rows_refuses_the_file(tiny):
    with pytest.raises(PermanentError, match="quote that opens a cell on line 6 is not closed before line 15"):
        read_upload(tiny("sales_quote_swallows_rows.csv"), kind="sales")


@pytest.mark.parametrize("name", ["Soup, large\nwith bread, hot", "Menu of 3,\n2 courses, 1 drink", "Soup\nBread"])
def test_a_name_of_two_lines_swallows_nothing(name):
    parsed = read("date,item,quantity", "2024-03-01,Tea,1", f'2024-03-01,"{name}",2')
    assert parsed.rows["item_name"].tolist() == ["Tea", " ".join(name.split())]


def test_filled_days_continue_from_block_to_block_but_not_to_another_sheet():
    lines = [
        f"{dt.date(2024, 3, 1) + dt.timedelta(row // 3) if row % 3 == 0 else ''},item {row % 3},1" for row in range(90)
    ]
    rows = read("date,item,quantity", *lines).rows
    assert rows.groupby("business_date").size().tolist() == [3] * 30


def test_a_ticket_given_once_holds_for_all_its_lines():
    rows = read(
        "date,time,ticket,item,quantity", "2024-03-01,12:00,7,Tea,1", ",,,Cake,1", "2024-03-01,12:05,8,Tea,1"
    ).rows
    assert rows["ticket"].tolist() == ["7", "7", "8"]
    assert rows["sold_at"].dt.minute.tolist() == [0, 0, 5]


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        (["2024-03-01,Tea,1", "2024-03-01,Cake,1", ",Pie,1", "2024-03-02,Tea,1"], {"missing_date": 1}),
        ([",Pie,1", "2024-03-01,Tea,1", ",Cake,1"], {"missing_date": 2}),
        ([*(f"2024-03-{day:02d},Tea,1" for day in range(1, 20)), ",Cake,1"], {"missing_date": 1}),
    ],
    ids=["a day of several lines", "no day above", "a slip"],
)
def test_a_date_that_is_lost_is_not_taken_from_the_line_above(lines, reasons):
    assert read("date,item,quantity", *lines).reasons == reasons


def test_an_item_that_is_only_called_a_total_counts_and_is_pointed_out():
    parsed = read("date,item,quantity", "2024-03-01,Tea,5", "2024-03-01,Total,2", "2024-03-01,Cake,4")
    assert parsed.rows["item_name"].tolist() == ["Tea", "Total", "Cake"]
    assert "'Total' on line 3" in parsed.detected_format["notes"][0]


@pytest.mark.parametrize(
    ("country", "header", "lines", "quantities"),
    [
        ("DE", "Menge;Preis;Umsatz", ["1.000;2,50;2.500,00"], [1000]),
        ("DE", "Menge;Preis;Umsatz", ["1.000;2,50;2,50"], [1]),
        ("DE", "Menge;Umsatz", ["350;12,00", "1.250;24,00"], [350, 1250]),
        ("DE", "Menge;Umsatz", ["1500;12,00", "1.250;24,00"], [1500, 1.25]),
        ("DE", "Menge;Umsatz", ["1,250;12,50"], [1.25]),
        ("US", "Menge;Umsatz", ["1,200;3,000.00", "2,450;5,000.00"], [1200, 2450]),
        ("ID", "Menge;Preis;Umsatz", ["2;12.000;24.000"], [2]),
        ("KR", "Menge;Umsatz", ["2;9,600"], [2]),
    ],
)
def test_a_quantity_settled_by_other_numbers_is_not_a_guess(country, header, lines, quantities):
    parsed = read(f"date;item;{header}", *(f"2024-03-01;Tea;{line}" for line in lines), country=country)
    assert parsed.rows["quantity"].tolist() == quantities
    assert parsed.detected_format["notes"] == []


def test_money_of_a_currency_without_cents_is_read_by_the_custom_of_its_country():
    lines = ["date;item;qty;price", "2024-03-01;Tea;2;12.000"]
    assert read(*lines, country="ID").rows["unit_price"].tolist() == [12000]
    assert read(*lines, country="KW").rows["unit_price"].tolist() == [12]


def test_a_measurement_with_three_decimals_is_read_without_a_note():
    content = b"date,latitude,longitude,temperature_c\n2024-03-01,48.856,2.352,21.125\n"
    parsed = read_upload(content, kind="weather")
    assert parsed.rows["temperature_c"].tolist() == [21.125]
    assert parsed.detected_format["notes"] == []


def test_a_hint_settles_the_decimal_mark():
    lines = ["date;item;qty;amount", "2024-03-01;Tea;1.200;1.200"]
    assert read(*lines, country="DE", decimal="point").rows["line_amount"].tolist() == [1.2]
    assert read(*lines, country="US", decimal="comma").rows["line_amount"].tolist() == [1200]


@pytest.mark.parametrize(
    ("written", "quantity"),
    [
        ("2x", 2),
        ("1 x", 1),
        ("x3", 3),
        ("4 \u00d7", 4),
        ("1 Stk.", 1),
        ("3 pcs", 3),
        ("2개", 2),
        ("250 g", 0.25),
        ("0.5 kg", 0.5),
    ],
)
def test_a_quantity_may_have_a_unit(written, quantity):
    assert read("date,item,quantity", f"2024-03-01,Tea,{written}").rows["quantity"].tolist() == [quantity]


@pytest.mark.parametrize("written", ["two", "3 weeks", "x", "2 x 3", "kg"])
def test_other_words_make_no_quantity(written):
    assert read("date,item,quantity", f"2024-03-01,Tea,{written}").reasons == {"bad_quantity": 1}


@pytest.mark.parametrize(
    ("header", "cell", "reasons"),
    [
        ("Storno", "Storno", {"void": 1}),
        ("Voided", "Voided", {"void": 1}),
        ("Voided", "N/A", {}),
        ("Voided", "Sale", {}),
        ("Gutschrift", "Gutschrift", {}),
    ],
)
def test_the_name_of_a_flag_in_its_cell_means_yes(header, cell, reasons):
    parsed = read(f"date,item,quantity,{header}", f"2024-03-01,Tea,1,{cell}", "2024-03-01,Tea,1,")
    assert parsed.reasons == reasons
    if header == "Gutschrift":
        assert parsed.rows["quantity"].tolist() == [-1, 1]


@pytest.mark.parametrize("size", [12, 40, 10_000])
def test_days_given_once_are_the_same_for_any_block_size(size):
    lines = [
        f"{dt.date(2024, 3, 1) + dt.timedelta(row // 3) if row % 3 == 0 else ''},item {row % 3},1" for row in range(30)
    ]
    source = Source.of("\n".join(["date,item,quantity", *lines]).encode())
    [table] = open_tables(source, count_known=len, limits=Limits(block_characters=size))
    blocks = [MappedTable(block, {name: name for name in table.header}) for block in table.blocks()]
    scan = GroupScan()
    for block in blocks:
        scan.add(block)
    found = scan.found()
    assert found.fields.down == {"date", "time", "ticket"} and not found.fields.by_order
    assert found.notes == (
        "20 lines have no date (the first is line 3) and take the date above, as with merged cells.",
    )
    days = [text for block in fill_down(blocks, found.fields) for text in block.texts("date").rows]
    assert days == [str(dt.date(2024, 3, 1) + dt.timedelta(row // 3)) for row in range(30)]
