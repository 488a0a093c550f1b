"""Unit costs over time: which counts on a day, by three methods, and as known at a moment."""

import datetime as dt
from decimal import Decimal

import pytest

from flux_pipeline.costing.history import (
    CostEntry,
    CostSource,
    cost_on,
    days_of_change,
    unit_cost_of,
    unit_cost_of_case,
)
from flux_pipeline.costing.settings import CostingMethod, CostingSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.conversions import Conversions
from flux_pipeline.kitchen.units import find_unit

LAST = CostingSettings()
AVERAGE = CostingSettings(costing_method=CostingMethod.MOVING_AVERAGE, costing_average_days=30)
CHEAPEST = CostingSettings(costing_method=CostingMethod.CHEAPEST_VENDOR)


def day(number: int) -> dt.date:
    return dt.date(2026, 3, number)


def noon(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, 12, tzinfo=dt.UTC)


def entry(
    cost: str, since: int, source: CostSource = CostSource.INGREDIENTS, known: int | None = None, **more
) -> CostEntry:
    return CostEntry("beef", Decimal(cost), day(since), noon(known or since), source, **more)


def delivery(cost: str, since: int, kg: str, **more) -> CostEntry:
    return entry(cost, since, CostSource.DELIVERY, quantity=Decimal(kg), **more)


def price(cost: str, since: int, vendor: str, **more) -> CostEntry:
    return entry(cost, since, CostSource.VENDOR_PRICE, vendor=vendor, **more)


def cost(entries: list[CostEntry], on: int, settings: CostingSettings = LAST, known: int = 31) -> Decimal | None:
    chosen = cost_on(entries, day(on), noon(known), settings)
    return chosen and chosen.unit_cost


def test_a_cost_that_rises_on_the_10th_counts_from_the_10th() -> None:
    entries = [entry("2", 1), entry("3", 10)]
    assert [cost(entries, on) for on in (1, 9, 10, 31)] == [2, 2, 3, 3]


def test_a_cost_that_becomes_known_on_the_20th_changes_the_past_only_for_who_asks_later() -> None:
    entries = [entry("2", 1), entry("3", 10, known=20)]
    assert [cost(entries, on, known=19) for on in (9, 10, 19)] == [2, 2, 2]
    assert [cost(entries, on, known=21) for on in (9, 10, 19)] == [2, 3, 3]


def test_a_correction_of_the_same_day_replaces_what_was_known() -> None:
    entries = [entry("30", 10, known=10), entry("3", 10, known=11)]
    assert cost(entries, 12, known=10) == 30
    assert cost(entries, 12, known=11) == 3


def test_nothing_counts_before_it_is_valid() -> None:
    assert cost([entry("2", 10)], 9) is None
    assert cost([], 9) is None


def test_last_paid_takes_the_newest_of_deliveries_and_files_but_no_offer() -> None:
    entries = [entry("2", 1), delivery("2.5", 5, "10"), price("1", 6, "Metro")]
    assert cost(entries, 7) == Decimal("2.5")
    assert cost([*entries, entry("2.7", 6)], 7) == Decimal("2.7")
    assert cost([price("1", 6, "Metro")], 7) == 1


def test_the_moving_average_weighs_by_what_was_delivered() -> None:
    entries = [delivery("2", 1, "30"), delivery("4", 10, "10"), entry("9", 11)]
    assert cost(entries, 9, AVERAGE) == 2
    assert cost(entries, 12, AVERAGE) == Decimal("2.5")


def test_a_delivery_leaves_the_moving_average_after_its_days() -> None:
    short = CostingSettings(costing_method=CostingMethod.MOVING_AVERAGE, costing_average_days=7)
    entries = [delivery("2", 1, "30"), delivery("4", 10, "10")]
    assert cost(entries, 7, short) == 2
    assert cost(entries, 8, short) == 2, "without a delivery in its days, what was last paid counts"
    assert cost(entries, 10, short) == 4
    assert days_of_change(entries, day(1), day(31), noon(31), short) == [day(each) for each in (1, 8, 10, 17)]


def test_a_delivery_that_is_corrected_counts_once_in_the_average() -> None:
    entries = [delivery("2", 1, "30", document="D1/1"), delivery("4", 1, "30", document="D1/1", known=3)]
    assert cost(entries, 5, AVERAGE) == 4
    assert cost(entries, 5, AVERAGE, known=2) == 2


def test_the_cheapest_vendor_is_that_of_the_newest_valid_prices() -> None:
    entries = [
        price("3", 1, "Metro"),
        price("2", 1, "Transgourmet"),
        price("4", 10, "Transgourmet"),
        price("1", 1, "Fair", valid_until=day(4)),
        entry("9", 2),
    ]
    assert [cost(entries, on, CHEAPEST) for on in (1, 4, 5, 9, 10)] == [1, 1, 2, 2, 3]
    assert cost([entry("9", 2)], 5, CHEAPEST) == 9
    assert day(5) in days_of_change(entries, day(1), day(31), noon(31), CHEAPEST)


def test_two_packs_of_a_vendor_are_two_prices() -> None:
    entries = [price("3", 1, "Metro", order_code="A"), price("5", 2, "Metro", order_code="B")]
    assert cost(entries, 5, CHEAPEST) == 3


def test_a_cost_says_which_entries_it_is_from() -> None:
    entries = [delivery("2", 1, "30"), delivery("4", 10, "10")]
    chosen = cost_on(entries, day(12), noon(12), AVERAGE)
    assert chosen is not None
    assert chosen.entries == tuple(entries)


@pytest.mark.parametrize(
    ("paid", "quantity", "unit", "yielded", "expected"),
    [
        ("50", "50", "lb", "1", "2.204623"),
        ("3", "2", "kg", "1", "1.5"),
        ("3", "2", "kg", "0.75", "2"),
        ("2", "1", "kg", "2.5", "0.8"),
    ],
)
def test_what_is_paid_for_a_pack_is_the_cost_of_a_unit_over_its_yield(
    paid: str, quantity: str, unit: str, yielded: str, expected: str
) -> None:
    found = unit_cost_of(
        Decimal(paid),
        Decimal(quantity),
        find_unit(unit),
        ingredient="beef",
        ingredient_unit=find_unit("kg"),
        conversions=Conversions(),
        yielded=Decimal(yielded),
    )
    assert round(found, 6) == Decimal(expected)


@pytest.mark.parametrize(("quantity", "yielded"), [("0", "1"), ("1", "0"), ("1", "5.01"), ("1", "85")])
def test_a_pack_of_nothing_and_a_yield_that_cannot_be_are_refused(quantity: str, yielded: str) -> None:
    with pytest.raises(PermanentError, match="enter"):
        unit_cost_of(
            Decimal(3),
            Decimal(quantity),
            find_unit("kg"),
            ingredient="beef",
            ingredient_unit=find_unit("kg"),
            conversions=Conversions(),
            yielded=Decimal(yielded),
        )


def test_a_case_is_so_many_packs_of_so_many_units() -> None:
    assert round(unit_cost_of_case(Decimal("49.84"), Decimal(3), Decimal("3.5")), 4) == Decimal("4.7467")
    with pytest.raises(PermanentError, match="enter quantities above 0"):
        unit_cost_of_case(Decimal("49.84"), Decimal(0), Decimal("3.5"))
