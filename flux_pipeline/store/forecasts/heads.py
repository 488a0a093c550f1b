"""Published staffing forecasts as rows, for the commands that show them. Like `published`, it does without pandas."""

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Float, cast, func, select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.forecasts import StaffingForecast
from flux_pipeline.store.models.staff import EmployeeRole


class HeadsForecast(NamedTuple):
    """The heads of one role in one period (local clock) of a day, the work that they are needed for, and why.

    Sales are those of all items together, so that each role's row of a period has the same.
    """

    date: dt.date
    period_start: dt.time
    period_minutes: int
    role: str
    expected_items: float
    p50: int
    p90: int
    recommended_heads: int
    labor_minutes: float
    as_of: dt.date
    expected_sales: float | None
    labor_cost: float | None
    labor_share: float | None
    decided_by: str
    why: str


def list_staffing(tx: Tenant, *, as_of: dt.date | None = None, days: int | None = None) -> list[HeadsForecast]:
    """List the current staffing forecast as of one day, or the newest if no day is given; empty if there is none.

    The rows are in the order of service: periods after midnight come last.
    """
    row = StaffingForecast
    newest = select(func.max(row.as_of)).where(row.is_current).scalar_subquery()
    query = (
        select(row.forecast_date, row.period_start, row.period_minutes, EmployeeRole.name)
        .add_columns(cast(row.expected_items, Float))
        .add_columns(row.required_p50, row.required_p90, row.recommended_heads, cast(row.labor_minutes, Float))
        .add_columns(row.as_of, cast(row.expected_sales, Float), cast(row.labor_cost, Float), row.labor_share)
        .add_columns(row.decided_by, func.coalesce(row.driver["sentence"].astext, ""))
        .join(EmployeeRole, EmployeeRole.id == row.employee_role_id)
        .where(row.is_current, row.as_of == (newest if as_of is None else as_of))
        .order_by(row.forecast_date, tx.restaurant.clock.is_before_cutoff(row.period_start))
        .order_by(row.period_start, EmployeeRole.name)
    )
    if days is not None:
        query = query.where(row.forecast_date <= row.as_of + days)
    return [HeadsForecast(*each) for each in tx.connection.execute(query)]
