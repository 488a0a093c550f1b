"""Policies against the examples of a textbook (Snyder and Shen, 2019), in closed form and from samples."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flux_pipeline.inventory.distributions import Demand, NormalDemand, PoissonDemand, SampledDemand
from flux_pipeline.inventory.lot_sizes import (
    economic_order_quantity,
    plan_lots,
    quantity_with_backorders,
    quantity_with_price_breaks,
)
from flux_pipeline.inventory.policies import (
    StockLevel,
    newsvendor,
    newsvendor_profit,
    normal_over_lead_time,
    sampled_over_lead_time,
)
from flux_pipeline.inventory.reorder import (
    ReorderCosts,
    ReorderPolicy,
    approximate_order_up_to,
    best_order_up_to,
    best_reorder,
    cost_of_reordering,
    reorder_by_backorders,
    reorder_by_expected_shortage,
    reorder_by_losses,
    reorder_by_safety_stock,
)

DRAWS = 20_000
TO_THE_DIGIT, FROM_SAMPLES = 1e-6, 0.01


@pytest.fixture
def cases(real_data: Path) -> dict[str, dict[str, Any]]:
    rows = json.loads((real_data / "inventory" / "textbook_policies.json").read_text())
    assert len(rows) == 12
    return {row["policy"]: row for row in rows}


def figures(case: dict[str, Any]) -> tuple[dict[str, float], dict[str, Any]]:
    return case["input"], case["expected"]


def costs_of(given: dict[str, float]) -> ReorderCosts:
    return ReorderCosts(given["fixed_cost"], given["holding_cost"], given["stockout_cost"])


def normal_demands(mean: float, sd: float) -> Iterator[tuple[Demand, float]]:
    """Yield the normal demand and samples of it, each with its tolerance."""
    yield NormalDemand(mean, sd), TO_THE_DIGIT
    yield SampledDemand.of(np.random.default_rng(1).normal(mean, sd, DRAWS)), FROM_SAMPLES


def poisson_demands(mean: float) -> Iterator[tuple[PoissonDemand | SampledDemand, float]]:
    yield PoissonDemand(mean), TO_THE_DIGIT
    yield SampledDemand.of(np.random.default_rng(1).poisson(mean, DRAWS)), FROM_SAMPLES


def test_economic_order_quantities_are_those_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["EOQ"])
    lot = economic_order_quantity(given["fixed_cost"], given["holding_cost"], given["demand_rate"])
    assert (lot.quantity, lot.cost) == pytest.approx((expected["Q"], expected["cost"]), rel=TO_THE_DIGIT)

    given, expected = figures(cases["EOQ with backorders"])
    lot = quantity_with_backorders(**given)
    found = (lot.quantity, lot.stockout_share, lot.cost)
    assert found == pytest.approx((expected["Q"], expected["x"], expected["cost"]), rel=TO_THE_DIGIT)


def test_price_breaks_are_those_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["EOQ all-units discounts (price breaks)"])
    breaks = [*zip(given["breakpoints"], given["unit_costs"], strict=True)]  # type: ignore[arg-type]
    lot = quantity_with_price_breaks(given["fixed_cost"], given["holding_cost_rate"], given["demand_rate"], breaks)
    assert (lot.quantity, lot.price_break) == (expected["Q"], expected["region"])
    assert lot.cost == pytest.approx(expected["cost"], rel=TO_THE_DIGIT)


def test_orders_for_changing_demand_are_those_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["Wagner-Whitin"])
    plan = plan_lots(given["demand"], given["fixed_cost"], given["holding_cost"])  # type: ignore[arg-type]
    # Its periods begin with 1.
    assert [0.0, *plan.quantities] == expected["order"]
    assert plan.cost == expected["cost"]


def test_newsvendors_of_normal_demand_are_those_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["newsvendor normal"])
    for demand, tolerance in normal_demands(given["demand_mean"], given["demand_sd"]):
        best = newsvendor(demand, given["stockout_cost"], given["holding_cost"])
        assert best == StockLevel(
            pytest.approx(expected["S"], rel=tolerance), pytest.approx(expected["cost"], rel=tolerance)
        )

    given, expected = figures(cases["newsvendor with price, cost, salvage"])
    for demand, tolerance in normal_demands(given["demand_mean"], given["demand_sd"]):
        best = newsvendor_profit(demand, given["revenue"], given["purchase_cost"], given["salvage_value"])
        assert best == StockLevel(
            pytest.approx(expected["S"], rel=tolerance), pytest.approx(expected["profit"], rel=tolerance)
        )


def test_newsvendors_of_poisson_demand_are_those_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["newsvendor Poisson"])
    for demand, tolerance in poisson_demands(given["demand_mean"]):
        best = newsvendor(demand, given["stockout_cost"], given["holding_cost"])
        assert best == StockLevel(expected["S"], pytest.approx(expected["cost"], rel=tolerance))


def test_base_stock_over_lead_time_and_review_is_that_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["base stock, lead time 4 + review 1"])
    mean, sd, periods = given["demand_mean"], given["demand_sd"], int(given["lead_time"]) + 1
    daily = np.random.default_rng(1).normal(mean, sd, (DRAWS, periods))
    for demand, tolerance in (
        (normal_over_lead_time(mean, sd, periods), TO_THE_DIGIT),
        (sampled_over_lead_time(daily, np.full(DRAWS, periods)), FROM_SAMPLES),
    ):
        best = newsvendor(demand, given["stockout_cost"], given["holding_cost"])
        assert best == StockLevel(
            pytest.approx(expected["S"], rel=tolerance), pytest.approx(expected["cost"], rel=tolerance)
        )


def test_order_up_to_policies_are_those_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["(s,S) Poisson exact"])
    for demand, tolerance in poisson_demands(given["demand_mean"]):
        policy = best_order_up_to(demand, costs_of(given))
        assert (policy.reorder_point, policy.up_to) == (expected["s"], expected["S"])
        assert policy.cost == pytest.approx(expected["cost"], rel=tolerance)

    given, expected = figures(cases["(s,S) power approximation"])
    for normal, tolerance in normal_demands(given["demand_mean"], given["demand_sd"]):
        assert isinstance(normal, NormalDemand | SampledDemand)
        policy = approximate_order_up_to(normal, costs_of(given))
        found = (policy.reorder_point, policy.up_to)
        assert found == pytest.approx((expected["s"], expected["S"]), rel=tolerance)


def test_reorder_points_are_those_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["(r,Q)"])
    rate, lead, costs = given["demand_mean"], given["lead_time"], costs_of(given)
    approximations = {
        "eil_approx": reorder_by_expected_shortage,
        "eoqb_approx": reorder_by_backorders,
        "eoq_ss_approx": reorder_by_safety_stock,
        "loss_approx": reorder_by_losses,
    }
    for demand, tolerance in normal_demands(rate * lead, given["demand_sd"] * math.sqrt(lead)):
        policies = {name: policy_of(demand, rate, costs) for name, policy_of in approximations.items()}
        for name, policy in policies.items():
            found = (policy.reorder_point, policy.quantity, policy.cost)[: len(expected[name])]
            assert found == pytest.approx(tuple(expected[name]), rel=tolerance), name
        cost = cost_of_reordering(demand, rate, policies["eil_approx"], costs)
        assert cost == pytest.approx(expected["cost_of_eil"], rel=tolerance)


def test_the_best_reorder_point_of_poisson_demand_is_that_of_the_textbook(cases: dict[str, Any]) -> None:
    given, expected = figures(cases["(r,Q) Poisson exact"])
    for demand, tolerance in poisson_demands(given["demand_mean"] * given["lead_time"]):
        policy = best_reorder(demand, given["demand_mean"], costs_of(given))
        assert (policy.reorder_point, policy.quantity) == (expected["r"], expected["Q"])
        assert policy.cost == pytest.approx(expected["cost"], rel=tolerance)
        same = ReorderPolicy(policy.reorder_point, policy.quantity)
        assert policy.cost == pytest.approx(cost_of_reordering(demand, given["demand_mean"], same, costs_of(given)))
