"""Inputs of purchases: the demand forecast, what dishes take, what is in stock and on order, and what vendors offer."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.inventory.lots import Stock
from flux_pipeline.inventory.purchasing.plan import Offer, StockedIngredient, Totals, offers_beside
from flux_pipeline.inventory.purchasing.receipts import Receipt, observed_lead_time, on_order
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.inventory.terms import IngredientRules
from flux_pipeline.inventory.vendors import LeadTime
from flux_pipeline.orchestration.inputs.staffing import posterior_of_day
from flux_pipeline.orchestration.work import Work
from flux_pipeline.store.costs.facts import Moment
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.purchasing.offers import ASSUMED_LEAD_DAYS, Offers, read_offers
from flux_pipeline.store.inventory.purchasing.received import Orders, read_orders
from flux_pipeline.store.inventory.purchasing.recommendations import Key, declined_orders
from flux_pipeline.store.inventory.purchasing.stock import KnownStock, read_rules, read_stock
from flux_pipeline.store.inventory.usage import StockKitchen, read_stock_kitchen

# Under this name a run keeps the sentences about what could not be used. They name ingredients and vendors, so that
# only the database has them, and Dagster gets their number.
SENTENCES = "not_usable"


@dataclass(frozen=True)
class PurchaseInputs:
    """What a night's purchases follow from.

    Attributes:
        as_of: the last day whose sales are used.
        settings: how orders are sized.
        posterior: the demand forecast of dishes; None if no recipe is confirmed.
        totals: what one of each dish takes, by day of the forecast.
        items: the ingredients whose stock is known; none in a look back, because stock is only known now.
        orders: what was ordered and has come; None in a look back.
        declined: what people decided not to order.
        notes: counts and sentences about what could not be used.
    """

    as_of: dt.date
    settings: InventorySettings
    posterior: DemandPosterior | None = None
    totals: Sequence[Totals] = ()
    items: Sequence[StockedIngredient] = ()
    orders: Orders | None = None
    declined: frozenset[Key] = frozenset()
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def first_day(self) -> dt.date:
        """The day that is under way, the first of the forecast."""
        return self.as_of + dt.timedelta(days=1)

    def as_values(self) -> Mapping[str, Any]:
        """Return everything that can change the result, to hash it."""
        if self.posterior is None:
            return {}
        receipts = [] if self.orders is None else [each for own in self.orders.receipts.values() for each in own]
        return {
            "posterior": self.posterior.to_json(),
            "totals": self.totals,
            "items": [_values_of(each) for each in self.items],
            "receipts": sorted([str(each.order.id), each.status, each.quantity, each.last_on] for each in receipts),
            "is_retrospective": self.orders is None,
        }


def purchase_inputs(tx: Tenant, work: Work, settings: InventorySettings) -> PurchaseInputs:
    """Read what is known of kitchen, demand, stock, orders and vendors.

    Raises:
        NothingToDoError: the day has no demand forecast, because there was nothing to forecast.
        PermanentError: it has none for another reason.
    """
    kitchen = read_stock_kitchen(tx, Moment(work.known_at, work.as_of, work.is_retrospective))
    if not any(usage.quantities for dated in kitchen.usage.values() for _, usage in dated):
        return PurchaseInputs(work.as_of, settings)
    posterior = posterior_of_day(tx, work.as_of)
    totals = [_totals(kitchen, dt.date.fromisoformat(day), {*posterior.items}) for day in posterior.dates]
    exploded = {dish for day in totals for dish in day}
    refused = {str(kitchen.kitchen.items[name]) for name in kitchen.refused(work.as_of + dt.timedelta(days=1))}
    notes = {
        "dishes_without_recipe": len({*posterior.items} - exploded - refused),
        "dishes_not_exploded": len({*posterior.items} & refused - exploded),
    }
    known = PurchaseInputs(work.as_of, settings, posterior, totals, notes=notes)
    return known if work.is_retrospective else _with_stock(tx, work, kitchen, known)


def _totals(kitchen: StockKitchen, day: dt.date, dishes: Collection[str]) -> Totals:
    """Return what one of each of the dishes takes of each ingredient on a day, by ids as texts."""
    return {
        str(item): {str(ingredient): quantity for ingredient, quantity in taken.items()}
        for item, taken in kitchen.on(day).items()
        if str(item) in dishes
    }


def _with_stock(tx: Tenant, work: Work, kitchen: StockKitchen, known: PurchaseInputs) -> PurchaseInputs:
    """Add what is in stock and on order, and the offers of vendors."""
    moment, stock = work.started_at.astimezone(ZoneInfo(tx.restaurant.timezone)), read_stock(tx)
    offers = read_offers(tx, kitchen.kitchen, moment)
    orders = read_orders(tx, kitchen, known.first_day, known.settings.order_overdue_days)
    supply = _Supply(stock, orders, offers, declined_orders(tx, known.first_day), known)
    used = {uuid.UUID(name) for day in known.totals for taken in day.values() for name in taken}
    items = [
        supply.of(ingredient, rules)
        for ingredient, rules in sorted(read_rules(tx).items())
        # What no dish takes is still ordered up to its par level.
        if ingredient in stock.lots and (ingredient in used or rules.par_level is not None)
    ]
    without = sorted(kitchen.names[each] for item in items if (each := uuid.UUID(item.ingredient)) not in offers.made)
    sentences = [f"'{name}' has no usable price of a vendor. Enter a row of vendor_prices." for name in without]
    notes = {
        **known.notes,
        "ingredients_with_unknown_stock": len(used - stock.lots.keys()),
        "lead_times_assumed": sum(offer.lead_time_is_assumed for each in items for offer in each.offers),
        SENTENCES: [*offers.refused, *orders.refused, *sentences],
    }
    return replace(known, items=items, orders=orders, declined=supply.declined, notes=notes)


@dataclass(frozen=True)
class _Supply:
    """What is in stock, on order and offered, and what people declined."""

    stock: KnownStock
    orders: Orders
    offers: Offers
    declined: frozenset[Key]
    known: PurchaseInputs

    def of(self, ingredient: uuid.UUID, rules: IngredientRules) -> StockedIngredient:
        """Return an ingredient with what is coming, and the offers that nobody has declined."""
        receipts, offers = self.orders.receipts.get(ingredient, ()), self.offers.made.get(ingredient, ())
        vendors = {each.order.vendor for each in receipts} | {each.vendor for each in offers}
        lead_times = {vendor: self._lead_time(vendor, ingredient, receipts) for vendor in vendors}
        short = self.stock.short.get(ingredient, Decimal(0))
        coming = on_order(receipts, lead_times, rules.shelf_life_days, short, self.known.first_day)
        offers = tuple(
            replace(each, terms=replace(each.terms, lead_time=lead_times[each.vendor]))
            for each in offers
            if (ingredient, each.vendor, each.order_day) not in self.declined
        )
        stock = Stock(self.stock.lots[ingredient], coming)
        beside = offers_beside(offers, receipts, self.known.first_day)
        return StockedIngredient(str(ingredient), rules, stock, short, beside)

    def _lead_time(self, vendor: uuid.UUID, ingredient: uuid.UUID, receipts: Sequence[Receipt]) -> LeadTime:
        own = [each for each in receipts if each.order.vendor == vendor]
        promised = self.offers.promised.get((vendor, ingredient), ASSUMED_LEAD_DAYS)
        return observed_lead_time(own, promised, self.known.settings.lead_time_prior_deliveries, self.known.first_day)


def _values_of(item: StockedIngredient) -> list[Any]:
    """Return an ingredient as JSON; sets in order."""
    rules, stock = item.rules, item.stock
    return [
        [item.ingredient, item.short, rules.unit, rules.shelf_life_days, rules.par_level],
        [[lot.quantity, lot.expires_on, lot.name] for lot in stock.lots],
        [[each.quantity, each.ordered_on, each.lead_time.shares, each.shelf_life_days] for each in stock.on_order],
        [_values_of_offer(each) for each in item.offers],
    ]


def _values_of_offer(offer: Offer) -> list[Any]:
    terms, calendar = offer.terms, offer.terms.calendar
    return [
        [offer.vendor, offer.order_code, offer.order_day, offer.pack_price, offer.lead_time_is_assumed],
        [terms.pack_quantity, terms.unit_price, terms.minimum_quantity, terms.yield_factor, terms.lead_time.shares],
        [sorted(calendar.order_days), calendar.cut_off, sorted(calendar.closed)],
    ]
