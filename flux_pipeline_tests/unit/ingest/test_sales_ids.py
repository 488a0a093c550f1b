"""Columns that look like numbers of lines: which of them are, and which lines were delivered twice."""

import pytest

from flux_pipeline_tests.unit.ingest.sales_cases import Case, lines, read_sales
from flux_pipeline_tests.unit.ingest.workbooks import workbook

DAY = "2026-05-01"
HEADER = "Date,Ticket,Line ID,Item,Qty,Amount"
MORE = f"{HEADER},Till"
NO_IDS = "not used as the line number"

CASES = [
    Case(
        "numbers that restart on each ticket",
        lines(HEADER, f"{DAY},1,1,Soup,1,5.00", f"{DAY},1,2,Bread,2,4.00", f"{DAY},2,1,Soup,1,5.00"),
        (3, 4, 14.0),
        unsaid=NO_IDS,
    ),
    Case(
        "one line delivered twice",
        lines(HEADER, f"{DAY},1,a1,Soup,1,5.00", f"{DAY},1,a1,Soup,1,5.00", f"{DAY},2,a2,Soup,1,5.00"),
        (2, 2, 10.0),
        {"repeated_line": 1},
    ),
    Case(
        "one line delivered three times",
        lines(HEADER, *[f"{DAY},1,a1,Soup,1,5.00"] * 3, f"{DAY},2,a2,Soup,1,5.00"),
        (2, 2, 10.0),
        {"repeated_line": 2},
    ),
    Case(
        "a whole file delivered twice",
        lines(HEADER, *[f"{DAY},1,a1,Soup,1,5.00", f"{DAY},1,a2,Bread,1,2.00", f"{DAY},2,a3,Soup,1,5.00"] * 2),
        (3, 3, 12.0),
        {"repeated_line": 3},
    ),
    Case(
        "one id on lines that differ in an unused column",
        lines(MORE, f"{DAY},1,a1,Soup,1,5.00,Bar", f"{DAY},1,a1,Soup,1,5.00,Hall", f"{DAY},2,a2,Soup,1,5.00,Bar"),
        (3, 3, 15.0),
        said="1 line has the number",
    ),
    Case(
        "the numbers of the rows of the export beside the ids",
        lines("Row," + HEADER, f"1,{DAY},1,a1,Soup,1,5.00", f"2,{DAY},1,a1,Soup,1,5.00", f"3,{DAY},2,a2,Tea,1,3.00"),
        (3, 3, 13.0),
        said="1 line has the number",
    ),
    Case(
        "the same sale as completed and as cancelled",
        lines(
            HEADER + ",Status",
            f"{DAY},1,a1,Soup,1,5.00,Completed",
            f"{DAY},1,a1,Soup,1,5.00,Cancelled",
            f"{DAY},2,a2,Tea,1,3.00,Completed",
        ),
        (2, 2, 8.0),
        {"void": 1},
        said="1 line has the number",
    ),
    Case(
        "the name of a till on all lines",
        lines(HEADER, *(f"{DAY},{n // 2},Till 1,Soup,1,5.00" for n in range(12))),
        (12, 12, 60.0),
        said="one text on 12 of 12 lines",
    ),
    Case(
        "the name of the ticket's till, and no ticket with two items",
        lines(
            HEADER,
            *(f"{DAY},{n},Till {n % 2},Soup,1,5.00" for n in range(6)),
            *[f"{DAY},7,Till 1,Tea,1,3.00"] * 2,
        ),
        (8, 8, 36.0),
        said=NO_IDS,
    ),
    Case(
        "the number of the table as number of lines",
        lines(
            HEADER.replace("Line ID", "Position"),
            *(f"{DAY},{n},{n % 3},Soup,1,5.00" for n in range(6)),
            *[f"{DAY},9,2,Beer,1,4.00"] * 3,
        ),
        (9, 9, 42.0),
        said=NO_IDS,
    ),
    Case(
        "codes of items as numbers of lines",
        lines(
            HEADER.replace("Line ID", "Line"),
            f"{DAY},1,501,Latte,1,3.00",
            f"{DAY},1,501,Latte,1,3.00",
            f"{DAY},1,502,Cookie,1,2.00",
            f"{DAY},2,502,Cookie,1,2.00",
            f"{DAY},2,501,Latte,1,3.00",
            f"{DAY},3,503,Tea,1,2.50",
        ),
        (6, 6, 15.5),
        said=NO_IDS,
    ),
    Case(
        "positions that restart with each seat",
        lines(
            f"Seat,{HEADER.replace('Line ID', 'Position')}",
            f"1,{DAY},1,1,Soup,1,5.00",
            f"1,{DAY},1,2,Beer,1,4.00",
            f"2,{DAY},1,1,Beer,1,4.00",
            f"2,{DAY},1,2,Beer,1,4.00",
        ),
        (4, 4, 17.0),
        said="repeats within a ticket",
    ),
    Case(
        "positions that restart with each course, and no column of courses",
        lines(
            HEADER.replace("Line ID", "Position"),
            f"{DAY},1,1,Wine,1,6.00",
            f"{DAY},1,2,Soup,1,5.00",
            f"{DAY},1,1,Wine,1,6.00",
            f"{DAY},1,2,Steak,1,20.00",
        ),
        (4, 4, 37.0),
        said="repeats within a ticket",
    ),
    Case(
        "one id on all lines but one",
        lines(HEADER, *(f"{DAY},1,77,Item {n},1,1.00" for n in range(5)), f"{DAY},1,78,Tea,1,2.00"),
        (6, 6, 7.0),
        said=NO_IDS,
    ),
    Case(
        "ticket numbers that restart every day",
        lines(HEADER, *(f"2026-05-0{day},1,1,Soup,1,5.00" for day in (1, 2, 3)), "2026-05-03,1,2,Soup,1,5.00"),
        (4, 4, 20.0),
    ),
    Case(
        "ticket numbers of two tills on one day",
        lines(MORE, f"{DAY},1,1,Soup,1,5.00,Bar", f"{DAY},1,1,Soup,1,5.00,Hall", f"{DAY},1,2,Tea,1,3.00,Bar"),
        (3, 3, 13.0),
    ),
    Case(
        "a ticket that goes on after midnight",
        lines(
            HEADER,
            "2026-05-01 23:58,7,1,Beer,1,4.00",
            "2026-05-01 23:58,7,2,Soup,1,5.00",
            "2026-05-02 00:04,7,3,Beer,1,4.00",
            "2026-05-02 00:04,7,3,Beer,1,4.00",
            "2026-05-02 19:00,8,1,Beer,1,4.00",
        ),
        (4, 4, 17.0),
        {"repeated_line": 1},
    ),
    Case(
        "numbers that restart every day, without a ticket",
        lines(
            "Date,Line no,Item,Qty,Amount",
            f"{DAY},1,Soup,4,20.00",
            f"{DAY},2,Tea,4,12.00",
            "2026-05-02,1,Soup,4,20.00",
            "2026-05-02,2,Tea,2,6.00",
        ),
        (4, 14, 58.0),
        unsaid=NO_IDS,
    ),
    Case(
        "numbers that restart on each ticket, without the ticket",
        lines(
            "Date,Line no,Item,Qty,Amount",
            f"{DAY},1,Soup,1,5.00",
            f"{DAY},2,Tea,1,3.00",
            f"{DAY},1,Soup,1,5.00",
            f"{DAY},1,Tea,1,3.00",
        ),
        (4, 4, 16.0),
        said="repeats within a ticket",
    ),
    Case(
        "numbers that restart on each ticket, without the ticket, and always the same first line",
        lines(
            "Date,Time,Line no,Item,Qty,Amount",
            f"{DAY},12:00,1,Soup,1,5.00",
            f"{DAY},12:00,2,Tea,1,3.00",
            f"{DAY},12:10,1,Soup,1,5.00",
            f"{DAY},12:10,2,Tea,1,3.00",
        ),
        (4, 4, 16.0),
    ),
    Case(
        "no ids and a repeated line",
        lines("Date,Ticket,Item,Qty,Amount", *[f"{DAY},1,Soup,1,5.00"] * 2),
        (2, 2, 10.0),
    ),
    Case(
        "a few lines without an id",
        lines(
            HEADER,
            f"{DAY},1,a1,Soup,1,5.00",
            f"{DAY},1,,Tea,1,3.00",
            f"{DAY},1,,Tea,1,3.00",
            f"{DAY},2,a2,Soup,1,5.00",
            f"{DAY},2,a2,Soup,1,5.00",
        ),
        (4, 4, 16.0),
        {"repeated_line": 1},
    ),
    Case(
        "nineteen digits that end in zeros",
        lines(HEADER, *(f"{DAY},{n // 2},2400000000000000000,Soup,1,5.00" for n in range(4))),
        (4, 4, 20.0),
        said="were rounded by a spreadsheet",
    ),
    Case(
        "eighteen digits, some of which end in zeros",
        lines(
            HEADER,
            f"{DAY},1,240000000012345000,Soup,1,5.00",
            f"{DAY},1,240000000012345671,Soup,1,5.00",
            f"{DAY},2,240000000012345672,Soup,1,5.00",
            f"{DAY},2,240000000012345672,Soup,1,5.00",
        ),
        (3, 3, 15.0),
        {"repeated_line": 1},
    ),
    Case(
        "ids with a decimal of zero",
        lines(HEADER, f"{DAY},1.0,11.0,Soup,1,5.00", f"{DAY},1.0,12.0,Soup,1,5.00", f"{DAY},1.0,12.0,Soup,1,5.00"),
        (2, 2, 10.0),
        {"repeated_line": 1},
    ),
    Case(
        "a line and its return with one id",
        lines(HEADER, f"{DAY},1,a1,Soup,2,10.00", f"{DAY},1,a1,Soup,-1,-5.00", f"{DAY},2,a2,Tea,1,3.00"),
        (3, 2, 8.0),
        said=NO_IDS,
    ),
    Case(
        "ids of customers as ids of lines",
        lines(
            HEADER.replace("Line ID", "UUID"),
            f"{DAY},1,c-1,Soup,1,5.00",
            f"{DAY},1,c-1,Tea,1,3.00",
            f"{DAY},2,c-1,Soup,1,5.00",
            f"{DAY},2,c-1,Soup,1,5.00",
        ),
        (4, 4, 18.0),
        said=NO_IDS,
    ),
    Case(
        "a wide table with numbers of lines",
        lines("Date,Line,Soup,Tea,Cake,Pie", f"{DAY},1,2,2,1,0", "2026-05-02,2,2,2,1,4"),
        (7, 14, 0.0),
        {"zero_quantity": 1},
    ),
    Case(
        "ids as floats of a workbook",
        workbook(
            {
                "Sales": [
                    HEADER.split(","),
                    [DAY, 1001.0, 2.4e18, "Soup", 1, 5.5],
                    [DAY, 1001.0, 2.4e18, "Soup", 1, 5.5],
                    [DAY, 1002.0, 2.4e18, "Tea", 1, 3.5],
                ]
            }
        ),
        (3, 3, 14.5),
        said="were rounded by a spreadsheet",
    ),
    Case(
        "one line on two sheets",
        workbook(
            {
                "May": [HEADER.split(","), [DAY, 1, "a1", "Soup", 1, 5.5], [DAY, 1, "a2", "Tea", 1, 3.5]],
                "June": [HEADER.split(","), [DAY, 1, "a2", "Tea", 1, 3.5], ["2026-06-01", 2, "a3", "Tea", 1, 3.5]],
            }
        ),
        (3, 3, 12.5),
        {"repeated_line": 1},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.defect)
def test_a_line_is_a_repeat_only_with_its_id_and_every_cell(case: Case) -> None:
    case.check()


def test_a_repeat_is_found_in_another_block_far_away() -> None:
    rows = [f"{DAY},{n // 2},id-{n},Soup {n % 50},1,5.00" for n in range(300_000)]
    content = lines(HEADER, *rows, rows[0])
    assert len(content) > 8_000_000, "more than a block"
    parsed = read_sales(content)
    assert (len(parsed.rows), parsed.reasons) == (300_000, {"repeated_line": 1})
