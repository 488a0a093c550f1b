"""Money of sales: what the sums of a file show, how its numbers are written, and what is asked."""

import pytest

from flux_pipeline_tests.unit.ingest.sales_cases import Case, lines

DAY = "2026-05-01"
HEADER = "Date,Ticket,Item,Qty,Price,Total"

CASES = [
    Case(
        "cents in the prices and the amounts",
        lines(HEADER, f"{DAY},1,Soup,2,500,1000", f"{DAY},2,Tea,1,300,300"),
        asked="may be in cents. Add --money cents or --money whole",
    ),
    Case(
        "cents in the amounts, decimals in the prices",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,1000", f"{DAY},2,Tea,1,3.00,300", f"{DAY},3,Tea,2,3.00,600"),
        (3, 5, 19.0),
        said="so it is in cents",
    ),
    Case(
        "whole money of a currency without cents",
        lines(HEADER, f"{DAY},1,Soup,2,500,1000", f"{DAY},2,Tea,1,300,300"),
        (2, 3, 1300.0),
        country="JP",
    ),
    Case(
        "money with three decimals",
        lines(HEADER, f"{DAY},1,Soup,2,1.500,3.000", f"{DAY},2,Tea,1,0.750,0.750", f"{DAY},3,Tea,3,0.750,2.250"),
        (3, 6, 6.0),
        country="KW",
    ),
    Case(
        "prices with three decimals",
        lines("Date,Ticket,Item,Qty,Price", f"{DAY},1,Flour,3,1.125", f"{DAY},2,Tea,1,3.255"),
        (2, 4, 6.64),
    ),
    Case(
        "weights",
        lines(
            HEADER,
            f"{DAY},1,Salad,0.250,16.00,4.00",
            f"{DAY},2,Salad,0.315,16.00,5.04",
            f"{DAY},3,Tea,1.000,3.00,3.00",
        ),
        (3, 1.565, 12.04),
    ),
    Case(
        "half portions",
        lines(HEADER, f"{DAY},1,Soup,0.5,5.00,2.50", f"{DAY},2,Soup,1.5,5.00,7.50"),
        (2, 2, 10.0),
    ),
    Case(
        "numbers with commas in one column and points in another",
        lines("Date;Ticket;Item;Qty;Price;Total", f"{DAY};1;Soup;2;5.50;11,00", f"{DAY};2;Tea;3;3.25;9,75"),
        (2, 5, 20.75),
    ),
    Case(
        "zero money beside decimals",
        lines("Date,Ticket,Item,Qty,Amount,X1", f"{DAY},1,Soup,2,0.00,10.00", f"{DAY},2,Tea,1,0.00,3.50"),
        asked="All money in 'Amount' is 0 or empty",
    ),
    Case(
        "empty money beside decimals",
        lines("Date,Ticket,Item,Qty,Price,X1", f"{DAY},1,Soup,2,,10.00", f"{DAY},2,Tea,1,,3.50"),
        asked="All money in 'Price' is 0 or empty",
    ),
    Case(
        "prices, and totals that are all zero",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,0.00", f"{DAY},2,Tea,1,3.00,0.00"),
        asked="Total",
    ),
    Case(
        "prices, and totals that are all zero, answered by quantity x price",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,0.00", f"{DAY},2,Tea,1,3.00,0.00"),
        (2, 3, 13.0),
        hints={"columns": {"price": "Price", "amount": "0"}},
    ),
    Case(
        "prices, and totals that are all zero, answered by the totals",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,0.00", f"{DAY},2,Tea,1,3.00,0.00"),
        (2, 3, 0.0),
        hints={"columns": {"amount": "Total"}},
    ),
    Case(
        "prices, and totals that are all empty",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,", f"{DAY},2,Tea,1,3.00,"),
        (2, 3, 13.0),
    ),
    Case(
        "one line without money",
        lines("Date,Ticket,Item,Qty,Amount", f"{DAY},1,Soup,2,", f"{DAY},2,Tea,1,3.00", f"{DAY},3,Tea,1,3.00"),
        (3, 4, 6.0),
        said="1 of 3 lines have no money in the file: taken as 0.",
    ),
    Case(
        "refunds with negative numbers",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,10.00", f"{DAY},2,Soup,-1,5.00,-5.00", f"{DAY},3,Tea,1,3.00,3.00"),
        (3, 2, 8.0),
    ),
    Case(
        "totals of the lines and of the ticket",
        lines(
            "Date,Ticket,Item,Qty,Line total,Order total",
            f"{DAY},1,Soup,2,10.00,13.00",
            f"{DAY},1,Bread,1,3.00,13.00",
            f"{DAY},2,Soup,1,5.00,5.00",
        ),
        (3, 4, 18.0),
        said="add up to the ticket totals in 'Order total' on 2 of 2 tickets.",
    ),
    Case(
        "a ticket total that the lines do not reach",
        lines(
            "Date,Ticket,Item,Qty,Line total,Order total",
            f"{DAY},1,Soup,2,10.00,20.00",
            f"{DAY},1,Bread,1,3.00,20.00",
            f"{DAY},2,Soup,1,5.00,5.00",
        ),
        (3, 4, 18.0),
        said="on only 1 of 2 tickets; ticket 1 has 13.00 in lines and 20.00",
    ),
    Case(
        "a ticket total on the first line only, beside the money of the lines",
        lines(
            "Date,Ticket,Item,Qty,Line total,Order total",
            f"{DAY},1,Soup,2,10.00,13.00",
            f"{DAY},1,Bread,1,3.00,",
            f"{DAY},2,Soup,1,5.00,5.00",
        ),
        (3, 4, 18.0),
        said="on 2 of 2 tickets.",
    ),
    Case(
        "a price that differs from the amount on one line of four",
        lines(
            HEADER,
            f"{DAY},1,Soup,2,5.00,10.00",
            f"{DAY},1,Tea,1,3.00,3.00",
            f"{DAY},2,Soup,1,5.00,4.00",
            f"{DAY},2,Tea,3,3.00,9.00",
        ),
        (4, 7, 26.0),
        said="on 3 of 4 lines.",
    ),
    Case(
        "extras in the line's money and not in the price",
        lines(
            "Date,Ticket,Item,Qty,Price,Extras,Total",
            f"{DAY},1,Soup,2,5.00,1.00,12.00",
            f"{DAY},1,Tea,1,3.00,0.00,3.00",
            f"{DAY},2,Soup,1,5.00,0.50,5.50",
        ),
        (3, 4, 20.5),
        said="on 1 of 3 lines.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.defect)
def test_the_money_adds_up_or_is_asked_about(case: Case) -> None:
    case.check()
