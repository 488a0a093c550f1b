"""A restaurant's settings: their keys are the fields of the settings models that each package declares."""

import functools
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql

from flux_pipeline.charts import settings as charts
from flux_pipeline.costing import settings as costing
from flux_pipeline.demand import settings as demand
from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest import settings as ingest
from flux_pipeline.inventory import settings as inventory
from flux_pipeline.rosters import settings as rosters
from flux_pipeline.staffing import settings as staffing
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.records import RestaurantSetting
from flux_pipeline.store.records.acts import note_act

# Every model in these modules whose name ends with Settings, in the order in which they are shown.
SETTINGS_MODELS: tuple[type[BaseModel], ...] = tuple(
    model
    for package in (demand, staffing, rosters, costing, inventory, ingest, charts)
    for name, model in vars(package).items()
    if name.endswith("Settings") and issubclass(model, BaseModel)
)

SettingsT = TypeVar("SettingsT", bound=BaseModel)


def read_settings(tx: Tenant, model: type[SettingsT]) -> SettingsT:
    """Return the restaurant's values for one package's settings, with the defaults for keys that it has not set.

    Raises:
        PermanentError: a stored value is out of bounds; the message names the key and the bound.
    """
    query = select(RestaurantSetting.setting_key, RestaurantSetting.setting_value).where(
        RestaurantSetting.setting_key.in_(list(model.model_fields))
    )
    return validated(model, {row.setting_key: row.setting_value for row in tx.connection.execute(query)})


@dataclass(frozen=True)
class KnownSetting:
    """A key that can be set, with its default, its bounds in words, and the model that declares it."""

    key: str
    default: Any
    bounds: str
    description: str
    model: type[BaseModel]


@functools.cache
def known_settings() -> dict[str, KnownSetting]:
    """Return every setting by its key, in the order in which the packages declare them."""
    return {setting.key: setting for model in SETTINGS_MODELS for setting in _settings_of(model)}


def find_setting(key: str) -> KnownSetting:
    """Return the setting of that key.

    Raises:
        PermanentError: the key is unknown; the message lists similar keys, or all of them.
    """
    known = known_settings()
    if key not in known:
        choices = ", ".join(get_close_matches(key, known, n=3)) or ", ".join(known)
        raise PermanentError(f"Unknown setting {key!r}. Did you mean: {choices}? `flux settings list` shows all.")
    return known[key]


def stored_settings(tx: Tenant) -> dict[str, Any]:
    """Return the values that the restaurant has set, by key, without keys that no package declares any more."""
    query = select(RestaurantSetting.setting_key, RestaurantSetting.setting_value)
    known = {key for model in SETTINGS_MODELS for key in model.model_fields}
    return {row.setting_key: row.setting_value for row in tx.connection.execute(query) if row.setting_key in known}


def store_setting(tx: Tenant, key: str, value: Any) -> Any:
    """Set a key, whatever it was before, and log the act; return the value as it is stored. Idempotent.

    Raises:
        PermanentError: the key is unknown, or the value is out of bounds, by itself or beside the other values.
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
    """Go back to the default and log the act; return whether anything was set."""
    is_key = RestaurantSetting.setting_key == find_setting(key).key
    tx.lock()
    removed = tx.connection.execute(delete(RestaurantSetting).where(is_key).returning(RestaurantSetting.setting_value))
    before = removed.scalars().all()
    if before:
        note_act(tx, "settings.unset", key, before[0])
    return bool(before)


def _settings_of(model: type[BaseModel]) -> list[KnownSetting]:
    schema = model.model_json_schema(mode="serialization")["properties"]
    defaults = model().model_dump(mode="json")
    return [
        KnownSetting(key, defaults[key], _bounds(schema[key]), schema[key].get("description", ""), model)
        for key in sorted(schema)
    ]


def _bounds(schema: dict[str, Any]) -> str:
    """Describe the values that a setting may have."""
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    parts = [f"{sign} {schema[name]}" for name, sign in signs.items() if name in schema]
    kind = {"integer": "whole number", "number": "number", "boolean": "true or false", "array": "list"}.get(
        schema.get("type", ""), schema.get("format") or "text"
    )
    return " ".join([kind, *parts])


def validated(model: type[SettingsT], values: dict[str, Any]) -> SettingsT:
    """Build a settings model from values; raise PermanentError with key, value and bound if one is invalid."""
    try:
        return model(**values)
    except ValidationError as exc:
        invalid = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])} = {error['input']!r}: {error['msg']}"
            for error in exc.errors()
        )
        raise PermanentError(
            f"A setting of the restaurant is invalid. {invalid}. Set a valid value with `flux settings set`."
        ) from exc
