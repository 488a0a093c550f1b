"""Job `refresh_restaurant`, from the landing folder to the audit row, on a real database and Dagster instance."""

import datetime as dt

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from flux_pipeline.demo._kitchen import simulate_kitchen
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.orchestration.commands.launch import JobResult, load_uploads, run_feeds, run_restaurant
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.demand import read_forecasts
from flux_pipeline.store.forecasts.heads import list_staffing
from flux_pipeline.store.known.closures import add_closures
from flux_pipeline.store.records.runs import list_runs
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import FORECAST, LAST, drop, load_quai_nord

pytestmark = pytest.mark.usefixtures("no_pictures")
BEGINNINGS = {"loaded": load_quai_nord}

TABLES = (
    "data_uploads",
    "rejected_rows",
    "menu_items",
    "transactions",
    "transaction_items",
    "daily_item_sales",
    "demand_forecasts",
    "demand_posteriors",
    "staffing_forecasts",
    "menu_item_costs",
    "menu_profitability",
    "algorithm_runs",
)


def counts(store: Store, restaurant: Restaurant) -> dict[str, int]:
    with store.tenant(restaurant) as tx:
        return {t: tx.connection.scalar(text(f"SELECT count(*) FROM {t}")) or 0 for t in TABLES}


def drop_kitchen(store: Store, restaurant: Restaurant) -> int:
    """Drop the files of the bistro's kitchen and return their number of rows."""
    frames = simulate_kitchen(demo_restaurants()[0], LAST + dt.timedelta(days=1))
    for kind, frame in frames.items():
        drop(store, restaurant.slug, kind, f"{kind}.csv", frame.to_csv(index=False))
    return sum(map(len, frames.values()))


def refresh(
    instance: dg.DagsterInstance, restaurant: Restaurant, as_of: dt.date = LAST, *, only: tuple[str, ...] | None = None
) -> JobResult:
    result = run_restaurant(instance, restaurant.slug, as_of, only=only)
    assert result.succeeded, result.failures
    return result


def test_a_landed_file_becomes_forecasts_and_audit_rows(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant, simulated: dict[str, pd.DataFrame]
) -> None:
    of_kitchen = drop_kitchen(store, quai_nord)
    assert run_feeds(instance).succeeded
    result = refresh(instance, quai_nord)
    by_asset = result.metadata
    for asset, metadata in by_asset.items():
        # None of the forecast days is over yet, and a look back has no stock and no orders.
        empty = ("forecast_accuracy", "stock_depletion_forecasts", "purchase_recommendations")
        assert (metadata["rows"] > 0) == (asset not in empty), asset
        assert {"window", "forecast_window", "as_of"} & set(metadata), asset
    assert by_asset["transactions"]["rows_read"] == len(simulated["sales"]) + of_kitchen
    assert by_asset["transactions"]["rows_loaded"] > 0.99 * len(simulated["sales"])
    assert by_asset["demand_forecasts"]["as_of"] == LAST.isoformat()
    with store.tenant(quai_nord) as tx:
        forecasts = read_forecasts(tx)
        staffing = list_staffing(tx)
        runs = list_runs(tx)
        orphans = tx.connection.scalar(
            text(
                "SELECT count(*) FROM transaction_items i WHERE NOT EXISTS (SELECT FROM transactions t"
                " WHERE t.id = i.transaction_id AND t.business_date = i.business_date)"
            )
        )
        unsigned = tx.connection.scalar(
            text(
                "SELECT count(*) FROM demand_forecasts f JOIN algorithm_runs r ON r.id = f.algorithm_run_id"
                " WHERE r.dagster_run_id IS DISTINCT FROM :run"
            ),
            {"run": result.run_id},
        )
    assert set(forecasts.date) == {LAST + dt.timedelta(days=n) for n in range(1, 15)}
    assert (forecasts.p10 <= forecasts.p50).all() and (forecasts.p50 <= forecasts.p90).all()
    for row in forecasts[forecasts.predicted_quantity > 0].itertuples():
        product = np.prod([factor.get("multiplier", factor.get("value")) for factor in row.factors])
        assert product == pytest.approx(row.predicted_quantity, rel=0.01), "the factors multiply to the mean"
    monday = forecasts[[day.weekday() == 0 for day in forecasts.date]]
    assert (monday.predicted_quantity == 0).all() and monday.logic_trigger.str.contains("closed").all()
    assert staffing and all(row.p50 <= row.p90 for row in staffing)
    assert {(run.algorithm, run.status) for run in runs} == {
        ("demand_forecast", "succeeded"),
        ("staffing_forecast", "succeeded"),
        ("menu_item_costs", "succeeded"),
        ("menu_profitability", "succeeded"),
        ("inventory_movements", "succeeded"),
        ("purchase_recommendations", "succeeded"),
    }
    assert (orphans, unsigned) == (0, 0)
    assert not any((store.settings.landing / quai_nord.slug / "sales").iterdir())


def test_a_second_run_changes_nothing_and_reports_that(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant
) -> None:
    drop_kitchen(store, quai_nord)
    refresh(instance, quai_nord)
    before = counts(store, quai_nord)
    metadata = refresh(instance, quai_nord).metadata
    assert "unchanged_since_run" in metadata["menu_item_costs"]
    assert "unchanged_since_run" in metadata["menu_profitability"]
    assert "unchanged_since_run" in metadata["demand_forecasts"]
    assert "unchanged_since_run" in metadata["staffing_forecasts"]
    assert metadata["daily_item_sales"]["rows_written"] == 0
    assert counts(store, quai_nord) == before


def test_the_same_file_dropped_again_loads_nothing(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant, simulated: dict[str, pd.DataFrame]
) -> None:
    before = counts(store, loaded)
    drop(store, loaded.slug, "sales", "renamed.csv", simulated["sales"].to_csv(index=False))
    metadata = load_uploads(instance, loaded.slug).metadata
    assert metadata["data_uploads"]["files_known_already"] == 1
    assert counts(store, loaded) == before


def test_new_sales_make_a_new_forecast_and_keep_the_old_one(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    refresh(instance, loaded, only=FORECAST)
    before = counts(store, loaded)["demand_forecasts"]
    drop(
        store,
        loaded.slug,
        "sales",
        "late.csv",
        f"date,time,ticket,item,quantity,price\n{LAST},13:00,X1,Espresso,900,2\n",
    )
    refresh(instance, loaded, only=FORECAST)
    with store.tenant(loaded) as tx:
        rows = tx.connection.execute(
            text("SELECT is_current, count(*) FROM demand_forecasts GROUP BY 1 ORDER BY 1")
        ).all()
    assert [tuple(row) for row in rows] == [(False, before), (True, before)]


def test_a_forecast_does_not_know_what_happened_later(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    as_of = LAST - dt.timedelta(days=30)
    refresh(instance, loaded, as_of, only=FORECAST)
    with store.tenant(loaded) as tx:
        first = read_forecasts(tx)
    drop(
        store,
        loaded.slug,
        "sales",
        "later.csv",
        f"date,time,ticket,item,quantity,price\n{LAST},13:00,X1,Espresso,9000,2\n{LAST},13:00,X2,Brand new dish,50,9\n",
    )
    metadata = refresh(instance, loaded, as_of, only=FORECAST).metadata
    with store.tenant(loaded) as tx:
        second = read_forecasts(tx)
    assert metadata["transactions"]["rows_loaded"] == 2
    assert "unchanged_since_run" in metadata["demand_forecasts"]
    pd.testing.assert_frame_equal(first, second)


def test_a_run_long_after_the_day_is_marked_as_hindsight(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    refresh(instance, loaded, LAST - dt.timedelta(days=100), only=FORECAST)
    with store.tenant(loaded) as tx:
        assert tx.connection.scalar(text("SELECT bool_and(is_retrospective) FROM demand_forecasts"))


def test_a_bad_file_fails_alone_and_forecasts_are_still_made(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant
) -> None:
    drop(store, quai_nord.slug, "sales", "bad.csv", "this,is\nno,sales file\n")
    drop(store, quai_nord.slug, "receipts", "odd.csv", "x\n")
    metadata = refresh(instance, quai_nord, only=FORECAST).metadata
    assert metadata["data_uploads"]["files_refused"] == 1
    assert metadata["transactions"]["uploads_loaded"] == 1
    assert metadata["data_uploads"]["files_left_in_landing"] == 1
    assert metadata["demand_forecasts"]["rows"] > 0


def test_sales_that_ended_years_ago_are_refused_with_the_day_to_look_back_from(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, bistro.slug, "sales", "old.csv", "date,item,quantity,price\n2019-05-03,Soup,3,4.50\n")
    result = run_restaurant(instance, bistro.slug, None)
    assert "--as-of 2019-05-03" in result.failures[0]
    assert run_restaurant(instance, bistro.slug, dt.date(2019, 5, 3)).succeeded
    with store.tenant(bistro) as tx:
        assert set(read_forecasts(tx, as_of=dt.date(2019, 5, 3)).item) == {"Soup"}
        assert read_forecasts(tx, as_of=dt.date(2019, 5, 4)).empty


def test_a_closure_announced_today_counts_today_but_not_in_a_look_back(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    last = bistro.last_complete_business_day(dt.datetime.now(dt.UTC))
    days = [last - dt.timedelta(days=n) for n in range(60)]
    lines = "".join(f"{day},Soup,{5 + day.day % 3},4.50\n" for day in days)
    drop(store, bistro.slug, "sales", "s.csv", f"date,item,quantity,price\n{lines}")
    party = last + dt.timedelta(days=3)
    with store.tenant(bistro) as tx:
        known_at = dt.datetime.now(dt.UTC)
        add_closures(tx, pd.DataFrame({"date": [party], "reason": ["own wedding"], "known_at": [known_at]}), known_at)
    refresh(instance, bistro, last, only=FORECAST)
    refresh(instance, bistro, last - dt.timedelta(days=1), only=FORECAST)
    with store.tenant(bistro) as tx:
        now, before = (read_forecasts(tx, as_of=day).set_index("date") for day in (last, last - dt.timedelta(days=1)))
    assert now.p99[party] == 0 and "own wedding" in now.logic_trigger[party]
    assert before.p50[party] > 0


def test_an_algorithm_that_fails_leaves_its_audit_row(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    with store.tenant(loaded) as tx:
        tx.connection.execute(text("UPDATE employee_roles SET is_active = false"))
    result = run_restaurant(instance, loaded.slug, LAST)
    assert not result.succeeded
    with store.tenant(loaded) as tx:
        failed = [run for run in list_runs(tx) if run.status == "failed"]
    assert [run.algorithm for run in failed] == ["staffing_forecast"]
    assert "role" in (failed[0].error or "")


def test_a_day_that_is_not_over_is_refused(instance: dg.DagsterInstance, loaded: Restaurant) -> None:
    result = run_restaurant(instance, loaded.slug, dt.date(2999, 1, 1))
    assert "last complete business day" in result.failures[0]


def test_runs_of_two_restaurants_are_independent(
    store: Store,
    instance: dg.DagsterInstance,
    quai_nord: Restaurant,
    cafe: Restaurant,
    simulated: dict[str, pd.DataFrame],
) -> None:
    drop(store, cafe.slug, "sales", "sales.csv", simulated["sales"].head(3000).to_csv(index=False))
    refresh(instance, cafe)
    before = counts(store, cafe)
    assert counts(store, quai_nord)["transactions"] == 0
    refresh(instance, quai_nord)
    assert counts(store, cafe) == before
