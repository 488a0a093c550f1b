"""Cost assets: what each item costs on each day, and what it left in each week, with its class of menu engineering."""

import datetime as dt
import functools
import json
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import dagster as dg
import pandas as pd

from flux_pipeline.costing.engineering import SoldItem, place_items
from flux_pipeline.costing.settings import CostingSettings
from flux_pipeline.costing.timeline import ItemCost, cost_items, value_on
from flux_pipeline.orchestration.algorithm import (
    Algorithm,
    Published,
    Run,
    algorithm_asset,
    published_before,
)
from flux_pipeline.orchestration.assets import sales, uploads
from flux_pipeline.orchestration.inputs.costs import CostInputs, ProfitInputs, cost_inputs, profit_inputs
from flux_pipeline.orchestration.pictures import menu_matrix, moved_margins
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import current_work
from flux_pipeline.records.algorithms import AlgorithmName, PlannedRun
from flux_pipeline.store.costs.publish import ITEM_COSTS, PROFITABILITY, publish_known
from flux_pipeline.store.costs.rules import keep_rules
from flux_pipeline.store.door import Tenant

NO_RECIPE = "no recipe is confirmed yet; upload a file of recipes"
NO_SALES = "no week with sales is complete yet"
WEEK = dt.timedelta(days=7)


def _costs_stored(tx: Tenant, plan: PlannedRun, inputs: CostInputs) -> Published | None:
    return Published(0, {"skipped": NO_RECIPE}) if inputs.kitchen is None else published_before(tx, plan, inputs)


def _profits_stored(tx: Tenant, plan: PlannedRun, inputs: ProfitInputs) -> Published | None:
    has_costs = inputs.weeks.theoretical_cost.notna().any()
    return published_before(tx, plan, inputs) if has_costs else Published(0, {"skipped": NO_SALES})


def _cost(inputs: CostInputs) -> pd.DataFrame:
    kitchen = inputs.kitchen
    assert kitchen is not None, "without a recipe there is nothing to compute"
    rows = [_row_of_cost(each, kitchen.items[each.item]) for each in cost_items(kitchen.facts, kitchen.items)]
    return pd.DataFrame(rows, columns=[*ITEM_COSTS.key, *ITEM_COSTS.values])


def _row_of_cost(each: ItemCost, item_id: Any) -> tuple[Any, ...]:
    """Return a row, numbers as texts: a frame would make them floats."""
    missing = [asdict(part) for part in each.cost.missing]
    return (
        str(item_id),
        each.valid_from.isoformat(),
        each.cost.cost_with_waste,
        each.cost.cost_without_waste,
        each.net_price,
        None if each.margin is None else each.margin.amount,
        None if each.margin is None else each.margin.percent,
        # The encoder of JSON has no decimals, and takes three times as long to turn them into floats first.
        "{" + ",".join([f"{_quoted(name)}:{share!s}" for name, share in each.cost.shares.items()]) + "}",
        json.dumps(missing, separators=(",", ":"), ensure_ascii=False) if missing else "[]",
    )


@functools.lru_cache(maxsize=10_000)
def _quoted(name: str) -> str:
    """Return the name of an ingredient as JSON; it comes again in each row."""
    return json.dumps(name, ensure_ascii=False)


def _publish_costs(tx: Tenant, rows: pd.DataFrame, run: Run[CostInputs]) -> Published:
    tx.lock()
    inputs = run.inputs
    keep_rules(tx, inputs.rules, inputs.known_at)
    written = publish_known(tx, ITEM_COSTS, rows, inputs.known_at, run.id, is_retrospective=inputs.is_retrospective)
    newest = rows.drop_duplicates("menu_item_id", keep="last")
    metadata = {
        "items_costed": int(newest.cost_with_waste.notna().sum()),
        "items_without_cost": int(newest.cost_with_waste.isna().sum()),
        "rows_changed": written,
        "see": f"flux costs --restaurant {tx.restaurant.slug}",
    }
    return Published(len(rows), metadata)


COSTS: Algorithm[CostInputs, pd.DataFrame] = Algorithm(
    name=AlgorithmName.ITEM_COSTS,
    settings=(CostingSettings,),
    read=cost_inputs,
    compute=_cost,
    publish=_publish_costs,
    published=_costs_stored,
    is_of_day=False,
)


@algorithm_asset(deps=[uploads.transactions, sales.daily_item_sales], docs="costs.md")
def menu_item_costs(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Costs and margins of each item, a row for each day on which they change, with the parts that lack a cost."""
    with step() as running:
        work = current_work(context, store, business_day)
        published = COSTS.run(work)
        return running.result(published.metadata | moved_margins(work, published), published.version)


def _profit(inputs: ProfitInputs) -> pd.DataFrame:
    """Add contribution, popularity and class to each week."""
    weeks = [_week(inputs, day, frame) for day, frame in inputs.weeks.groupby("week_start", sort=True)]
    return pd.concat(weeks, ignore_index=True)[[*PROFITABILITY.key, *PROFITABILITY.values]]


def _week(inputs: ProfitInputs, first_day: Any, week: pd.DataFrame) -> pd.DataFrame:
    settings = value_on(inputs.rules, first_day + WEEK - dt.timedelta(days=1))
    assert settings is not None, "the first rules hold from the start"
    contribution = [
        None if cost is None else revenue - cost
        for revenue, cost in zip(week.revenue, week.theoretical_cost, strict=True)
    ]
    sold = [
        SoldItem(item, category, quantity, None if left is None or not quantity else left / quantity)
        for item, category, quantity, left in zip(
            week.menu_item_id, week.category, week.quantity, contribution, strict=True
        )
    ]
    placed = {each.item: each for each in place_items(sold, settings).items}
    found = [placed.get(item) for item in week.menu_item_id]
    return week.assign(
        contribution=_objects(contribution, week),
        popularity=_objects([None if each is None else float(each.popularity) for each in found], week),
        menu_class=_objects([None if each is None else each.menu_class.value for each in found], week),
        sureness=_objects([None if each is None else round(each.sureness, 4) for each in found], week),
    )


def _objects(values: list[Any], week: pd.DataFrame) -> pd.Series:
    """Return values of a week as they are; a frame would make floats of decimals."""
    return pd.Series(values, index=week.index, dtype=object)


def _publish_profits(tx: Tenant, rows: pd.DataFrame, run: Run[ProfitInputs]) -> Published:
    tx.lock()
    inputs = run.inputs
    written = publish_known(tx, PROFITABILITY, rows, inputs.known_at, run.id, is_retrospective=inputs.is_retrospective)
    costed = rows[rows.contribution.notna()]
    metadata = {
        "window_from": str(rows.week_start.min()),
        "window_to": str(rows.week_start.max() + WEEK - dt.timedelta(days=1)),
        "item_weeks_without_cost": len(rows) - len(costed),
        "rows_changed": written,
        "see": f"flux menu engineering --restaurant {tx.restaurant.slug}",
    }
    newest = costed[costed.week_start == costed.week_start.max()]
    sums = {name: sum(newest[name], Decimal(0)) for name in ("revenue", "theoretical_cost", "contribution")}
    metadata |= {f"newest_week_{name}": float(value) for name, value in sums.items() if len(newest)}
    return Published(len(rows), metadata)


PROFITS: Algorithm[ProfitInputs, pd.DataFrame] = Algorithm(
    name=AlgorithmName.PROFITABILITY,
    settings=(CostingSettings,),
    read=profit_inputs,
    compute=_profit,
    publish=_publish_profits,
    published=_profits_stored,
    is_of_day=False,
)


@algorithm_asset(deps=[menu_item_costs, sales.daily_item_sales], docs="costs.md")
def menu_profitability(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Sales, revenue, cost and contribution of each item in each complete week, with its class of menu engineering."""
    with step() as running:
        work = current_work(context, store, business_day)
        published = PROFITS.run(work)
        return running.result(published.metadata | menu_matrix(context, work, published), published.version)
