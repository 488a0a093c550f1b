"""Purchases of a night: recipes that change within the days, offers that compete, and what no dish takes."""

import uuid
from decimal import Decimal

import numpy as np
import pytest

from flux_pipeline.inventory.lots import Lot, Stock
from flux_pipeline.inventory.purchasing.plan import Offer, StockedIngredient, Totals, explode_days, plan_purchases
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules, VendorTerms
from flux_pipeline.inventory.vendors import LeadTime
from flux_pipeline_tests.unit.inventory.test_lots import MONDAY, days

OLD: Totals = {"soup": {"onions": Decimal("0.5")}, "stew": {"beef": Decimal("0.2")}}
NEW: Totals = {"soup": {"onions": Decimal("0.4"), "cream": Decimal("0.1")}, "stew": {"beef": Decimal("0.2")}}
DISHES = ("soup", "stew", "tea")
# Ten soups and five stews a day.
SOLD = np.tile(np.array([10.0, 5.0, 8.0]), (20, 14, 1))
FIELDS, MILL = uuid.UUID(int=1), uuid.UUID(int=2)


def offer(vendor: uuid.UUID, price: str, lead: int, *, order_in: int = 0, pack: str = "1") -> Offer:
    terms = VendorTerms(Decimal(pack), Decimal(price), LeadTime.of(lead))
    return Offer(vendor, f"Vendor {vendor.int}", None, days(order_in), terms, Decimal(price) * Decimal(pack))


def test_a_recipe_that_changes_within_the_days_counts_from_its_day() -> None:
    demand = explode_days(SOLD, DISHES, [OLD] * 3 + [NEW] * 11)
    assert demand.ingredients == ("beef", "cream", "onions")
    assert demand.of("onions")[0].tolist() == [5.0] * 3 + [4.0] * 11
    assert demand.of("cream")[0].tolist() == [0.0] * 3 + [1.0] * 11
    assert demand.of("beef")[0].tolist() == [1.0] * 14


@pytest.mark.parametrize(
    ("offers", "chosen"),
    [
        ([offer(FIELDS, "2.00", 1), offer(MILL, "1.90", 1)], MILL),
        ([offer(FIELDS, "2.00", 1), offer(MILL, "1.90", 4)], FIELDS),
        ([offer(FIELDS, "2.00", 4), offer(MILL, "1.90", 4)], MILL),
        ([], None),
    ],
    ids=["the cheaper one", "the one that is in time", "both too late", "nobody"],
)
def test_the_cheapest_offer_that_is_in_time_is_chosen(offers: list[Offer], chosen: uuid.UUID | None) -> None:
    item = StockedIngredient("onions", IngredientRules("kg"), Stock((Lot(Decimal(5)),)), offers=tuple(offers))
    (found,) = plan_purchases(SOLD, DISHES, [OLD] * 14, MONDAY, [item], InventorySettings()).purchases
    assert (found.order and found.order.offer.vendor) == chosen
    assert found.order is None or "Vendor" in found.order.reason
    assert found.daily_use == 5.0
    assert found.depletion.without_orders.p50 == MONDAY


def test_what_no_dish_takes_is_ordered_up_to_its_par_level() -> None:
    rules = IngredientRules("piece", par_level=Decimal(50))
    item = StockedIngredient(
        "napkins", rules, Stock((Lot(Decimal(20)),)), offers=(offer(FIELDS, "0.10", 1, pack="20"),)
    )
    (found,) = plan_purchases(SOLD, DISHES, [OLD] * 14, MONDAY, [item], InventorySettings()).purchases
    assert found.order is not None and found.order.recommendation.packs == 2
    assert found.depletion.without_orders.p90 is None


def test_enough_stock_needs_no_order() -> None:
    item = StockedIngredient(
        "onions", IngredientRules("kg"), Stock((Lot(Decimal(90)),)), offers=(offer(FIELDS, "2", 1),)
    )
    (found,) = plan_purchases(SOLD, DISHES, [OLD] * 14, MONDAY, [item], InventorySettings()).purchases
    assert found.order is None
