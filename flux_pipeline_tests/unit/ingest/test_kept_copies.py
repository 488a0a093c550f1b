"""Lines of a file and of its kept copy: no decision about them depends on a cell that isn't kept."""

import csv
import io

import pytest

from flux_pipeline_tests.unit.ingest.test_columns_unused import assert_same_rows, kept_form, opened, read
from flux_pipeline_tests.unit.ingest.workbooks import workbook

HEAD = "date,ticket,Line ID,item,qty,amount"
REST = [f"2026-05-02,{number},z{number},Tea,1,3.00" for number in range(10, 30)]


def alike(header: str, *cells: str, rest: str = "for Ada{}") -> str:
    """A file in which some lines have one number and differ only in their last cell."""
    first = [f"2026-05-01,1,a1,Soup,1,5.00{cell}" for cell in cells]
    return "\n".join([f"{HEAD},{header}", *first, *(f"{line},{rest.format(n)}" for n, line in enumerate(REST))]) + "\n"


def combo(link: str, parent: str, first: str) -> str:
    lines = [f"{first}1,2026-05-01,1,Menu,1,9.00,", f"{first}2,2026-05-01,1,Soup,1,5.00,{first}1"]
    lines += [f"{first}3,2026-05-01,1,Pie,1,4.00,{first}1"]
    lines += [f"88001122{number},2026-05-02,{number},Tea,1,3.00," for number in range(20)]
    return "\n".join([f"{link},date,ticket,item,qty,amount,{parent}", *lines]) + "\n"


def marked(header: str, filled: int, word: str) -> str:
    """A file with a column named after a state, of which more than half are names, and the next four are a word."""
    cells = [f"Ada{n}" if n < filled else word if n < filled + 4 else "" for n in range(len(REST))]
    return "\n".join([f"{HEAD},{header}", *(f"{line},{cell}" for line, cell in zip(REST, cells, strict=True))]) + "\n"


SAME = {
    "two guests on one line": alike("Info", ",Ada Kok", ",Bo Sample"),
    "a guest and none": alike("Info", ",Ada Kok", ","),
    "none and a guest": alike("Info", ",", ",Ada Kok"),
    "one guest twice": alike("Info", ",Ada Kok", ",Ada Kok"),
    "three guests, one of them twice": alike("Info", ",Ada Kok", ",Bo Sample", ",Ada Kok", ",Cy"),
    "a guest and a way to pay": alike("Info", ",cash", ",Ada Kok", ",card"),
    "a line that ends early": alike("Info", ",Ada Kok", ""),
    "a text over two lines": alike("Info", ',"Ada\nKok"', ',"Bo\nSample"'),
    "two reasons of a void": alike("Info", ",void: Ada Kok", ",void: Bo Sample", rest=""),
    "two names of a void": alike("Void reason", ",Ada Kok", ",Bo Sample", rest=""),
    "a name of a void and none": alike("Void reason", ",Ada Kok", ",", rest=""),
    "numbers that were rounded": alike("Order number", ",1.3E+18", ",1.4E+18", rest="1.5E+18"),
    "rounded tickets beside others": "\n".join(
        ["Order Id,Check Id,Order #,Order Date,Menu Item,Qty,Net Price"]
        + [f"1.3E+18,1.3E+18,{5000 + n // 2},2026-05-01 10:00,Soup{n},1,5.00" for n in range(8)]
    ),
    "a column of names that was taken for numbers of lines": "\n".join(
        [HEAD, *(f"2026-05-01,{n // 3},Ada Kok,{('Tea', 'Pie', 'Soup')[n % 3]},1,3.00" for n in range(30))]
    ),
    "discounts, parts and units that were given back": "\n".join(
        [
            f"{HEAD},Price,Qty Refunded,Info",
            "2026-05-01,1,a1,Soup,3,15.00,5.00,1,Ada Kok",
            "2026-05-01,1,a2,10% off,1,-1.50,-1.50,0,Kok",
            "2026-05-01,1,a3,  - no onion,1,0.00,0.00,0,",
            *(f"{line},3.00,0,Ada" for line in REST),
        ]
    ),
    "orders that are closed": "\n".join(
        [
            f"{HEAD},Status",
            *(f"{line},{('complete', 'processing', 'closed', 'Ada Kok')[n % 4]}" for n, line in enumerate(REST)),
        ]
    ),
    "parents by a long number in another column": combo("Item uid", "Parent id", "770011220"),
    "parents by a code in another column": combo("Row ref", "Parent id", "u-aaaa-"),
    "more names of voids than sales, and yes": marked("Void reason", 8, "yes"),
    "names on nearly all lines, and yes": marked("Storno Grund", 18, "yes"),
    "names and a way to pay": marked("Cancelled by", 12, "cash"),
    "dates that say there was no void": marked("Voided at", 3, "0001-01-01 00:00:00"),
    "zeros that say there was no void": marked("Voided at", 4, "0"),
    "an empty cell and a telephone before the word for a total": "\n".join(
        ["Till,Info,date,ticket,item,qty,amount"]
        + [f"Bar,0171234{n:04},2026-05-0{n % 8 + 1},{n},Tea,1,3.00" for n in range(20)]
        + [",01712349999,,,Total,20,60.00"]
    ),
    "a telephone before the word for a total": "\n".join(
        ["Info,date,ticket,item,qty,amount"]
        + [f"0171234{n:04},2026-05-0{n % 8 + 1},{n},Tea,1,3.00" for n in range(20)]
        + ["01712349999,,,Total,20,60.00"]
    ),
}


@pytest.mark.parametrize("form", ["text", "workbook"])
@pytest.mark.parametrize("content", SAME.values(), ids=SAME.keys())
def test_the_copy_of_a_file_has_the_same_rows(content: str, form: str) -> None:
    original = content.encode()
    if form == "workbook":
        original = workbook({"May": [[cell or None for cell in row] for row in csv_rows(content)]})
    before, kept = read(original), kept_form(original)
    assert_same_rows(read(kept), before)
    assert kept_form(kept) == kept
    assert before.detected_format["columns"] == read(kept).detected_format["columns"]
    assert not [name for name in ("Ada", "Kok", "Bo ", "Sample", "0171") if name.encode() in kept]


def csv_rows(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content)))


def test_lines_that_differ_in_a_dropped_cell_are_marked_by_their_version() -> None:
    kept = kept_form(SAME["three guests, one of them twice"].encode()).decode().splitlines()
    assert [line.rpartition(",")[2] for line in kept[1:5]] == ["", "~", "", "~~"]
    assert read(SAME["three guests, one of them twice"].encode()).skipped == {"repeated_line": 1}


def test_a_column_that_is_not_the_number_of_lines_is_dropped_like_any_other() -> None:
    content = SAME["a column of names that was taken for numbers of lines"].encode()
    assert opened(content).detected_format["dropped_columns"] == {"Line ID": 30}
    assert b",x," in kept_form(content)
