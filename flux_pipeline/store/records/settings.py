"""What a restaurant can set: the known keys are the fields of the rooms' own settings models, declared there once."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql

from flux_pipeline.charts.settings import ReportSettings
from flux_pipeline.demand.settings import BacktestSettings, CalendarSettings, DemandSettings, FallbackSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.records import RestaurantSetting
from flux_pipeline.store.records.acts import note_act

ROOMS: tuple[type[BaseModel], ...] = (
    DemandSettings,
    CalendarSettings,
    FallbackSettings,
    BacktestSettings,
    StaffingSettings,
    UploadSettings,
    ReportSettings,
)

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


@dataclass(frozen=True)
class KnownSetting:
    """A key that can be set: where its value comes from if nobody sets it, and what it may be."""

    key: str
    default: Any
    bounds: str
    description: str
    model: type[BaseModel]


def known_settings() -> dict[str, KnownSetting]:
    """Every key that can be set, by name, as the rooms declare them."""
    return {key: _known(model, key) for model in ROOMS for key in sorted(model.model_fields)}


def find_setting(key: str) -> KnownSetting:
    """The setting of that key.

    Raises:
        PermanentError: there is none; the message lists those there are.
    """
    known = known_settings()
    if key not in known:
        close = ", ".join(get_close_matches(key, known, n=3)) or ", ".join(known)
        raise PermanentError(f"{key!r} is no setting. Did you mean: {close}? `flux settings list` shows all.")
    return known[key]


def stored_settings(tx: Tenant) -> dict[str, Any]:
    """What the restaurant has set, by key; keys that no room knows any more are left out."""
    query = select(RestaurantSetting.setting_key, RestaurantSetting.setting_value)
    known = known_settings()
    return {row.setting_key: row.setting_value for row in tx.connection.execute(query) if row.setting_key in known}


def store_setting(tx: Tenant, key: str, value: Any) -> Any:
    """Set a key, whatever it was before, and note the act; returns the value as it is kept. Idempotent.

    Raises:
        PermanentError: the key is unknown, or the value is out of bounds together with what else is set.
    """
    setting = find_setting(key)
    tx.lock()
    before = stored_settings(tx)
    others = {k: v for k, v in before.items() if k in setting.model.model_fields}
    kept = validated(setting.model, others | {key: value}).model_dump(mode="json")[key]
    values = {
        "restaurant_id": tx.restaurant.id,
        "setting_key": key,
        "setting_value": kept,
        "description": setting.description,
    }
    query = postgresql.insert(RestaurantSetting).values(values)
    replace = {"setting_value": query.excluded.setting_value, "description": query.excluded.description}
    tx.connection.execute(query.on_conflict_do_update(index_elements=["restaurant_id", "setting_key"], set_=replace))
    if kept != before.get(key):
        note_act(tx, "settings.set", key, before.get(key), kept)
    return kept


def clear_setting(tx: Tenant, key: str) -> bool:
    """Go back to the default and note the act; whether anything was set."""
    is_key = RestaurantSetting.setting_key == find_setting(key).key
    tx.lock()
    removed = tx.connection.execute(delete(RestaurantSetting).where(is_key).returning(RestaurantSetting.setting_value))
    before = removed.scalars().all()
    if before:
        note_act(tx, "settings.unset", key, before[0])
    return bool(before)


def _known(model: type[BaseModel], key: str) -> KnownSetting:
    schema = model.model_json_schema(mode="serialization")["properties"][key]
    default = model().model_dump(mode="json")[key]
    return KnownSetting(key, default, _bounds(schema), schema.get("description", ""), model)


def _bounds(schema: dict[str, Any]) -> str:
    """What a value may be, in words."""
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    parts = [f"{sign} {schema[name]}" for name, sign in signs.items() if name in schema]
    kind = {"integer": "whole number", "number": "number", "boolean": "true or false", "array": "list"}.get(
        schema.get("type", ""), schema.get("format") or "text"
    )
    return " ".join([kind, *parts])


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
