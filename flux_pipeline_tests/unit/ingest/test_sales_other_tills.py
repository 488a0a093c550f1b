"""Sales of tills that write marks, refunds, combos, totals and money in ways of their own."""

import pytest

from flux_pipeline_tests.unit.ingest.sales_cases import Case, lines

DAY, NEXT = "2026-05-01", "2026-05-02"
HEADER = "Date,Ticket,Item,Qty,Amount"
SOLD = (f"{DAY},1,Soup,2,6.00", f"{DAY},2,Tea,2,8.00")
TWO_LINES = (2, 4, 14.0)


def marked(header: str, no: str, yes: str) -> str:
    """A file of two lines with `no` in a further column, and one with `yes`."""
    return lines(f"{HEADER},{header}", *(f"{row},{no}" for row in SOLD), f"{NEXT},3,Soup,1,3.00,{yes}")


def with_line(*rows: str) -> str:
    """A file of two lines and further ones."""
    return lines(HEADER, *SOLD, *rows)


TRAINING = [
    *[("training", "false", "true"), ("is_training_mode", "0", "1"), ("Mode formation", "Non", "Oui")],
    *[("Training?", "N", "Y"), ("Schulung", "nein", "ja"), ("test", "false", "true")],
]
NAMED_MARKS = [
    *[("Comped", "No", "Yes"), ("valid", "true", "false"), ("is_paid", "1", "0"), ("Closed", "yes", "no")],
]
NAMED_WORDS = [("Flag", "", "V"), ("Trans Type", "S", "R"), ("action", "Sale", "Transferred")]
VOID_NAMES = ["STORNO Soup", "Storno Soup", "VOID Soup", "Soup - CANCELLED", "Soup - void", "Soup *VOID*"]

CASES = [
    Case(
        "quantity below zero beside money above",
        with_line(f"{NEXT},3,Soup,-1,3.00"),
        (3, 3, 11.0),
        said="1 line with a quantity below 0 and an amount above 0 (the first is line 4) counts as a refund.",
    ),
    Case(
        "quantity below zero beside gross money above",
        lines("Date,Ticket,Item,Qty,Gross sales", *SOLD, f"{NEXT},3,Soup,-1,3.00"),
        (3, 3, 11.0),
        said="counts as a refund",
    ),
    *[
        Case(f"training marked by {header}", marked(header, no, yes), TWO_LINES, {"not_a_sale": 1}, said=header)
        for header, no, yes in TRAINING
    ],
    *[
        Case(f"a mark called {header}", marked(header, no, yes), (3, 5, 17.0), said=f"The column '{header}' says yes")
        for header, no, yes in NAMED_MARKS
    ],
    *[
        Case(f"codes in {header}", marked(header, no, yes), (3, 5, 17.0), said=f"{yes} (1)")
        for header, no, yes in NAMED_WORDS
    ],
    Case("quotes with numbers", marked("Quote", "", "Q-17"), (3, 5, 17.0)),
    *[Case(f"item {name}", with_line(f"{NEXT},3,{name},1,3.00"), TWO_LINES, {"void": 1}) for name in VOID_NAMES],
    Case("item Refund: Soup", with_line(f"{NEXT},3,Refund: Soup,1,3.00"), (3, 3, 11.0)),
    Case("item Soup (Refund)", with_line(f"{NEXT},3,Soup (Refund),1,3.00"), (3, 3, 11.0)),
    Case("item [TRAINING] Soup", with_line(f"{NEXT},3,[TRAINING] Soup,1,3.00"), TWO_LINES, {"not_a_sale": 1}),
    *[
        Case(f"dish {dish}", with_line(f"{NEXT},3,{dish},1,3.00"), (3, 5, 17.0))
        for dish in ("Stornoway pudding", "Formation - barista", "Burger (Oferta)", "Soup - small")
    ],
    *[
        Case(f"item {name}", with_line(f"{NEXT},3,{name},1,3.00"), TWO_LINES, {"ignored_item": 1})
        for name in ("VAT 20%", "MwSt 19%", "CGST 2.5%")
    ],
    *[
        Case(
            f"money in {header}", lines(f"Date,Ticket,Item,Qty,{header}", f"{DAY},1,Soup,2,600"), asked="--money cents"
        )
        for header in ("amount_cents", "totalCents", "Amount in cents", "Amount (pence)", "price_cents")
    ],
    Case("cheap items in cents", lines("Date,Item,Qty,amount_cents", f"{DAY},Bun,2,90"), asked="its name says so"),
    Case(
        "money in cents, confirmed",
        lines("Date,Ticket,Item,Qty,amount_cents", f"{DAY},1,Soup,2,600"),
        (1, 2, 6.0),
        hints={"money": "cents"},
    ),
    Case(
        "two currencies",
        lines(f"{HEADER},Currency", f"{SOLD[0]},GBP", f"{SOLD[1]},EUR"),
        TWO_LINES,
        said="'Currency' holds several currencies: GBP (1), EUR (1)",
    ),
    Case("one currency", lines(f"{HEADER},Currency", *(f"{row},GBP" for row in SOLD)), TWO_LINES, unsaid="currencies"),
    Case(
        "items refunded as a number",
        lines("Date,Item,Items sold,Items refunded,Net sales", f"{DAY},Soup,3,1,6.00", f"{NEXT},Soup,1,0,3.00"),
        (2, 3, 9.0),
        said="1 unit on 1 line given back by 'Items refunded': left out; the money is without them already.",
    ),
    Case(
        "combos by row number, 0 for none",
        lines(
            "Ticket,Line,Date,Item,Qty,Amount,Parent",
            f"1,1,{DAY},Menu,1,14.50,0",
            f"1,2,{DAY},Burger,1,10.00,1",
            f"1,3,{DAY},Soda,1,4.50,1",
            f"2,1,{DAY},Burger,1,12.00,0",
        ),
        (2, 2, 26.5),
        {"combo_part": 2},
    ),
    Case(
        "combos by the row that a line is part of",
        lines(
            "No,Ticket,Date,Item,Qty,Amount,Part of line",
            f"1,1,{DAY},Menu,1,14.50,",
            f"2,1,{DAY},Burger,1,10.00,1",
            f"3,1,{DAY},Soda,1,4.50,1",
            f"4,2,{DAY},Burger,1,12.00,",
        ),
        (2, 2, 26.5),
        {"combo_part": 2},
    ),
    Case(
        "a row of all items above those of each day",
        lines(
            "Date,Item,Qty,Sales",
            *(f"{DAY},All items,3,11.00", f"{DAY},Soup,2,6.00", f"{DAY},Tea,1,5.00"),
            *(f"{NEXT},All items,1,10.00", f"{NEXT},Tea,1,10.00"),
        ),
        (3, 4, 21.0),
        {"totals_line": 2},
    ),
    Case(
        "an average below the lines",
        lines("Date,Item,Qty,Sales", f"{DAY},Soup,2,6.00", f"{DAY},Tea,1,5.00", f"{DAY},Average,1.5,5.50"),
        (3, 4.5, 16.5),
        said="named like a total ('Average' on line 4)",
    ),
    Case(
        "the total of one order of two lines on both",
        lines(
            "Date,Ticket,Item,Qty,Price,Total",
            *(f"{DAY},1,Soup,2,3.00,11.00", f"{DAY},1,Tea,1,5.00,11.00", f"{NEXT},2,Tea,1,5.00,5.00"),
        ),
        (3, 4, 16.0),
        said="it is the ticket's",
    ),
    Case(
        "lines of an order by the names of a database",
        lines(
            "name,date_order,state,amount_total,lines/product_id/name,lines/qty,lines/price_unit,"
            "lines/price_subtotal_incl",
            f"Shop/001,{DAY} 12:01:00,paid,14.50,Burger,1,10.00,10.00",
            ",,,,Soda,1,4.50,4.50",
            f"Shop/002,{NEXT} 13:01:00,cancel,13.50,Soda,3,4.50,13.50",
        ),
        (2, 2, 14.5),
        {"void": 1},
    ),
    Case(
        "one column of decimals that no word names",
        lines("Date,Item,Qty,Xyz", f"{DAY},Soup,2,6.00", f"{DAY},Tea,1,5.00"),
        asked="Most likely: --column amount=Xyz",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.defect)
def test_a_till_with_ways_of_its_own_is_read_right_or_asked_about(case: Case) -> None:
    case.check()
