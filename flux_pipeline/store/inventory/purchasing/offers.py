"""Offers of vendors: the price in force on the next order day, as a pack in the ingredient's unit, and its terms."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.purchasing.plan import Offer
from flux_pipeline.inventory.terms import VendorTerms
from flux_pipeline.inventory.vendors import EVERY_DAY, LeadTime, VendorCalendar
from flux_pipeline.kitchen.units import find_unit, plain
from flux_pipeline.store.costs.facts import KnownKitchen
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.purchases import Vendor, VendorPrice

# Most wholesalers of fresh food bring tomorrow what is ordered today.
ASSUMED_LEAD_DAYS = 1
# The places of the quantities of orders.
PLACES = Decimal("0.000001")


@dataclass(frozen=True)
class Offers:
    """What can be bought of each ingredient, and why some prices can't be used, in sentences.

    Attributes:
        made: by ingredient, with the lead time that the vendor promises.
        promised: days from an order to its delivery, by vendor and ingredient.
        refused: the sentences.
    """

    made: Mapping[uuid.UUID, tuple[Offer, ...]]
    promised: Mapping[tuple[uuid.UUID, uuid.UUID], int]
    refused: tuple[str, ...]


def read_offers(tx: Tenant, kitchen: KnownKitchen, moment: dt.datetime) -> Offers:
    """Read the offers of all vendors.

    Args:
        tx: the restaurant's transaction.
        kitchen: units and conversions.
        moment: on the restaurant's clock; each vendor's next order day follows from it.
    """
    offers: dict[uuid.UUID, list[Offer]] = defaultdict(list)
    promised, refused = {}, []
    names = {ingredient: name for name, ingredient in kitchen.ingredients.items()}
    for row in _newest_prices(tx, moment.date()):
        pair = row.vendor_id, row.ingredient_id
        days = row.lead_time_days if row.lead_time_days is not None else row.vendor_lead_time_days
        promised[pair] = ASSUMED_LEAD_DAYS if days is None else days
        name = names[row.ingredient_id]
        try:
            offers[row.ingredient_id].append(
                _offer(kitchen, name, row, promised[pair], moment, is_assumed=days is None)
            )
        except PermanentError as exc:
            refused.append(f"The price of '{name}' of {row.vendor} can't be used: {exc}")
    return Offers({each: tuple(own) for each, own in offers.items()}, promised, tuple(refused))


def calendar_of(row: Any) -> VendorCalendar:
    """Return when a vendor takes orders, from the columns of its row.

    Raises:
        PermanentError: it has no valid order day.
    """
    days = EVERY_DAY if row.order_days is None else frozenset(row.order_days)
    return VendorCalendar(days, row.order_cut_off, frozenset(row.closed_on))


def _newest_prices(tx: Tenant, day: dt.date) -> list[Any]:
    """Return of each vendor, ingredient and order code the price in force on a day, with the vendor's terms."""
    price = VendorPrice
    query = (
        select(
            price.__table__,
            Vendor.name.label("vendor"),
            Vendor.order_days,
            Vendor.order_cut_off,
            Vendor.lead_time_days.label("vendor_lead_time_days"),
            Vendor.closed_on,
        )
        .join(Vendor, Vendor.id == price.vendor_id)
        .where(price.superseded_at.is_(None), (price.valid_from <= day) | price.valid_from.is_(None))
        .order_by(Vendor.name, price.ingredient_id, price.order_code, price.valid_from.nulls_first(), price.known_at)
    )
    return [*{(row.vendor_id, row.ingredient_id, row.order_code): row for row in tx.connection.execute(query)}.values()]


def _offer(
    kitchen: KnownKitchen, ingredient: str, row: Any, lead_days: int, moment: dt.datetime, *, is_assumed: bool
) -> Offer:
    """Return a price as an offer of a pack as it is bought, in the ingredient's unit.

    Raises:
        PermanentError: no conversion leads to that unit, the pack or the price is 0, or the vendor takes no orders.
    """
    facts = kitchen.facts
    units = _units_of_pack(row)
    if units <= 0:
        raise PermanentError("its pack holds nothing. Enter what is in the pack.")
    price = row.case_price if row.case_price is not None else row.unit_price * units
    of_one = facts.conversions.ratio(find_unit(row.unit), facts.units[ingredient], ingredient)
    quantity = (units * of_one.numerator / of_one.denominator).quantize(PLACES)
    if quantity <= 0:
        raise PermanentError(
            f"its pack of {plain(units)} {row.unit} is less than {PLACES} {facts.units[ingredient].name}. Enter what "
            "is in the pack, or count the ingredient in a smaller unit."
        )
    calendar = calendar_of(row)
    # In packs first, so that rounding never raises a minimum of three packs to four.
    minimum = (row.minimum_order_quantity or Decimal(0)) / units * quantity
    terms = VendorTerms(quantity, price / quantity, LeadTime.of(lead_days), calendar, minimum, row.yield_factor)
    order_day = calendar.first_order_day(moment)
    return Offer(row.vendor_id, row.vendor, row.order_code, order_day, terms, price, lead_time_is_assumed=is_assumed)


def _units_of_pack(row: Any) -> Decimal:
    """Return how many units the smallest order has; a price of a unit alone is that of an order of one."""
    if row.case_price is not None:
        return Decimal((row.case_quantity or 0) * (row.pack_quantity or 0))
    return Decimal(1) if row.pack_size is None else Decimal(row.pack_size)
