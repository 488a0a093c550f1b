"""Tests of totals: they are published, superseded and read together with the items that they add up."""

import datetime as dt

import pandas as pd
import pytest
from sqlalchemy import text

from flux_pipeline.demand.distribution.totals import total_demand
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.access.people import add_user
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.decisions import Choice, decide_forecasts
from flux_pipeline.store.forecasts.demand import publish_forecasts, read_forecasts
from flux_pipeline.store.forecasts.published import list_categories, list_totals, rows_of_earlier_runs
from flux_pipeline.store.records.runs import recorded_run
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.handing_in import ask
from flux_pipeline_tests.store.publishing import forecast_of, publish, put_on_the_menu

AS_OF = dt.date(2026, 3, 1)
TABLES = ("demand_forecasts_by_category", "demand_forecasts_by_restaurant")


@pytest.fixture
def items(store: Store, bistro: Restaurant) -> pd.DataFrame:
    return put_on_the_menu(store, bistro)


@pytest.fixture
def forecast(items: pd.DataFrame) -> DemandForecast:
    return forecast_of(items, AS_OF)


def test_totals_are_read_as_published_and_their_means_are_sums_of_the_items(
    store: Store, bistro: Restaurant, items: pd.DataFrame, forecast: DemandForecast
) -> None:
    publish(store, bistro, forecast, AS_OF, items=items)
    with store.tenant(bistro) as tx:
        rows, categories, total = read_forecasts(tx), list_categories(tx), pd.DataFrame(list_totals(tx))
        assert len(list_categories(tx, as_of=AS_OF, days=3)) == 6
        assert list_totals(tx, as_of=dt.date(2026, 2, 1)) == []
    assert {each.category for each in categories} == {"Drinks", None}
    assert {each.item_count for each in categories} == {1} and total.item_count.eq(2).all()
    for frame in (pd.DataFrame(categories), total):
        means = frame.groupby("date").predicted_quantity.sum()
        pd.testing.assert_series_equal(means, rows.groupby("date").predicted_quantity.sum(), rtol=1e-14)
    assert (total.p90 < rows.groupby("date").p90.sum().to_numpy()).all()
    assert total.date.tolist() == [AS_OF + dt.timedelta(days=n) for n in range(1, 15)]


def test_a_second_run_supersedes_totals_like_items(
    store: Store, bistro: Restaurant, items: pd.DataFrame, forecast: DemandForecast
) -> None:
    publish(store, bistro, forecast, AS_OF, items=items)
    second = publish(store, bistro, forecast, AS_OF, items=items)
    for table, days in zip(TABLES, (28, 14), strict=True):
        rows = ask(store, bistro, f"SELECT is_current, count(*) FROM {table} GROUP BY 1 ORDER BY 1")
        assert rows == [(False, days), (True, days)]
        runs = ask(store, bistro, f"SELECT DISTINCT algorithm_run_id FROM {table} WHERE is_current")
        assert runs == [(second,)]


def test_an_unfinished_run_publishes_no_totals_and_supersedes_none(
    store: Store, bistro: Restaurant, items: pd.DataFrame, forecast: DemandForecast
) -> None:
    first = publish(store, bistro, forecast, AS_OF, items=items)
    planned = plan_run("demand_forecast", "1", AS_OF, {}, {})
    with (
        pytest.raises(RuntimeError),
        recorded_run(store, bistro, planned, None) as run_id,
        store.tenant(bistro) as tx,
    ):
        publish_forecasts(
            tx,
            forecast,
            total_demand(forecast.posterior, forecast.rows),
            AS_OF,
            run_id,
            approve_from=1.0,
            is_retrospective=False,
        )
        raise RuntimeError("killed before the commit")
    for table in TABLES:
        assert ask(store, bistro, f"SELECT DISTINCT algorithm_run_id, is_current FROM {table}") == [(first, True)]


def test_another_restaurant_has_totals_of_its_own(
    store: Store, bistro: Restaurant, cafe: Restaurant, items: pd.DataFrame, forecast: DemandForecast
) -> None:
    publish(store, bistro, forecast, AS_OF, items=items)
    other = put_on_the_menu(store, cafe)
    publish(store, cafe, forecast_of(other, AS_OF), AS_OF, items=other)
    for table in TABLES:
        assert ask(store, bistro, f"SELECT DISTINCT restaurant_id FROM {table}") == [(bistro.id,)]
    assert ask(store, cafe, f"SELECT bool_and(is_current) FROM {TABLES[1]}") == [(True,)]


def test_a_newest_forecast_without_totals_does_not_show_older_totals(
    store: Store, bistro: Restaurant, items: pd.DataFrame, forecast: DemandForecast
) -> None:
    publish(store, bistro, forecast, AS_OF, items=items)
    later = AS_OF + dt.timedelta(days=1)
    publish(store, bistro, forecast_of(items, later), later, items=items)
    with store.tenant(bistro) as tx:
        for table in TABLES:
            tx.connection.execute(text(f"DELETE FROM {table} WHERE as_of = :later"), {"later": later})
        assert list_totals(tx) == []
        assert len(list_totals(tx, as_of=AS_OF)) == 14


def test_rows_on_which_a_person_decided_are_counted_beside_the_totals_of_a_later_run(
    store: Store, bistro: Restaurant, items: pd.DataFrame, forecast: DemandForecast
) -> None:
    add_user(store, "kim@bistro.example", "Kim", "admin", None)
    publish(store, bistro, forecast, AS_OF, items=items)
    now = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
    decide_forecasts(store, "bistro", "approved", "kim@bistro.example", Choice(item="tea"), now=now)
    with store.tenant(bistro) as tx:
        assert rows_of_earlier_runs(tx, AS_OF) == 0
    publish(store, bistro, forecast, AS_OF, items=items)
    with store.tenant(bistro) as tx:
        assert rows_of_earlier_runs(tx, AS_OF) == 14
