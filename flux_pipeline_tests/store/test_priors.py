"""Priors from other restaurants: what is shared is a restaurant's own, and what crosses is an average of twenty."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import pytest
from sqlalchemy import insert, select, text

from flux_pipeline.demand.priors import NO_PRIORS
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.priors import (
    average_priors,
    count_sharing,
    has_averages,
    keep_parameters,
    priors_known,
)
from flux_pipeline.store.models.priors import DemandParameter, DemandPrior
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenancy.proof import prove_tenancy
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.store.sharing import AS_OF, add_sharing, parameters

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
MADE = {"sd": 0.1, "averaged_at": NOW}


def average(store: Store, now: dt.datetime = NOW) -> int:
    with store.fleet() as fleet:
        return average_priors(fleet, now).averages


def friday_of(store: Store, restaurant: Restaurant, known_at: dt.datetime = NOW) -> float | None:
    with store.tenant(restaurant) as tx:
        prior = priors_known(tx, known_at).of("friday")
    return None if prior is None else prior.mean


def current_rows(store: Store) -> Sequence[tuple[str, str, str, int]]:
    row = DemandPrior
    columns = (row.country_code, row.category, row.parameter, row.restaurant_count)
    with store.fleet() as fleet:
        found = fleet.execute(select(*columns).where(row.superseded_at.is_(None)).order_by(*columns))
        return [tuple(each) for each in found]


@pytest.fixture
def stranger(store: Store) -> Restaurant:
    """A restaurant in Germany that shares nothing."""
    return add_restaurant(store, NewRestaurant("stranger", "stranger", "Europe/Berlin", "EUR", "DE"))


def test_averages_are_made_of_twenty_restaurants_and_of_no_fewer(store: Store, stranger: Restaurant) -> None:
    add_sharing(store, 19)
    assert average(store) == 0
    assert friday_of(store, stranger) is None
    add_sharing(store, 1, name="another")
    assert average(store) == 4
    assert current_rows(store) == [
        ("", "", "friday", 20),
        ("", "drinks", "friday", 20),
        ("DE", "", "friday", 20),
        ("DE", "drinks", "friday", 20),
    ]
    with store.tenant(stranger) as tx:
        known = priors_known(tx, NOW)
    assert known.of("friday").mean == 0.2 and known.of("friday", "drinks").mean == 0.1
    assert known.as_metadata() == {"priors": "weekday profile of 20 restaurants in DE"}


def test_a_country_with_few_restaurants_uses_the_averages_of_all(store: Store) -> None:
    french = add_sharing(store, 5, "FR", 0.6)
    add_sharing(store, 20, "DE", 0.1)
    average(store)
    with store.tenant(french[0]) as tx:
        known = priors_known(tx, NOW)
    assert known.of("friday").mean == 0.2
    assert known.source(["friday"]) == "25 restaurants in all countries"


def test_who_does_not_share_any_more_is_left_out_of_the_next_averages(store: Store, stranger: Restaurant) -> None:
    sharing = add_sharing(store, 20)
    average(store)
    with store.tenant(sharing[0]) as tx:
        store_setting(tx, "forecast_share_priors", False)
    assert average(store, NOW + DAY) == 4, "averages stay for a week"
    assert average(store, NOW + WEEK) == 0
    assert friday_of(store, stranger, NOW + WEEK) is None
    with store.fleet() as fleet:
        assert count_sharing(fleet) == 19 and not has_averages(fleet)


def test_a_restaurant_that_is_not_active_is_left_out(store: Store) -> None:
    add_sharing(store, 20)
    with store.transaction(Role.OWNER) as owner:
        owner.execute(text("ALTER TABLE restaurants NO FORCE ROW LEVEL SECURITY"))
        owner.execute(text("UPDATE restaurants SET is_active = false WHERE slug = 'one-de-3'"))
        owner.execute(text("ALTER TABLE restaurants FORCE ROW LEVEL SECURITY"))
    assert average(store) == 0


def test_averages_of_the_same_week_stay_as_they_are(store: Store, stranger: Restaurant) -> None:
    sharing = add_sharing(store, 20)
    average(store)
    for restaurant in sharing:
        with store.tenant(restaurant) as tx:
            keep_parameters(tx, parameters(0.8), AS_OF + DAY)
    average(store, NOW + DAY)
    assert friday_of(store, stranger, NOW + DAY) == 0.2
    average(store, NOW + WEEK)
    assert friday_of(store, stranger, NOW + WEEK) == 0.8


def test_a_look_back_uses_the_averages_that_were_known_then(store: Store, stranger: Restaurant) -> None:
    sharing = add_sharing(store, 20)
    average(store)
    for restaurant in sharing:
        with store.tenant(restaurant) as tx:
            keep_parameters(tx, parameters(0.8), AS_OF + DAY)
    average(store, NOW + WEEK)
    with store.tenant(stranger) as tx:
        assert priors_known(tx, NOW - DAY) == NO_PRIORS
    assert friday_of(store, stranger, NOW + DAY) == 0.2
    assert friday_of(store, stranger, NOW + WEEK + DAY) == 0.8


def test_parameters_are_replaced_by_newer_ones_and_removed_on_request(store: Store, bistro: Restaurant) -> None:
    def kept(found: pd.DataFrame | None, as_of: dt.date) -> list[tuple[str, float]]:
        with store.tenant(bistro) as tx:
            keep_parameters(tx, found, as_of)
            query = select(DemandParameter.category, DemandParameter.value).order_by(DemandParameter.category)
            return [tuple(row) for row in tx.connection.execute(query)]

    first = [("", 0.2), ("drinks", 0.1)]
    assert kept(parameters(0.2), AS_OF) == first
    assert kept(parameters(0.2), AS_OF) == first
    assert kept(parameters(0.9), AS_OF - WEEK) == first, "a look back changes nothing"
    assert kept(parameters(0.3).head(1), AS_OF + DAY) == [("", 0.3)]
    assert kept(None, AS_OF + DAY) == []


def test_a_restaurant_sees_its_own_parameters_only(store: Store) -> None:
    one, _ = add_sharing(store, 2)
    with store.tenant(one) as tx:
        assert set(tx.connection.scalars(select(DemandParameter.restaurant_id))) == {one.id}
    with store.transaction(Role.APP) as nobody:
        assert nobody.execute(select(DemandParameter)).all() == []


@pytest.mark.parametrize("role", [Role.APP, Role.FEEDS])
def test_only_the_fleet_writes_averages(store: Store, role: Role) -> None:
    values = {"country_code": "DE", "category": "", "parameter": "friday", "mean": 0.1, "restaurant_count": 20} | MADE
    with pytest.raises(PermanentError, match="permission denied"), store.transaction(role) as connection:
        connection.execute(insert(DemandPrior).values(values))


def test_bi_tools_and_feeds_do_not_read_averages(store: Store) -> None:
    with store.fleet() as fleet:
        for role in (Role.READER, Role.FEEDS):
            readable = text("SELECT has_table_privilege(:role, 'demand_priors', 'SELECT')")
            assert fleet.scalar(readable, {"role": role.value}) is False


@pytest.mark.parametrize(
    ("column", "value", "broken"),
    [
        ("restaurant_count", 19, "of_at_least_twenty"),
        ("parameter", "level", "parameter_is_known"),
        ("sd", 0.0, "sd_positive"),
    ],
)
def test_the_database_refuses_what_is_no_average_of_many(store: Store, column: str, value: object, broken: str) -> None:
    values = {"country_code": "", "category": "", "parameter": "friday", "mean": 0.1, "restaurant_count": 20} | MADE
    with pytest.raises(PermanentError, match=broken), store.fleet() as fleet:
        fleet.execute(insert(DemandPrior).values(values | {column: value}))


def test_averages_have_no_column_that_names_a_restaurant_and_the_proof_knows_them(store: Store) -> None:
    add_sharing(store, 20)
    average(store)
    fixed = {"id", "created_at", "updated_at", "averaged_at", "superseded_at"}
    assert set(DemandPrior.__table__.columns.keys()) - fixed == {
        "country_code",
        "category",
        "parameter",
        "mean",
        "sd",
        "restaurant_count",
    }
    assert prove_tenancy(store).findings == ()
