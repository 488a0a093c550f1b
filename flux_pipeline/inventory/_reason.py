"""Reason of an order in one sentence that a manager reads."""

import datetime as dt
from decimal import Decimal

from flux_pipeline.inventory._choice import Case, Choice, DecidedBy
from flux_pipeline.inventory.settings import ParRule, ServiceMeasure
from flux_pipeline.kitchen.units import plain
from flux_pipeline.wording import count_of

# Units that have a plural and no abbreviation.
COUNTED = {"piece", "portion"}
MOST_CERTAIN = 0.994


def write_reason(
    chosen: Choice, case: Case, order_day: dt.date, next_order_day: dt.date, next_delivery: dt.date
) -> str:
    """Return what is ordered, how long it lasts with which probability, and what set the quantity."""
    unit, pack = case.rules.unit, case.terms.pack_quantity
    share = case.need.covered_share(float(pack * chosen.packs))
    there = f"{_amount(case.position, unit)} in stock and on order"
    until = f"until the delivery of {_day(next_delivery)} with a probability of {_probability(share)}"
    if not chosen.packs:
        return f"No order: {there} are enough {until}; {_why(chosen, case, order_day, next_order_day)}."
    packs = f"{count_of(chosen.packs, 'pack')} of {_amount(pack, unit)}"
    return f"{packs} and {there} are enough {until}; {_why(chosen, case, order_day, next_order_day)}."


def _why(chosen: Choice, case: Case, order_day: dt.date, next_order_day: dt.date) -> str:
    unit, settings = case.rules.unit, case.settings
    needed = _amount(case.need.for_service(settings), unit)
    measure = "demand" if settings.order_service_measure is ServiceMeasure.FILL_RATE else "deliveries"
    service = f"{settings.order_service_level:.0%} of {measure}"
    minimum = f"the vendor's minimum of {_amount(case.terms.minimum_quantity, unit)}"
    most = "least" if settings.order_par_rule is ParRule.FLOOR else "most"
    reasons = {
        DecidedBy.STOCK: f"that serves {service}",
        DecidedBy.SERVICE_LEVEL: f"the order adds the {needed} that serve {service}",
        DecidedBy.SHELF_LIFE: (
            f"a {unit} that spoils costs {case.costs.spoilage:,.2f} and one that lacks {case.costs.shortage:,.2f}, "
            f"and it is good {_keeps(case.rules.shelf_life_days or 0)}"
        ),
        DecidedBy.CALENDAR: f"the vendor takes no order between {_day(order_day)} and {_day(next_order_day)}",
        DecidedBy.PACK: (
            f"only {needed} are needed to serve {service}, but packs are whole"
            if chosen.packs * case.pack > case.need.for_service(settings)
            else f"{needed} would serve {service}, but packs are whole, and other orders bring more than they need"
        ),
        DecidedBy.PAR: f"the par level of {_amount(case.rules.par_level or Decimal(0), unit)} is the {most} to have",
        DecidedBy.MINIMUM: (
            f"{minimum} is more than the {needed} needed" if chosen.packs else f"{minimum} is not worth it for {needed}"
        ),
    }
    return reasons[chosen.decided_by]


def _keeps(days: int) -> str:
    return f"for {count_of(days, 'day')} after the delivery" if days else "on the day of delivery only"


def _day(day: dt.date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _probability(share: float) -> str:
    """Return a probability in per cent; what samples say is never certain."""
    return "more than 99%" if share > MOST_CERTAIN else "less than 1%" if share < 1 - MOST_CERTAIN else f"{share:.0%}"


def _amount(quantity: Decimal | float, unit: str) -> str:
    """Return a quantity with its unit, with at most three decimals and none that say nothing."""
    number = round(Decimal(quantity), 3)
    return f"{plain(number)} {unit}{'s' if unit in COUNTED and number != 1 else ''}"
