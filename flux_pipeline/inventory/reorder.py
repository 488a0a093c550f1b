"""Reorder policies with a fixed cost of an order: (r, Q) orders Q at position r; (s, S) orders up to S at s or less.

Snyder and Shen: Fundamentals of Supply Chain Theory (2nd ed., 2019), chapters 4 and 5; Silver, Pyke and Thomas (2017),
chapter 6. Exact: Federgruen and Zheng (Operations Research 40, 1992) for (r, Q), Zheng and Federgruen (Operations
Research 39, 1991) for (s, S).
"""

import math
from dataclasses import dataclass

from scipy import optimize

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.distributions import Demand, NormalDemand, PoissonDemand, SampledDemand
from flux_pipeline.inventory.lot_sizes import economic_order_quantity, quantity_with_backorders
from flux_pipeline.inventory.policies import expected_cost, newsvendor

# Far more than what fixed points need that converge at all.
_MOST_ROUNDS = 1_000
_NEAR = 1e-10


@dataclass(frozen=True)
class ReorderCosts:
    """Costs of an order, of holding a unit for a time unit, and of a unit short (a time unit, if guests wait)."""

    fixed: float
    holding: float
    stockout: float

    def __post_init__(self) -> None:
        if min(self.fixed, self.holding, self.stockout) <= 0:
            raise PermanentError("A cost of ordering, holding or shortage is 0 or less; expected costs above 0.")


@dataclass(frozen=True)
class ReorderPolicy:
    """Order at the reorder point or below: `quantity` units. `cost` is the expected one of a time unit, if computed."""

    reorder_point: float
    quantity: float
    cost: float | None = None

    @property
    def up_to(self) -> float:
        """The position that an order leads to."""
        return self.reorder_point + self.quantity


def cost_of_reordering(over_lead_time: Demand, rate: float, policy: ReorderPolicy, costs: ReorderCosts) -> float:
    """Return the expected cost a time unit of (r, Q): (K rate + the cost at each position from r to r + Q) / Q.

    For whole units the positions are r + 1 .. r + Q; else the integral over them, by the second loss function.
    """
    r, q = policy.reorder_point, policy.quantity
    if over_lead_time.is_whole:
        at = (r + each for each in range(1, int(q) + 1))
        held = sum(expected_cost(over_lead_time, each, costs.stockout, costs.holding) for each in at)
    else:
        short = over_lead_time.second_shortage(r) - over_lead_time.second_shortage(r + q)
        held = costs.holding * q * (r - over_lead_time.mean + q / 2) + (costs.holding + costs.stockout) * short
    return (costs.fixed * rate + held) / q


def reorder_by_backorders(over_lead_time: Demand, rate: float, costs: ReorderCosts) -> ReorderPolicy:
    """Return Q of the EOQ with backorders, and the best r for it, where positions r and r + Q cost the same."""
    quantity = quantity_with_backorders(costs.fixed, costs.holding, costs.stockout, rate).quantity

    def slope(r: float) -> float:
        here, there = (expected_cost(over_lead_time, at, costs.stockout, costs.holding) for at in (r, r + quantity))
        return there - here

    best = newsvendor(over_lead_time, costs.stockout, costs.holding).level
    return ReorderPolicy(float(optimize.brentq(slope, best - quantity, best, xtol=_NEAR)), quantity)


def reorder_by_safety_stock(over_lead_time: Demand, rate: float, costs: ReorderCosts) -> ReorderPolicy:
    """Return Q of the EOQ, and r of the newsvendor over the lead time."""
    quantity = economic_order_quantity(costs.fixed, costs.holding, rate).quantity
    return ReorderPolicy(newsvendor(over_lead_time, costs.stockout, costs.holding).level, quantity)


def reorder_by_expected_shortage(over_lead_time: Demand, rate: float, costs: ReorderCosts) -> ReorderPolicy:
    """Return r and Q of which each is the best for the other if a unit short costs once (Hadley and Whitin, 1963).

    P(D > r) = Q h / (p rate), and Q = sqrt(2 rate (K + p E[(D - r)+]) / h).
    """
    h, p = costs.holding, costs.stockout
    quantity = economic_order_quantity(costs.fixed, h, rate).quantity
    for _ in range(_MOST_ROUNDS):
        r = over_lead_time.quantile(max(1 - quantity * h / (p * rate), 0.0))
        before, short = quantity, over_lead_time.shortage(r)
        quantity = math.sqrt(2 * rate * (costs.fixed + p * short) / h)
        if abs(quantity - before) <= _NEAR * quantity:
            break
    cost = h * (r - over_lead_time.mean + quantity / 2) + (costs.fixed + p * short) * rate / quantity
    return ReorderPolicy(r, quantity, cost)


def reorder_by_losses(over_lead_time: Demand, rate: float, costs: ReorderCosts) -> ReorderPolicy:
    """Return r with E[(D - r)+] = h Q / (h + p), and Q = sqrt(2 (K rate + (h + p) n2(r)) / h), n2 the second loss."""
    both = costs.holding + costs.stockout
    quantity = economic_order_quantity(costs.fixed, costs.holding, rate).quantity
    low, high = over_lead_time.mean, over_lead_time.mean + 40 * over_lead_time.sd
    for _ in range(_MOST_ROUNDS):
        allowed, before = costs.holding * quantity / both, quantity
        # Below all demand the shortage falls by one a unit, so this is below the level that is sought.
        low = min(low, over_lead_time.mean - allowed - over_lead_time.sd)
        r = float(optimize.brentq(_shortage_above, low, high, args=(over_lead_time, allowed), xtol=_NEAR))
        short = over_lead_time.second_shortage(r)
        quantity = math.sqrt(2 * (costs.fixed * rate + both * short) / costs.holding)
        if abs(quantity - before) <= _NEAR * quantity:
            break
    return ReorderPolicy(r, quantity)


def _shortage_above(level: float, demand: Demand, allowed: float) -> float:
    return demand.shortage(level) - allowed


def best_reorder(over_lead_time: Demand, rate: float, costs: ReorderCosts) -> ReorderPolicy:
    """Return the (r, Q) of least cost for demand of whole units (Federgruen and Zheng, 1992).

    Positions join those that are covered in the order of their cost, as long as they lower the mean.
    """
    if not over_lead_time.is_whole:
        raise PermanentError("The demand is not one of whole units. Use an approximation of (r, Q).")

    def cost(position: float) -> float:
        return expected_cost(over_lead_time, position, costs.stockout, costs.holding)

    top = newsvendor(over_lead_time, costs.stockout, costs.holding).level
    r, quantity, total = top - 1, 1, costs.fixed * rate + cost(top)
    while True:
        is_below = cost(r) < cost(r + quantity + 1)
        added = cost(r) if is_below else cost(r + quantity + 1)
        if added >= total / quantity:
            return ReorderPolicy(r, quantity, total / quantity)
        r, quantity, total = r - is_below, quantity + 1, total + added


def best_order_up_to(demand: PoissonDemand | SampledDemand, costs: ReorderCosts) -> ReorderPolicy:
    """Return the (s, S) of least cost a period for demand of whole units, reviewed each period without lead time.

    Zheng and Federgruen (1991): s rises while the position s + 1 costs more than the policy; S is tried up to where
    the position alone costs more than the best policy.
    """
    if not demand.is_whole:
        raise PermanentError("The demand is not one of whole units. Use the power approximation.")
    cycles = _Cycles(demand, costs)
    up_to = int(newsvendor(demand, costs.stockout, costs.holding).level)
    s = up_to - 1
    while cycles.cost(s, up_to) > cycles.position(s):
        s -= 1
    best, best_up_to, tried = cycles.cost(s, up_to), up_to, up_to + 1
    while cycles.position(tried) <= best:
        if cycles.cost(s, tried) < best:
            best_up_to = tried
            while cycles.cost(s, tried) <= cycles.position(s + 1):
                s += 1
            best = cycles.cost(s, tried)
        tried += 1
    return ReorderPolicy(float(s), float(best_up_to - s), best)


class _Cycles:
    """Costs of (s, S): `renewals[j]` is how many periods a cycle is expected to spend j units below S."""

    def __init__(self, demand: PoissonDemand | SampledDemand, costs: ReorderCosts) -> None:
        self._demand, self._costs = demand, costs
        self._positions: dict[int, float] = {}
        self._renewals = [1 / (1 - demand.share_of(0))]

    def position(self, at: int) -> float:
        """Return the cost of a period at a position."""
        if at not in self._positions:
            self._positions[at] = expected_cost(self._demand, at, self._costs.stockout, self._costs.holding)
        return self._positions[at]

    def cost(self, s: int, up_to: int) -> float:
        """Return the expected cost a period: that of a cycle over its expected length."""
        found = self._renewals
        while len(found) < up_to - s:
            j = len(found)
            found.append(found[0] * sum(self._demand.share_of(k) * found[j - k] for k in range(1, j + 1)))
        held = sum(found[below] * self.position(up_to - below) for below in range(up_to - s))
        return (self._costs.fixed + held) / sum(found[: up_to - s])


def approximate_order_up_to(demand: NormalDemand | SampledDemand, costs: ReorderCosts) -> ReorderPolicy:
    """Return (s, S) without lead time by the power approximation (Ehrhardt and Mosier, Management Science 30, 1984)."""
    mean, sd, h, p = demand.mean, demand.sd, costs.holding, costs.stockout
    quantity = 1.3 * mean**0.494 * (costs.fixed / h) ** 0.506 * (1 + (sd / mean) ** 2) ** 0.116
    z = math.sqrt(quantity * h / (sd * p))
    return ReorderPolicy(0.973 * mean + sd * (0.183 / z + 1.063 - 2.192 * z), quantity)
