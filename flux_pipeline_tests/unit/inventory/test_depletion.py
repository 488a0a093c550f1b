"""Depletion: dates with and without orders, what expires, and how often the intervals are right."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given

from flux_pipeline.inventory.depletion import predict_depletion
from flux_pipeline.inventory.lots import Lot, OnOrder, Stock, use_stock
from flux_pipeline.inventory.vendors import LeadTime
from flux_pipeline_tests.unit.inventory.test_lots import DAILY, MONDAY, STOCKS, days

EVEN = np.full((10, 14), 4.0)


def test_stock_that_is_certain_runs_out_on_one_day() -> None:
    found = predict_depletion(Stock((Lot(Decimal(10)),)), EVEN, MONDAY)
    assert found.without_orders == found.with_orders
    out = found.without_orders
    assert (out.p10, out.p50, out.p90) == (days(2),) * 3
    assert out.days == (2.5, 2.5, 2.5)
    assert (out.share, out.confidence) == (1.0, 1.0)
    assert found.daily_use.shape == (14, 3)


def test_what_is_on_order_comes_in_time_or_too_late() -> None:
    in_time = OnOrder(Decimal(8), MONDAY, LeadTime.of(1))
    found = predict_depletion(Stock((Lot(Decimal(10)),), (in_time,)), EVEN, MONDAY)
    assert found.without_orders.p50 == days(2)
    assert found.with_orders.days[1] == 4.5
    too_late = OnOrder(Decimal(80), MONDAY, LeadTime.of(5))
    found = predict_depletion(Stock((Lot(Decimal(10)),), (too_late,)), EVEN, MONDAY)
    assert found.with_orders.p50 == days(2)


def test_stock_that_outlasts_the_days_has_no_date() -> None:
    out = predict_depletion(Stock((Lot(Decimal(100)),)), EVEN, MONDAY).without_orders
    assert (out.p10, out.p50, out.p90, out.days) == (None, None, None, (None, None, None))
    assert (out.share, out.confidence) == (0.0, 1.0)


def test_a_lot_is_expected_to_leave_what_is_not_used_in_time() -> None:
    lots = (Lot(Decimal(30), days(2), "b"), Lot(Decimal(6), days(1), "a"), Lot(Decimal(9)), Lot(Decimal(1), days(40)))
    found = predict_depletion(Stock(lots), EVEN, MONDAY)
    # Three days take 12 in all: 6 of the first to expire and 6 of the second.
    assert [(each.lot.name, each.expected_quantity, each.probability) for each in found.expiring] == [
        ("b", 24.0, 1.0),
        ("a", 0.0, 0.0),
    ]


@given(stock=STOCKS, daily=DAILY)
def test_dates_are_in_order_and_orders_never_hasten_them(stock: Stock, daily: list[list[int]]) -> None:
    found = predict_depletion(stock, np.array(daily, dtype=float), MONDAY)
    for out in (found.without_orders, found.with_orders):
        known = [each for each in (out.p10, out.p50, out.p90) if each is not None]
        assert known == sorted(known)
        assert 0 <= out.confidence <= 1
        assert 0 <= out.share <= 1
    for alone, both in zip(found.without_orders.days, found.with_orders.days, strict=True):
        assert both is None or (alone is not None and alone <= both)


def test_intervals_hold_four_of_five_run_outs() -> None:
    rng = np.random.default_rng(7)
    inside, outs = 0, 2_000
    for _ in range(outs):
        mean = rng.uniform(5, 60)
        # A day's shock, as in joint samples: the truth is one more draw of what the forecast draws from.
        level = rng.gamma(20, mean / 20, (401, 1))
        daily = rng.poisson(np.broadcast_to(level, (401, 14))).astype(float)
        lots = (Lot(Decimal(int(mean * rng.uniform(0.5, 5)))), Lot(Decimal(int(mean * 2)), days(int(rng.integers(9)))))
        out = predict_depletion(Stock(lots), daily[1:], MONDAY).without_orders
        truth = float(use_stock(Stock(lots), daily[:1], MONDAY).depleted_at[0])
        p10, _, p90 = out.days
        inside += (p10 or 0.0) <= truth <= (np.inf if p90 is None else p90)
    assert inside / outs == pytest.approx(0.80, abs=0.04)


def test_of_the_samples_themselves_four_in_five_run_out_between_p10_and_p90() -> None:
    daily = np.random.default_rng(2).gamma(20, 2, (1_000, 14))
    stock = Stock((Lot(Decimal(150)), Lot(Decimal(60), days(1))))
    out = predict_depletion(stock, daily, MONDAY).without_orders
    p10, _, p90 = out.days
    assert p10 is not None
    assert p90 is not None
    ends = use_stock(stock, daily, MONDAY).depleted_at
    # From the 100th to the 900th of them, both included.
    assert ((ends >= p10) & (ends <= p90)).sum() == 801
