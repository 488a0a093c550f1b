"""Reports in which the rows of two tables take turns: a ticket, the header of its items, its items, the next ticket."""

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.fitting import known_names
from flux_pipeline.ingest.columns.personal.redaction import rewrite_without
from flux_pipeline.ingest.contracts import Place
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.reader import open_tables
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.upload import open_upload
from flux_pipeline_tests.unit.ingest.reading import read_upload
from flux_pipeline_tests.unit.ingest.workbooks import workbook

PLACE = Place("Europe/Berlin")
LOWER = ",,,,Item No.,Product Name,Discount,Price,Quantity,Subtotal\n"
REPORT = (
    "Lantern Noodles\nClerk:,Manager\nStart:,2012-03-04\n\n"
    "Term,Time,Sequence,Total,Discount,Payment,Guests,Items\n"
    f"T01,2012-03-04 11:32:10,000123,18.50,0.00,18.50,2,3\n{LOWER}"
    ",,,,101,Egg noodles,0.00,7.50,2,15.00\n,,,,202,Iced tea,0.00,3.50,1,3.50\n"
    f"T01,2012-03-04 12:05:41,000124,9.00,-2.00,7.00,1,2\n{LOWER}"
    ",,,,103,Dumplings,0.00,5.50,1,5.50\n,,,,202,Iced tea,0.00,3.50,1,3.50\n"
    f"T01,2012-03-05 19:20:03,000125,22.50,0.00,22.50,3,3\n{LOWER}"
    ",,,,101,Egg noodles,0.00,7.50,3,22.50\n"
)
SOLD = [
    ("04", "Egg noodles", 2, 15.0),
    ("04", "Iced tea", 1, 3.5),
    ("04", "Dumplings", 1, 5.5),
    ("04", "Iced tea", 1, 3.5),
    ("05", "Egg noodles", 3, 22.5),
]
SAME_PLACE = (
    "Date,Ticket No,Guests,Total\n2012-03-04,123,2,18.50\nItem,Quantity,Price,Amount\n"
    "Egg noodles,2,7.50,15.00\nIced tea,1,3.50,3.50\n2012-03-04,124,1,9.00\nItem,Quantity,Price,Amount\n"
    "Dumplings,1,5.50,5.50\nIced tea,1,3.50,3.50\n2012-03-05,125,3,22.50\nItem,Quantity,Price,Amount\n"
    "Egg noodles,3,7.50,22.50\n"
)
HEADINGS = {"group_heading": 3, "repeated_header": 3}
REPORTS = {
    "title_lines_above": (REPORT, HEADINGS),
    "totals_below": (f"{REPORT}Summary:,,,50.00,-2.00,48.00,6,8\n", {**HEADINGS, "totals_line": 1}),
    "ticket_without_items": (
        REPORT.replace("T01,2012-03-05", "T01,2012-03-05 18:00:00,000199,0.00,0.00,0.00,1,0\nT01,2012-03-05"),
        {"group_heading": 4, "repeated_header": 3},
    ),
    "ticket_without_items_but_their_header": (
        REPORT.replace("T01,2012-03-05", f"T01,2012-03-05 18:00:00,000199,0.00,0.00,0.00,1,0\n{LOWER}T01,2012-03-05"),
        {"group_heading": 4, "repeated_header": 4},
    ),
    "blank_lines_between_tickets": (REPORT.replace("\nT01", "\n\nT01"), {**HEADINGS, "blank_line": 3}),
    "upper_header_above_each_ticket": (
        REPORT.replace("3.50\nT01", "3.50\nTerm,Time,Sequence,Total,Discount,Payment,Guests,Items\nT01"),
        {"group_heading": 3, "repeated_header": 5},
    ),
    "semicolons_and_commas": (REPORT.replace(",", ";").replace(".", ",").replace("No,", "No."), HEADINGS),
    "quoted_cells_with_apostrophes": (REPORT.replace("T01", '"\'T01"').replace("Iced tea", '"Iced tea"'), HEADINGS),
    "delimiters_at_line_ends": (REPORT.replace("\n", ",,\n"), HEADINGS),
    "headers_in_the_same_columns": (SAME_PLACE, HEADINGS),
    "headers_in_the_same_columns_and_blank_lines": (
        SAME_PLACE.replace("\n2012", "\n\n2012").replace("\nItem", "\n\nItem"),
        {**HEADINGS, "blank_line": 6},
    ),
    "lower_table_in_the_first_columns": (
        SAME_PLACE.replace("Guests,Total", "Guests,Total,Paid by")
        .replace("8.50\nI", "8.50,cash\nI")
        .replace("9.00\nI", "9.00,card\nI")
        .replace("22.50\nI", "22.50,card\nI"),
        HEADINGS,
    ),
    "totals_below_each_ticket": (
        REPORT.replace("3.50\nT01", "3.50\n,,,,,Total,,,,1.00\nT01"),
        {**HEADINGS, "totals_line": 2},
    ),
    "many_items_on_the_first_ticket": (
        REPORT.replace(",,,,202,Iced tea,0.00,3.50,1,3.50\nT01,2012-03-04 12", ",,,,,,,,,\n" * 60).replace(
            ",,,,,,,,,\n" * 60, ",,,,,,,,,\n" * 60 + ",,,,202,Iced tea,0.00,3.50,1,3.50\nT01,2012-03-04 12"
        ),
        {**HEADINGS, "blank_line": 60},
    ),
}


def sold(rows):
    days = rows.business_date.dt.strftime("%d")
    return list(zip(days, rows.item_name, rows.quantity, rows.line_amount, strict=True))


@pytest.mark.parametrize("defect", REPORTS)
def test_each_item_is_read_with_its_ticket(defect):
    text, skipped = REPORTS[defect]
    parsed = read_upload(text.encode(), kind="sales", place=PLACE)
    assert sold(parsed.rows) == SOLD
    assert parsed.rows.covers.tolist() == [2, 2, 1, 1, 3]
    assert (dict(parsed.skipped), parsed.rejected_count) == (skipped, 0)
    assert parsed.read_count == len(SOLD) + sum(skipped.values())
    assert parsed.detected_format["notes"][0].startswith("Two tables take turns")


def test_lines_keep_their_numbers_and_the_sums_of_a_ticket_are_not_its_lines():
    parsed = read_upload(REPORT.encode(), kind="sales", place=PLACE)
    assert parsed.rows.line_number.tolist() == [8, 9, 12, 13, 16]
    assert parsed.detected_format["columns"]["discount"] == "Discount"
    assert {"Total", "Discount (2)", "Payment"} <= {*parsed.detected_format["unused_columns"]}
    assert parsed.rows.discount_amount.sum() == 0


def test_the_total_of_a_ticket_is_never_the_money_of_a_line():
    lines = [line.split(",") for line in REPORT.splitlines()]
    text = "\n".join(",".join(cells[:9]) for cells in lines)
    parsed = read_upload(text.encode(), kind="sales", place=PLACE)
    assert "amount" not in parsed.detected_format["columns"]
    assert sold(parsed.rows) == SOLD


def test_a_workbook_is_read_in_the_same_way():
    rows = [line.split(",") for line in REPORT.splitlines()]
    width = max(map(len, rows))
    content = workbook({"Detail": [row + [""] * (width - len(row)) for row in rows]})
    parsed = read_upload(content, kind="sales", place=PLACE)
    assert sold(parsed.rows) == SOLD
    assert parsed.rows.line_number.tolist() == [8, 9, 12, 13, 16]


def test_a_single_ticket_is_enough():
    parsed = read_upload(REPORT[: REPORT.index("T01,2012-03-04 12")].encode(), kind="sales", place=PLACE)
    assert sold(parsed.rows) == SOLD[:2]


def test_a_mark_of_an_empty_text_is_no_ticket():
    text = REPORT.replace("Sequence,", "Invoice No,").replace(",000123,", ",',").replace(",000124,", ",',")
    rows = read_upload(text.encode(), kind="sales", place=PLACE).rows
    assert rows.ticket.tolist() == [None, None, None, None, "000125"]


def test_the_groups_of_a_menu_may_be_the_upper_table():
    lower = ",Date,Item,Qty,Amount\n"
    text = f"Category,Net sales\nDrinks,6.00\n{lower},2026-03-01,Tea,3,6.00\nFood,3.00\n{lower},2026-03-01,Pie,1,3.00\n"
    rows = read_upload(text.encode(), kind="sales", place=PLACE).rows
    assert list(zip(rows.category, rows.item_name, rows.line_amount, strict=True)) == [
        ("Drinks", "Tea", 6.0),
        ("Food", "Pie", 3.0),
    ]


def test_a_ticket_of_a_refund_takes_back_its_lines():
    lower = ",,,,Item,Qty,Amount\n"
    text = f"Receipt,Date,Type,Total\n1,2026-03-01,sale,4.00\n{lower},,,,Tea,2,4.00\n2,2026-03-01,refund,-2.00\n{lower}"
    rows = read_upload(f"{text},,,,Tea,1,2.00\n".encode(), kind="sales", place=PLACE).rows
    assert list(zip(rows.ticket, rows.quantity, rows.line_amount, strict=True)) == [("1", 2, 4), ("2", -1, -2)]


def test_a_delivery_note_and_its_lines_take_turns():
    text = (
        "Delivery date,Supplier,Total\n2026-03-02,Mill & Sons,31.00\n,,,Ingredient,Quantity,Unit\n,,,Flour,25,kg\n"
        ",,,Yeast,1/2,kg\n2026-03-03,Green Row,9.00\n,,,Ingredient,Quantity,Unit\n,,,Leeks,12,pc\n"
    )
    rows = read_upload(text.encode(), kind="deliveries").rows
    assert rows.ingredient.tolist() == ["Flour", "Yeast", "Leeks"]
    assert rows.vendor.tolist() == ["Mill & Sons", "Mill & Sons", "Green Row"]
    assert rows.quantity.tolist() == [25, 0.5, 12]


@pytest.mark.parametrize("block", [40, 100, 333])
@pytest.mark.parametrize("text", [REPORT, SAME_PLACE], ids=["shifted", "same_place"])
def test_blocks_may_end_anywhere(text, block):
    count = known_names(KINDS["sales"], {})
    [small] = open_tables(Source.of(text.encode()), count_known=count, limits=Limits(block_characters=block))
    [whole] = open_tables(Source.of(text.encode()), count_known=count)

    def rows(table):
        return [
            (number, *cells)
            for each in table.blocks()
            for number, *cells in zip(
                each.line_numbers.tolist(),
                each.heading.tolist(),
                each.repeated_header.tolist(),
                *(column.texts.rows for column in each.columns),
                strict=True,
            )
        ]

    assert rows(small) == rows(whole)


FLAT = {
    "header_on_each_page_below_a_title": (
        "Sales,Report\nBranch,North\nDate,Item,Quantity,Amount\n2012-03-04,Tea,1,2.00\n2012-03-04,Egg,2,5.00\n"
        "Date,Item,Quantity,Amount\n2012-03-05,Tea,3,6.00\n2012-03-05,Egg,4,10.00\n"
        "Date,Item,Quantity,Amount\n2012-03-06,Tea,5,10.00\n"
    ),
    "title_on_each_page": (
        "Amount,Report\nPage,1\nDate,Item,Quantity,Amount\n2012-03-04,Tea,1,2.00\n2012-03-04,Egg,2,5.00\n"
        "Amount,Report\nPage,2\nDate,Item,Quantity,Amount\n2012-03-05,Tea,3,6.00\n2012-03-05,Egg,4,10.00\n"
        "Amount,Report\nPage,3\nDate,Item,Quantity,Amount\n2012-03-06,Tea,5,10.00\n"
    ),
    "unnamed_first_column": (
        "Sales,Report\nJuly,North\n,Date,Item,Quantity,Amount\n1,2012-03-04,Tea,1,2.00\n2,2012-03-04,Egg,2,5.00\n"
        "3,2012-03-05,Tea,3,6.00\n4,2012-03-05,Egg,4,10.00\n5,2012-03-06,Tea,5,10.00\n"
    ),
    "empty_first_column": (
        ",Sales,Report\n,July,North\n,Date,Item,Quantity,Amount\n,2012-03-04,Tea,1,2.00\n,2012-03-04,Egg,2,5.00\n"
        ",2012-03-05,Tea,3,6.00\n,2012-03-05,Egg,4,10.00\n,2012-03-06,Tea,5,10.00\n"
    ),
    "summary_table_above": (
        "Date,Total\n2012-03-06,33.00\n\nDate,Item,Quantity,Amount\n2012-03-04,Tea,1,2.00\n2012-03-04,Egg,2,5.00\n"
        "2012-03-05,Tea,3,6.00\n2012-03-05,Egg,4,10.00\n2012-03-06,Tea,5,10.00\n"
    ),
}


@pytest.mark.parametrize("defect", FLAT)
def test_no_sale_of_a_flat_file_becomes_a_heading(defect):
    parsed = read_upload(FLAT[defect].encode(), kind="sales", place=PLACE)
    assert (parsed.rows.quantity.sum(), parsed.rows.line_amount.sum(), len(parsed.rows)) == (15, 33, 5)
    assert "group_heading" not in parsed.skipped


def test_a_lower_table_without_items_is_asked_about():
    lower = ",,,Tender,Amount,Quantity\n"
    text = f"Date,Item,Total\n2012-03-04,Tea,2.00\n{lower},,,cash,2.00,1\n2012-03-05,Tea,4.00\n{lower}"
    with pytest.raises(PermanentError, match="recognised as the item"):
        read_upload(f"{text},,,card,4.00,1\n".encode(), kind="sales", place=PLACE)


def test_a_row_with_a_cell_between_the_columns_is_rejected():
    text = (
        "Date,Total,,Guests\n2012-03-04,3.50,,2\n,,,,Item,,Quantity\n,,,,Tea,,1\n2012-03-05,3.50,,2\n,,,,Item,,Quantity\n"
        ",,,,Tea,large,1\n"
    )
    parsed = read_upload(text.encode(), kind="sales", place=PLACE)
    assert (parsed.loaded_count, parsed.reasons["too_many_fields"]) == (1, 1)


def test_a_kept_report_has_no_names_and_reads_the_same():
    text = (
        REPORT.replace("Term,", "Waiter,").replace("T01", "Kim Sample").replace("Lantern Noodles\nClerk:,Manager\n", "")
    )
    source = Source.of(text.encode())
    opened = open_upload(source, kind="sales", place=PLACE)
    kept = b"".join(rewrite_without(source, [(table, columns.personal) for table, columns in opened.tables]))
    assert opened.detected_format["personal_columns"] == {"Waiter": 8}
    assert b"Kim" not in kept
    first, again = merged(list(opened.parts())), read_upload(kept, kind="sales", place=PLACE)
    assert sold(again.rows) == sold(first.rows) == SOLD
    assert again.rows.line_number.tolist() == first.rows.line_number.tolist()
    assert (again.read_count, again.rejected_count) == (first.read_count, 0)
