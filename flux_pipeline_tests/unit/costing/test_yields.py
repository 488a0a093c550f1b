"""Yields of ingredients: which vendor's counts on a day, where prices differ or change."""

import datetime as dt
from decimal import Decimal

import pytest

from flux_pipeline.costing.timeline import EVER
from flux_pipeline.costing.yields import PriceYield, yields_over_time


def march(number: int) -> dt.date:
    return dt.date(2026, 3, number)


def price(vendor: str, factor: str, since: dt.date = EVER, code: str | None = None) -> PriceYield:
    return PriceYield(vendor, code, since, Decimal(factor))


MILL, HILLS = price("Mill", "0.8"), price("Hills", "0.9")


@pytest.mark.parametrize(
    ("prices", "deliveries", "expected"),
    [
        ([MILL], [], [(EVER, "0.8")]),
        ([MILL, price("Mill", "0.85", march(9))], [], [(EVER, "0.8"), (march(9), "0.85")]),
        ([price("Mill", "0.8", march(9))], [(march(2), "Mill")], [(march(9), "0.8")]),
        ([price("Mill", "0.9", code="A"), price("Mill", "0.7", code="B")], [], [(EVER, "0.7")]),
        ([MILL, HILLS], [(march(5), "Hills"), (march(3), "Mill")], [(EVER, "0.8"), (march(5), "0.9")]),
        # Two vendors on one day; then one without a price, who says nothing about what is left to use.
        ([MILL, HILLS], [(march(5), "Hills"), (march(5), "Mill"), (march(6), "Market")], [(EVER, "0.8")]),
        ([MILL, HILLS], [(march(5), "Hills"), (march(6), "Market")], [(EVER, "0.8"), (march(5), "0.9")]),
        (
            [MILL, HILLS, price("Hills", "1", march(7))],
            [(march(5), "Hills"), (march(8), "Mill")],
            [(EVER, "0.8"), (march(5), "0.9"), (march(7), "1"), (march(8), "0.8")],
        ),
        ([], [(march(5), "Mill")], []),
    ],
)
def test_the_vendor_that_delivered_last_says_what_is_left_to_use_else_the_smallest_yield(
    prices: list[PriceYield], deliveries: list[tuple[dt.date, str]], expected: list[tuple[dt.date, str]]
) -> None:
    assert yields_over_time(prices, deliveries) == [(day, Decimal(factor)) for day, factor in expected]
