"""Totals of a forecast, by category and for the restaurant, written; `demand.distribution.totals` adds them up."""

import datetime as dt
import uuid

from sqlalchemy import insert, update

from flux_pipeline.demand.distribution.totals import DemandTotals
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.forecasts import DemandForecastByCategory, DemandForecastByRestaurant

Table = type[DemandForecastByCategory] | type[DemandForecastByRestaurant]
TABLES: dict[str, Table] = {"category": DemandForecastByCategory, "restaurant": DemandForecastByRestaurant}
COLUMNS = {
    "date": "forecast_date",
    "mean": "predicted_quantity",
    "q0.1": "p10_quantity",
    "q0.5": "p50_quantity",
    "q0.9": "p90_quantity",
    "q0.99": "p99_quantity",
}


def publish_totals(
    tx: Tenant, totals: DemandTotals, model_name: str, as_of: dt.date, run_id: uuid.UUID, *, is_retrospective: bool
) -> None:
    """Add a run's totals and make them current for their day, in the transaction that publishes its items."""
    common = {
        "restaurant_id": tx.restaurant.id,
        "as_of": as_of,
        "model_name": model_name,
        "is_retrospective": is_retrospective,
        "algorithm_run_id": run_id,
    }
    for by, frame in (("category", totals.by_category), ("restaurant", totals.by_restaurant)):
        table = TABLES[by]
        tx.connection.execute(update(table).where(table.as_of == as_of, table.is_current).values(is_current=False))
        rows = frame.rename(columns=COLUMNS).assign(forecast_date=frame.date.dt.date).astype(object)
        values = [{**common, **{str(name): value for name, value in row.items()}} for row in rows.to_dict("records")]
        if values:
            tx.connection.execute(insert(table), values)
