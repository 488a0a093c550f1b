"""Publishing demand forecasts and reading them back. What was published is never changed, only superseded."""

import datetime as dt
import uuid

import pandas as pd
from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB

from flux_pipeline.demand import DemandForecast, DemandPosterior
from flux_pipeline.store.models import DemandForecast as ForecastRow
from flux_pipeline.store.models import DemandPosterior as PosteriorRow
from flux_pipeline.store.store import Tenant

# A row on which a person has decided stays the current one; the new row then only stands beside it.
SUPERSEDE = """
UPDATE demand_forecasts SET is_current = false
WHERE as_of = :as_of AND is_current AND status = 'pending'
"""

PUBLISH = """
INSERT INTO demand_forecasts
    (restaurant_id, as_of, menu_item_id, menu_item_name, forecast_date, predicted_quantity, p10_quantity, p50_quantity,
     p90_quantity, p99_quantity, confidence_score, logic_trigger, factors, model_name, is_current, is_retrospective,
     algorithm_run_id)
SELECT :restaurant_id, :as_of, f.item, m.name, f.date, f.mean, f.p10, f.p50, f.p90, f.p99, f.confidence_score,
       f.logic_trigger, f.factors, f.model_name,
       NOT EXISTS (SELECT FROM demand_forecasts d WHERE d.as_of = :as_of AND d.menu_item_id = f.item
                   AND d.forecast_date = f.date AND d.is_current),
       :is_retrospective, :run_id
FROM jsonb_to_recordset(:rows) AS f(item uuid, date date, mean float8, p10 numeric, p50 numeric, p90 numeric,
                                    p99 numeric, confidence_score float8, logic_trigger text, factors jsonb,
                                    model_name text)
JOIN menu_items m ON m.id = f.item
"""

READ_COLUMNS = {
    "date": ForecastRow.forecast_date,
    "item": ForecastRow.menu_item_name,
    "predicted_quantity": ForecastRow.predicted_quantity,
    "p10": ForecastRow.p10_quantity,
    "p50": ForecastRow.p50_quantity,
    "p90": ForecastRow.p90_quantity,
    "p99": ForecastRow.p99_quantity,
    "confidence_score": ForecastRow.confidence_score,
    "logic_trigger": ForecastRow.logic_trigger,
    "factors": ForecastRow.factors,
    "status": ForecastRow.status,
    "as_of": ForecastRow.as_of,
}
NUMBERS = ["predicted_quantity", "p10", "p50", "p90", "p99", "confidence_score"]


def publish_forecasts(
    tx: Tenant, forecast: DemandForecast, as_of: dt.date, run_id: uuid.UUID, *, is_retrospective: bool
) -> int:
    """Add a run's rows and make them the current ones of their day; returns how many.

    Idempotent through its caller: a run publishes once, in the transaction that closes its audit row.
    """
    quantiles = {"q0.1": "p10", "q0.5": "p50", "q0.9": "p90", "q0.99": "p99"}
    rows = forecast.rows.rename(columns=quantiles)
    rows = rows.assign(date=rows.date.dt.strftime("%Y-%m-%d"))
    parameters = {
        "restaurant_id": tx.restaurant.id,
        "as_of": as_of,
        "run_id": run_id,
        "is_retrospective": is_retrospective,
        "rows": rows.to_dict("records"),
    }
    tx.connection.execute(text(SUPERSEDE), parameters)
    publish = text(PUBLISH).bindparams(bindparam("rows", type_=JSONB))
    count = tx.connection.execute(publish, parameters).rowcount
    posterior = forecast.posterior
    tx.connection.execute(
        insert(PosteriorRow).values(
            restaurant_id=tx.restaurant.id,
            as_of=as_of,
            state=posterior.to_json(),
            seed=posterior.seed,
            draws=posterior.draws,
            algorithm_run_id=run_id,
        )
    )
    return count


def current_posterior(tx: Tenant, as_of: dt.date) -> tuple[uuid.UUID, DemandPosterior] | None:
    """The run whose forecasts of that day were published last, and the state to draw its samples from."""
    query = (
        select(PosteriorRow.algorithm_run_id, PosteriorRow.state)
        .where(PosteriorRow.as_of == as_of)
        .order_by(PosteriorRow.created_at.desc())
        .limit(1)
    )
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else (row.algorithm_run_id, DemandPosterior.from_json(row.state))


def read_forecasts(
    tx: Tenant, *, as_of: dt.date | None = None, days: int | None = None, item: str | None = None
) -> pd.DataFrame:
    """The current forecasts as of one day: by date, the biggest sellers first.

    Args:
        tx: the restaurant's transaction.
        as_of: that day; None: the newest there is.
        days: only this many days after as_of.
        item: only the item of that name, or, where none is called so, those whose name contains it, whatever the case.

    Returns:
        date, item, predicted_quantity, p10, p50, p90, p99 (units), confidence_score, logic_trigger, factors, status,
        as_of; empty where nothing was forecast yet.
    """
    newest = select(func.max(ForecastRow.as_of)).where(ForecastRow.is_current).scalar_subquery()
    day = newest if as_of is None else as_of
    query = (
        select(*[column.label(name) for name, column in READ_COLUMNS.items()])
        .where(ForecastRow.is_current, ForecastRow.as_of == day)
        .order_by(ForecastRow.forecast_date, ForecastRow.predicted_quantity.desc(), ForecastRow.menu_item_name)
    )
    if days is not None:
        query = query.where(ForecastRow.forecast_date <= ForecastRow.as_of + days)
    if item is not None:
        query = query.where(ForecastRow.menu_item_name.icontains(item, autoescape=True))
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=list(READ_COLUMNS))
    if item is not None and (exact := frame["item"].str.casefold() == item.casefold()).any():
        frame = frame[exact].reset_index(drop=True)
    return frame.assign(**{name: frame[name].astype(float) for name in NUMBERS})
