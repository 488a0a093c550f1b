"""Roles that a restaurant rosters: read for staffing, and given to a new restaurant to begin with.

What a person changes about them is in `role_acts`.
"""

from collections.abc import Sequence

from sqlalchemy import collate, insert, select

from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import HeadsRule, RoleDefaults, StaffingSettings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import EmployeeRole
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.staff.role_acts import as_columns


def employee_roles(tx: Tenant) -> list[Role]:
    """Return the active roles, by name. Who may work in them (skills) is not part of it."""
    table = EmployeeRole.__table__
    query = select(table).where(table.c.is_active).order_by(collate(table.c.name, "C"))
    return [
        Role.from_productivity(
            id=str(row.id),
            name=row.name,
            items_per_hour=float(row.items_per_hour),
            minutes_per_open_hour=float(row.minutes_per_open_hour),
            minimum_heads=row.minimum_heads,
            hourly_cost=None if row.hourly_cost is None else float(row.hourly_cost),
            maximum_heads=row.maximum_heads,
            heads_by=HeadsRule(row.heads_by),
            opening_minutes=float(row.opening_minutes),
            closing_minutes=float(row.closing_minutes),
            prep_share=float(row.prep_share),
            channels=None if row.channels is None else tuple(row.channels),
        )
        for row in tx.connection.execute(query)
    ]


def seed_roles(tx: Tenant, roles: Sequence[RoleDefaults] | None = None) -> None:
    """Give a restaurant that has no roles yet these, or the default ones, which it can change. Idempotent."""
    if tx.connection.scalar(select(EmployeeRole.id).limit(1)) is not None:
        return
    for role in roles or read_settings(tx, StaffingSettings).labor_default_roles:
        tx.connection.execute(insert(EmployeeRole).values(restaurant_id=tx.restaurant.id, **as_columns(role)))
