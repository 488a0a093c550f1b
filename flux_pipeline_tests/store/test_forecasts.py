"""Tests of published forecasts: another run adds rows and moves is_current, and a decided row stays current."""

import datetime as dt

import pytest
from sqlalchemy import text

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.distribution.totals import total_demand
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.access.people import add_user
from flux_pipeline.store.diagnosis.proofs import forecast_coverage
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.decisions import Choice, decide_forecasts
from flux_pipeline.store.forecasts.demand import current_posterior, publish_forecasts, read_forecasts
from flux_pipeline.store.records.runs import recorded_run
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.months import make_months
from flux_pipeline_tests.store.publishing import forecast_of, publish, put_on_the_menu

AS_OF = dt.date(2026, 3, 1)


@pytest.fixture
def forecast(store: Store, bistro: Restaurant) -> DemandForecast:
    return forecast_of(put_on_the_menu(store, bistro), AS_OF)


def test_a_forecast_is_read_as_it_was_published(store: Store, bistro: Restaurant, forecast: DemandForecast) -> None:
    publish(store, bistro, forecast, AS_OF)
    with store.tenant(bistro) as tx:
        rows = read_forecasts(tx)
        assert forecast_coverage(tx).wrong == []
    assert len(rows) == 28
    assert rows.date.min() == dt.date(2026, 3, 2)
    assert rows.predicted_quantity.sum() == pytest.approx(forecast.rows["mean"].sum(), abs=0.02)
    assert (rows.p10 <= rows.p50).all() and (rows.p90 <= rows.p99).all()
    assert set(rows.status) == {"pending"}


def test_a_second_run_adds_rows_and_becomes_the_current_one(
    store: Store, bistro: Restaurant, forecast: DemandForecast
) -> None:
    publish(store, bistro, forecast, AS_OF)
    second = publish(store, bistro, forecast, AS_OF)
    with store.tenant(bistro) as tx:
        rows = tx.connection.execute(
            text("SELECT algorithm_run_id, count(*) FROM demand_forecasts WHERE is_current GROUP BY 1")
        ).all()
        assert tx.connection.scalar(text("SELECT count(*) FROM demand_forecasts")) == 56
        assert current_posterior(tx, AS_OF)[0] == second  # type: ignore[index]
    assert [tuple(row) for row in rows] == [(second, 28)]


def test_a_forecast_that_lacks_a_day_or_an_item_does_not_cover_the_horizon(
    store: Store, bistro: Restaurant, forecast: DemandForecast
) -> None:
    publish(store, bistro, forecast, AS_OF)
    with store.tenant(bistro) as tx:
        assert forecast_coverage(tx).wrong == []
        tx.connection.execute(text("UPDATE demand_forecasts SET is_current = false WHERE forecast_date > '2026-03-05'"))
        (wrong,) = forecast_coverage(tx).wrong
    assert "8 current rows; expected 2 items on 14 days" in wrong


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_a_row_on_which_a_person_decided_stays_the_current_one(
    store: Store, bistro: Restaurant, forecast: DemandForecast, status: str
) -> None:
    first = publish(store, bistro, forecast, AS_OF)
    add_user(store, "kim@bistro.example", "Kim", "admin", None)
    day = Choice(dates=[dt.date(2026, 3, 2)])
    decide_forecasts(store, "bistro", status, "kim@bistro.example", day, now=dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC))
    publish(store, bistro, forecast, AS_OF)
    with store.tenant(bistro) as tx:
        current = tx.connection.execute(
            text("SELECT DISTINCT forecast_date FROM demand_forecasts WHERE is_current AND algorithm_run_id = :run"),
            {"run": first},
        ).scalars()
        assert list(current) == [dt.date(2026, 3, 2)]
        assert forecast_coverage(tx).wrong == []


def test_a_row_of_high_confidence_is_approved_without_a_person_until_the_next_run(
    store: Store, bistro: Restaurant, forecast: DemandForecast
) -> None:
    surest = forecast.rows.confidence_score.max()
    assert (forecast.rows.confidence_score < surest).any()
    query = text(
        "SELECT status, count(*), count(decided_by), count(*) FILTER (WHERE decided_at = published_at),"
        " min(confidence_score) >= :c FROM demand_forecasts WHERE is_current GROUP BY 1 ORDER BY 1"
    )
    publish(store, bistro, forecast, AS_OF, approve_from=surest)
    with store.tenant(bistro) as tx:
        first = [tuple(row) for row in tx.connection.execute(query, {"c": surest})]
    assert first == [("approved", 14, 0, 14, True), ("pending", 14, 0, 0, False)]
    second = publish(store, bistro, forecast, AS_OF, approve_from=0.0)
    with store.tenant(bistro) as tx:
        assert [tuple(row)[:2] for row in tx.connection.execute(query, {"c": surest})] == [("approved", 28)]
        runs = tx.connection.scalars(text("SELECT DISTINCT algorithm_run_id FROM demand_forecasts WHERE is_current"))
        assert list(runs) == [second]


def test_samples_drawn_again_are_the_same(store: Store, bistro: Restaurant, forecast: DemandForecast) -> None:
    publish(store, bistro, forecast, AS_OF)
    with store.tenant(bistro) as tx:
        found = current_posterior(tx, AS_OF)
    assert found is not None
    again, first = sample_demand(found[1]).quantity, sample_demand(forecast.posterior).quantity
    assert again.tobytes() == first.tobytes()


def test_items_and_days_can_be_chosen_and_a_percent_sign_is_no_wildcard(
    store: Store, bistro: Restaurant, forecast: DemandForecast
) -> None:
    publish(store, bistro, forecast, AS_OF)
    with store.tenant(bistro) as tx:
        assert set(read_forecasts(tx, item="TEA").item) == {"Tea"}
        assert read_forecasts(tx, item="e").item.nunique() == 2
        assert set(read_forecasts(tx, item="%").item) == {"50% off cake"}
        assert set(read_forecasts(tx, days=3).date) == {dt.date(2026, 3, day) for day in (2, 3, 4)}
        assert read_forecasts(tx, item="coffee").empty


def test_an_unfinished_run_publishes_nothing(store: Store, bistro: Restaurant, forecast: DemandForecast) -> None:
    make_months(store, ("demand_forecasts",), [AS_OF])
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
    with store.tenant(bistro) as tx:
        assert read_forecasts(tx).empty
        assert current_posterior(tx, AS_OF) is None
