"""Forecasts of categories and of the whole restaurant, written and read. `demand.distribution.totals` adds them up."""

import datetime as dt
import uuid

import pandas as pd
from sqlalchemy import func, select

from flux_pipeline.demand.distribution.totals import DemandTotals
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.forecasts import DemandForecast, DemandForecastByCategory, DemandForecastByRestaurant
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
NUMBERS = ["predicted_quantity", "p10", "p50", "p90", "p99"]
SHOWN = ["item_count", *NUMBERS, "as_of"]
READ_COLUMNS = {"date": "forecast_date", **{f"p{level}": f"p{level}_quantity" for level in (10, 50, 90, 99)}}


def publish_totals(
    tx: Tenant, totals: DemandTotals, model_name: str, as_of: dt.date, run_id: uuid.UUID, *, is_retrospective: bool
) -> None:
    """Add a run's totals and make them current for their day, in the transaction that publishes its items."""
    for by, frame in (("category", totals.by_category), ("restaurant", totals.by_restaurant)):
        shared = {"model_name": model_name, "is_retrospective": is_retrospective}
        publish_rows(tx, TABLES[by], frame.rename(columns=COLUMNS), as_of=as_of, run_id=run_id, **shared)


def read_totals(tx: Tenant, by: str, *, as_of: dt.date | None = None, days: int | None = None) -> pd.DataFrame:
    """Read the current totals as of one day, by date and the biggest categories first.

    Args:
        tx: the restaurant's transaction.
        by: "category" or "restaurant".
        as_of: that day; None for the newest that has a forecast.
        days: only this many days after as_of.

    Returns:
        date, category (None: items without one; only by category), item_count, predicted_quantity, p10, p50, p90, p99
        (units), as_of; empty if nothing was forecast, or if the forecast is older than the tables of totals.
    """
    table = TABLES[by]
    newest = select(func.max(DemandForecast.as_of)).where(DemandForecast.is_current).scalar_subquery()
    keys = ["category"] if by == "category" else []
    columns = {name: getattr(table, READ_COLUMNS.get(name, name)) for name in ("date", *keys, *SHOWN)}
    query = (
        select(*[column.label(name) for name, column in columns.items()])
        .where(table.is_current, table.as_of == (newest if as_of is None else as_of))
        .order_by(table.forecast_date, table.predicted_quantity.desc(), *[columns[name] for name in keys])
    )
    if days is not None:
        query = query.where(table.forecast_date <= table.as_of + days)
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=list(columns))
    for name in keys:
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame.assign(**{name: frame[name].astype(float) for name in NUMBERS})


def rows_of_earlier_runs(tx: Tenant, as_of: dt.date) -> int:
    """Count items' current rows from an earlier run than the totals: a person decided on them before that run."""
    run = select(DemandForecastByRestaurant.algorithm_run_id).where(
        DemandForecastByRestaurant.is_current, DemandForecastByRestaurant.as_of == as_of
    )
    query = select(func.count()).where(
        DemandForecast.is_current,
        DemandForecast.as_of == as_of,
        DemandForecast.algorithm_run_id.not_in(run.distinct()),
    )
    return tx.connection.scalar(query) or 0
