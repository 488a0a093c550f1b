"""Money of sales: which column is the money of the line, and which that of one unit or of the ticket."""

import pytest

from flux_pipeline_tests.unit.ingest.sales_cases import Case, lines

DAY = "2026-05-01"
HEADER = "Date,Ticket,Item,Qty,Price,Total"

CASES = [
    Case(
        "money of the line called price",
        lines(
            "Date,Ticket,Item,Qty,Price",
            *(f"{DAY},{n},Soup,{n},{5 * n}.00" for n in (1, 2, 3)),
            f"{DAY},4,Tea,1,3.00",
            f"{DAY},5,Tea,2,6.00",
        ),
        (5, 9, 39.0),
        said="'Price' is larger with the quantity",
    ),
    Case(
        "price of one called amount",
        lines(
            "Date,Ticket,Item,Qty,Amount",
            *(f"{DAY},{n},Soup,{n},5.00" for n in (1, 2, 3)),
            f"{DAY},4,Tea,1,3.00",
            f"{DAY},5,Tea,2,3.00",
        ),
        (5, 9, 39.0),
        said="'Amount' is the same whatever the quantity",
    ),
    Case(
        "price of one called total, with refunds",
        lines(
            "Date,Ticket,Item,Qty,Total",
            *(f"{DAY},{n},Soup,{n},5.00" for n in (1, 2, 3)),
            f"{DAY},4,Tea,1,3.00",
            f"{DAY},5,Tea,-2,3.00",
        ),
        (5, 5, 27.0),
    ),
    Case(
        "price and total are both the money of the line",
        lines(
            HEADER,
            *(f"{DAY},{n},Soup,{n},{5 * n}.00,{5 * n}.00" for n in (1, 2, 3)),
            f"{DAY},4,Tea,2,6.00,6.00",
        ),
        (4, 8, 36.0),
        said="both are the money of the line",
    ),
    Case(
        "price and total are both the price of one",
        lines(
            HEADER,
            *(f"{DAY},{n},Soup,{n},5.00,5.00" for n in (1, 2, 3)),
            f"{DAY},4,Tea,2,3.00,3.00",
        ),
        (4, 8, 36.0),
        said="both are the price of one",
    ),
    Case(
        "price and total are equal, and nothing shows what they are",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,5.00", f"{DAY},2,Tea,3,3.00,3.00"),
        asked="the money of the line or the price of one",
    ),
    Case(
        "the ticket's total on each of its lines",
        lines(
            HEADER,
            f"{DAY},1,Soup,2,5.00,13.00",
            f"{DAY},1,Bread,1,3.00,13.00",
            f"{DAY},2,Soup,1,5.00,8.00",
            f"{DAY},2,Bread,1,3.00,8.00",
        ),
        (4, 5, 21.0),
        said="so it is the ticket's",
    ),
    Case(
        "the ticket's total on its first line only",
        lines(
            HEADER,
            f"{DAY},1,Soup,2,5.00,13.00",
            f"{DAY},1,Bread,1,3.00,",
            f"{DAY},2,Soup,1,5.00,8.00",
            f"{DAY},2,Bread,1,3.00,",
        ),
        (4, 5, 21.0),
        said="so it is the ticket's",
    ),
    Case(
        "the ticket's total on its last line only",
        lines(
            HEADER,
            f"{DAY},1,Soup,2,5.00,",
            f"{DAY},1,Bread,1,3.00,13.00",
            f"{DAY},2,Soup,1,5.00,",
            f"{DAY},2,Bread,1,3.00,8.00",
        ),
        (4, 5, 21.0),
        said="so it is the ticket's",
    ),
    Case(
        "the ticket's total with tip on its first line only",
        lines(
            HEADER,
            f"{DAY},1,Soup,2,5.00,15.00",
            f"{DAY},1,Bread,1,3.00,",
            f"{DAY},2,Soup,1,5.00,9.20",
            f"{DAY},2,Bread,1,3.00,",
        ),
        (4, 5, 21.0),
        said="so it is the ticket's",
    ),
    Case(
        "the ticket's total with tax on each of its lines",
        lines(
            HEADER,
            f"{DAY},1,Soup,2,5.00,15.47",
            f"{DAY},1,Bread,1,3.00,15.47",
            f"{DAY},2,Soup,1,5.00,9.52",
            f"{DAY},2,Bread,1,3.00,9.52",
        ),
        (4, 5, 21.0),
        said="so it is the ticket's",
    ),
    Case(
        "the ticket's total on its first line, and no price",
        lines(
            "Date,Ticket,Item,Qty,Total",
            f"{DAY},1,Soup,2,13.00",
            f"{DAY},1,Bread,1,",
            f"{DAY},2,Soup,1,8.00",
            f"{DAY},2,Bread,1,",
            f"{DAY},3,Soup,1,5.00",
        ),
        asked="Total",
    ),
    Case(
        "the total of a ticket of one line, on its own line",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,10.00", f"{DAY},2,Bread,1,3.00,3.00"),
        (2, 3, 13.0),
        said="on 2 of 2 lines",
    ),
    Case(
        "a few lines without their money",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,10.00", f"{DAY},1,Bread,1,3.00,", f"{DAY},2,Soup,1,5.00,5.00"),
        (3, 4, 18.0),
    ),
    Case(
        "the ticket's total called amount, on the lines of two tickets",
        lines(
            "Date,Ticket,Item,Qty,Amount",
            f"{DAY},1,Soup,2,13.00",
            f"{DAY},1,Bread,1,13.00",
            f"{DAY},2,Soup,1,8.00",
            f"{DAY},2,Bread,1,8.00",
        ),
        asked="the same on all lines of a ticket, such as 13 on each line of ticket 1",
    ),
    Case(
        "the ticket's total called sales, on the lines of its only ticket of several",
        lines(
            "Date,Ticket,Item,Qty,Sales",
            *(f"{DAY},1,{item},1,16.00" for item in ("Soup", "Bread", "Tea")),
            f"{DAY},2,Tea,1,3.00",
        ),
        asked="may be the ticket's",
    ),
    Case(
        "the ticket's total, and no quantities",
        lines(
            "Date,Order,Item,Total",
            *(f"{DAY},1,{item},13.00" for item in ("Soup", "Bread")),
            *(f"{DAY},2,{item},8.00" for item in ("Soup", "Tea")),
        ),
        asked="--column amount=Total .the money of the line., or --column amount=0",
    ),
    Case(
        "the ticket's total called gross sales",
        lines(
            "Date,Order,Item,Qty,Gross Sales",
            *(f"{DAY},1,{item},1,13.00" for item in ("Soup", "Bread")),
            *(f"{DAY},2,{item},1,8.00" for item in ("Soup", "Tea")),
        ),
        asked="may be the ticket's",
    ),
    Case(
        "the ticket's total, answered by no money",
        lines(
            "Date,Order,Item,Qty,Total",
            *(f"{DAY},1,{item},1,13.00" for item in ("Soup", "Bread")),
            *(f"{DAY},2,{item},1,8.00" for item in ("Soup", "Tea")),
        ),
        (4, 4, 0.0),
        hints={"columns": {"amount": "0"}},
    ),
    Case(
        "the ticket's total, answered by the money of the line",
        lines(
            "Date,Order,Item,Qty,Total",
            *(f"{DAY},1,{item},1,13.00" for item in ("Soup", "Bread")),
            *(f"{DAY},2,{item},1,8.00" for item in ("Soup", "Tea")),
        ),
        (4, 4, 42.0),
        hints={"columns": {"amount": "Total"}},
    ),
    Case(
        "two items of one price on the only ticket of two lines",
        lines(
            "Date,Ticket,Item,Qty,Total",
            f"{DAY},1,Tea,1,3.00",
            f"{DAY},1,Coffee,1,3.00",
            f"{DAY},2,Soup,1,5.00",
            f"{DAY},3,Tea,2,6.00",
        ),
        (4, 5, 17.0),
    ),
    Case(
        "everything costs the same",
        lines("Date,Ticket,Item,Qty,Total", *(f"{DAY},{n // 2},Dish {n % 5},1,4.00" for n in range(12))),
        (12, 12, 48.0),
    ),
    Case(
        "a second unit on a line of its own",
        lines(
            "Date,Ticket,Item,Qty,Total",
            *(f"{DAY},1,Soup,1,5.00" for _ in range(2)),
            *(f"{DAY},2,Tea,1,3.00" for _ in range(3)),
            f"{DAY},3,Pie,1,4.00",
        ),
        (6, 6, 23.0),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.defect)
def test_the_money_is_that_of_the_lines(case: Case) -> None:
    case.check()
