"""Published staffing forecasts, written and read. A published row is never changed, only superseded."""

import datetime as dt
import uuid

import pandas as pd
from sqlalchemy import func, select

from flux_pipeline.staffing.forecast import StaffingForecast
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.forecasts import StaffingForecast as StaffingRow
from flux_pipeline.store.models.staff import EmployeeRole
from flux_pipeline.store.records.published import publish_rows

COLUMNS = {"role_id": "employee_role_id", "date": "forecast_date"}


def publish_staffing(tx: Tenant, forecast: StaffingForecast, as_of: dt.date, run_id: uuid.UUID) -> int:
    """Add a run's rows and make them the current ones of their day; return how many."""
    rows = forecast.rows.drop(columns="role_name").rename(columns=COLUMNS)
    return publish_rows(tx, StaffingRow, rows, as_of=as_of, run_id=run_id)


def read_staffing(tx: Tenant, *, as_of: dt.date | None = None, days: int | None = None) -> pd.DataFrame:
    """Read the current staffing forecast as of one day, or the newest if no day is given.

    Returns:
        date, hour (local clock), role, expected_items, p50, p90, recommended_heads, labor_minutes, as_of, in the
        order of service: hours after midnight come last. Empty if there is none.
    """
    newest = select(func.max(StaffingRow.as_of)).where(StaffingRow.is_current).scalar_subquery()
    columns = {
        "date": StaffingRow.forecast_date,
        "hour": StaffingRow.hour,
        "role": EmployeeRole.name,
        "expected_items": StaffingRow.expected_items,
        "p50": StaffingRow.required_p50,
        "p90": StaffingRow.required_p90,
        "recommended_heads": StaffingRow.recommended_heads,
        "labor_minutes": StaffingRow.labor_minutes,
        "as_of": StaffingRow.as_of,
    }
    query = (
        select(*[column.label(name) for name, column in columns.items()])
        .join(EmployeeRole, EmployeeRole.id == StaffingRow.employee_role_id)
        .where(StaffingRow.is_current, StaffingRow.as_of == (newest if as_of is None else as_of))
        .order_by(
            StaffingRow.forecast_date,
            tx.restaurant.clock.place_of_hour(StaffingRow.hour),
            EmployeeRole.name,
        )
    )
    if days is not None:
        query = query.where(StaffingRow.forecast_date <= StaffingRow.as_of + days)
    frame = pd.DataFrame(tx.connection.execute(query).all(), columns=list(columns))
    return frame.assign(**{name: frame[name].astype(float) for name in ("expected_items", "labor_minutes")})
