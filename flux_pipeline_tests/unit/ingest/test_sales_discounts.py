"""Discounts: in columns beside the money of a line, and as lines of their own."""

import pytest

from flux_pipeline_tests.unit.ingest.sales_cases import Case, lines

DAY = "2026-05-01"
HEADER = "Date,Ticket,Item,Qty,Price,Total"
LINES = "Date,Ticket,Item,Qty,Total"

CASES = [
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
        (2, 3, 12.0),
        {"discount_line": 1},
    ),
    *(
        Case(
            f"{name!r} as a line",
            lines(LINES, f"{DAY},1,Soup,2,10.00", f"{DAY},1,{name},1,-1.00", f"{DAY},2,Tea,1,3.00"),
            (2, 3, 12.0),
            {"discount_line": 1},
            said="1 line of discounts (-1.00)",
        )
        for name in (
            *(
                "10% off",
                "$1 off",
                "Discount",
                "Staff discount",
                "Happy Hour",
                "Promo Tuesday",
                "Employee Disc. - discount",
            ),
            *("Rabatt 10 %", "Personalrabatt", "Preisnachlass", "Remise 10%", "Réduction étudiante", "Descuento 10%"),
            *("Sconto dipendenti", "Personeelskorting", "Korting 10%", "Rabat 10%", "Zniżka", "Desconto", "İndirim"),
            *("Alennus", "Sleva 10 %", "割引", "会員割引", "10%値引き", "할인", "折扣", "скидка 10%"),
        )
    ),
    Case(
        "a discount of each ticket, in proportion to the money of its lines",
        lines(
            LINES,
            f"{DAY},1,Soup,2,10.00",
            f"{DAY},1,Tea,1,5.00",
            f"{DAY},1,10% off,1,-1.50",
            f"{DAY},2,Tea,1,5.00",
            f"{DAY},2,10% off,1,-0.50",
        ),
        (3, 4, 18.0),
        {"discount_line": 2},
    ),
    Case(
        "a discount in front of the lines of its ticket",
        lines(LINES, f"{DAY},1,10% off,1,-1.00", f"{DAY},1,Soup,2,10.00", f"{DAY},2,Tea,1,3.00"),
        (2, 3, 12.0),
        {"discount_line": 1},
    ),
    Case(
        "a discount that can't be divided evenly",
        lines(LINES, *(f"{DAY},1,Dish {n},1,1.00" for n in range(3)), f"{DAY},1,Discount,1,-1.00"),
        (3, 3, 2.0),
        {"discount_line": 1},
    ),
    Case(
        "a discount of the whole ticket",
        lines(LINES, f"{DAY},1,Soup,2,10.00", f"{DAY},1,Staff discount 100%,1,-10.00", f"{DAY},2,Tea,1,3.00"),
        (2, 3, 3.0),
        {"discount_line": 1},
    ),
    Case(
        "a discount of more than its ticket",
        lines(LINES, f"{DAY},1,Soup,2,10.00", f"{DAY},1,Discount,1,-12.00", f"{DAY},2,Tea,1,3.00"),
        (2, 3, 13.0),
        {"discount_line": 1},
        said="except for -12.00, which is more than these",
    ),
    Case(
        "a discount with a quantity below zero",
        lines(
            "Date,Ticket,Item,Qty,Price", f"{DAY},1,Soup,2,5.00", f"{DAY},1,Discount 10%,-1,1.00", f"{DAY},2,Tea,1,3.00"
        ),
        (2, 3, 12.0),
        {"discount_line": 1},
    ),
    Case(
        "a discount without money",
        lines(LINES, f"{DAY},1,Soup,2,10.00", f"{DAY},1,Staff discount,1,0.00", f"{DAY},2,Tea,1,3.00"),
        (2, 3, 13.0),
        {"discount_line": 1},
    ),
    Case(
        "a discount in a list of units",
        lines("Date,Ticket,Item,Qty", f"{DAY},1,Soup,2", f"{DAY},1,Staff discount,1", f"{DAY},2,Tea,1"),
        (2, 3, 0.0),
        {"discount_line": 1},
    ),
    Case(
        "a discount that is given back with its ticket",
        lines(
            LINES,
            f"{DAY},1,Soup,2,10.00",
            f"{DAY},1,10% off,1,-1.00",
            f"{DAY},2,Soup,-2,-10.00",
            f"{DAY},2,10% off,-1,1.00",
        ),
        (2, 0, 0.0),
        {"discount_line": 2},
    ),
    Case(
        "a discount of the day, in a report without tickets",
        lines("Date,Item,Qty,Total", f"{DAY},Soup,2,10.00", f"{DAY},Tea,1,5.00", f"{DAY},Discounts,3,-1.50"),
        (2, 3, 13.5),
        {"discount_line": 1},
    ),
    Case(
        "a discount by its type",
        lines(f"{LINES},Item Type", f"{DAY},1,Soup,2,10.00,Product", f"{DAY},1,Lucky guest,1,-1.00,Discount"),
        (1, 2, 9.0),
        {"discount_line": 1},
    ),
    Case(
        "a coupon is a way to pay",
        lines(LINES, f"{DAY},1,Soup,2,10.00", f"{DAY},1,Coupon,1,-2.00", f"{DAY},2,Tea,1,3.00"),
        (2, 3, 13.0),
        {"voucher": 1},
    ),
    Case(
        "a dish with a word for discounts in its name, and one that is given back",
        lines(
            LINES,
            f"{DAY},1,Promo burger,2,18.00",
            f"{DAY},2,Red wine reduction,1,2.00",
            f"{DAY},2,Coupon cake,1,3.00",
            f"{DAY},3,Promo burger,-1,-9.00",
            f"{DAY},3,Rebate pie,-1,-4.00",
        ),
        (5, 2, 10.0),
    ),
    Case(
        "a dish on the house with a word for discounts in its name",
        lines(LINES, f"{DAY},1,Soup,2,10.00", f"{DAY},1,Promo burger,1,0.00"),
        (2, 3, 10.0),
    ),
    Case(
        "a discount above zero",
        lines(LINES, f"{DAY},1,Soup,2,10.00", f"{DAY},1,Discount,1,1.00", f"{DAY},2,Tea,1,3.00"),
        (3, 4, 14.0),
        said="1 line named like a discount ('Discount' on line 3) with money above 0: counted as sales.",
    ),
    Case(
        "a discount of a void line",
        lines(
            f"{LINES},Status",
            f"{DAY},1,Soup,2,10.00,void",
            f"{DAY},1,10% off,1,-1.00,void",
            f"{DAY},2,Tea,1,3.00,sale",
        ),
        (1, 1, 3.0),
        {"void": 2},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.defect)
def test_a_discount_reduces_the_money_and_is_no_unit(case: Case) -> None:
    case.check()
