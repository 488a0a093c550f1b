"""Dagster's instance: its connections, how other programs find it, and what stays off on another one."""

import datetime as dt
import io
from collections.abc import Iterator

import dagster as dg
import pytest
from sqlalchemy import text

from flux_pipeline.errors import TransientError
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands import _handed_over
from flux_pipeline.orchestration.instance import open_instance
from flux_pipeline.orchestration.progress import ProgressHandler
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.engine import one_off_engine
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import drop

pytestmark = pytest.mark.usefixtures("no_pictures")

CONNECTIONS = "SELECT pid FROM pg_stat_activity WHERE datname = :database AND pid <> pg_backend_pid()"


def refresh() -> dg.JobDefinition:
    """Return the job, for a run that continues another one."""
    return build_defs().resolve_job_def("refresh_restaurant")


@pytest.fixture
def kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's instance in PostgreSQL."""
    for name in ("DAGSTER_HOME", "FLUX_DAGSTER_URL", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    bootstrap(store.admin_url)
    with open_instance(store) as instance:
        yield instance


def connections(store: Store) -> set[int]:
    with one_off_engine(store.admin_url).connect() as connection:
        database = store.url(Role.DAGSTER).database
        return set(connection.execute(text(CONNECTIONS), {"database": database}).scalars())


def test_dagster_keeps_a_connection_instead_of_opening_one_for_each_query(
    store: Store, kept: dg.DagsterInstance
) -> None:
    kept.get_runs()
    first = connections(store)
    for _ in range(5):
        kept.get_runs()
        kept.get_dynamic_partitions("flux_restaurants")
        kept.get_daemon_heartbeats()
    assert connections(store) == first and len(first) == 1


def test_a_program_that_flux_has_not_started_finds_the_instance_by_its_folder(
    store: Store, kept: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.add_dynamic_partitions("flux_restaurants", ["corner"])
    monkeypatch.delenv("FLUX_DAGSTER_URL")
    if store.settings.database_url is None:
        monkeypatch.setenv("FLUX_DATABASE_URL", store.admin_url.render_as_string(hide_password=False))
    with dg.DagsterInstance.from_config(str(store.settings.dagster_home)) as found:
        assert found.get_dynamic_partitions("flux_restaurants") == ["corner"]


def test_a_run_can_be_continued_from_the_step_that_failed(
    store: Store, kept: dg.DagsterInstance, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(store, bistro.slug, "sales", "a.csv", "date,item,quantity,price\n2026-03-01,Tea,1,2\n")
    kept.add_dynamic_partitions("flux_restaurants", [bistro.slug])

    def fail(*_: object) -> None:
        raise dg.Failure("out of luck", allow_retries=False)

    options = {"instance": kept, "tags": {"dagster/partition": bistro.slug}}
    with monkeypatch.context() as patched:
        patched.setattr("flux_pipeline.orchestration.assets.forecasts.make_months", fail)
        first = dg.execute_job(dg.reconstructable(refresh), **options)
    assert not first.success
    again = dg.ReexecutionOptions.from_failure(first.run_id, kept)
    second = dg.execute_job(dg.reconstructable(refresh), reexecution_options=again, **options)
    assert second.success
    done = {event.step_key for event in second.get_step_success_events()}
    assert {"demand_forecasts", "staffing_forecasts", "algorithm_runs"} <= done and "transactions" not in done


def test_a_begun_run_whose_daemon_is_gone_is_not_followed_for_ever(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_handed_over, "SECONDS_ALIVE", 0.5)
    run = instance.create_run_for_job(refresh(), status=dg.DagsterRunStatus.STARTED)
    with pytest.raises(TransientError, match=f"daemon stopped while it executed run {run.run_id[:8]}"):
        _handed_over.follow(instance, run.run_id, ProgressHandler(io.StringIO()))


def test_on_another_instance_schedules_and_sensors_stay_off_and_say_why(store: Store, bistro: Restaurant) -> None:
    drop(store, bistro.slug, "sales", "a.csv", "date,item,quantity,price\n2026-03-01,Tea,1,2\n")
    repository = build_defs().get_repository_def()
    with dg.DagsterInstance.local_temp() as other:
        for sensor in repository.sensor_defs:
            with dg.build_sensor_context(instance=other, resources={"store": StoreResource()}) as context:
                ticked = sensor.evaluate_tick(context)
            assert not ticked.run_requests
            assert f"DAGSTER_HOME={store.settings.dagster_home}" in str(ticked.skip_message)
        for schedule in repository.schedule_defs:
            now = dt.datetime.now(dt.UTC)
            resources = {"store": StoreResource()}
            with dg.build_schedule_context(other, scheduled_execution_time=now, resources=resources) as context:
                ticked = schedule.evaluate_tick(context)
            assert not ticked.run_requests
            assert f"DAGSTER_HOME={store.settings.dagster_home}" in str(ticked.skip_message)
