import pytest
from pydantic import ValidationError

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import StaffingSettings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes_per_item", -1.0),
        ("minutes_per_item", float("nan")),
        ("minutes_per_open_hour", -0.5),
        ("minimum_heads", -1),
        ("minimum_heads", 1.5),
        ("hourly_cost", -3.0),
        ("hourly_cost", float("inf")),
    ],
)
def test_a_role_out_of_bounds_is_refused_by_name(field, value):
    with pytest.raises(PermanentError, match=f"Role 'Kitchen' has {field}"):
        Role(**{"id": "k", "name": "Kitchen", "minutes_per_item": 2.0, field: value})


def test_productivity_becomes_minutes_per_item():
    assert Role.from_productivity("k", "Kitchen", items_per_hour=40).minutes_per_item == 1.5


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_role_that_gets_nothing_done_is_refused(rate):
    with pytest.raises(PermanentError, match="more than zero"):
        Role.from_productivity("k", "Kitchen", items_per_hour=rate)


def test_every_setting_is_named_for_labor_described_and_bounded():
    for name, field in StaffingSettings.model_fields.items():
        assert name.startswith("labor_")
        assert field.description
        if field.annotation in (int, float):
            kinds = {type(bound).__name__ for bound in field.metadata}
            assert kinds & {"Ge", "Gt"}, name
            assert kinds & {"Le", "Lt"}, name


@pytest.mark.parametrize(
    ("name", "value"),
    [("labor_utilization", 0.0), ("labor_utilization", 1.1), ("labor_service_level", 0.4), ("labor_unheard_of", 1)],
)
def test_settings_out_of_bounds_or_unknown_are_refused(name, value):
    with pytest.raises(ValidationError, match=name):
        StaffingSettings(**{name: value})


def test_settings_survive_json():
    settings = StaffingSettings(labor_utilization=0.7)
    assert StaffingSettings.model_validate_json(settings.model_dump_json()) == settings
