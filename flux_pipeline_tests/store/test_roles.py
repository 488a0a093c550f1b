"""Roles: all columns are read, a person adds and changes them with commands, and every change is logged."""

import json

import pytest
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.settings import HeadsRule, RoleDefaults, StaffingSettings
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.staff.role_acts import add_role, change_role, list_roles
from flux_pipeline.store.staff.roles import employee_roles, seed_roles
from flux_pipeline_tests.store.commands import output_of, refused
from flux_pipeline_tests.store.handing_in import hand_in_kind

BAR = RoleDefaults(
    name="Bar",
    productivity_per_hour=48,
    minutes_per_open_hour=4,
    minimum_heads=0,
    hourly_cost=16.5,
    maximum_heads=3,
    heads_by=HeadsRule.QUEUE,
    opening_minutes=15,
    closing_minutes=25,
    channels=("dine_in", "takeaway"),
    required_skills=("Cocktails",),
)


def roles(*words: object) -> str:
    return " ".join(output_of("roles", *words, "--restaurant", "bistro").split())


def acts(store: Store) -> list[tuple[str, str]]:
    with store.fleet() as fleet:
        return [(act.action, act.subject) for act in list_acts(fleet, slug="bistro") if act.action.startswith("roles.")]


def test_every_column_of_a_role_is_seeded_and_read(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("DELETE FROM employee_roles"))
        seed_roles(tx, [BAR])
        [role], [row] = employee_roles(tx), list_roles(tx)
    assert role.minutes_per_item == 60 / 48
    for name in ("name", "minutes_per_open_hour", "minimum_heads", "hourly_cost", "maximum_heads", "heads_by"):
        assert getattr(role, name) == getattr(BAR, name)
    assert (role.opening_minutes, role.closing_minutes, role.prep_share) == (15, 25, 0)
    assert role.channels == ("dine_in", "takeaway") and row.required_skills == ["Cocktails"]


def test_a_new_restaurant_has_a_kitchen_with_prep_and_opening_work(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        kitchen, service = employee_roles(tx)
    defaults = StaffingSettings().labor_default_roles
    assert (kitchen.prep_share, kitchen.opening_minutes) == (defaults[0].prep_share, defaults[0].opening_minutes)
    assert (service.name, service.closing_minutes) == ("Service", defaults[1].closing_minutes)


def test_a_role_is_added_changed_renamed_and_switched_off_and_each_is_logged(store: Store, bistro: Restaurant) -> None:
    assert "bistro now has the role Bar" in roles("add", " Bar ", "--items-per-hour", 48, "--heads-by", "queue")
    said = roles("set", "BAR", "--maximum-heads", 4, "--channel", "delivery", "--hourly-cost", 18.5)
    assert "hourly_cost is now 18.5, maximum_heads is now 4, channels is now delivery. The next run uses it." in said
    assert roles("set", "bar", "--maximum-heads", 4) == "No change."
    assert "maximum_heads is now none" in roles("set", "bar", "--maximum-heads", "none", "--channel", "none")
    assert "name is now Theke" in roles("set", "Bar", "--name", "Theke")
    assert "is_active is now no" in roles("set", "Theke", "--inactive")
    assert acts(store) == [*[("roles.set", name) for name in ("Theke", "Bar", "Bar", "Bar")], ("roles.add", "Bar")]
    with store.tenant(bistro) as tx:
        assert [role.name for role in employee_roles(tx)] == ["Kitchen", "Service"]
        assert [role.name for role in list_roles(tx)] == ["Kitchen", "Service", "Theke"]


def test_roles_are_listed_for_people_and_for_programs(store: Store, bistro: Restaurant) -> None:
    hand_in_kind(store, bistro, "employees", "name,role\nAda Kok,Kitchen\n")
    assert "EUR/h" in roles("list") and "2 roles" in roles("list")
    listed = json.loads(output_of("roles", "list", "--restaurant", "bistro", "--json"))
    assert [(role["name"], role["people"], role["prep_share"]) for role in listed] == [
        ("Kitchen", 1, 0.25),
        ("Service", 0, 0.0),
    ]
    assert output_of("roles", "list", "--restaurant", "bistro", "--csv").startswith("name,items_per_hour,")


def test_a_skill_that_nobody_has_is_pointed_out_and_a_known_one_keeps_its_spelling(
    store: Store, bistro: Restaurant
) -> None:
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("INSERT INTO skills (restaurant_id, name) VALUES (:r, 'Grill')"), {"r": bistro.id})
    said = roles("set", "Kitchen", "--skill", "GRILL", "--skill", "Wok")
    assert "nobody has 'Grill', 'Wok' yet" in said and "required_skills is now Grill, Wok" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("set", "Kitchn", "--items-per-hour", 3), "no role 'Kitchn'; expected one of: Kitchen, Service. Did you mean"),
        (("add", "kitchen", "--items-per-hour", 3), "has the role 'Kitchen' already; expected another name"),
        (("add", "Bar", "--items-per-hour", 0), "items_per_hour is 0.0; expected greater than or equal to 0.001"),
        (("set", "Kitchen", "--maximum-heads", 0), "maximum_heads is 0; expected greater than or equal to 1"),
        (("set", "Kitchen", "--heads-by", "queue"), "prep_share is 0.25; expected 0 for a queue"),
        (("set", "Kitchen", "--minimum-heads", 3, "--maximum-heads", 2), "maximum_heads is 2; expected 3 or more"),
        (("set", "Kitchen", "--name", "SERVICE"), "has the role 'Service' already"),
        (("set", "Kitchen"), "Nothing to change was given; expected an option"),
    ],
)
def test_what_can_not_be_meant_is_refused_and_changes_nothing(
    store: Store, bistro: Restaurant, words: tuple[object, ...], message: str
) -> None:
    assert message in refused("roles", *words, "--restaurant", "bistro")
    assert acts(store) == []


def test_the_roles_of_two_restaurants_do_not_mix(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    with store.tenant(cafe) as tx:
        add_role(tx, {"name": "Drive-in", "items_per_hour": 60})
    with store.tenant(bistro) as tx, pytest.raises(PermanentError, match="bistro has no role 'Drive-in'"):
        change_role(tx, "Drive-in", {"minimum_heads": 2})
