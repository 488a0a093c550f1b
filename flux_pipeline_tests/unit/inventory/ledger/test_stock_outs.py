"""Stock-outs: when sales stopped too early to be chance."""

import datetime as dt

import pytest

from flux_pipeline.inventory.ledger.stock_outs import Sales, StockOut, find_stock_out

NOON, EVENING = dt.timedelta(hours=8), dt.timedelta(hours=15)
# Ten portions on each of eight Fridays, half of them in the evening.
USUAL: Sales = [(NOON, 5.0), (EVENING, 5.0)]
WITHOUT_TIMES: Sales = [(None, 10.0)]


def weeks(sales: Sales, count: int = 8) -> dict[dt.date, Sales]:
    return {dt.date(2026, 3, 6) - dt.timedelta(weeks=number): sales for number in range(1, count + 1)}


@pytest.mark.parametrize(
    ("sold", "earlier", "expected"),
    [
        ([(NOON, 5.0)], weeks(USUAL), StockOut(NOON)),
        ([(NOON, 5.0), (EVENING, 1.0)], weeks(USUAL), None),
        ([], weeks(USUAL), StockOut(None)),
        # Two in the evening may well be none by chance.
        ([(NOON, 5.0)], weeks([(NOON, 5.0), (EVENING, 2.0)]), None),
        ([(None, 4.0)], weeks(WITHOUT_TIMES), StockOut(None)),
        ([(None, 7.0)], weeks(WITHOUT_TIMES), None),
        # Nobody knows what is usual after two weeks, or of what hardly sells.
        ([], weeks(USUAL, 2), None),
        ([], weeks([(None, 1.0)]), None),
        ([], weeks([]), None),
    ],
)
def test_sales_stopped_if_so_few_are_hardly_chance(
    sold: Sales, earlier: dict[dt.date, Sales], expected: StockOut | None
) -> None:
    assert find_stock_out(sold, earlier) == expected
