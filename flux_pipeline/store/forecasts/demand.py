"""Published demand forecasts, written and read. A published row is never changed, only superseded."""

import datetime as dt
import uuid
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB

from flux_pipeline.demand.distribution.posterior import DemandPosterior
from flux_pipeline.demand.distribution.totals import DemandTotals
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts._totals import publish_totals
from flux_pipeline.store.forecasts.published import ItemForecast, list_forecasts
from flux_pipeline.store.models.forecasts import DemandPosterior as PosteriorRow

# A row on which a person has decided stays the current one, and the new row is stored as not current. A row that was
# approved only for its confidence has no person in `decided_by`.
SUPERSEDE = """
UPDATE demand_forecasts SET is_current = false
WHERE as_of = :as_of AND is_current AND decided_by IS NULL
"""

PUBLISH = """
INSERT INTO demand_forecasts
    (restaurant_id, as_of, menu_item_id, menu_item_name, forecast_date, predicted_quantity, p10_quantity, p50_quantity,
     p90_quantity, p99_quantity, confidence_score, logic_trigger, factors, model_name, status, decided_at,
     is_current, is_retrospective, algorithm_run_id)
SELECT :restaurant_id, :as_of, f.item, m.name, f.date, f.mean, f.p10, f.p50, f.p90, f.p99, f.confidence_score,
       f.logic_trigger, f.factors, f.model_name,
       CASE WHEN f.confidence_score >= :approve_from THEN 'approved' ELSE 'pending' END,
       CASE WHEN f.confidence_score >= :approve_from THEN now() END,
       NOT EXISTS (SELECT FROM demand_forecasts d WHERE d.as_of = :as_of AND d.menu_item_id = f.item
                   AND d.forecast_date = f.date AND d.is_current),
       :is_retrospective, :run_id
FROM jsonb_to_recordset(:rows) AS f(item uuid, date date, mean float8, p10 numeric, p50 numeric, p90 numeric,
                                    p99 numeric, confidence_score float8, logic_trigger text, factors jsonb,
                                    model_name text)
JOIN menu_items m ON m.id = f.item
RETURNING status, is_current
"""


@dataclass(frozen=True)
class Published:
    """The rows a run added: all, those approved for their confidence, and those not current beside a decided one."""

    rows: int
    approved: int
    beside_decided: int

    def as_metadata(self) -> dict[str, int]:
        """Return the counts as metadata for the audit row and the UI."""
        not_current = {"rows_beside_decided_ones": self.beside_decided} if self.beside_decided else {}
        return {"rows_approved": self.approved, "rows_pending": self.rows - self.approved, **not_current}


def publish_forecasts(
    tx: Tenant,
    forecast: DemandForecast,
    totals: DemandTotals,
    as_of: dt.date,
    run_id: uuid.UUID,
    *,
    approve_from: float,
    is_retrospective: bool,
) -> Published:
    """Add a run's rows, their totals and its posterior, and make them the current ones of their day.

    Idempotent because its caller, a run, publishes once, in the transaction that closes its audit row.

    Args:
        tx: the restaurant's transaction.
        forecast: the run's forecast of the items.
        totals: the same by category and for the restaurant.
        as_of: the last business day whose sales it used.
        run_id: the id of its audit row.
        approve_from: rows of this confidence or more are approved at once, without a person.
        is_retrospective: the run is a look back, for a day that is long over.
    """
    quantiles = {"q0.1": "p10", "q0.5": "p50", "q0.9": "p90", "q0.99": "p99"}
    rows = forecast.rows.rename(columns=quantiles)
    rows = rows.assign(date=rows.date.dt.strftime("%Y-%m-%d"))
    parameters = {
        "restaurant_id": tx.restaurant.id,
        "as_of": as_of,
        "run_id": run_id,
        "is_retrospective": is_retrospective,
        "approve_from": approve_from,
        "rows": rows.to_dict("records"),
    }
    tx.connection.execute(text(SUPERSEDE), parameters)
    publish = text(PUBLISH).bindparams(bindparam("rows", type_=JSONB))
    added = tx.connection.execute(publish, parameters).all()
    publish_totals(tx, totals, forecast.model_name, as_of, run_id, is_retrospective=is_retrospective)
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
    approved = sum(row.status == "approved" for row in added)
    return Published(len(added), approved, sum(not row.is_current for row in added))


def current_posterior(tx: Tenant, as_of: dt.date) -> tuple[uuid.UUID, DemandPosterior] | None:
    """Return the run that published that day's forecasts last, and the state to draw its samples from."""
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
    """Read the current forecasts as a frame, a column for each field of `ItemForecast`; see `list_forecasts`."""
    return pd.DataFrame(list_forecasts(tx, as_of=as_of, days=days, item=item), columns=list(ItemForecast._fields))
