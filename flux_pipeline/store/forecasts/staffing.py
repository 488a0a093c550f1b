"""Publication of staffing forecasts. A published row is never changed, only superseded; heads.py reads them."""

import datetime as dt
import uuid

from flux_pipeline.staffing.forecast import StaffingForecast
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.forecasts import StaffingForecast as StaffingRow
from flux_pipeline.store.records.published import publish_rows

COLUMNS = {"role_id": "employee_role_id", "date": "forecast_date"}


def publish_staffing(tx: Tenant, forecast: StaffingForecast, as_of: dt.date, run_id: uuid.UUID) -> int:
    """Add a run's rows and make them the current ones of their day; return how many."""
    rows = forecast.rows.rename(columns=COLUMNS).drop(columns="role_name")
    # Rows travel as JSON, which has no times of day.
    rows["period_start"] = [start.isoformat() for start in rows.period_start]
    return publish_rows(tx, StaffingRow, rows, as_of=as_of, run_id=run_id)
