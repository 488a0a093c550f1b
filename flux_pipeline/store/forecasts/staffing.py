"""Published staffing forecasts, written. A published row is never changed, only superseded."""

import datetime as dt
import uuid

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from flux_pipeline.staffing.forecast import StaffingForecast
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.postgres.copying import as_records

SUPERSEDE = "UPDATE staffing_forecasts SET is_current = false WHERE as_of = :as_of AND is_current"

PUBLISH = """
INSERT INTO staffing_forecasts
    (restaurant_id, employee_role_id, as_of, forecast_date, hour, expected_items, required_p50, required_p90,
     recommended_heads, labor_minutes, labor_cost, driver, algorithm_run_id)
SELECT :restaurant_id, role_id, :as_of, date, hour, expected_items, required_p50, required_p90, recommended_heads,
       labor_minutes, labor_cost, driver, :run_id
FROM jsonb_to_recordset(:rows) AS f(role_id uuid, date date, hour integer, expected_items numeric, required_p50 integer,
                                    required_p90 integer, recommended_heads integer, labor_minutes numeric,
                                    labor_cost numeric, driver jsonb)
"""


def publish_staffing(tx: Tenant, forecast: StaffingForecast, as_of: dt.date, run_id: uuid.UUID) -> int:
    """Add a run's rows and make them the current ones of their day; return how many.

    Idempotent through the caller: a run publishes once, in the transaction that closes its audit row.
    """
    records = as_records(forecast.rows.assign(date=forecast.rows.date.dt.strftime("%Y-%m-%d")))
    parameters = {"restaurant_id": tx.restaurant.id, "as_of": as_of, "run_id": run_id, "rows": records}
    tx.connection.execute(text(SUPERSEDE), parameters)
    return tx.connection.execute(text(PUBLISH).bindparams(bindparam("rows", type_=JSONB)), parameters).rowcount
