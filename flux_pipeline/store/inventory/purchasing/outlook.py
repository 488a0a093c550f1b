"""Publication of what is ahead of each ingredient: how much of it is used on each day, and when it runs out."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from flux_pipeline.inventory.demand import IngredientDemand
from flux_pipeline.inventory.depletion import RunOut
from flux_pipeline.inventory.purchasing.plan import Purchase, PurchasePlan
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.kitchen.orders import IngredientDemandForecast, StockDepletionForecast
from flux_pipeline.store.records.published import publish_rows

SHARES = {"p10": 0.1, "p50": 0.5, "p90": 0.9, "p99": 0.99}
# The places of the quantities of both tables.
PLACES = 3
_DAYS = tuple(f"{prefix}depleted_on_{name}" for prefix in ("", "with_orders_") for name in ("p10", "p50", "p90"))
DEPLETION = (
    "ingredient_id",
    "on_hand",
    "short",
    "on_order",
    "daily_consumption",
    "depletion_probability",
    "confidence",
    "expiring",
    *_DAYS,
)


def publish_demand(tx: Tenant, plan: PurchasePlan, as_of: dt.date, run_id: uuid.UUID) -> int:
    """Add a run's demand of ingredients and make it the current one of its day; return the number of rows."""
    rows = _demand_rows(plan.demand, plan.first_day)
    return publish_rows(tx, IngredientDemandForecast, rows, as_of=as_of, run_id=run_id)


def _demand_rows(demand: IngredientDemand, first_day: dt.date) -> pd.DataFrame:
    count, _, days = demand.quantity.shape
    columns: dict[str, Any] = {
        "ingredient_id": np.repeat(np.array(demand.ingredients, dtype=object), days),
        "forecast_date": [
            (first_day + dt.timedelta(days=day)).isoformat() for _ in range(count) for day in range(days)
        ],
        "predicted_quantity": demand.quantity.mean(axis=1).ravel(),
    }
    daily, cumulated = (
        quantiles([*SHARES.values()]) for quantiles in (demand.daily_quantiles, demand.cumulated_quantiles)
    )
    for place, name in enumerate(SHARES):
        columns[f"{name}_quantity"] = daily[:, :, place].ravel().round(PLACES)
        columns[f"cumulated_{name}"] = cumulated[:, :, place].ravel().round(PLACES)
    return pd.DataFrame(columns)


def publish_depletions(
    tx: Tenant, purchases: Sequence[Purchase], first_day: dt.date, as_of: dt.date, run_id: uuid.UUID
) -> int:
    """Add a run's predictions of when stock runs out and make them the current ones of their day; return how many."""
    rows = pd.DataFrame([_depletion_row(each, first_day) for each in purchases], columns=[*DEPLETION], dtype=object)
    return publish_rows(tx, StockDepletionForecast, rows, as_of=as_of, run_id=run_id)


def _depletion_row(purchase: Purchase, first_day: dt.date) -> dict[str, Any]:
    item, found = purchase.item, purchase.depletion
    return {
        "ingredient_id": item.ingredient,
        "on_hand": str(item.stock.on_hand(first_day)),
        "short": str(item.short),
        "on_order": str(item.stock.ordered),
        "daily_consumption": purchase.daily_use,
        "depletion_probability": found.without_orders.share,
        "confidence": found.without_orders.confidence,
        "expiring": [
            {
                "lot": each.lot.name,
                "expires_on": str(each.lot.expires_on),
                "quantity": float(each.lot.quantity),
                "expected_left": round(each.expected_quantity, PLACES),
                "probability": round(each.probability, 4),
            }
            for each in found.expiring
        ],
        **dict(zip(_DAYS, [*_days(found.without_orders), *_days(found.with_orders)], strict=True)),
    }


def _days(run_out: RunOut) -> list[str | None]:
    return [None if day is None else day.isoformat() for day in (run_out.p10, run_out.p50, run_out.p90)]
