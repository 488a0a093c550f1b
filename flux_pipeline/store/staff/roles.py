"""Roles that a restaurant rosters: read for staffing, and given to a new restaurant to begin with."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import RoleDefaults, StaffingSettings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import EmployeeRole
from flux_pipeline.store.records.settings import read_settings


def employee_roles(tx: Tenant) -> list[Role]:
    """Return the roles that the restaurant rosters."""
    query = (
        select(
            EmployeeRole.id,
            EmployeeRole.name,
            EmployeeRole.items_per_hour,
            EmployeeRole.minutes_per_open_hour,
            EmployeeRole.minimum_heads,
            EmployeeRole.hourly_cost,
        )
        .where(EmployeeRole.is_active)
        .order_by(EmployeeRole.name)
    )
    return [
        Role.from_productivity(
            id=str(row.id),
            name=row.name,
            items_per_hour=float(row.items_per_hour),
            minutes_per_open_hour=float(row.minutes_per_open_hour),
            minimum_heads=row.minimum_heads,
            hourly_cost=None if row.hourly_cost is None else float(row.hourly_cost),
        )
        for row in tx.connection.execute(query)
    ]


def seed_roles(tx: Tenant, roles: Sequence[RoleDefaults] | None = None) -> None:
    """Give a restaurant that has no roles yet these, or the default ones, which it can change. Idempotent."""
    if tx.connection.scalar(select(EmployeeRole.id).limit(1)) is not None:
        return
    for role in roles or read_settings(tx, StaffingSettings).labor_default_roles:
        tx.connection.execute(
            insert(EmployeeRole).values(
                restaurant_id=tx.restaurant.id,
                name=role.name,
                hourly_cost=role.hourly_cost,
                items_per_hour=role.productivity_per_hour,
                minutes_per_open_hour=role.minutes_per_open_hour,
                minimum_heads=role.minimum_heads,
            )
        )
