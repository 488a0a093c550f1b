"""Interrupted and concurrent runs: they end like one undisturbed run, with nothing lost and nothing doubled."""

import functools
import importlib
import multiprocessing
import multiprocessing.process
import os
import signal
import uuid

import dagster as dg
import pytest
from sqlalchemy import text

from flux_pipeline.orchestration.commands.launch import PROCESS_TAG, close_dead_runs, run_restaurant, this_process
from flux_pipeline.orchestration.ui import _codeserver
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.runs import list_runs
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import LAST

# Each run has a process of its own, forked from one that has imported this module: the imports take longer than a run.
PROCESSES = multiprocessing.get_context("forkserver")
PLACES = {
    "registered, still in the landing folder": "flux_pipeline.feeds.landing:LandedFile.take_away",
    "rows written, not committed": "flux_pipeline.store.loading.load:complete_upload",
    "loaded, sums not renewed": "flux_pipeline.orchestration.assets.sales:sync_table",
    "forecasts written, not committed": "flux_pipeline.orchestration.algorithm:succeed_run",
    "demand published, staffing not": "flux_pipeline.orchestration.assets.forecasts:publish_staffing",
}
RESULT = """
SELECT (SELECT count(*) FROM data_uploads), (SELECT count(*) FROM audit_logs WHERE action = 'uploads.add'),
       (SELECT count(*) FROM rejected_rows), (SELECT count(*) FROM transactions),
       (SELECT count(*) || ' ' || sum(line_amount) || ' ' || sum(quantity) FROM transaction_items),
       (SELECT count(*) || ' ' || sum(quantity) FROM daily_item_sales),
       (SELECT count(*) || ' ' || sum(predicted_quantity::numeric) || ' ' || sum(p90_quantity) FROM demand_forecasts),
       (SELECT count(*) || ' ' || sum(recommended_heads) FROM staffing_forecasts),
       (SELECT count(*) FROM algorithm_runs WHERE status = 'succeeded'),
       (SELECT count(*) FROM algorithm_runs WHERE status = 'running')
"""


def work(environment: dict[str, str], slug: str, place: str | None) -> None:
    """Run a restaurant's job in this process, which kills itself where it reaches the function at a place.

    Whatever transaction is open then ends with it.
    """
    os.environ.update(environment)
    if place is not None:
        module, _, name = place.partition(":")
        *path, last = name.split(".")
        owner = functools.reduce(getattr, path, importlib.import_module(module))
        setattr(owner, last, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    with dg.DagsterInstance.ephemeral() as instance:
        assert run_restaurant(instance, slug, LAST).succeeded


def start(slug: str, place: str | None = None) -> multiprocessing.process.BaseProcess:
    """Start a process that runs a restaurant's job with the variables of this one."""
    PROCESSES.set_forkserver_preload([__name__, _codeserver.PRELOADED])
    process = PROCESSES.Process(target=work, args=(dict(os.environ), slug, place), daemon=True)
    process.start()
    return process


def result(store: Store, restaurant: Restaurant) -> tuple[object, ...]:
    with store.tenant(restaurant) as tx:
        return tuple(tx.connection.execute(text(RESULT)).one())


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_a_killed_run_that_is_run_again_ends_like_an_undisturbed_run(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant, place: str
) -> None:
    killed = start(quai_nord.slug, place)
    killed.join(120)
    assert killed.exitcode == -signal.SIGKILL
    assert run_restaurant(instance, quai_nord.slug, LAST).succeeded
    after = result(store, quai_nord)
    assert after[-1] == 0, "a row of the killed run is still running"
    # An undisturbed run from here finds nothing to do, and the figures are those of a single load.
    assert run_restaurant(instance, quai_nord.slug, LAST).succeeded
    assert result(store, quai_nord) == after
    with store.tenant(quai_nord) as tx:
        lines = tx.connection.execute(text("SELECT sum(loaded_count), sum(row_count) FROM data_uploads")).one()
        assert tx.connection.scalar(text("SELECT count(*) FROM transaction_items")) == lines[0]
        published = [run.algorithm for run in list_runs(tx) if run.status == "succeeded"]
    assert len(published) == len(set(published)) >= 2
    assert after[:2] == (1, 1)
    assert not any((store.settings.landing / quai_nord.slug / "sales").iterdir())


def test_two_processes_that_run_one_restaurant_at_once_publish_once(store: Store, quai_nord: Restaurant) -> None:
    both = [start(quai_nord.slug) for _ in range(2)]
    for process in both:
        process.join(120)
        assert process.exitcode == 0
    with store.tenant(quai_nord) as tx:
        runs = list_runs(tx)
        doubled = tx.connection.scalar(
            text("SELECT count(*) - count(DISTINCT (menu_item_id, forecast_date)) FROM demand_forecasts")
        )
    assert {(run.status, run.error) for run in runs} == {("succeeded", None)}
    assert len({run.algorithm for run in runs}) == len(runs) >= 2
    assert doubled == 0


def test_a_run_that_a_killed_command_left_open_is_closed_by_the_next(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant
) -> None:
    host = this_process().split()[0]
    for name, process in {
        "dead": f"{host} 999999999 1.00",
        "alive": this_process(),
        "elsewhere": "other 1 1.00",
    }.items():
        instance.add_run(
            dg.DagsterRun(
                job_name="refresh_restaurant",
                run_id=str(uuid.uuid4()),
                status=dg.DagsterRunStatus.STARTED,
                tags={PROCESS_TAG: process, "name": name},
            )
        )
    assert close_dead_runs(instance) == 1
    states = {run.tags["name"]: run.status.value for run in instance.get_runs()}
    assert states == {"dead": "FAILURE", "alive": "STARTED", "elsewhere": "STARTED"}
