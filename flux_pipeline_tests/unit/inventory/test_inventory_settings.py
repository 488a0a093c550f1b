"""Settings of inventory: safe defaults, and bounds."""

import pytest
from pydantic import ValidationError

from flux_pipeline.inventory.settings import InventorySettings, ParRule, ServiceMeasure


def test_defaults_serve_nearly_all_demand() -> None:
    settings = InventorySettings()
    assert (settings.order_service_level, settings.order_service_measure) == (0.95, ServiceMeasure.FILL_RATE)
    assert settings.order_par_rule is ParRule.FLOOR
    # Without known costs the critical fractile is three quarters.
    assert settings.order_shortage_cost_factor == 3 * settings.order_spoilage_cost_factor


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("order_service_level", 1.0),
        ("order_service_level", 95),
        ("order_service_measure", "most"),
        ("order_shortage_cost_factor", 0),
        ("order_holding_rate", -0.1),
        ("lead_time_prior_deliveries", -1),
        ("par", "floor"),
    ],
)
def test_values_out_of_bounds_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        InventorySettings.model_validate({key: value})
