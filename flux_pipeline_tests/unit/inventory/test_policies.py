"""Policies and distributions against what they are defined by: sums, integrals, and every other choice."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from flux_pipeline.errors import PermanentError
from flux_pipeline.inventory.distributions import NormalDemand, PoissonDemand, SampledDemand
from flux_pipeline.inventory.lot_sizes import plan_lots, quantity_with_price_breaks
from flux_pipeline.inventory.policies import (
    critical_fractile,
    expected_cost,
    level_for_fill_rate,
    mean_shortage,
    newsvendor,
    normal_over_lead_time,
    reorder_point,
    sampled_over_lead_time,
)
from flux_pipeline.inventory.reorder import ReorderCosts, ReorderPolicy, best_reorder, cost_of_reordering

AMOUNTS = st.lists(st.floats(0, 100), min_size=1, max_size=60)
COSTS = st.floats(0.01, 50)


@given(mean=st.floats(0.05, 60), level=st.floats(-3, 90))
def test_shortages_of_poisson_demand_are_sums_over_its_counts(mean: float, level: float) -> None:
    counts = np.arange(0, 400)
    short = np.maximum(counts - level, 0)
    shares = stats.poisson.pmf(counts, mean)
    demand = PoissonDemand(mean)
    assert demand.shortage(level) == pytest.approx(float(short @ shares), abs=1e-9)
    assert demand.second_shortage(level) == pytest.approx(float(short**2 @ shares) / 2, abs=1e-7)


@given(mean=st.floats(0.05, 500), share=st.floats(0.001, 0.999))
def test_quantiles_of_poisson_demand_are_the_smallest_counts_that_reach_the_share(mean: float, share: float) -> None:
    level = PoissonDemand(mean).quantile(share)
    assert stats.poisson.cdf(level, mean) >= share - 1e-12
    assert level == 0 or stats.poisson.cdf(level - 1, mean) < share


@given(mean=st.floats(-5, 50), sd=st.floats(0.5, 20), score=st.floats(-4, 4))
def test_shortages_of_normal_demand_are_integrals(mean: float, sd: float, score: float) -> None:
    demand, level = NormalDemand(mean, sd), mean + score * sd
    whole = integrate.quad(lambda x: (x - level) * stats.norm.pdf(x, mean, sd), level, mean + 12 * sd)[0]
    area = integrate.quad(demand.shortage, level, mean + 12 * sd)[0]
    assert demand.shortage(level) == pytest.approx(whole, abs=1e-6)
    assert demand.second_shortage(level) == pytest.approx(area, abs=1e-5)


@given(samples=AMOUNTS, share=st.floats(0.01, 1))
def test_quantiles_of_samples_are_the_smallest_that_are_enough(samples: list[float], share: float) -> None:
    level = SampledDemand.of(samples).quantile(share)
    assert level in samples
    assert np.mean(np.array(samples) <= level) >= share - 1e-9
    assert not any(each < level and np.mean(np.array(samples) <= each) >= share for each in samples)


@given(samples=AMOUNTS, underage=COSTS, overage=COSTS)
def test_no_other_level_costs_less_than_the_newsvendors(samples: list[float], underage: float, overage: float) -> None:
    demand = SampledDemand.of(samples)
    best = newsvendor(demand, underage, overage)
    direct = [
        np.mean(overage * np.maximum(level - demand.samples, 0) + underage * np.maximum(demand.samples - level, 0))
        for level in demand.samples
    ]
    # The cost is linear between two samples, so one of them is the best level.
    assert best.amount == pytest.approx(min(direct), abs=1e-9)
    assert best.amount == pytest.approx(expected_cost(demand, best.level, underage, overage))


@given(samples=AMOUNTS, fill_rate=st.floats(0, 0.999))
def test_levels_for_a_fill_rate_are_the_smallest_that_reach_it(samples: list[float], fill_rate: float) -> None:
    demand = SampledDemand.of(samples)
    level, allowed = level_for_fill_rate(demand, fill_rate, demand.mean), (1 - fill_rate) * demand.mean
    assert demand.shortage(level) <= allowed + 1e-6
    step = 1 if demand.is_whole else 1e-3
    assert level == 0 or demand.shortage(level - step) > allowed - 1e-6


@given(samples=AMOUNTS, level=st.floats(0, 80), pack=st.floats(0.1, 30))
def test_the_mean_shortage_within_a_pack_is_the_integral_over_it(
    samples: list[float], level: float, pack: float
) -> None:
    # Not all samples are whole.
    samples = [*samples, 0.5]
    demand = SampledDemand.of(samples)
    # Between two samples the shortage is linear, so that its mean there is that of the ends.
    ends = np.array([level, *sorted(each for each in samples if level < each < level + pack), level + pack])
    short = np.array([demand.shortage(each) for each in ends])
    integral = float(((short[1:] + short[:-1]) / 2) @ np.diff(ends))
    assert mean_shortage(demand, level, pack) == pytest.approx(integral / pack, abs=1e-9)


def test_whole_demand_and_whole_packs_have_whole_levels() -> None:
    demand = SampledDemand.of([0, 2, 4, 10])
    assert mean_shortage(demand, 4.0, 1.0) == demand.shortage(4) == 1.5
    assert mean_shortage(demand, 4.0, 3.0) == pytest.approx((6 + 5 + 4) / 3 / 4)


@pytest.mark.parametrize(("lead_mean", "lead_sd"), [(3.0, 0.0), (3.0, 0.9)])
def test_demand_over_an_uncertain_lead_time_has_the_moments_of_samples(lead_mean: float, lead_sd: float) -> None:
    rng = np.random.default_rng(1)
    daily = rng.gamma(4.0, 5.0, (20_000, 6))
    leads = rng.choice([2, 3, 4] if lead_sd else [3], 20_000, p=[0.405, 0.19, 0.405] if lead_sd else None)
    sampled = sampled_over_lead_time(daily, leads)
    normal = normal_over_lead_time(20.0, 10.0, lead_mean, lead_sd)
    assert (sampled.mean, sampled.sd) == pytest.approx((normal.mean, normal.sd), rel=0.02)
    assert reorder_point(sampled, 0.9) == pytest.approx(reorder_point(normal, 0.9), rel=0.03)


@settings(max_examples=60)
@given(demand=st.lists(st.integers(0, 30), min_size=1, max_size=7), fixed=COSTS, holding=COSTS)
def test_no_other_plan_costs_less_than_that_of_wagner_and_whitin(
    demand: list[int], fixed: float, holding: float
) -> None:
    def cost(orders: tuple[bool, ...]) -> float:
        last, total = None, 0.0
        for period, (asked, is_order) in enumerate(zip(demand, orders, strict=True)):
            last = period if is_order else last
            total += fixed * is_order
            if asked:
                total += math.inf if last is None else holding * asked * (period - last)
        return total

    plan = plan_lots(demand, fixed, holding)
    assert sum(plan.quantities) == sum(demand)
    every = (cost(orders) for orders in itertools.product([False, True], repeat=len(demand)))
    assert plan.cost == pytest.approx(min(every))


@given(
    least=st.lists(st.integers(1, 900), max_size=4, unique=True),
    prices=st.lists(st.floats(0.2, 5), min_size=4, max_size=4),
    fixed=COSTS,
    rate=st.floats(1, 2_000),
)
def test_no_other_quantity_costs_less_with_price_breaks(
    least: list[int], prices: list[float], fixed: float, rate: float
) -> None:
    ranges = [(0.0, 5.0), *zip(sorted(map(float, least)), sorted(prices, reverse=True), strict=False)]
    lot = quantity_with_price_breaks(fixed, 0.3, rate, ranges)
    for quantity in np.geomspace(0.5, 3_000, 200):
        price = [price for least, price in ranges if least <= quantity][-1]
        assert lot.cost <= price * rate + fixed * rate / quantity + 0.15 * price * quantity + 1e-9


@settings(max_examples=40)
@given(mean=st.floats(0.5, 12), holding=COSTS, stockout=COSTS, fixed=COSTS)
def test_no_other_reorder_point_costs_less_than_the_best(
    mean: float, holding: float, stockout: float, fixed: float
) -> None:
    demand, costs = PoissonDemand(mean), ReorderCosts(fixed, holding, stockout)
    best = best_reorder(demand, mean, costs)
    for r, q in itertools.product(range(-3, 4), range(-3, 4)):
        other = ReorderPolicy(best.reorder_point + r, max(best.quantity + q, 1))
        assert best.cost is not None
        assert best.cost <= cost_of_reordering(demand, mean, other, costs) + 1e-9


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (lambda: critical_fractile(0, 0), "expected costs of 0 or more"),
        (lambda: NormalDemand(5, 0), "expected one above 0"),
        (lambda: PoissonDemand(0), "expected one above 0"),
        (lambda: SampledDemand.of([]), "at least one"),
        (lambda: level_for_fill_rate(PoissonDemand(3), 1.0, 3), "from 0 to below 1"),
        (lambda: plan_lots([1, 2], 0, 1), "above 0"),
        (lambda: quantity_with_price_breaks(1, 1, 1, [(5, 1)]), "with falling prices"),
        (lambda: sampled_over_lead_time(np.ones((3, 2)), np.array([1, 2, 3])), "within the 2 days"),
        (lambda: best_reorder(NormalDemand(3, 1), 3, ReorderCosts(1, 1, 1)), "whole units"),
    ],
)
def test_impossible_figures_are_refused_in_words(refused, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PermanentError, match=message):
        refused()
