"""Words of alerts: amounts, money, days and vendors as a manager reads them."""

import datetime as dt
from decimal import Decimal

from flux_pipeline.inventory.alerts.facts import PossibleDelivery, StockedIngredient
from flux_pipeline.kitchen.units import plain

# Units that have a plural and no abbreviation.
COUNTED = {"portion", "piece"}
# From ten on, a second decimal says nothing to somebody who orders.
LARGE = 10


def amount(quantity: Decimal, unit: str) -> str:
    """Return a quantity with its unit: 12.4 kg, 0.25 l, 3 pieces."""
    places = 1 if abs(quantity) >= LARGE else 3
    return f"{plain(round(quantity, places))} {unit}{'s' if unit in COUNTED and quantity != 1 else ''}"


def amount_of(item: StockedIngredient, quantity: Decimal) -> str:
    """Return a quantity of an ingredient: 12.4 kg of Onions."""
    return f"{amount(quantity, item.unit)} of {item.name}"


def money(value: Decimal, currency: str) -> str:
    """Return an amount of money; of what costs little, with four decimals."""
    return f"{value:,.{2 if value >= Decimal('0.1') else 4}f} {currency}"


def worth(item: StockedIngredient, quantity: Decimal, currency: str) -> str:
    """Return " (worth 4.80 EUR)" for a quantity, or nothing if its cost is unknown or 0."""
    return "" if not item.unit_cost else f" (worth {money(quantity * item.unit_cost, currency)})"


def weekday(day: dt.date) -> str:
    """Return a day with its weekday: Thu 4 Dec."""
    return f"{day:%a} {day.day} {day:%b}"


def days(number: int) -> str:
    """Return a number of days: one day, 2 days."""
    return "one day" if number == 1 else f"{number} days"


def order_time(possible: PossibleDelivery, today: dt.date) -> str:
    """Return when to order and from whom: today by 16:00 from Mill."""
    day = "today" if possible.order_day == today else f"on {weekday(possible.order_day)}"
    by = "" if possible.order_by is None else f" by {possible.order_by:%H:%M}"
    return f"{day}{by} from {possible.vendor}"
