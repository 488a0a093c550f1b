"""Publication of a forecast's totals by category and for the restaurant; `demand.distribution.totals` computes them."""

import datetime as dt
import uuid

from flux_pipeline.demand.distribution.totals import DemandTotals
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.forecasts import DemandForecastByCategory, DemandForecastByRestaurant
from flux_pipeline.store.records.published import publish_rows

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
    for by, frame in (("category", totals.by_category), ("restaurant", totals.by_restaurant)):
        shared = {"model_name": model_name, "is_retrospective": is_retrospective}
        publish_rows(tx, TABLES[by], frame.rename(columns=COLUMNS), as_of=as_of, run_id=run_id, **shared)
