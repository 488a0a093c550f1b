"""Helpers for tests of accuracy: published forecasts and sales as rows, few and written without the pipeline."""

import datetime as dt
import uuid
from typing import Any

import pandas as pd
from sqlalchemy import text

from flux_pipeline.demand.distribution.totals import total_demand
from flux_pipeline.demand.forecast import MODEL_NAME, forecast_demand
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline.orchestration.assets.accuracy import ACCURACY
from flux_pipeline.orchestration.work import Work
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.demand import publish_forecasts
from flux_pipeline.store.records.runs import recorded_run, succeed_run
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.months import make_months

FIRST = dt.date(2026, 1, 5)
AS_OF = dt.date(2026, 3, 1)  # a Sunday
LAST_DAY = dt.date(2026, 3, 15)


def add_items(store: Store, restaurant: Restaurant, *names: str) -> dict[str, str]:
    """Menu items; their ids by name."""
    with store.tenant(restaurant) as tx:
        query = text("INSERT INTO menu_items (restaurant_id, name) VALUES (:restaurant, :name) RETURNING id::text")
        return {name: str(tx.connection.scalar(query, {"restaurant": restaurant.id, "name": name})) for name in names}


def sell(store: Store, restaurant: Restaurant, item: str, quantity: dict[dt.date, float]) -> None:
    """Sales of an item on days, loaded long ago; a quantity that replaces a stored one is loaded now."""
    rows = [{"restaurant": restaurant.id, "item": item, "day": day, "q": q} for day, q in quantity.items()]
    with store.tenant(restaurant) as tx:
        tx.connection.execute(
            text(
                "INSERT INTO daily_item_sales (restaurant_id, business_date, menu_item_id, quantity, line_amount,"
                " ticket_count, updated_at) VALUES (:restaurant, :day, :item, :q, :q, 1, '2026-03-20')"
                " ON CONFLICT (restaurant_id, business_date, menu_item_id) DO UPDATE SET quantity = excluded.quantity"
            ),
            rows,
        )


def take_back(store: Store, restaurant: Restaurant, day: dt.date) -> None:
    """Withdraw a day's upload."""
    with store.tenant(restaurant) as tx:
        tx.connection.execute(text("DELETE FROM daily_item_sales WHERE business_date = :day"), {"day": day})


def days_after(as_of: dt.date, n: int = 14) -> list[dt.date]:
    return [as_of + dt.timedelta(days=ahead) for ahead in range(1, n + 1)]


def made_of(quantity: dict[str, float], as_of: dt.date = AS_OF) -> DemandForecast:
    """Build a forecast of items that sold the same every day."""
    past = pd.date_range(FIRST, as_of)
    sales = pd.concat([pd.DataFrame({"item": item, "date": past, "quantity": q}) for item, q in quantity.items()])
    days = pd.DataFrame({"date": pd.date_range(FIRST, as_of + dt.timedelta(days=14)), "is_open": True})
    return forecast_demand(sales, days, as_of=as_of)


def publish(
    store: Store, restaurant: Restaurant, quantity: dict[str, float], as_of: dt.date = AS_OF, *, late: bool = False
) -> uuid.UUID:
    """Publish a forecast from items' steady sales; `late`: as a look back."""
    make_months(store, ("demand_forecasts",), [as_of])
    forecast = made_of(quantity, as_of)
    plan = plan_run("demand_forecast", "1", as_of, {}, {"now": str(uuid.uuid4())})
    with recorded_run(store, restaurant, plan, None) as run_id, store.tenant(restaurant) as tx:
        totals = total_demand(forecast.posterior, forecast.rows)
        done = publish_forecasts(tx, forecast, totals, as_of, run_id, approve_from=1.0, is_retrospective=late)
        succeed_run(tx, run_id, forecast.as_metadata(), done.rows)
    return run_id


def judge(store: Store, restaurant: Restaurant, last_day: dt.date = LAST_DAY) -> int:
    """Score the unscored forecasts, as the asset does; return how many rows changed."""
    work = Work(store, restaurant, last_day, dt.datetime.now(dt.UTC), "judging")
    return ACCURACY.run(work).metadata["rows_written"]


def rows_of(store: Store, restaurant: Restaurant, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with store.tenant(restaurant) as tx:
        return [tuple(row) for row in tx.connection.execute(text(query), parameters)]


def publish_loss_ratio(
    store: Store, restaurant: Restaurant, ratio: float, last: dt.date = LAST_DAY, model: str = MODEL_NAME
) -> None:
    """Publish a backtest in which the model's loss was `ratio` times the rule's."""
    plan = plan_run("backtest", "1", last, {}, {"now": str(uuid.uuid4())})
    with recorded_run(store, restaurant, plan, None) as run_id, store.tenant(restaurant) as tx:
        tx.connection.execute(
            text(
                "INSERT INTO backtests (restaurant_id, scope, first_date, last_date, day_count, origins, sales_known,"
                " model_name, row_count, actual_quantity, wql, four_week_wql, skill, algorithm_run_id)"
                " VALUES (:restaurant, 'items', CAST(:last AS date) - 60, :last, 60, ARRAY[CAST(:last AS date) - 14],"
                " 'as corrected since', :model, 60, 100, 0.2 * :ratio, 0.2, 1 - :ratio, :run)"
            ),
            {"restaurant": restaurant.id, "last": last, "model": model, "ratio": ratio, "run": run_id},
        )
        succeed_run(tx, run_id, {}, 1)


def sell_tea_and_cake(store: Store, bistro: Restaurant) -> dict[str, str]:
    """Sell ten teas and two cakes a day for eight weeks, and publish a forecast of both; return their ids by name."""
    ids = add_items(store, bistro, "Tea", "Cake")
    past = {FIRST + dt.timedelta(days=n): None for n in range((AS_OF - FIRST).days + 1)}
    for name, quantity in (("Tea", 10.0), ("Cake", 2.0)):
        sell(store, bistro, ids[name], dict.fromkeys(past, quantity))
    publish(store, bistro, {ids["Tea"]: 10.0, ids["Cake"]: 2.0})
    return ids
