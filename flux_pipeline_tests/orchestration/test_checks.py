"""Checks in Dagster: each result belongs to its restaurant, a blocking one stops what follows, sensors report two."""

import time

import dagster as dg
import pytest
from sqlalchemy import text

from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.checks.landing import not_taken
from flux_pipeline.orchestration.commands.launch import load_uploads, run_restaurant
from flux_pipeline.orchestration.jobs import refresh_restaurant
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.runs import recorded_run
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.dismissal import dismiss_upload
from flux_pipeline.store.uploads.registry import open_refusals
from flux_pipeline_tests.orchestration.conftest import LAST, drop

SALES = "date,item,quantity,price\n2026-03-01,Tea,1,2\n"
UNREADABLE = "a,b,c\nAda Kok,1,2\n"


def last_result(
    instance: dg.DagsterInstance, asset: str, name: str, slug: str | None
) -> dg.AssetCheckEvaluation | None:
    """Return the newest outcome of a check in a restaurant's partition; of one without a partition for None."""
    key = dg.AssetCheckKey(dg.AssetKey(asset), name)
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=20):
        event = record.event.dagster_event if record.event else None
        outcome = event.event_specific_data if event else None
        if isinstance(outcome, dg.AssetCheckEvaluation) and outcome.partition == slug:
            return outcome
    return None


@pytest.mark.parametrize("remedy", ["corrected", "dismissed"])
def test_a_refused_file_fails_its_restaurants_check_until_it_is_dealt_with(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, cafe: Restaurant, remedy: str
) -> None:
    drop(store, "bistro", "sales", "odd.csv", UNREADABLE)
    for slug in ("bistro", "cafe"):
        assert load_uploads(instance, slug).succeeded
    with store.tenant(bistro) as tx:
        (upload,) = open_refusals(tx)
    failed = last_result(instance, "data_uploads", "every_file_was_read", "bistro")
    assert failed is not None and not failed.passed
    assert failed.description == (
        f"odd.csv could not be read as sales. `flux uploads show {upload.short_id}` shows why. Correct it and "
        f"hand it in again, or `flux uploads dismiss {upload.short_id}`."
    )
    assert failed.metadata["files_refused"].value == 1
    theirs = last_result(instance, "data_uploads", "every_file_was_read", "cafe")
    assert theirs is not None and theirs.passed and "odd.csv" not in str(theirs)
    if remedy == "corrected":
        drop(store, "bistro", "sales", "odd.csv", SALES)
    else:
        with store.tenant(bistro) as tx:
            dismiss_upload(tx, upload.id)
    assert load_uploads(instance, "bistro").succeeded
    repaired = last_result(instance, "data_uploads", "every_file_was_read", "bistro")
    assert repaired is not None and repaired.passed


def test_wrong_sums_keep_forecasts_from_being_published(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "sales", "a.csv", SALES)
    assert load_uploads(instance, "bistro").succeeded
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("UPDATE upload_days SET line_count = 7"))
    result = run_restaurant(instance, "bistro", LAST)
    assert result.failures == [
        "check_uploads: a.csv: 1 loaded but 7 counted by day; 7 of them current but 1 lines stored; 0 rejected, 0 "
        "rejected rows stored"
    ]
    assert "daily_item_sales" not in result.metadata
    events = instance.all_logs(result.run_id, of_type=dg.DagsterEventType.STEP_UP_FOR_RETRY)
    assert not events, "the rows stay as they are, so it is not tried again"
    outcome = last_result(instance, "transactions", "rows_are_accounted_for", "bistro")
    assert outcome is not None and outcome.blocking and not outcome.passed
    advisory = last_result(instance, "transactions", "sales_are_fresh", "bistro")
    assert advisory is not None and advisory.severity == dg.AssetCheckSeverity.WARN


def test_what_no_run_takes_is_left_in_the_landing_folder(store: Store, bistro: Restaurant) -> None:
    landing = store.settings.landing
    drop(store, "bistro", "receipts", "a.csv", "x")
    drop(store, "bistro", "weather", "b.csv", "x")
    drop(store, "cafe", "receipts", "c.csv", "x")
    waiting = drop(store, "bistro", "sales", "d.csv", SALES)
    waiting.with_name("link.csv").symlink_to(waiting)
    link, receipts, weather = not_taken(landing, "bistro")
    assert "link.csv is a link" in link
    assert "a.csv (unknown kind 'receipts'). Move it to the folder of its kind, one of: sales" in receipts
    assert "b.csv (unknown kind 'weather')" in weather and "weather" not in weather.partition("one of")[2]
    (*_, late) = not_taken(landing, "bistro", time.time() + 4000)
    assert "d.csv has been there for more than an hour" in late


def tick(instance: dg.DagsterInstance, name: str, cursor: str | None = None) -> dg.SensorResult:
    sensor = build_defs().get_repository_def().get_sensor_def(name)
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources={"store": StoreResource()}) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def test_unknown_folders_are_reported_once_also_while_others_have_work(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "sales", "a.csv", SALES)
    (passed,) = tick(instance, "new_upload_sensor").asset_events
    assert isinstance(passed, dg.AssetCheckEvaluation) and passed.passed
    drop(store, "nobody", "receipts", "a.csv", "x")
    drop(store, "bistro", "receipts", "a.csv", "x")
    result = tick(instance, "new_upload_sensor")
    assert [request.partition_key for request in result.run_requests or []] == ["bistro"]
    (failed,) = result.asset_events
    assert isinstance(failed, dg.AssetCheckEvaluation) and not failed.passed and failed.partition is None
    assert "'nobody'" in str(failed.metadata) and "unknown kind 'receipts'" in str(failed.metadata)
    again = tick(instance, "new_upload_sensor", result.cursor)
    assert again.run_requests and not again.asset_events
    assert load_uploads(instance, "bistro").succeeded
    skipped = tick(instance, "new_upload_sensor", result.cursor).skip_reason
    assert "'nobody'" in str(skipped) and "receipts" in str(skipped)


def test_a_restaurant_left_failed_is_reported_by_a_sensor_when_that_changes(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    first = tick(instance, "failed_restaurant_sensor")
    (passed,) = first.asset_events
    assert isinstance(passed, dg.AssetCheckEvaluation) and passed.passed
    assert not tick(instance, "failed_restaurant_sensor", first.cursor).asset_events
    plan = plan_run("demand_forecast", "1", LAST, {}, {})  # type: ignore[arg-type]
    with pytest.raises(RuntimeError), recorded_run(store, bistro, plan, None):
        raise RuntimeError
    (failed,) = tick(instance, "failed_restaurant_sensor", first.cursor).asset_events
    assert isinstance(failed, dg.AssetCheckEvaluation) and not failed.passed
    assert failed.asset_key == dg.AssetKey("algorithm_runs") and failed.metadata["slugs"].value == "bistro"


def test_the_checks_of_the_fleet_run_in_no_job_but_can_be_run(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "nobody", "sales", "a.csv", "x")
    definitions = build_defs()
    graph = definitions.get_repository_def().asset_graph
    names = {key.name for key in refresh_restaurant.selection.resolve_checks(graph)}
    fleet = {"every_folder_is_known", "no_restaurant_left_failed"}
    assert len(names) == 10 and not names & fleet
    selected = {key for key in graph.asset_check_keys if key.name in fleet}
    job = definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=set(), asset_check_selection=selected
    )
    done = job.execute_in_process(instance=instance)
    assert {e.check_name: e.passed for e in done.get_asset_check_evaluations()} == {
        "every_folder_is_known": False,
        "no_restaurant_left_failed": True,
    }
