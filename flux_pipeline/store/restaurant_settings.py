"""What a restaurant can set: the known keys are the fields of the rooms' own settings models, declared there once."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import insert, select

from flux_pipeline.demand import DemandSettings
from flux_pipeline.demand.calendar_days import CalendarSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing import RoleDefaults, StaffingSettings
from flux_pipeline.store.models import EmployeeRole, RestaurantSetting
from flux_pipeline.store.store import Tenant

ROOMS: tuple[type[BaseModel], ...] = (DemandSettings, CalendarSettings, StaffingSettings)

SettingsT = TypeVar("SettingsT", bound=BaseModel)


def read_settings(tx: Tenant, model: type[SettingsT]) -> SettingsT:
    """The restaurant's values for one room, its defaults where it set nothing.

    Raises:
        PermanentError: a stored value is out of bounds; the message names the key and the bound.
    """
    query = select(RestaurantSetting.setting_key, RestaurantSetting.setting_value).where(
        RestaurantSetting.setting_key.in_(list(model.model_fields))
    )
    return validated(model, {row.setting_key: row.setting_value for row in tx.connection.execute(query)})


def validated(model: type[SettingsT], values: dict[str, Any]) -> SettingsT:
    """A settings model of these values; a wrong one is a PermanentError with key, value and bound."""
    try:
        return model(**values)
    except ValidationError as exc:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])} = {error['input']!r}: {error['msg']}"
            for error in exc.errors()
        )
        raise PermanentError(f"A setting of the restaurant is wrong. {wrong}.") from exc


def seed_roles(tx: Tenant, roles: Sequence[RoleDefaults] | None = None) -> None:
    """Give a restaurant that has no roles yet these, or the default ones, to change as it likes. Idempotent."""
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
