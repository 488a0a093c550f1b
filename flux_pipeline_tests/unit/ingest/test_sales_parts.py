"""Parts of lines: extras and choices that only a sign before their name marks, and units that were given back."""

import pytest

from flux_pipeline_tests.unit.ingest.sales_cases import Case, lines

DAY = "2026-05-01"
HEADER = "Date,Ticket,Item,Qty,Total"
BURGER, TEA = f"{DAY},1,Burger,1,9.00", f"{DAY},2,Tea,2,6.00"
RETURNS = "Date,Ticket,Item,Qty,Price,Total,Qty Refunded"

CASES = [
    *(
        Case(
            f"a part with {sign!r} before its name",
            lines(HEADER, BURGER, f"{DAY},1,{sign}Extra cheese,1,0.00", f"{DAY},1,{sign}no onion,1,0.00", TEA),
            (2, 3, 15.0),
            {"combo_part": 2},
            said="2 lines are parts of the line above",
        )
        for sign in (
            "- ",
            "-",
            "+ ",
            "+",
            "* ",
            "> ",
            ">>",
            "\u2022 ",
            "\u2013 ",
            "└ ",
            "├─ ",
            "↳ ",
            "→ ",
            "» ",
            ".. ",
            "   ",
            "  > ",
            "\t",
        )
    ),
    Case(
        "a part with its own money counts beside the line",
        lines(HEADER, BURGER, f"{DAY},1,+ Extra cheese,1,1.50", f"{DAY},1,+ Ketchup,1,0.00", TEA),
        (3, 4, 16.5),
        {"combo_part": 1},
        said="1 line with such a sign and money of their own: counted.",
    ),
    Case(
        "parts that cost as much as the line",
        lines(HEADER, BURGER, f"{DAY},1,- Patty,1,7.00", f"{DAY},1,- Bun,1,2.00", TEA),
        (2, 3, 15.0),
        {"combo_part": 2},
    ),
    Case(
        "a line without money above parts that have it",
        lines(HEADER, f"{DAY},1,Bowl,1,0.00", f"{DAY},1,- Rice,1,3.00", f"{DAY},1,- Fish,1,6.00", TEA),
        (3, 4, 15.0),
        {"combo": 1},
    ),
    Case(
        "parts without tickets",
        lines("Date,Item,Qty,Total", f"{DAY},Burger,3,27.00", f"{DAY},- no onion,2,0.00", f"{DAY},Tea,2,6.00"),
        (2, 5, 33.0),
        {"combo_part": 1},
    ),
    Case(
        "parts in a list of units",
        lines("Date,Ticket,Item,Qty", f"{DAY},1,Burger,1", f"{DAY},1,- no onion,1", f"{DAY},2,Tea,2"),
        (2, 3, 0.0),
        {"combo_part": 1},
    ),
    Case(
        "a part of a void line",
        lines(f"{HEADER},Status", f"{BURGER},void", f"{DAY},1,- no onion,1,0.00,void", f"{TEA},sale"),
        (1, 2, 6.0),
        {"void": 1, "combo_part": 1},
    ),
    Case(
        "a sign before every item",
        lines(HEADER, f"{DAY},1,- Burger,1,9.00", f"{DAY},1,- Fries,1,4.00", f"{DAY},2,- Tea,2,6.00"),
        (3, 4, 19.0),
    ),
    Case(
        "a sign before the only item of some tickets",
        lines(HEADER, BURGER, f"{DAY},2,- Tea,2,6.00", f"{DAY},3,- Pie,1,4.00"),
        (3, 4, 19.0),
    ),
    Case(
        "items that were typed with spaces before them",
        lines(HEADER, BURGER, f"{DAY},1,   Cake,1,3.00", TEA, f"{DAY},2,  Burger,1,9.00"),
        (4, 5, 27.0),
    ),
    Case(
        "items with a number or a sign in front",
        lines(
            HEADER, BURGER, f"{DAY},1,-5 sauce,1,1.00", f"{DAY},1,*** star menu,1,5.00", f"{DAY},2,+46 schnapps,1,4.00"
        ),
        (4, 4, 19.0),
    ),
    Case(
        "units that were given back, before which the money is",
        lines(RETURNS, f"{DAY},1,Soup,3,5.00,15.00,1", f"{DAY},2,Tea,1,3.00,3.00,0"),
        (2, 3, 13.0),
        said="1 unit on 1 line given back by 'Qty Refunded': left out, with their money.",
    ),
    Case(
        "units that were given back, after which the money is",
        lines(RETURNS, f"{DAY},1,Soup,3,5.00,10.00,1", f"{DAY},2,Tea,1,3.00,3.00,0"),
        (2, 3, 13.0),
        said="the money is without them already",
    ),
    Case(
        "all units of a line were given back",
        lines(RETURNS, f"{DAY},1,Soup,3,5.00,15.00,3", f"{DAY},2,Tea,1,3.00,3.00,0"),
        (1, 1, 3.0),
        {"refunded_sale": 1},
    ),
    Case(
        "units that were given back, and prices only",
        lines("Date,Order,Item,Quantity,Price,ReturnsQuantity", f"{DAY},1,Soup,3,5.00,1", f"{DAY},2,Tea,1,3.00,0"),
        (2, 3, 13.0),
    ),
    Case(
        "units that were given back, in a list of units",
        lines("Datum;Artikel;Menge;Retourenmenge", f"{DAY};Suppe;3;1", f"{DAY};Tee;1;0"),
        (2, 3, 0.0),
    ),
    Case(
        "units that were given back, and an item's other lines",
        lines("Date,Item,Qty,Returned qty,Total", f"{DAY},Soup,3,1,15.00", "2026-05-02,Soup,1,0,5.00"),
        (2, 3, 15.0),
    ),
    Case(
        "more units given back than sold",
        lines(RETURNS, f"{DAY},1,Soup,1,5.00,5.00,2", f"{DAY},2,Tea,1,3.00,3.00,0"),
        (2, 2, 8.0),
        said="not in the quantity, and not left out",
    ),
    Case(
        "net units beside those given back",
        lines("Date,Item,Net units,Units returned,Net sales", f"{DAY},Soup,2,1,10.00", f"{DAY},Tea,1,0,3.00"),
        (2, 3, 13.0),
        said="not in the quantity",
        hints={"columns": {"quantity": "Net units"}},
    ),
    Case(
        "units that were given back, and lines below zero",
        lines(RETURNS, f"{DAY},1,Soup,3,5.00,15.00,1", f"{DAY},2,Soup,-1,5.00,-5.00,0"),
        asked="lines below 0 may take them back too. Add --refunded",
    ),
    Case(
        "units that were given back, answered by counting them",
        lines(RETURNS, f"{DAY},1,Soup,3,5.00,15.00,1", f"{DAY},2,Soup,-1,5.00,-5.00,0"),
        (2, 2, 10.0),
        hints={"refunded": "sold"},
    ),
    Case(
        "units that were given back, answered by leaving them out",
        lines("Date,Item,Units Sold,Refunded Qty,Revenue", f"{DAY},Soup,10,1,50.00", f"{DAY},Tea,4,0,12.00"),
        (2, 13, 57.0),
        hints={"refunded": "left-out"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.defect)
def test_a_part_is_no_unit_and_its_money_counts_once(case: Case) -> None:
    case.check()
