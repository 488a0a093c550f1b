"""Lot sizes for a known demand: economic order quantity, with backorders, with price breaks, and for changing demand.

Harris (1913); Silver, Pyke and Thomas: Inventory and Production Management in Supply Chains (4th ed., 2017), chapters 4
and 5; Snyder and Shen: Fundamentals of Supply Chain Theory (2nd ed., 2019), chapter 3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flux_pipeline.errors import PermanentError


@dataclass(frozen=True)
class LotSize:
    """How much to order at once, the cost a time unit, the share of time without stock, and the price's position."""

    quantity: float
    cost: float
    stockout_share: float = 0.0
    price_break: int = 0


@dataclass(frozen=True)
class LotPlan:
    """What to order in each period, and the whole cost of orders and holding."""

    quantities: tuple[float, ...]
    cost: float


def economic_order_quantity(fixed_cost: float, holding_cost: float, demand_rate: float) -> LotSize:
    """Return Q = sqrt(2 K d / h), which costs sqrt(2 K d h) a time unit beside the price."""
    _require_positive(fixed_cost, holding_cost, demand_rate)
    return LotSize(
        math.sqrt(2 * fixed_cost * demand_rate / holding_cost), math.sqrt(2 * fixed_cost * demand_rate * holding_cost)
    )


def quantity_with_backorders(
    fixed_cost: float, holding_cost: float, stockout_cost: float, demand_rate: float
) -> LotSize:
    """Return the order quantity if guests wait: Q = sqrt(2 K d (h + p) / (h p)), without stock in h / (h + p)."""
    _require_positive(fixed_cost, holding_cost, stockout_cost, demand_rate)
    weighted = holding_cost * stockout_cost / (holding_cost + stockout_cost)
    lot = economic_order_quantity(fixed_cost, weighted, demand_rate)
    return LotSize(lot.quantity, lot.cost, holding_cost / (holding_cost + stockout_cost))


def quantity_with_price_breaks(
    fixed_cost: float,
    holding_rate: float,
    demand_rate: float,
    breaks: Sequence[tuple[float, float]],
) -> LotSize:
    """Return the cheapest order quantity if a larger order lowers the price of all its units, price included.

    Args:
        fixed_cost: of an order.
        holding_rate: the cost of holding a unit for a time unit, as a share of its price.
        demand_rate: units a time unit.
        breaks: (least quantity, price of a unit) in ascending order; the first quantity is 0.
    """
    quantities, prices = [least for least, _ in breaks], [price for _, price in breaks]
    if not breaks or quantities[0] != 0 or quantities != sorted(quantities) or prices != sorted(prices, reverse=True):
        raise PermanentError(f"The price breaks are {breaks}; expected quantities from 0 up with falling prices.")
    _require_positive(fixed_cost, holding_rate, demand_rate, *prices)
    options = []
    for at, (least, price) in enumerate(breaks):
        below = breaks[at + 1][0] if at + 1 < len(breaks) else math.inf
        # The cost is convex: if its minimum is not in the range of the price, the range's beginning is the best of it.
        quantity = max(least, economic_order_quantity(fixed_cost, holding_rate * price, demand_rate).quantity)
        if quantity < below:
            held = holding_rate * price * quantity / 2
            cost = price * demand_rate + fixed_cost * demand_rate / quantity + held
            options.append(LotSize(quantity, cost, price_break=at))
    return min(options, key=lambda lot: lot.cost)


def plan_lots(demand: Sequence[float], fixed_cost: float, holding_cost: float) -> LotPlan:
    """Return the cheapest orders for the known demand of periods (Wagner and Whitin, 1958).

    An order arrives at the beginning of its period; `holding_cost` is that of a unit kept until the next period.
    """
    _require_positive(fixed_cost, holding_cost)
    periods = len(demand)
    least, until = [0.0] * (periods + 1), [periods] * periods
    for start in reversed(range(periods)):
        held, options = 0.0, []
        for end in range(start + 1, periods + 1):
            held += holding_cost * demand[end - 1] * (end - 1 - start)
            options.append((fixed_cost + held + least[end], end))
        if demand[start] == 0:
            options.append((least[start + 1], start + 1))
        least[start], until[start] = min(options)
    quantities, start = [0.0] * periods, 0
    while start < periods:
        quantities[start] = float(sum(demand[start : until[start]]))
        start = until[start]
    return LotPlan(tuple(quantities), least[0])


def _require_positive(*figures: float) -> None:
    if min(figures) <= 0:
        raise PermanentError(f"A cost or a rate is {min(figures):g}; expected one above 0.")
