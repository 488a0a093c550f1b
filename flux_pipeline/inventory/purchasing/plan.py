"""Purchases of a night: the demand of all ingredients, when each runs out, and what to order of it from whom."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

import numpy as np

from flux_pipeline.inventory.demand import IngredientDemand, RecipeMatrix, explode_demand
from flux_pipeline.inventory.depletion import Depletion, predict_depletion
from flux_pipeline.inventory.distributions import Floats
from flux_pipeline.inventory.lots import Stock
from flux_pipeline.inventory.orders import Recommendation, recommend_order
from flux_pipeline.inventory.planning.vendor import Offer as VendorOffer
from flux_pipeline.inventory.planning.vendor import choose_vendor
from flux_pipeline.inventory.purchasing.receipts import Receipt
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules, VendorTerms

# By dish, the quantity of each ingredient that one of it takes.
Totals = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True)
class Offer:
    """A vendor's offer of an ingredient, and the next day on which it can be ordered.

    `pack_price` is what a pack costs. The lead time is assumed if neither the vendor nor a delivery says it.
    """

    vendor: uuid.UUID
    vendor_name: str
    order_code: str | None
    order_day: dt.date
    terms: VendorTerms
    pack_price: Decimal
    lead_time_is_assumed: bool = False

    @property
    def delivery_day(self) -> dt.date:
        """The day on which it is expected, if it is ordered."""
        return self.order_day + dt.timedelta(days=self.terms.lead_time.median)


@dataclass(frozen=True)
class StockedIngredient:
    """An ingredient whose stock is known, with what is used beyond it, and the offers of its vendors."""

    ingredient: str
    rules: IngredientRules
    stock: Stock
    short: Decimal = Decimal(0)
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Order:
    """What to order, whose offer it is, and why so much of this vendor, in sentences."""

    offer: Offer
    recommendation: Recommendation
    reason: str


_Sized = tuple[Offer, Recommendation]


@dataclass(frozen=True, eq=False)
class Purchase:
    """An ingredient with the prediction of its depletion, its mean daily use, and the order, if any is needed."""

    item: StockedIngredient
    depletion: Depletion
    daily_use: float
    order: Order | None


@dataclass(frozen=True, eq=False)
class PurchasePlan:
    """The demand of all ingredients from the first day on, and what to buy of those whose stock is known."""

    first_day: dt.date
    demand: IngredientDemand
    purchases: tuple[Purchase, ...]


def plan_purchases(
    sold: np.ndarray,
    dishes: Sequence[str],
    totals: Sequence[Totals],
    first_day: dt.date,
    items: Sequence[StockedIngredient],
    settings: InventorySettings,
) -> PurchasePlan:
    """Return the demand of ingredients, their depletion and orders.

    Args:
        sold: joint samples (samples, days, dishes).
        dishes: in their order.
        totals: for each day.
        first_day: the day of the first samples, at whose beginning the stock is there.
        items: of which depletion and orders are asked.
        settings: how orders are sized.
    """
    demand = explode_days(sold, dishes, totals)
    nothing = np.zeros(sold.shape[:2])
    used = {name: demand.quantity[number] for number, name in enumerate(demand.ingredients)}
    purchases = tuple(_purchase(each, used.get(each.ingredient, nothing), first_day, settings) for each in items)
    return PurchasePlan(first_day, demand, purchases)


def explode_days(sold: np.ndarray, dishes: Sequence[str], totals: Sequence[Totals]) -> IngredientDemand:
    """Return the demand of ingredients by what dishes take on each day; days in a row with the same recipes go at once.

    Args:
        sold: joint samples (samples, days, dishes).
        dishes: in their order.
        totals: for each day.
    """
    names = sorted({name for day in totals for dish in dishes for name in day.get(dish, ())})
    quantity = np.zeros((len(names), *sold.shape[:2]))
    at = {name: number for number, name in enumerate(names)}
    for _, days in groupby(range(len(totals)), key=lambda day: totals[day]):
        span = [*days]
        matrix = RecipeMatrix.of(dishes, totals[span[0]])
        found = explode_demand(sold[:, span], matrix)
        quantity[np.ix_([at[name] for name in found.ingredients], range(len(sold)), span)] = found.quantity
    return IngredientDemand(tuple(names), quantity)


def offers_beside(offers: Iterable[Offer], receipts: Iterable[Receipt], first_day: dt.date) -> tuple[Offer, ...]:
    """Return the offers that are worth a look beside open orders.

    Who has approved an order of today, or of a later day, has chosen its vendor. Until that day is over, other vendors
    are only asked for what comes before it; else each would be asked in turn for the days after.
    """
    chosen = [each.order for each in receipts if each.outstanding and each.order.order_day >= first_day]
    return tuple(
        offer
        for offer in offers
        if all(order.vendor == offer.vendor or offer.delivery_day < order.delivery_day for order in chosen)
    )


def _purchase(item: StockedIngredient, daily: Floats, first_day: dt.date, settings: InventorySettings) -> Purchase:
    depletion = predict_depletion(item.stock, daily, first_day)
    found = [
        (offer, recommend_order(daily, first_day, offer.order_day, item.stock, item.rules, offer.terms, settings))
        for offer in item.offers
    ]
    best = _cheapest_in_time(found, item.rules, settings)
    needed = best if best is not None and best.recommendation.packs else None
    return Purchase(item, depletion, float(daily.mean()), needed)


def _cheapest_in_time(found: Sequence[_Sized], rules: IngredientRules, settings: InventorySettings) -> Order | None:
    """Return the order at the vendor that `choose_vendor` takes; None without any."""
    if not found:
        return None
    asked = [VendorOffer(offer.vendor_name, offer.terms, recommendation) for offer, recommendation in found]
    chosen = choose_vendor(asked, rules, settings)
    place = next(place for place, each in enumerate(asked) if each is chosen.offer)
    return Order(*found[place], f"{found[place][1].reason} {chosen.reason}")
