"""Need of an order in each sample: what it can still serve, until the next delivery and until it spoils.

One run through the days without the order says what lacks on each of them. As the order is used after what is there,
a sample in which N lacks until the next delivery, and M until the order spoils, is short of max(N - q, 0) with a
quantity q and spoils max(q - M, 0): a newsvendor whose demand for the last unit differs from that for its use (Nahmias,
Perishable Inventory Systems, 2011, chapter 2, one period at a time). That is exact unless something that is on order
expires later than the order; it then serves a little more than is said here.
"""

import datetime as dt
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flux_pipeline.inventory.demand import WEEK, extended
from flux_pipeline.inventory.distributions import EXACT, Floats, SampledDemand
from flux_pipeline.inventory.lots import Stock, use_stock
from flux_pipeline.inventory.policies import level_for_fill_rate, mean_shortage
from flux_pipeline.inventory.settings import InventorySettings, ServiceMeasure
from flux_pipeline.inventory.terms import UnitCosts
from flux_pipeline.inventory.vendors import Ints, LeadTime

# A single order lacks less than this multiple of what the service level allows. In three simulated restaurants of the
# benchmark `ordering_year`, orders for 95 % served 95.1 % with packs of 0.2 to 0.8 of a day's use, and 96.7 % with
# packs four times as large; the fewest packs that reach the level served 96.7 and 98.5 %.
_MOST_LACKING = 2


@dataclass(frozen=True)
class Outcome:
    """What is expected of a quantity until the next delivery, and of its spoilage: quantities and money.

    A shortage before the delivery is not in it, because no quantity changes that.
    """

    quantity: float
    shortage_quantity: float
    shortage_cost: float
    spoiled_quantity: float
    spoilage_cost: float
    holding_cost: float

    @property
    def cost(self) -> float:
        """All costs that depend on the quantity."""
        return self.shortage_cost + self.spoilage_cost + self.holding_cost


@dataclass(frozen=True, eq=False)
class Need:
    """What an order can serve, by sample: `until_next` (N) and `until_spoiled` (M; infinite for what keeps).

    `expected_demand`: from the delivery to the next one. `unavoidable`: the expected shortage before the delivery, or
    after the order has spoiled. `carries_over`: whether what is left is mostly still good when the next order comes.
    `arrival` and `end`: the median numbers of the day of delivery and of the day of the next one.
    """

    until_next: Floats
    until_spoiled: Floats
    expected_demand: float
    unavoidable: float
    carries_over: bool
    arrival: int
    end: int

    @cached_property
    def demand(self) -> SampledDemand:
        """N as a distribution."""
        return SampledDemand.of(self.until_next)

    def for_service(self, settings: InventorySettings) -> float:
        """Return the quantity that the service level needs.

        The shortage of a cycle is that from one delivery to the next, which the order alone can prevent (Silver, Pyke
        and Thomas, 2017, chapter 6).
        """
        level = settings.order_service_level
        if settings.order_service_measure is ServiceMeasure.CYCLE:
            return self.demand.quantile(level)
        return level_for_fill_rate(self.demand, level, self.expected_demand)

    def packs_for_service(self, pack: float, settings: InventorySettings) -> int:
        """Return the packs that reach the service level on average over many orders.

        Where packs are whole, what is there after an order exceeds what the level needs by anything from nothing to a
        pack (Hadley and Whitin, Analysis of Inventory Systems, 1963, chapter 5). One pack less than reaches the level
        is therefore enough if the mean from there to a pack more reaches it. But a single order never lacks twice what
        the level allows, because guests don't wait for the orders that have more.
        """
        packs = math.ceil(self.for_service(settings) / pack - EXACT)
        if not packs:
            return 0
        fewer, demand, share = (packs - 1) * pack, self.demand, 1 - settings.order_service_level
        if settings.order_service_measure is ServiceMeasure.CYCLE:
            allowed, lacking = share, 1 - self.covered_share(fewer)
            mean = (demand.shortage(fewer) - demand.shortage(fewer + pack)) / pack
        else:
            allowed, lacking = share * self.expected_demand, demand.shortage(fewer)
            mean = mean_shortage(demand, fewer, pack)
        return packs - 1 if mean <= allowed and lacking < _MOST_LACKING * allowed - EXACT else packs

    def covered_share(self, quantity: float) -> float:
        """Return the share of samples without a shortage that the quantity leaves."""
        return float((self.until_next <= quantity + EXACT).mean())

    def outcome(self, quantity: float, costs: UnitCosts) -> Outcome:
        """Return what is expected of a quantity."""
        short = float(np.maximum(self.until_next - quantity, 0).mean())
        spoiled = float(np.maximum(quantity - self.until_spoiled, 0).mean())
        held = float(np.maximum(quantity - self.until_next, 0).mean())
        return Outcome(quantity, short, short * costs.shortage, spoiled, spoiled * costs.spoilage, held * costs.holding)

    def cheapest_packs(self, pack: float, costs: UnitCosts) -> int:
        """Return the whole packs of least cost, the fewest of equal ones; for single units the critical fractile.

        The cost is convex in the quantity, so the first pack that does not lower it ends the search.
        """
        low, high = 0, int(np.ceil(self.until_next.max(initial=0) / pack))
        while low < high:
            packs = (low + high) // 2
            saved = self.outcome(packs * pack, costs).cost - self.outcome((packs + 1) * pack, costs).cost
            low, high = (packs + 1, high) if saved > EXACT * costs.shortage * pack else (low, packs)
        return low


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is asked for and what lacks without the order, summed up from the first day (samples, days + 1)."""

    asked: Floats
    unmet: Floats
    left: Floats
    rate: Floats
    arrival: Ints
    lead_to_next: Ints
    shelf_life_days: int | None

    def need(self, days_to_next: int) -> Need:
        """Return the need of the order if the next one follows after so many days."""
        days = self.unmet.shape[1] - 1
        end = np.maximum(self.lead_to_next + days_to_next, self.arrival)
        until_spoiled, good_until = np.full(len(end), np.inf), end
        if self.shelf_life_days is not None:
            spoils = self.arrival + self.shelf_life_days + 1
            # Beyond the days, each sample goes on as in its last week, and uses what is left first.
            beyond = np.maximum(np.maximum(spoils - days, 0) * self.rate - self.left, 0)
            until_spoiled = _at(self.unmet, spoils) - _at(self.unmet, self.arrival) + beyond
            good_until = np.minimum(end, spoils)
        until_next = _at(self.unmet, good_until) - _at(self.unmet, self.arrival)
        return Need(
            until_next=until_next,
            until_spoiled=np.maximum(until_spoiled, until_next),
            expected_demand=float((_at(self.asked, end) - _at(self.asked, self.arrival)).mean()),
            unavoidable=float((_at(self.unmet, end) - until_next).mean()),
            carries_over=self.shelf_life_days is None or bool(np.median(end - self.arrival) <= self.shelf_life_days),
            arrival=int(np.median(self.arrival)),
            end=int(np.median(end)),
        )


def look_ahead(
    daily: Floats,
    first_day: dt.date,
    order_day: dt.date,
    next_day: dt.date,
    stock: Stock,
    shelf_life_days: int | None,
    lead_time: LeadTime,
) -> Outlook:
    """Return what lacks on each day without the order.

    Args:
        daily: joint samples (samples, days); they are extended to the next delivery, if need be.
        first_day: the day of the first column.
        order_day: when the order is placed.
        next_day: when the next order is placed.
        stock: at the beginning of the first day.
        shelf_life_days: how long after its delivery the order is good.
        lead_time: from an order to its delivery.
    """
    samples, at = len(daily), (order_day - first_day).days
    arrival, lead_to_next = at + lead_time.spread(samples, order_day), at + lead_time.spread(samples, next_day)
    ends = int(max(lead_to_next.max() + (next_day - order_day).days, arrival.max()))
    if shelf_life_days is not None:
        ends = max(ends, min(int(arrival.max()) + shelf_life_days + 1, daily.shape[1]))
    daily = extended(daily, ends)
    usage = use_stock(stock, daily, first_day)
    left = usage.left[:, -1] if ends else np.full(samples, float(stock.on_hand(first_day)))
    return Outlook(
        _summed(daily),
        _summed(usage.short),
        left,
        daily[:, -WEEK:].mean(axis=1),
        arrival,
        lead_to_next,
        shelf_life_days,
    )


def _summed(daily: Floats) -> Floats:
    return np.concatenate([np.zeros((len(daily), 1)), np.cumsum(daily, axis=1)], axis=1)


def _at(summed: Floats, days: Ints) -> Floats:
    """Return each sample's sum before its day, at most the last one known."""
    return np.asarray(summed[np.arange(len(summed)), np.minimum(days, summed.shape[1] - 1)])
