"""The sensor: it requests runs without a person. For the schedules see test_nightly.py."""

import dagster as dg

from flux_pipeline.orchestration.automation.sensors import REQUESTS_PER_TICK, in_turn
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands.launch import load_uploads, run_feeds
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.archive import Archive
from flux_pipeline.store.uploads.registry import register_upload
from flux_pipeline_tests.orchestration.conftest import drop


def tick_sensor(instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    repository = build_defs().get_repository_def()
    sensor = repository.get_sensor_def("new_upload_sensor")
    with dg.build_sensor_context(instance=instance, resources={"store": StoreResource()}) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result.skip_reason or result


def requested(result: object) -> list[tuple[str | None, str | None]]:
    assert isinstance(result, dg.SensorResult)
    return [(request.job_name, request.partition_key) for request in result.run_requests or []]


def test_a_landed_file_requests_a_run_for_its_restaurant(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, cafe: Restaurant
) -> None:
    drop(store, "bistro", "sales", "a.csv", "x")
    first = tick_sensor(instance)
    assert requested(first) == [("refresh_restaurant", "bistro")]
    again = tick_sensor(instance)
    assert first.run_requests[0].run_key == again.run_requests[0].run_key  # type: ignore[union-attr, index]
    drop(store, "bistro", "sales", "a.csv", "corrected")
    later = tick_sensor(instance)
    assert later.run_requests[0].run_key != first.run_requests[0].run_key  # type: ignore[union-attr, index]


def test_a_landed_feed_requests_the_feeds_job(store: Store, instance: dg.DagsterInstance) -> None:
    drop(store, "shared", "weather", "w.csv", "x")
    assert requested(tick_sensor(instance)) == [("refresh_feeds", None)]
    assert run_feeds(instance).succeeded
    assert isinstance(tick_sensor(instance), dg.SkipReason)


def test_a_waiting_upload_requests_runs_until_it_is_loaded(
    store: Store, instance: dg.DagsterInstance, cafe: Restaurant
) -> None:
    kept = Archive(store.settings.archive).keep(b"date,item,quantity,price\n2026-03-01,Tea,1,2\n", cafe.slug)
    with store.tenant(cafe) as tx:
        register_upload(tx, kept, "sales", "a.csv", {})
    assert requested(tick_sensor(instance)) == [("refresh_restaurant", "cafe")]
    assert load_uploads(instance, "cafe").succeeded
    assert isinstance(tick_sensor(instance), dg.SkipReason)


def test_files_of_unknown_restaurants_request_no_run(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "nobody", "sales", "a.csv", "x")
    drop(store, "bistro", "sales", ".a.csv.part", "x")
    skipped = tick_sensor(instance)
    assert isinstance(skipped, dg.SkipReason)
    assert "No new file" in (skipped.skip_message or "")


def test_every_owner_has_a_turn_when_many_wait() -> None:
    owners = [f"r{n:03d}" for n in range(3 * REQUESTS_PER_TICK + 7)]
    cursor, seen = 0, set()
    for _ in range(4):
        chosen, cursor = in_turn(owners, cursor)
        assert len(chosen) == REQUESTS_PER_TICK
        seen |= set(chosen)
    assert seen == set(owners)
    assert in_turn(["only"], 12) == (["only"], 0)


def test_a_file_of_an_unknown_or_misplaced_kind_requests_no_run(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant
) -> None:
    drop(store, "bistro", "receipts", "a.csv", "x")
    drop(store, "bistro", "weather", "a.csv", "x")
    drop(store, "shared", "sales", "a.csv", "x")
    assert isinstance(tick_sensor(instance), dg.SkipReason)
