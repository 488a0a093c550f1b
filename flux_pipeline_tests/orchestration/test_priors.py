"""Priors in runs: a young restaurant's forecast starts from others' averages, as known then, and says so."""

import datetime as dt

import dagster as dg
import pytest

from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands.launch import run_feeds, run_restaurant
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.priors import average_priors, keep_parameters
from flux_pipeline.store.records.runs import run_summary
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import FIRST, FORECAST, LAST
from flux_pipeline_tests.store.handing_in import ask
from flux_pipeline_tests.store.sharing import add_sharing, parameters

# Nine days after the first sale: the second Friday has not come yet.
YOUNG = FIRST + dt.timedelta(days=9)
THEN = dt.datetime(2026, 3, 20, tzinfo=dt.UTC)
PUBLISHED = """
SELECT forecast_date, menu_item_name, predicted_quantity, logic_trigger, factors::text FROM demand_forecasts
WHERE is_current AND as_of = '{as_of}' ORDER BY 1, 2
"""
SHARED = "SELECT category, parameter, value FROM demand_parameters ORDER BY 1, 2"


def test_a_young_restaurant_uses_the_priors_that_were_known_then(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant
) -> None:
    def forecast() -> list[tuple[object, ...]]:
        assert run_restaurant(instance, quai_nord.slug, YOUNG, only=FORECAST).succeeded
        return ask(store, quai_nord, PUBLISHED.format(as_of=YOUNG))

    assert run_feeds(instance).succeeded
    alone = forecast()
    others = add_sharing(store, 20, str(quai_nord.country_code), 0.8)
    with store.fleet() as fleet:
        average_priors(fleet, THEN)
    helped = forecast()
    assert helped != alone
    source = f"weekday profile of 20 restaurants in {quai_nord.country_code}"
    assert all(str(row[3]).endswith(source) for row in helped if row[2])
    assert not any(source in str(row[3]) for row in alone)
    with store.tenant(quai_nord) as tx:
        assert run_summary(tx, AlgorithmName.DEMAND, YOUNG)["priors"] == source
    for restaurant in others:
        with store.tenant(restaurant) as tx:
            keep_parameters(tx, parameters(-0.8), LAST)
    with store.fleet() as fleet:
        average_priors(fleet, dt.datetime.now(dt.UTC))
    assert forecast() == helped, "averages that were made later change nothing"


def test_a_restaurant_shares_what_a_run_finds_as_long_as_it_wants(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant
) -> None:
    def shared(wanted: bool) -> list[tuple[object, ...]]:
        with store.tenant(quai_nord) as tx:
            store_setting(tx, "forecast_share_priors", wanted)
        assert run_restaurant(instance, quai_nord.slug, LAST, only=FORECAST).succeeded
        return ask(store, quai_nord, SHARED)

    assert run_feeds(instance).succeeded
    assert shared(False) == []
    found = shared(True)
    names = {row[1] for row in found if row[0] == ""}
    assert {"friday", "log_dispersion", "day_variation"} <= names and "monday" not in names, "closed on Mondays"
    with store.tenant(quai_nord) as tx:
        assert run_summary(tx, AlgorithmName.DEMAND, LAST)["parameters_shared"] == len(found)
    assert shared(False) == []


@pytest.mark.parametrize("count", [19, 20])
def test_the_weekly_run_averages_if_twenty_restaurants_share(
    store: Store, instance: dg.DagsterInstance, count: int
) -> None:
    add_sharing(store, count)
    assert build_defs().resolve_job_def("average_priors").execute_in_process(instance=instance).success
    with store.fleet() as fleet:
        again = average_priors(fleet, dt.datetime.now(dt.UTC))
    assert (again.restaurants, again.averages) == (count, 4 if count == 20 else 0)
