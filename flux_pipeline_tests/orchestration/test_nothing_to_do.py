"""Runs that have nothing to work on succeed and say so; runs that were asked for nonsense end at their first step."""

import datetime as dt

import dagster as dg
import pytest
from sqlalchemy import text

from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands.launch import run_backtest, run_restaurant
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.store.door import Store
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.registry import loaded_uploads
from flux_pipeline_tests.orchestration.conftest import LAST, drop

pytestmark = pytest.mark.usefixtures("no_pictures")


def statuses(store: Store, restaurant: Restaurant) -> list[tuple[str, str]]:
    query = "SELECT algorithm, status FROM algorithm_runs ORDER BY started_at"
    with store.tenant(restaurant) as tx:
        return [(row.algorithm, row.status) for row in tx.connection.execute(text(query))]


def published(store: Store, restaurant: Restaurant) -> list[object]:
    query = "SELECT * FROM demand_forecasts ORDER BY id"
    with store.tenant(restaurant) as tx:
        return [tuple(row) for row in tx.connection.execute(text(query))]


def test_a_restaurant_without_sales_is_skipped_and_says_so(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    result = run_restaurant(instance, "bistro", None)
    assert result.failures == []
    skipped = result.metadata["demand_forecasts"]["skipped"]
    assert skipped.startswith("bistro has no sales and no menu yet, so there is nothing to forecast.")
    assert "flux upload FILE --restaurant bistro --kind sales" in skipped
    assert result.metadata["staffing_forecasts"]["skipped"] == skipped
    assert statuses(store, bistro)[:2] == [("demand_forecast", "skipped"), ("staffing_forecast", "skipped")]
    checks = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(dg.AssetKey("demand_forecasts"), "forecasts_cover_the_horizon")]
    )
    assert [check.status.value for check in checks.values()] == ["SUCCEEDED"]


def test_the_forecast_stays_when_all_sales_are_withdrawn(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    lines = [f"{LAST - dt.timedelta(days=back)},Tea,{3 + back % 4},2.50" for back in range(40)]
    drop(store, "bistro", "sales", "sales.csv", "\n".join(["date,item,quantity,price", *lines]))
    assert run_restaurant(instance, "bistro", LAST).succeeded
    before = published(store, bistro)
    with store.tenant(bistro) as tx:
        [upload] = loaded_uploads(tx, "sales")
        withdraw_upload(tx, upload.id)
    result = run_restaurant(instance, "bistro", LAST)
    assert result.failures == []
    assert "All sales files of bistro were withdrawn" in result.metadata["demand_forecasts"]["skipped"]
    assert f"The forecast as of {LAST} stays published" in result.metadata["demand_forecasts"]["skipped"]
    assert "skipped" in run_backtest(instance, "bistro", LAST).metadata["backtests"]
    assert before
    assert published(store, bistro) == before


def failed_steps(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    failures = {event.step_key: event.step_failure_data.user_failure_data for event in result.get_step_failure_events()}
    return {str(step): str(data.description) for step, data in failures.items() if data}


@pytest.mark.parametrize("job", ["refresh_restaurant", "backtest_restaurant"])
@pytest.mark.parametrize(("as_of", "sentence"), [("soon", "expected a date"), ("2999-01-01", "is not over")])
def test_a_wrong_day_is_refused_before_anything_is_loaded(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, job: str, as_of: str, sentence: str
) -> None:
    landed = drop(store, "bistro", "sales", "sales.csv", "date,item,quantity,price\n2026-03-01,Tea,1,2\n")
    add_partitions(instance, ["bistro"])
    result = (
        build_defs()
        .resolve_job_def(job)
        .execute_in_process(
            run_config={"resources": {"business_day": {"config": {"as_of": as_of}}}},
            instance=instance,
            partition_key="bistro",
            raise_on_error=False,
        )
    )
    [(step, reason)] = failed_steps(result).items()
    assert step == {"refresh_restaurant": "data_uploads", "backtest_restaurant": "daily_item_sales"}[job]
    assert sentence in reason
    assert landed.exists()


def test_a_partition_that_is_no_restaurant_is_refused_without_naming_another(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, cafe: Restaurant
) -> None:
    # Dagster's own dialog adds whatever is typed into it.
    add_partitions(instance, ["bistrot"])
    result = (
        build_defs()
        .resolve_job_def("refresh_restaurant")
        .execute_in_process(instance=instance, partition_key="bistrot", raise_on_error=False)
    )
    assert failed_steps(result) == {
        "data_uploads": "No restaurant is called 'bistrot'. Choose another partition, or add the restaurant with "
        "`flux restaurants add`."
    }
