"""Totals among sales: of days, of pages, of categories, by their names and their numbers."""

import pytest

from flux_pipeline_tests.unit.ingest.sales_cases import Case, lines

DAY = "2026-05-01"
HEADER = "Date,Ticket,Item,Qty,Price,Total"
FOUR, TWO_TOTALS = (4, 8, 41.0), {"totals_line": 2}


def report(*rows: str) -> str:
    """A report of one day, without tickets."""
    return lines("Date,Item,Qty,Total", *(f"{DAY},{row}.00" for row in rows))


CASES = [
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
        "categories above their items",
        report("Drinks,5,16", "Tea,2,6", "Beer,3,10", "Food,3,25", "Soup,2,10", "Steak,1,15"),
        FOUR,
        TWO_TOTALS,
        said="2 rows are left out as sums of categories ('Drinks' on line 2 is the first).",
    ),
    Case(
        "categories below their items",
        report("Tea,2,6", "Beer,3,10", "Drinks,5,16", "Soup,2,10", "Steak,1,15", "Food,3,25"),
        FOUR,
        TWO_TOTALS,
        said="'Drinks' on line 4",
    ),
    Case(
        "categories of a kitchen's own",
        report("Hot stuff,5,16", "Tea,2,6", "Beer,3,10", "Chef loves,3,25", "Soup,2,10", "Steak,1,15"),
        FOUR,
        TWO_TOTALS,
    ),
    Case(
        "categories in another language",
        report("Getränke,5,16", "Tee,2,6", "Bier,3,10", "Suppe,2,10", "Steak,1,15"),
        FOUR,
        {"totals_line": 1},
    ),
    Case(
        "categories of categories",
        report("All day,8,41", "Drinks,5,16", "Tea,2,6", "Beer,3,10", "Food,3,25", "Soup,2,10", "Steak,1,15"),
        FOUR,
        {"totals_line": 3},
    ),
    Case(
        "a category of one item",
        report("Drinks,5,16", "Tea,2,6", "Beer,3,10", "Food,2,10", "Soup,2,10", "Sweet,2,8", "Pie,1,5", "Cake,1,3"),
        (5, 9, 34.0),
        {"totals_line": 3},
    ),
    Case(
        "categories of each day",
        report("Drinks,5,16", "Tea,2,6", "Beer,3,10", "Food,3,25", "Soup,2,10", "Steak,1,15")
        + "2026-05-02,Drinks,3,9\n2026-05-02,Tea,3,9\n"
        + "2026-05-02,Food,2,20\n2026-05-02,Soup,1,5\n2026-05-02,Steak,1,15\n",
        (7, 13, 70.0),
        {"totals_line": 4},
    ),
    Case(
        "categories with an item on the house",
        report("Drinks,6,16", "Tea,2,6", "Beer,3,10", "Water,1,0", "Food,3,25", "Soup,2,10", "Steak,1,15"),
        (5, 9, 41.0),
        TWO_TOTALS,
    ),
    Case(
        "categories beside a discount of the day",
        report("Drinks,5,16", "Tea,2,6", "Beer,3,10", "Food,3,25", "Soup,2,10", "Steak,1,15", "Discounts,2,-4"),
        (4, 8, 37.0),
        {"totals_line": 2, "discount_line": 1},
    ),
    Case(
        "categories and a total of all items",
        report("Drinks,5,16", "Tea,2,6", "Beer,3,10", "Food,3,25", "Soup,2,10", "Steak,1,15", "Total,8,41"),
        FOUR,
        {"totals_line": 3},
        said="1 line is left out as totals of other lines ('Total' on line 8)",
    ),
    Case(
        "categories and the takings of the day",
        report(
            *("Drinks,6,19", "Tea,2,6", "Beer,3,10", "Juice,1,3"),
            *("Food,3,25", "Soup,2,10", "Steak,1,15", "Takings,9,44"),
        ),
        (5, 9, 44.0),
        {"totals_line": 3},
    ),
    Case(
        "categories in a column, without an item",
        lines(
            "Date,Menu Group,Item,Qty,Total",
            f"{DAY},Drinks,,5,16.00",
            f"{DAY},Drinks,Tea,2,6.00",
            f"{DAY},Drinks,Beer,3,10.00",
            f"{DAY},Food,,3,25.00",
            f"{DAY},Food,Soup,2,10.00",
            f"{DAY},Food,Steak,1,15.00",
        ),
        FOUR,
        TWO_TOTALS,
    ),
    Case(
        "a category that is named like one among items of none",
        report("Soup,2,10", "Steak,1,15", "Drinks,5,16", "Tea,2,6", "Beer,3,10", "Pie,4,9"),
        (5, 12, 50.0),
        {"totals_line": 1},
    ),
    Case(
        "an item that is called like a category",
        report("Coffee,5,15", "Tea,2,6", "Lunch,4,40", "Soup,2,10", "Steak,1,15"),
        (5, 14, 86.0),
    ),
    Case(
        "two items that sold alike",
        report("Soup,2,10", "Pie,2,10", "Tea,1,3", "Cola,1,3", "Beer,3,12", "Wine,3,12"),
        (6, 12, 50.0),
    ),
    Case(
        "sales without tickets, one of which is as much as the next two",
        lines(
            "Date,Item,Qty,Total",
            *(f"{DAY},Dish {n % 3},{2 - bool(n % 3)},{(2 - bool(n % 3)) * 5}.00" for n in range(12)),
        ),
        (12, 16, 80.0),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.defect)
def test_totals_are_left_out_and_nothing_else(case: Case) -> None:
    case.check()
