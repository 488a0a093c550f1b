"""Money of sales: which column is the money of the line, what the sums show of it, and what is asked."""

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
        "gross, discount and net",
        lines(
            "Date,Ticket,Item,Qty,Gross Sales,Discounts,Net Sales,Tax",
            f"{DAY},1,Soup,2,10.00,-1.00,9.00,1.80",
            f"{DAY},2,Bread,1,3.00,0.00,3.00,0.60",
        ),
        (2, 3, 12.0),
    ),
    Case(
        "gross with tax, and net without",
        lines(
            "Datum;Bon;Artikel;Menge;Netto;MwSt;Brutto",
            "01.05.2026;1;Suppe;2;8,40;1,60;10,00",
            "01.05.2026;2;Brot;1;2,52;0,48;3,00",
        ),
        (2, 3, 10.92),
        country="DE",
    ),
    Case(
        "a discount of ten per cent as a number",
        lines("Date,Ticket,Item,Qty,Price,Discount %", f"{DAY},1,Soup,2,20.00,10", f"{DAY},2,Bread,1,30.00,0"),
        (2, 3, 66.0),
    ),
    Case(
        "a discount of ten per cent with its sign",
        lines("Date,Ticket,Item,Qty,Price,Discount", f"{DAY},1,Soup,2,20.00,10%", f"{DAY},2,Bread,1,30.00,0%"),
        (2, 3, 66.0),
    ),
    Case(
        "a discount of ten per cent beside the line's money",
        lines(
            "Date,Ticket,Item,Qty,Price,Discount %,Amount",
            f"{DAY},1,Soup,2,20.00,10,36.00",
            f"{DAY},2,Bread,1,30.00,0,30.00",
        ),
        (2, 3, 66.0),
    ),
    Case(
        "discounts as lines below zero",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,10.00", f"{DAY},1,10% discount,1,-1.00,-1.00", f"{DAY},2,Tea,1,3.00,3.00"),
        (2, 3, 13.0),
        {"voucher": 1},
    ),
    Case(
        "a totals row at the end",
        lines(HEADER, f"{DAY},1,Soup,2,5.00,10.00", f"{DAY},2,Tea,1,3.00,3.00", "Total,,,3,,13.00"),
        (2, 3, 13.0),
        {"totals_line": 1},
    ),
    Case(
        "a totals row for each day, in the item's column",
        lines(
            "Date,Item,Qty,Total",
            f"{DAY},Soup,2,10.00",
            f"{DAY},Tea,1,3.00",
            f"{DAY},Total,3,13.00",
            "2026-05-02,Soup,4,20.00",
            "2026-05-02,Tea,1,3.00",
            "2026-05-02,Total,5,23.00",
        ),
        (4, 8, 36.0),
        {"totals_line": 2},
    ),
    Case(
        "a totals row for each day with a label of its own",
        lines(
            "Date,Item,Qty,Total",
            f"{DAY},Soup,2,10.00",
            f"{DAY},Tea,1,3.00",
            f"{DAY},Takings of the day,3,13.00",
            "2026-05-02,Soup,4,20.00",
            "2026-05-02,Tea,1,3.00",
            "2026-05-02,Takings of the day,5,23.00",
        ),
        (4, 8, 36.0),
        {"totals_line": 2},
        said="'Takings of the day' on line 4",
    ),
    Case(
        "a totals row for each category",
        lines(
            "Date,Category,Item,Qty,Total",
            f"{DAY},Food,Soup,2,10.00",
            f"{DAY},Food,Bread,1,3.00",
            f"{DAY},Food,Food total,3,13.00",
            f"{DAY},Drinks,Tea,1,3.00",
            f"{DAY},Drinks,Beer,1,4.00",
            f"{DAY},Drinks,Drinks total,2,7.00",
        ),
        (4, 5, 20.0),
        {"totals_line": 2},
        said="'Food total' on line 4",
    ),
    Case(
        "a dish that costs as much as the two above it",
        lines(
            "Date,Item,Qty,Total",
            f"{DAY},Soup,1,5.00",
            f"{DAY},Tea,1,3.00",
            f"{DAY},Dim sum,2,8.00",
            f"{DAY},Cake,1,4.00",
        ),
        (4, 5, 20.0),
    ),
    Case(
        "a new dish on the last line that costs as much as the other of its day",
        lines(
            "Date,Item,Qty,Total",
            *(f"{DAY},Dish {n},1,{n}.00" for n in range(1, 7)),
            "2026-05-02,Dish 1,1,1.00",
            "2026-05-02,Cake,1,1.00",
        ),
        (8, 8, 23.0),
    ),
    Case(
        "a sum of all lines with a name of its own",
        lines("Date,Item,Qty,Total", *(f"{DAY},Dish {n},1,{n}.00" for n in range(1, 7)), f"{DAY},Takings,6,21.00"),
        (6, 6, 21.0),
        {"totals_line": 1},
        said="'Takings' on line 8",
    ),
    Case(
        "sums carried forward from page to page",
        lines(
            "Date,Item,Qty,Total",
            f"{DAY},Soup,2,10.00",
            f"{DAY},Tea,1,3.00",
            ",Carried forward,3,13.00",
            ",Brought forward,3,13.00",
            f"{DAY},Cake,1,4.00",
            f"{DAY},Pie,2,8.00",
            ",Grand total,6,25.00",
        ),
        (4, 6, 25.0),
        {"totals_line": 3},
    ),
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
def test_the_money_is_that_of_the_lines(case: Case) -> None:
    case.check()
