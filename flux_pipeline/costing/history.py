"""Unit costs over time: from ingredient files, deliveries and vendor prices, the one that counts on a day.

Every entry has the day from which it is valid and the moment since which it is known. What becomes known later doesn't
change earlier figures: a day's cost is always asked as known at a moment.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from flux_pipeline.costing.settings import CostingMethod, CostingSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline.kitchen.conversions import Conversions
from flux_pipeline.kitchen.units import Unit, plain

# A dried bean weighs 2.5 times as much when it is cooked; rice and pasta about 3.
MOST_YIELD = Decimal(5)


class CostSource(StrEnum):
    """Where a unit cost is from."""

    INGREDIENTS = "ingredients"
    DELIVERY = "delivery"
    VENDOR_PRICE = "vendor_price"


@dataclass(frozen=True)
class CostEntry:
    """A unit cost of an ingredient, in the ingredient's unit.

    `quantity` is what a delivery brought, in that unit, and `document` its line of a document. `order_code` tells a
    vendor's packs apart. An entry replaces those of the same document, or of the same vendor and code, known before.
    """

    ingredient: str
    unit_cost: Decimal
    valid_from: dt.date
    known_at: dt.datetime
    source: CostSource
    vendor: str | None = None
    order_code: str | None = None
    document: str | None = None
    quantity: Decimal | None = None
    valid_until: dt.date | None = None


@dataclass(frozen=True)
class ChosenCost:
    """The unit cost that counts on a day, and the entries that it is from; an average is not rounded."""

    unit_cost: Decimal
    entries: tuple[CostEntry, ...]


def cost_on(
    entries: Iterable[CostEntry], day: dt.date, known_at: dt.datetime, settings: CostingSettings
) -> ChosenCost | None:
    """Return an ingredient's unit cost that counts on a day, as known at a moment; None if there is none.

    A cost in an ingredient file counts as paid. If the method finds nothing (no delivery within the average's days, no
    vendor), what was last paid counts, and without that the cheapest vendor.

    Args:
        entries: of one ingredient.
        day: the day on which the dish is sold.
        known_at: entries that became known later are not used.
        settings: the method, and the days of the average.
    """
    valid = [
        entry
        for entry in entries
        if entry.valid_from <= day
        and entry.known_at <= known_at
        and (entry.valid_until is None or day <= entry.valid_until)
    ]
    last, cheapest = _last_paid(valid), _cheapest(valid)
    if settings.costing_method is CostingMethod.MOVING_AVERAGE:
        return _average(valid, day - dt.timedelta(days=settings.costing_average_days)) or last or cheapest
    if settings.costing_method is CostingMethod.CHEAPEST_VENDOR:
        return cheapest or last
    return last or cheapest


def days_of_change(
    entries: Iterable[CostEntry], first: dt.date, last: dt.date, known_at: dt.datetime, settings: CostingSettings
) -> list[dt.date]:
    """Return the days within a span on which unit costs may change, and its first day."""
    days = {first}
    for entry in entries:
        if entry.known_at > known_at:
            continue
        days.add(entry.valid_from)
        if entry.valid_until is not None:
            days.add(entry.valid_until + dt.timedelta(days=1))
        if settings.costing_method is CostingMethod.MOVING_AVERAGE and entry.source is CostSource.DELIVERY:
            days.add(entry.valid_from + dt.timedelta(days=settings.costing_average_days))
    return sorted(day for day in days if first <= day <= last)


def unit_cost_of(
    price: Decimal,
    quantity: Decimal,
    unit: Unit,
    *,
    ingredient: str,
    ingredient_unit: Unit,
    conversions: Conversions,
    yielded: Decimal = Decimal(1),
) -> Decimal:
    """Return what one unit of an ingredient costs if a price buys a quantity, of which `yielded` can be used.

    USDA's prices of a cup of fruit or vegetables follow from it: price x size / yield.

    Raises:
        ConversionError: the quantity's unit doesn't lead to the ingredient's.
        PermanentError: a quantity or yield that can't be, or a negative price.
    """
    if price < 0 or quantity <= 0:
        raise PermanentError(f"{plain(quantity)} {unit.name} for {plain(price)}; enter a quantity above 0 and a price.")
    if not 0 < yielded <= MOST_YIELD:
        raise PermanentError(f"The yield is {plain(yielded)}; enter one above 0 and up to {MOST_YIELD}, such as 0.85.")
    return price / (conversions.convert(quantity, unit, ingredient_unit, ingredient) * yielded)


def unit_cost_of_case(case_price: Decimal, case_quantity: Decimal, pack_quantity: Decimal) -> Decimal:
    """Return what one unit of a pack costs: case price / (packs in the case x units in a pack).

    Raises:
        PermanentError: a quantity of 0 or less.
    """
    if case_price < 0 or case_quantity <= 0 or pack_quantity <= 0:
        raise PermanentError(
            f"A case of {plain(case_quantity)} packs of {plain(pack_quantity)} for {plain(case_price)}; "
            "enter quantities above 0 and a price."
        )
    return case_price / (case_quantity * pack_quantity)


def _last_paid(valid: Sequence[CostEntry]) -> ChosenCost | None:
    paid = [entry for entry in valid if entry.source is not CostSource.VENDOR_PRICE]
    if not paid:
        return None
    last = max(paid, key=_recency)
    return ChosenCost(last.unit_cost, (last,))


def _average(valid: Sequence[CostEntry], after: dt.date) -> ChosenCost | None:
    """Return the mean of the deliveries after a day, weighted by what they brought."""
    newest: dict[object, CostEntry] = {}
    for entry in sorted(valid, key=lambda entry: entry.known_at):
        if entry.source is CostSource.DELIVERY and entry.quantity is not None:
            newest[entry.document or id(entry)] = entry
    used = [entry for entry in newest.values() if entry.valid_from > after]
    quantity = sum((entry.quantity or Decimal(0) for entry in used), Decimal(0))
    if quantity <= 0:
        return None
    paid = sum((entry.unit_cost * (entry.quantity or 0) for entry in used), Decimal(0))
    return ChosenCost(paid / quantity, tuple(sorted(used, key=_recency)))


def _cheapest(valid: Sequence[CostEntry]) -> ChosenCost | None:
    """Return the lowest of the vendors' prices; only the newest price of each pack counts."""
    newest: dict[tuple[str | None, str | None], CostEntry] = {}
    for entry in sorted(valid, key=_recency):
        if entry.source is CostSource.VENDOR_PRICE:
            newest[entry.vendor, entry.order_code] = entry
    if not newest:
        return None
    cheapest = min(newest.values(), key=lambda entry: (entry.unit_cost, entry.vendor or ""))
    return ChosenCost(cheapest.unit_cost, (cheapest,))


def _recency(entry: CostEntry) -> tuple[dt.date, dt.datetime]:
    return entry.valid_from, entry.known_at
