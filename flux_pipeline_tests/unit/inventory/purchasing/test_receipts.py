"""Receipts: what deliveries bring of orders, each quantity once, and what becomes of an order that does not come."""

import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.inventory.purchasing.receipts import (
    Delivered,
    OrderStatus,
    PlacedOrder,
    Receipt,
    observed_lead_time,
    on_order,
    settle_orders,
)
from flux_pipeline.inventory.vendors import LeadTime
from flux_pipeline_tests.unit.inventory.test_lots import days

FIELDS, MILL = uuid.UUID(int=1), uuid.UUID(int=2)
WAIT = 7


def order(number: int, quantity: int, *, vendor: uuid.UUID = FIELDS, lead: int = 1, key: int = 0) -> PlacedOrder:
    """An order of a day, which is expected so many days later."""
    place = uuid.UUID(int=key or 100 + number)
    return PlacedOrder(place, vendor, days(number), days(number + lead), Decimal(quantity), is_ordered=True)


def delivered(number: int, quantity: float, vendor: uuid.UUID | None = FIELDS) -> Delivered:
    return Delivered(days(number), Decimal(str(quantity)), vendor)


def settled(orders: list[PlacedOrder], deliveries: list[Delivered], today: int = 6) -> list[tuple[str, float]]:
    found = settle_orders(orders, deliveries, days(today), WAIT)
    return [(each.status.value, float(each.quantity)) for each in found]


@pytest.mark.parametrize(
    ("deliveries", "expected"),
    [
        ([], [("ordered", 0), ("ordered", 0)]),
        ([delivered(1, 6)], [("ordered", 6), ("ordered", 0)]),
        ([delivered(1, 6), delivered(2, 4)], [("received", 10), ("ordered", 0)]),
        ([delivered(4, 14)], [("received", 10), ("ordered", 4)]),
        ([delivered(1, 14), delivered(4, 20)], [("received", 10), ("received", 20)]),
        ([delivered(1, 14)], [("received", 10), ("ordered", 0)]),
        ([delivered(-1, 10)], [("ordered", 0), ("ordered", 0)]),
        ([delivered(1, 10, MILL)], [("ordered", 0), ("ordered", 0)]),
        ([delivered(1, 10, None)], [("received", 10), ("ordered", 0)]),
        ([delivered(1, 9.9995)], [("received", 9.9995), ("ordered", 0)]),
    ],
    ids=[
        "nothing came",
        "a part of the first",
        "the rest of it a day later",
        "both at once, and not enough",
        "more than was ordered, before the second order",
        "more than was ordered",
        "before the first order",
        "of another vendor",
        "of nobody knows whom",
        "all but what rounding took",
    ],
)
def test_deliveries_fill_the_first_orders_first(deliveries: list[Delivered], expected: list[tuple[str, float]]) -> None:
    assert settled([order(3, 20), order(0, 10)], deliveries) == expected


@pytest.mark.parametrize(
    ("came", "today", "status"),
    [(0, 8, "ordered"), (0, 9, "cancelled"), (6, 8, "ordered"), (6, 9, "received")],
)
def test_what_is_overdue_for_too_long_does_not_come(came: int, today: int, status: str) -> None:
    deliveries = [delivered(2, came)] if came else []
    found = settle_orders([order(0, 10)], deliveries, days(today), WAIT)
    assert [each.status.value for each in found] == [status]
    assert found[0].outstanding == (10 - came if status == "ordered" else 0)
    # What comes after that is none of it.
    assert settled([order(0, 10)], [*deliveries, delivered(9, 10)], today) == [(status, came)]


def test_an_order_that_was_not_sent_yet_is_approved() -> None:
    waiting = PlacedOrder(FIELDS, FIELDS, days(0), days(1), Decimal(5), is_ordered=False)
    assert settle_orders([waiting], [], days(1), WAIT)[0].status is OrderStatus.APPROVED


ORDERS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 9), st.sampled_from([FIELDS, MILL])), max_size=6)
CAME = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.sampled_from([FIELDS, MILL, None])), max_size=8)


@given(orders=ORDERS, came=CAME, data=st.data())
def test_each_delivered_quantity_counts_at_most_once_whatever_the_order_of_entry(
    orders: list[tuple[int, int, uuid.UUID]], came: list[tuple[int, int, uuid.UUID | None]], data: st.DataObject
) -> None:
    placed = [order(day, size, vendor=vendor, key=key) for key, (day, size, vendor) in enumerate(orders, start=1)]
    deliveries = [delivered(*each) for each in came]
    found = settle_orders(placed, deliveries, days(10), WAIT)
    assert sum(each.quantity for each in found) <= sum(each.quantity for each in deliveries)
    for vendor in (FIELDS, MILL):
        could = sum(each.quantity for each in deliveries if each.vendor in (vendor, None))
        assert sum(each.quantity for each in found if each.order.vendor == vendor) <= could
    for each in found:
        assert 0 <= each.quantity <= each.order.quantity
        assert each.first_on is None or each.order.order_day <= each.first_on <= (each.last_on or each.first_on)
        assert (each.outstanding > 0) == (each.status is OrderStatus.ORDERED)
    again = settle_orders(data.draw(st.permutations(placed)), data.draw(st.permutations(deliveries)), days(10), WAIT)
    assert [(each.order.id, each.quantity) for each in again] == [(each.order.id, each.quantity) for each in found]


def test_lead_times_are_those_of_first_deliveries_in_half_a_year() -> None:
    receipts = settle_orders([order(0, 10), order(10, 10, lead=2)], [delivered(1, 4), delivered(2, 6)], days(10), WAIT)
    # One delivery took a day; the promise of three days weighs as much as it.
    assert observed_lead_time(receipts, 3, 1.0, days(10)) == LeadTime((0.0, 0.5, 0.0, 0.5))
    assert observed_lead_time(receipts, 3, 1.0, days(200)) == LeadTime.of(3)


def test_what_is_short_was_taken_from_what_is_due_and_not_entered() -> None:
    receipts = [
        Receipt(order(-2, 10), OrderStatus.ORDERED, Decimal(4)),
        Receipt(order(-1, 10, lead=3), OrderStatus.APPROVED),
        Receipt(order(-3, 10), OrderStatus.RECEIVED, Decimal(10)),
    ]
    lead_times = {FIELDS: LeadTime.of(1)}

    def coming(short: int) -> list[Decimal]:
        return [each.quantity for each in on_order(receipts, lead_times, 5, Decimal(short), days(0))]

    assert (coming(0), coming(2), coming(50)) == ([6, 10], [4, 10], [10])
    assert {each.shelf_life_days for each in on_order(receipts, lead_times, 5, Decimal(0), days(0))} == {5}
