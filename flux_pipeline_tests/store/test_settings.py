"""Tests of settings: values are checked against the packages' models, stored, and used by the next run."""

import pytest

from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.settings import (
    SETTINGS_MODELS,
    clear_setting,
    find_setting,
    known_settings,
    read_settings,
    store_setting,
    stored_settings,
)
from flux_pipeline.store.restaurant import Restaurant


def test_a_setting_is_stored_replaced_and_cleared(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    for days in (21, 7):
        with store.tenant(bistro) as tx:
            assert store_setting(tx, "forecast_horizon_days", days) == days
        with store.tenant(bistro) as tx:
            assert read_settings(tx, DemandSettings).forecast_horizon_days == days
            assert stored_settings(tx) == {"forecast_horizon_days": days}
    with store.tenant(cafe) as tx:
        assert stored_settings(tx) == {}
    with store.tenant(bistro) as tx:
        assert clear_setting(tx, "forecast_horizon_days")
        assert not clear_setting(tx, "forecast_horizon_days")
        assert read_settings(tx, DemandSettings) == DemandSettings()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("forecast_horizon_days", 29, "less than or equal to 28"),
        ("forecast_horizon_days", 2.5, "integer"),
        ("forecast_horizon_days", "soon", "integer"),
        ("labor_utilization", 1.5, "labor_utilization = 1.5"),
        ("labor_default_open_time", "noon", "labor_default_open_time"),
        ("forecast_horizon", 7, "Unknown setting 'forecast_horizon'. Did you mean: forecast_horizon_days"),
        ("colour", "red", "flux settings list"),
    ],
)
def test_an_unknown_key_or_a_value_out_of_bounds_is_refused_and_changes_nothing(
    store: Store, bistro: Restaurant, key: str, value: object, message: str
) -> None:
    with pytest.raises(PermanentError, match=message), store.tenant(bistro) as tx:
        store_setting(tx, key, value)
    with store.tenant(bistro) as tx:
        assert stored_settings(tx) == {}


def test_every_key_has_a_description_bounds_and_one_model() -> None:
    assert sum(len(model.model_fields) for model in SETTINGS_MODELS) == len(known_settings())
    for known in known_settings().values():
        assert known.description.endswith("."), known.key
        assert known.bounds, known.key


def test_a_default_is_within_its_own_bounds() -> None:
    for key, known in known_settings().items():
        assert known.model(**{key: known.default}).model_dump(mode="json")[key] == find_setting(key).default
