"""Use of lots: nothing is lost or doubled, and each sample is what a cook with a pencil would note."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.inventory.lots import Lot, OnOrder, Stock, use_stock
from flux_pipeline.inventory.vendors import LeadTime

MONDAY = dt.date(2026, 11, 30)
QUANTITIES = st.integers(0, 30).map(Decimal)
LOTS = st.builds(Lot, QUANTITIES, st.none() | st.integers(-2, 9).map(lambda day: MONDAY + dt.timedelta(days=day)))
ORDERS = st.builds(
    OnOrder,
    QUANTITIES,
    st.integers(-5, 3).map(lambda day: MONDAY + dt.timedelta(days=day)),
    st.sampled_from([LeadTime.of(0), LeadTime.of(2), LeadTime((0.0, 0.5, 0.25, 0.25))]),
    st.none() | st.integers(0, 5),
)
STOCKS = st.builds(Stock, st.lists(LOTS, max_size=4).map(tuple), st.lists(ORDERS, max_size=2).map(tuple))
DAILY = st.lists(st.lists(st.integers(0, 25), min_size=6, max_size=6), min_size=1, max_size=5)


def days(number: int) -> dt.date:
    return MONDAY + dt.timedelta(days=number)


@given(stock=STOCKS, daily=DAILY)
def test_all_stock_is_used_spoiled_left_or_still_to_come(stock: Stock, daily: list[list[int]]) -> None:
    asked = np.array(daily, dtype=float)
    usage = use_stock(stock, asked, MONDAY)
    used = (asked - usage.short).sum(axis=1)
    gone = used + usage.spoiled.sum(axis=1) + usage.left[:, -1]
    assert np.all(usage.short >= 0)
    assert np.all(usage.spoiled >= 0)
    total = float(sum(stock.quantities))
    assert np.all(gone <= total + 1e-9)
    if not stock.on_order:
        assert gone == pytest.approx(total)


@given(
    lots=st.lists(LOTS, max_size=4),
    arrivals=st.lists(st.tuples(QUANTITIES, st.integers(0, 5), st.integers(0, 4)), max_size=2),
    daily=DAILY,
)
def test_lots_are_used_as_by_hand(
    lots: list[Lot], arrivals: list[tuple[Decimal, int, int]], daily: list[list[int]]
) -> None:
    on_order = [OnOrder(quantity, MONDAY, LeadTime.of(day), keeps) for quantity, day, keeps in arrivals]
    usage = use_stock(Stock(tuple(lots), tuple(on_order)), np.array(daily, dtype=float), MONDAY)
    for sample, asked_days in enumerate(daily):
        shelf = [[lot.expires_on or dt.date.max, -1, at, int(lot.quantity)] for at, lot in enumerate(lots)]
        shelf += [[days(day + keeps), day, len(lots) + at, int(q)] for at, (q, day, keeps) in enumerate(arrivals)]
        shelf.sort(key=lambda each: each[:3])  # type: ignore[arg-type, return-value]
        for day, asked in enumerate(asked_days):
            wanted = asked
            for each in shelf:
                if each[1] <= day and each[0] >= days(day):
                    taken = min(wanted, each[3])
                    each[3] -= taken
                    wanted -= taken
            assert usage.short[sample, day] == wanted
        spoiled = {each[2]: each[3] for each in shelf if each[0] <= days(len(asked_days) - 1)}
        assert usage.spoiled[sample].tolist() == [spoiled.get(at, 0) for at in range(len(shelf))]


@pytest.mark.parametrize(
    ("lots", "asked", "depleted_at"),
    [
        ([], [5, 5], 0.0),
        ([Lot(Decimal(10))], [4, 4, 4], 2.5),
        ([Lot(Decimal(8))], [4, 4, 4], 2.0),
        ([Lot(Decimal(8), days(0))], [4, 4, 4], 1.0),
        ([Lot(Decimal(8), days(-1))], [4, 4, 4], 0.0),
        ([Lot(Decimal(20))], [4, 4, 4], np.inf),
        ([Lot(Decimal("0.3"))], [0.1, 0.2, 1.0], 2.0),
    ],
    ids=["nothing", "in the third day", "at its end", "expired", "expired before", "not within", "tenths"],
)
def test_stock_runs_out_within_the_day_that_asks_for_more(
    lots: list[Lot], asked: list[float], depleted_at: float
) -> None:
    usage = use_stock(Stock(tuple(lots)), np.array([asked], dtype=float), MONDAY)
    assert usage.depleted_at.tolist() == [depleted_at]


def test_what_is_overdue_is_expected_on_the_first_day() -> None:
    late = OnOrder(Decimal(5), days(-4), LeadTime.of(2))
    usage = use_stock(Stock((), (late,)), np.ones((3, 4)), MONDAY)
    assert usage.short.tolist() == [[0, 0, 0, 0]] * 3
    assert usage.left[:, 0].tolist() == [4] * 3
