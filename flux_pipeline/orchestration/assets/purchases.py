"""Purchase assets, filled by one step: demand of ingredients, when each runs out, what to order from whom by when."""

from typing import Any

import dagster as dg

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.errors import TransientError
from flux_pipeline.inventory.purchasing.plan import PurchasePlan, plan_purchases
from flux_pipeline.inventory.settings import InventorySettings
from flux_pipeline.orchestration.algorithm import Algorithm, Published, Run, algorithm_assets, published_before
from flux_pipeline.orchestration.assets import forecasts, inventory
from flux_pipeline.orchestration.inputs.purchases import SENTENCES, PurchaseInputs, purchase_inputs
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import current_work
from flux_pipeline.records.algorithms import AlgorithmName, PlannedRun
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.inventory.purchasing.outlook import publish_demand, publish_depletions
from flux_pipeline.store.inventory.purchasing.received import keep_receipts, placed_orders
from flux_pipeline.store.inventory.purchasing.recommendations import declined_orders, replace_recommendations

DEMAND, DEPLETION, ORDERS = "ingredient_demand_forecasts", "stock_depletion_forecasts", "purchase_recommendations"
# Under this name a run keeps how many rows it published in each table.
ROWS = "rows_by_table"
NO_RECIPE = "no recipe is confirmed yet; upload a file of recipes"


def _plan(inputs: PurchaseInputs) -> PurchasePlan:
    assert inputs.posterior is not None, "without a recipe there is nothing to compute"
    sold = sample_demand(inputs.posterior).quantity.transpose(0, 2, 1)
    return plan_purchases(sold, inputs.posterior.items, inputs.totals, inputs.first_day, inputs.items, inputs.settings)


def _publish(tx: Tenant, plan: PurchasePlan, run: Run[PurchaseInputs]) -> Published:
    """Publish all that follows in one transaction; a look back only the demand, as stock and orders are of now."""
    tx.lock()
    inputs, as_of = run.inputs, run.inputs.as_of
    metadata: dict[str, Any] = {
        ROWS: {DEMAND: publish_demand(tx, plan, as_of, run.id)},
        "forecast_from": plan.first_day.isoformat(),
        "forecast_to": inputs.posterior.dates[-1] if inputs.posterior else None,
        "ingredients": len(plan.demand.ingredients),
        **inputs.notes,
    }
    if inputs.orders is None:
        return Published(metadata[ROWS][DEMAND], metadata)
    if (placed_orders(tx), declined_orders(tx, inputs.first_day)) != (inputs.orders.stored, inputs.declined):
        raise TransientError("An order was approved or cancelled while orders were computed. Run it again.")
    closed = keep_receipts(tx, inputs.orders)
    metadata[ROWS][DEPLETION] = publish_depletions(tx, plan.purchases, plan.first_day, as_of, run.id)
    orders = [each.order for each in plan.purchases if each.order is not None]
    replaced = replace_recommendations(tx, plan.purchases, as_of, run.work.started_at, run.id)
    metadata |= {
        "ingredients_that_run_out": sum(each.depletion.without_orders.p50 is not None for each in plan.purchases),
        "amount_recommended": float(sum(each.offer.pack_price * each.recommendation.packs for each in orders)),
        "recommendations_changed": replaced.changed,
        "recommendations_cancelled": replaced.cancelled,
        "orders_updated_by_deliveries": closed,
        "see": f"flux orders list --restaurant {tx.restaurant.slug}",
    }
    metadata[ROWS][ORDERS] = len(orders)
    return Published(sum(metadata[ROWS].values()), metadata)


def _unless_changed(tx: Tenant, plan: PlannedRun, inputs: PurchaseInputs) -> Published | None:
    if inputs.posterior is None:
        return Published(0, {"skipped": NO_RECIPE})
    return published_before(tx, plan, inputs)


PURCHASES: Algorithm[PurchaseInputs, PurchasePlan] = Algorithm(
    name=AlgorithmName.PURCHASES,
    settings=(InventorySettings,),
    read=purchase_inputs,
    compute=_plan,
    publish=_publish,
    published=_unless_changed,
)


_TABLES = {
    DEMAND: "How much of each ingredient is used on each day and up to its end: quantiles of sums over all dishes.",
    DEPLETION: "When each ingredient runs out, with and without what is on order, and what of it is left to spoil.",
    ORDERS: "Orders of each ingredient: how much from whom by when, and why; a run replaces what nobody has decided.",
}
_MADE_FROM: dict[str, list[dg.AssetsDefinition | str]] = {
    DEMAND: [forecasts.demand_forecasts],
    DEPLETION: [DEMAND, inventory.inventory_movements],
    ORDERS: [DEPLETION],
}


@algorithm_assets(_TABLES, deps=_MADE_FROM, docs="orders.md")
def purchase_recommendations(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> tuple[dg.MaterializeResult, dg.MaterializeResult, dg.MaterializeResult]:
    """Publish the demand of ingredients, when they run out, and what to order."""
    with step() as running:
        done = PURCHASES.run(current_work(context, store, business_day))
        demand, depletion, orders = (running.result(_shown(done, table), done.version, table) for table in _COUNTS)
        return demand, depletion, orders


# What is shown of each table beside what is shown of all.
_COUNTS = {
    DEMAND: ("ingredients", "dishes_without_recipe", "dishes_not_exploded"),
    DEPLETION: ("ingredients_with_unknown_stock", "ingredients_that_run_out"),
    ORDERS: (
        "amount_recommended",
        "recommendations_changed",
        "recommendations_cancelled",
        "orders_updated_by_deliveries",
        "lead_times_assumed",
        SENTENCES,
        "see",
    ),
}


def _shown(published: Published, table: str) -> dict[str, Any]:
    """Return the metadata of one of the tables; of sentences, which name ingredients and vendors, only the number."""
    metadata = published.metadata
    others = {name for of, names in _COUNTS.items() if of != table for name in names}
    shown = {name: value for name, value in metadata.items() if name not in {*others, ROWS}}
    shown |= {"rows": metadata.get(ROWS, {}).get(table, 0)}
    return shown | ({SENTENCES: len(shown[SENTENCES])} if SENTENCES in shown else {})
