import pytest
from pydantic import ValidationError

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.roles import Role, with_standard_times
from flux_pipeline.staffing.settings import OTHER, HeadsRule, RoleDefaults, StaffingSettings, StandardTime


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


def test_a_role_of_another_rate_is_as_much_faster_in_every_category():
    times = [StandardTime(role="Kitchen", category=each, minutes=n) for each, n in (("other", 2), ("mains", 5))]
    [usual, twice] = with_standard_times([Role("k", "Kitchen", 2.0), Role("k", "Kitchen", 1.0)], times)
    assert usual.minutes_of(["mains", "sides"]).tolist() == [5.0, 2.0]
    assert twice.minutes_of(["mains", "sides"]).tolist() == [2.5, 1.0]


def test_the_default_roles_have_the_rate_that_their_standard_times_are_meant_for():
    settings = StaffingSettings()
    for role in settings.labor_default_roles:
        meant = [
            time.minutes for time in settings.labor_standard_times if (time.role, time.category) == (role.name, OTHER)
        ]
        assert meant == [60 / role.productivity_per_hour]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"minimum_heads": 3, "maximum_heads": 2}, "maximum_heads is 2; expected 3 or more"),
        ({"heads_by": "queue", "prep_share": 0.2}, "prep_share is 0.2; expected 0 for a queue"),
        ({"channels": []}, "channels"),
        ({"channels": ["drone"]}, "channels"),
        ({"hourly_cost": float("inf")}, "hourly_cost"),
    ],
)
def test_default_roles_that_do_not_fit_together_are_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        RoleDefaults(name="Bar", productivity_per_hour=30, **values)


def test_a_role_serves_its_channels():
    assert Role("p", "Phone", 1.0, channels=("phone",)).serves(["counter", "phone"]).tolist() == [False, True]
    assert Role("k", "Kitchen", 1.0).serves(["counter", "phone"]).all()


def test_standard_times_are_given_once_for_a_role_and_category():
    keys = [(time.role.casefold(), time.category.casefold()) for time in StaffingSettings().labor_standard_times]
    assert len(keys) == len(set(keys)) > 20
