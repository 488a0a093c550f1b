"""A forecast of two items as of any day, and publishing it as a run does."""

import datetime as dt
import uuid

import numpy as np
import pandas as pd
from sqlalchemy import text

from flux_pipeline.demand.distribution.totals import total_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.demand import publish_forecasts
from flux_pipeline.store.records.runs import recorded_run, succeed_run
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.months import make_months

TEA, CAKE = "Tea", "50% off cake"
MENU = """
WITH drinks AS (INSERT INTO menu_categories (restaurant_id, name) VALUES (:id, 'Drinks') RETURNING id)
INSERT INTO menu_items (restaurant_id, name, menu_category_id)
VALUES (:id, 'Tea', (SELECT id FROM drinks)), (:id, '50% off cake', NULL)
"""
ITEMS = """
SELECT i.id::text AS item, i.name, c.name AS category FROM menu_items i
LEFT JOIN menu_categories c ON c.id = i.menu_category_id ORDER BY i.name DESC
"""


def put_on_the_menu(store: Store, restaurant: Restaurant) -> pd.DataFrame:
    """Tea, a drink, and a cake of no category: item, name, category."""
    with store.tenant(restaurant) as tx:
        tx.connection.execute(text(MENU), {"id": restaurant.id})
        rows = tx.connection.execute(text(ITEMS)).all()
    return pd.DataFrame(rows, columns=["item", "name", "category"])


def forecast_of(items: pd.DataFrame, as_of: dt.date) -> DemandForecast:
    """Sixty days of sales up to `as_of`, and what is to be expected of the fourteen after it."""
    rng = np.random.default_rng(1)
    past = pd.date_range(end=pd.Timestamp(as_of), periods=60)
    sales = pd.concat(
        [pd.DataFrame({"item": i, "date": past, "quantity": rng.poisson(9, 60).astype(float)}) for i in items["item"]]
    )
    days = pd.DataFrame({"date": pd.date_range(past[0], periods=74), "is_open": True})
    return forecast_demand(sales, days, as_of=as_of, items=items)


def publish(
    store: Store,
    restaurant: Restaurant,
    forecast: DemandForecast,
    as_of: dt.date,
    *,
    items: pd.DataFrame | None = None,
    approve_from: float = 1.0,
) -> uuid.UUID:
    """Publish as the asset does, as a run of its own each time; returns the run's id."""
    make_months(store, ("demand_forecasts",), [as_of])
    plan = plan_run("demand_forecast", "1", as_of, {}, {"now": str(uuid.uuid4())})
    totals = total_demand(forecast.posterior, forecast.rows, items)
    with recorded_run(store, restaurant, plan, None) as run_id, store.tenant(restaurant) as tx:
        done = publish_forecasts(tx, forecast, totals, as_of, run_id, approve_from=approve_from, is_retrospective=False)
        assert done.rows == len(forecast.rows)
        succeed_run(tx, run_id, forecast.as_metadata(), done.rows)
    return run_id
