"""Levels of stock from a distribution of demand: newsvendor, service levels, reorder points with uncertain lead times.

Silver, Pyke and Thomas: Inventory and Production Management in Supply Chains (4th ed., 2017), chapters 6 and 9; Snyder
and Shen: Fundamentals of Supply Chain Theory (2nd ed., 2019), chapter 4. How much to buy at once is in `lot_sizes`,
policies with a fixed cost of an order in `reorder`, and a restaurant's order, with packs and calendars, in `orders`.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.distributions import EXACT, Demand, Floats, NormalDemand, SampledDemand


@dataclass(frozen=True)
class StockLevel:
    """A level up to which to order, with its expected cost (newsvendor: shortage and surplus) or profit."""

    level: float
    amount: float


def critical_fractile(underage: float, overage: float) -> float:
    """Return the best probability of no shortage, Cu / (Cu + Co).

    Args:
        underage: what a unit costs that lacks, Cu.
        overage: what a unit costs that is left, Co.
    """
    if underage < 0 or overage < 0 or underage + overage == 0:
        raise PermanentError(f"A shortage costs {underage:g} and a surplus {overage:g}; expected costs of 0 or more.")
    return underage / (underage + overage)


def expected_cost(demand: Demand, level: float, underage: float, overage: float) -> float:
    """Return Co E[(level - D)+] + Cu E[(D - level)+] (Snyder and Shen, section 4.3.2)."""
    return overage * (level - demand.mean) + (overage + underage) * demand.shortage(level)


def newsvendor(demand: Demand, underage: float, overage: float) -> StockLevel:
    """Return the level with the least expected cost, the critical fractile's quantile.

    For demand over the lead time and one review period it is the optimal base-stock level, with holding as overage and
    backorders as underage costs a period (Snyder and Shen, section 4.3.4).
    """
    level = demand.quantile(critical_fractile(underage, overage))
    return StockLevel(level, expected_cost(demand, level, underage, overage))


def newsvendor_profit(demand: Demand, price: float, cost: float, salvage: float) -> StockLevel:
    """Return the level with the largest expected profit: (price - cost) E[D], less the newsvendor's cost."""
    best = newsvendor(demand, price - cost, cost - salvage)
    return StockLevel(best.level, (price - cost) * demand.mean - best.amount)


def level_for_fill_rate(demand: Demand, fill_rate: float, cycle_demand: float) -> float:
    """Return the smallest level of which the expected shortage is at most 1 - fill_rate of a cycle's demand.

    Silver, Pyke and Thomas, chapter 6 (P2). Demand of whole units has a whole level.

    Args:
        demand: that of the time which the level must cover, such as lead time and review period.
        fill_rate: the share of demand to be served from stock, below 1.
        cycle_demand: the expected demand from one delivery to the next.
    """
    if not 0 <= fill_rate < 1:
        raise PermanentError(f"The fill rate is {fill_rate:g}; expected one from 0 to below 1.")
    allowed = (1 - fill_rate) * cycle_demand
    if demand.shortage(0.0) <= allowed:
        return 0.0
    high = demand.mean + demand.sd
    while demand.shortage(high) > allowed:
        high += demand.sd
    level = float(optimize.brentq(lambda at: demand.shortage(at) - allowed, 0.0, high, xtol=1e-10))
    return float(math.ceil(level - EXACT * max(level, 1))) if demand.is_whole else level


def mean_shortage(demand: Demand, level: float, pack: float) -> float:
    """Return the mean expected shortage of the levels from one on up to a pack more, each as probable as the others.

    With whole demand and a whole pack the levels are whole: level, level + 1, ..., level + pack - 1. The mean over all
    others is the difference of the second loss function at both ends, divided by the pack (Zipkin, 2000, appendix C).
    """
    if demand.is_whole and float(pack).is_integer() and float(level).is_integer():
        return sum(demand.shortage(level + each) for each in range(int(pack))) / pack
    return (demand.second_shortage(level) - demand.second_shortage(level + pack)) / pack


def normal_over_lead_time(mean: float, sd: float, lead_mean: float, lead_sd: float = 0.0) -> NormalDemand:
    """Return the demand over a lead time that varies independently of it.

    Mean E[L] E[D], variance E[L] Var[D] + E[D]^2 Var[L] (Silver, Pyke and Thomas, chapter 6).

    Args:
        mean: of the demand of a period.
        sd: of the demand of a period.
        lead_mean: of the lead time in periods; for a review every period, that of lead time and review together.
        lead_sd: of the lead time in periods.
    """
    return NormalDemand(mean * lead_mean, math.sqrt(lead_mean * sd**2 + (mean * lead_sd) ** 2))


def sampled_over_lead_time(daily: Floats, lead_days: np.ndarray) -> SampledDemand:
    """Return the demand over a lead time by joint samples.

    Args:
        daily: demand (samples, days).
        lead_days: whole days (samples,) of each sample, at most the days of `daily`.
    """
    if lead_days.max(initial=0) > daily.shape[1] or lead_days.min(initial=0) < 0:
        raise PermanentError(f"A lead time is not within the {daily.shape[1]} days whose demand is known.")
    cumulated = np.concatenate([np.zeros((len(daily), 1)), np.cumsum(daily, axis=1)], axis=1)
    return SampledDemand.of(cumulated[np.arange(len(daily)), lead_days])


def reorder_point(over_lead_time: Demand, service_level: float) -> float:
    """Return the position at which to order, so that no shortage precedes the delivery with this probability."""
    return over_lead_time.quantile(service_level)
