"""Restaurants: checked when they are added, and asked when their business day ends."""

import datetime as dt

import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.store.door import Store
from flux_pipeline.store.models.records import RestaurantSetting
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.staff.roles import employee_roles
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant, change_restaurant

GOOD = {"slug": "bistro", "name": "Bistro", "timezone": "Europe/Paris", "currency": "EUR", "country_code": "FR"}


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        ({"slug": "Le Bistro"}, "french-bakery"),
        ({"slug": "a,b"}, "french-bakery"),
        ({"slug": "shared"}, "not 'shared'"),
        ({"timezone": "Paris"}, "Europe/Paris"),
        ({"currency": "euro"}, "EUR"),
        ({"country_code": "France"}, "FR"),
        ({"latitude": 123.0, "longitude": 1.0}, "90 degrees"),
        ({"latitude": 12.0}, "both its latitude and its longitude"),
    ],
    ids=str,
)
def test_an_invalid_value_is_refused_with_a_valid_example(wrong: dict[str, object], shown: str) -> None:
    with pytest.raises(PermanentError, match=shown):
        NewRestaurant(**(GOOD | wrong))  # type: ignore[arg-type]


def test_a_slug_that_is_taken_is_refused(store: Store, bistro: Restaurant) -> None:
    with pytest.raises(PermanentError, match="'bistro' is taken"):
        add_restaurant(store, NewRestaurant(**GOOD))  # type: ignore[arg-type]


def test_an_unknown_restaurant_is_refused_with_the_known_ones(store: Store, bistro: Restaurant) -> None:
    with pytest.raises(PermanentError, match=r"'bisto'.*bistro"):
        store.restaurant("bisto")


def test_a_new_restaurant_has_the_default_roles(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        assert {role.name for role in employee_roles(tx)} == {
            role.name for role in StaffingSettings().labor_default_roles
        }


def test_a_setting_replaces_its_default_and_one_out_of_bounds_is_refused(store: Store, bistro: Restaurant) -> None:
    def put(value: object) -> None:
        with store.tenant(bistro) as tx:
            tx.connection.execute(RestaurantSetting.__table__.delete())
            tx.connection.execute(
                RestaurantSetting.__table__.insert().values(
                    restaurant_id=bistro.id, setting_key="labor_utilization", setting_value=value
                )
            )

    put(0.5)
    with store.tenant(bistro) as tx:
        assert read_settings(tx, StaffingSettings).labor_utilization == 0.5
    put(7)
    with pytest.raises(PermanentError, match="labor_utilization = 7"), store.tenant(bistro) as tx:
        read_settings(tx, StaffingSettings)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-03-10T12:00+01:00", "2026-03-09"),
        ("2026-03-10T03:59+01:00", "2026-03-08"),
        ("2026-03-10T04:00+01:00", "2026-03-09"),
        ("2026-03-10T02:30+00:00", "2026-03-08"),
        ("2026-03-29T03:30+02:00", "2026-03-27"),
    ],
)
def test_a_business_day_is_over_at_the_cutoff_of_the_next_morning(bistro: Restaurant, now: str, last: str) -> None:
    assert bistro.last_complete_business_day(dt.datetime.fromisoformat(now)) == dt.date.fromisoformat(last)


def test_the_end_of_a_business_day_follows_the_clock_change(bistro: Restaurant) -> None:
    assert bistro.end_of_business_day(dt.date(2026, 3, 28)) == dt.datetime(2026, 3, 29, 2, tzinfo=dt.UTC)
    assert bistro.end_of_business_day(dt.date(2026, 3, 27)) == dt.datetime(2026, 3, 28, 3, tzinfo=dt.UTC)


def test_details_of_a_restaurant_can_change_and_are_noted(store: Store, bistro: Restaurant) -> None:
    assert change_restaurant(store, "bistro", {"country_code": "BE", "name": "Bistro"}) == {"country_code": "BE"}
    assert change_restaurant(store, "bistro", {"country_code": "BE"}) == {}
    assert store.restaurant("bistro").country_code == "BE"
    with store.fleet() as connection:
        acts = [(act.action, act.before, act.after) for act in list_acts(connection, slug="bistro")]
    assert acts[0] == ("restaurants.change", {"country_code": "FR"}, {"country_code": "BE"})
    assert len(acts) == 2


@pytest.mark.parametrize("values", [{"country_code": "France"}, {"latitude": 91.0}])
def test_a_change_to_an_invalid_value_is_refused(store: Store, bistro: Restaurant, values: dict[str, object]) -> None:
    with pytest.raises(PermanentError, match=r"ISO 3166|degrees"):
        change_restaurant(store, "bistro", values)
