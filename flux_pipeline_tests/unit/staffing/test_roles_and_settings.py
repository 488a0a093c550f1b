import pytest
from pydantic import ValidationError

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.roles import Role, with_standard_times
from flux_pipeline.staffing.settings import HeadsRule, StaffingSettings, StandardTime


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
        ("maximum_heads", 0),
        ("opening_minutes", -1.0),
        ("closing_minutes", float("nan")),
        ("prep_share", 0.95),
        ("minutes_by_category", {"mains": -2.0}),
    ],
)
def test_a_role_out_of_bounds_is_refused_by_name(field, value):
    with pytest.raises(PermanentError, match=f"Role 'Kitchen' has {field.partition('_by_')[0]}"):
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
    [
        ("labor_utilization", 0.0),
        ("labor_utilization", 1.1),
        ("labor_understaffed_cost", 0.5),
        ("labor_period_minutes", 30),
        ("labor_unheard_of", 1),
    ],
)
def test_settings_out_of_bounds_or_unknown_are_refused(name, value):
    with pytest.raises(ValidationError, match=name):
        StaffingSettings(**{name: value})


def test_settings_survive_json():
    settings = StaffingSettings(labor_utilization=0.7)
    assert StaffingSettings.model_validate_json(settings.model_dump_json()) == settings


def test_a_minimum_above_what_the_equipment_has_room_for_is_refused():
    with pytest.raises(PermanentError, match="maximum_heads 2; expected 3 or more"):
        Role("b", "Bar", 1.0, minimum_heads=3, maximum_heads=2)


def test_guests_who_queue_cannot_be_served_before_they_come():
    with pytest.raises(PermanentError, match="prep_share"):
        Role("b", "Bar", 1.0, heads_by=HeadsRule.QUEUE, prep_share=0.1)


def test_standard_times_apply_by_name_and_a_roles_own_go_before_them():
    kitchen = Role("k", " KITCHEN", 2.0, minutes_by_category={"mains": 7.0})
    waiter = Role("w", "Waiter", 1.5)
    times = [
        StandardTime(role="Kitchen", category="Mains", minutes=5),
        StandardTime(role="kitchen", category="Drinks ", minutes=0),
    ]
    kitchen, waiter = with_standard_times([kitchen, waiter], times)
    assert kitchen.minutes_of(["Mains", "drinks", "Desserts"]).tolist() == [7.0, 0.0, 2.0]
    assert waiter.minutes_of(["Mains"]).tolist() == [1.5]


def test_a_role_serves_its_channels():
    assert Role("p", "Phone", 1.0, channels=("phone",)).serves(["counter", "phone"]).tolist() == [False, True]
    assert Role("k", "Kitchen", 1.0).serves(["counter", "phone"]).all()


def test_standard_times_are_given_once_for_a_role_and_category():
    keys = [(time.role.casefold(), time.category.casefold()) for time in StaffingSettings().labor_standard_times]
    assert len(keys) == len(set(keys)) > 20
