"""A restaurant with staff and a staffing forecast, written as the loaders and the forecast write them."""

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import insert, select, text

from flux_pipeline.store.door import Store
from flux_pipeline.store.models.staff import Employee, EmployeeRole, WeeklyRoster
from flux_pipeline.store.restaurant import Restaurant

HORIZON = 14
RUN = """
INSERT INTO algorithm_runs (restaurant_id, algorithm, version, status, as_of, input_params, input_hash)
VALUES (:restaurant, 'staffing_forecast', '1', 'succeeded', :as_of, '{}', 'x') RETURNING id
"""
TOTAL = """
INSERT INTO demand_forecasts_by_restaurant (restaurant_id, as_of, forecast_date, item_count, predicted_quantity,
    p10_quantity, p50_quantity, p90_quantity, p99_quantity, model_name, algorithm_run_id)
SELECT :restaurant, :as_of, CAST(:as_of AS date) + n, 1, 9, 5, 9, 12, 15, 'test', :run FROM generate_series(1, :days) n
"""
HEADS = """
INSERT INTO staffing_forecasts (restaurant_id, employee_role_id, as_of, forecast_date, period_start, period_minutes,
    expected_items, required_p50, required_p90, recommended_heads, labor_minutes, decided_by, driver, algorithm_run_id)
SELECT :restaurant, r.id, :as_of, CAST(:as_of AS date) + n, make_time(h, 0, 0), 60, 9, :heads, :heads, :heads, 45,
    'minimum', '{}', :run
FROM employee_roles r, generate_series(1, :days) n, generate_series(:first, :last - 1) h WHERE r.name = :role
"""


def last_day(restaurant: Restaurant) -> dt.date:
    """Return the last complete business day now, from which runs forecast."""
    return restaurant.last_complete_business_day(dt.datetime.now(dt.UTC))


def next_monday(restaurant: Restaurant) -> dt.date:
    today = last_day(restaurant) + dt.timedelta(days=1)
    return today + dt.timedelta(days=7 - today.weekday())


def hire(store: Store, restaurant: Restaurant, people: Mapping[str, str], rate: float | None = 15.0) -> None:
    """Add people by name with the role of each; their address is their first name at example.org."""
    with store.tenant(restaurant) as tx:
        roles = {row.name: row.id for row in tx.connection.execute(select(EmployeeRole.name, EmployeeRole.id))}
        rows = [
            {"restaurant_id": restaurant.id, "name": name, "employee_role_id": roles[role], "hourly_rate": rate}
            | {"email": f"{name.split()[0].lower()}@example.org"}
            for name, role in people.items()
        ]
        tx.connection.execute(insert(Employee), rows)


def need(store: Store, restaurant: Restaurant, heads: Mapping[str, tuple[int, int, int]]) -> uuid.UUID:
    """Forecast heads for two weeks of days: by role the first hour, the hour after the last, and the heads."""
    as_of = last_day(restaurant)
    with store.tenant(restaurant) as tx:
        values = {"restaurant": restaurant.id, "as_of": as_of, "days": HORIZON}
        run: uuid.UUID = tx.connection.execute(text(RUN), values).scalar_one()
        tx.connection.execute(text(TOTAL), values | {"run": run})
        for role, (first, last, count) in heads.items():
            own = {"run": run, "role": role, "first": first, "last": last, "heads": count}
            tx.connection.execute(text(HEADS), values | own)
    return run


def draft_week(store: Store, restaurant: Restaurant) -> None:
    """Store next week's roster without a shift, of one person who could work and one head that is needed."""
    hire(store, restaurant, {"Ada Kok": "Kitchen"})
    run = need(store, restaurant, {"Kitchen": (11, 12, 1)})
    row = {
        "restaurant_id": restaurant.id,
        "first_day": next_monday(restaurant),
        "day_count": 7,
        "as_of": last_day(restaurant),
        "planned_at": dt.datetime.now(dt.UTC),
        "employee_count": 1,
        "shift_count": 0,
        "needed_minutes": 420,
        "uncovered_minutes": 420,
        "paid_minutes": 0,
        "labor_cost": 0,
        "cost_parts": {},
        "ended_by": "proof",
        "iterations": 0,
        "algorithm_run_id": run,
    }
    with store.tenant(restaurant) as tx:
        tx.connection.execute(insert(WeeklyRoster).values(row))
