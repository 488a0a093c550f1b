"""Choice of a vendor: the cheapest one in time, and the sentence that says why it is not a cheaper one."""

from decimal import Decimal

import numpy as np
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.lots import Lot, Stock
from flux_pipeline.inventory.orders import recommend_order
from flux_pipeline.inventory.planning.vendor import Offer, choose_vendor
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules, VendorTerms
from flux_pipeline.inventory.vendors import LeadTime, VendorCalendar
from flux_pipeline_tests.unit.inventory.test_lots import MONDAY, days

SETTINGS = InventorySettings()
# Four kg on each day.
DAILY = np.full((20, 14), 4.0)
DAILY_VENDOR = VendorCalendar()
ON_WEDNESDAYS = VendorCalendar(frozenset({2}))


def offer(
    vendor: str,
    price: str,
    calendar: VendorCalendar,
    stock: int,
    *,
    pack: str = "1",
    keeps: int | None = None,
    usable: str = "1",
) -> Offer:
    terms = VendorTerms(Decimal(pack), Decimal(price), LeadTime.of(1), calendar, yield_factor=Decimal(usable))
    first = calendar.next_order_day(days(-1))
    rules = IngredientRules("kg", shelf_life_days=keeps)
    there = Stock((Lot(Decimal(stock)),))
    return Offer(vendor, terms, recommend_order(DAILY, MONDAY, first, there, rules, terms, SETTINGS))


@pytest.mark.parametrize(
    ("stock", "chosen", "reason"),
    [
        # Three days' stock last until the delivery of Thursday, two days' don't.
        (12, "Mill", "No vendor has a lower price than Mill."),
        (8, "Market", "Mill is cheaper but delivers only on Thu 3 Dec; 4 kg are expected to lack."),
    ],
)
def test_the_cheapest_vendor_in_time_is_chosen(stock: int, chosen: str, reason: str) -> None:
    offers = [offer("Market", "2.50", DAILY_VENDOR, stock), offer("Mill", "2.00", ON_WEDNESDAYS, stock)]
    for order in (offers, offers[::-1]):
        found = choose_vendor(order, IngredientRules("kg"), SETTINGS)
        assert (found.offer.vendor, found.reason) == (chosen, reason)


def test_a_shortage_that_the_service_level_allows_is_in_time_but_costs() -> None:
    # Of the 28 kg of the week after the delivery 1.4 kg may lack; 1 kg lacks before it.
    offers = [offer("Market", "2.50", DAILY_VENDOR, 11), offer("Mill", "2.00", ON_WEDNESDAYS, 11)]
    found = choose_vendor(offers, IngredientRules("kg"), SETTINGS)
    assert found.offer.vendor == "Mill"
    mill = found.offer.recommendation
    assert mill.unavoidable_shortage == pytest.approx(1.0)
    units = max(float(mill.quantity), mill.expected_demand)
    assert found.unit_cost == pytest.approx(2 + (mill.outcome.cost + 1.0 * 3 * 2) / units)


@pytest.mark.parametrize(("peeled", "chosen"), [("2.40", "Market"), ("2.60", "Mill")])
def test_vendors_are_compared_by_what_a_unit_costs_that_can_be_used(peeled: str, chosen: str) -> None:
    # Of a kilo for 2.00 four fifths are left, so that a kilo that can be used costs 2.50.
    offers = [offer("Mill", "2.00", DAILY_VENDOR, 12, usable="0.8"), offer("Market", peeled, DAILY_VENDOR, 12)]
    found = choose_vendor(offers, IngredientRules("kg"), SETTINGS)
    assert found.reason == f"No vendor has a lower price of a usable kg than {chosen}."
    least = min(offers, key=lambda each: each.unit_cost(IngredientRules("kg"), SETTINGS))
    assert found.offer is least and found.offer.vendor == chosen


def test_a_low_price_does_not_pay_if_most_of_a_pack_spoils() -> None:
    by_pack = offer("Depot", "2.00", DAILY_VENDOR, 4, pack="60", keeps=3)
    by_kilo = offer("Market", "2.20", DAILY_VENDOR, 4, keeps=3)
    found = choose_vendor([by_pack, by_kilo], IngredientRules("kg", shelf_life_days=3), SETTINGS)
    assert found.offer is by_kilo
    assert found.reason.startswith("Depot is cheaper but costs ")
    assert found.reason.endswith(" more a kg with what is expected to lack, to spoil and to be left.")


def test_if_all_are_late_the_least_late_is_chosen() -> None:
    offers = [offer("Mill", "2.00", ON_WEDNESDAYS, 0), offer("Market", "9.00", DAILY_VENDOR, 0)]
    found = choose_vendor(offers, IngredientRules("kg"), SETTINGS)
    assert found.offer.vendor == "Market"
    assert found.offer.lacking > 0


def test_one_vendor_is_enough_and_none_is_refused() -> None:
    found = choose_vendor([offer("Mill", "2.00", ON_WEDNESDAYS, 0)], IngredientRules("kg"), SETTINGS)
    assert found.reason == "Mill is the only vendor that can be asked."
    with pytest.raises(PermanentError, match="No vendor offers the ingredient"):
        choose_vendor([], IngredientRules("kg"), SETTINGS)
