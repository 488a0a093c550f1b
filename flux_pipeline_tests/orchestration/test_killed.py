"""Interrupted and concurrent runs: they end like one undisturbed run, with nothing lost and nothing doubled."""

import os
import signal
import subprocess
import sys
import uuid

import dagster as dg
import pytest
from sqlalchemy import text

from flux_pipeline.orchestration.commands.launch import PROCESS_TAG, close_dead_runs, run_restaurant, this_process
from flux_pipeline.settings import PROJECT_DIR
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.runs import list_runs
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.orchestration.conftest import LAST

# The process kills itself when it reaches the named function, whatever transaction is open then.
SCRIPT = """
import datetime, importlib, os, signal, sys
import dagster as dg
from flux_pipeline.orchestration.commands.launch import run_restaurant
module, _, name = sys.argv[1].partition(":")
owner = importlib.import_module(module)
*path, last = name.split(".")
for part in path:
    owner = getattr(owner, part)
setattr(owner, last, lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))
with dg.DagsterInstance.ephemeral() as instance:
    run_restaurant(instance, sys.argv[2], datetime.date.fromisoformat(sys.argv[3]))
"""
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
       (SELECT count(*) || ' ' || sum(predicted_quantity) || ' ' || sum(p90_quantity) FROM demand_forecasts),
       (SELECT count(*) || ' ' || sum(recommended_heads) FROM staffing_forecasts),
       (SELECT count(*) FROM algorithm_runs WHERE status = 'succeeded'),
       (SELECT count(*) FROM algorithm_runs WHERE status = 'running')
"""


def result(store: Store, restaurant: Restaurant) -> tuple[object, ...]:
    with store.tenant(restaurant) as tx:
        return tuple(tx.connection.execute(text(RESULT)).one())


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_a_killed_run_that_is_run_again_ends_like_an_undisturbed_run(
    store: Store, instance: dg.DagsterInstance, quai_nord: Restaurant, place: str
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", SCRIPT, place, quai_nord.slug, LAST.isoformat()],
        cwd=PROJECT_DIR,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
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
    plain = SCRIPT.replace("setattr(owner, last, lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))", "")
    command = [sys.executable, "-c", plain, "os:getpid", quai_nord.slug, LAST.isoformat()]
    both = [subprocess.Popen(command, cwd=PROJECT_DIR, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
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
