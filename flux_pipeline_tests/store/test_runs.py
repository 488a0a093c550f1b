"""Tests of run records: every run leaves a row (running, succeeded or failed), and equal inputs are recognised."""

import datetime as dt
import time

import pytest

from flux_pipeline.records.algorithms import PlannedRun
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.door import Store
from flux_pipeline.store.records.runs import finished_run, list_runs, recorded_run, succeed_run
from flux_pipeline.store.restaurant import Restaurant

AS_OF = dt.date(2026, 3, 1)


def plan(params: dict[str, object] | None = None, as_of: dt.date = AS_OF) -> PlannedRun:
    return plan_run("demand_forecast", "1", as_of, params or {}, {})


def succeed(store: Store, restaurant: Restaurant, planned: PlannedRun, seconds: float = 0) -> None:
    with recorded_run(store, restaurant, planned, "dagster-1") as run_id, store.tenant(restaurant) as tx:
        time.sleep(seconds)
        succeed_run(tx, run_id, {"items": 3}, 42)


def test_a_successful_run_records_rows_and_duration(store: Store, bistro: Restaurant) -> None:
    succeed(store, bistro, plan(), seconds=0.05)
    with store.tenant(bistro) as tx:
        (run,) = list_runs(tx)
    assert (run.status, run.row_count, run.error, run.dagster_run_id) == ("succeeded", 42, None, "dagster-1")
    # The duration is measured around the work, so it includes the work's own time.
    assert run.seconds is not None and run.seconds >= 0.05


@pytest.mark.parametrize("error", [ValueError("the kitchen is on fire"), KeyboardInterrupt("stopped by hand")])
def test_a_failed_run_records_its_error(store: Store, bistro: Restaurant, error: BaseException) -> None:
    with pytest.raises(type(error)), recorded_run(store, bistro, plan(), None):
        raise error
    with store.tenant(bistro) as tx:
        (run,) = list_runs(tx)
    assert (run.status, run.error) == ("failed", str(error))


def test_a_row_that_a_killed_process_left_is_closed_by_the_next_run(store: Store, bistro: Restaurant) -> None:
    killed = recorded_run(store, bistro, plan(), "killed")
    killed.__enter__()
    succeed(store, bistro, plan())
    with store.tenant(bistro) as tx:
        found = {run.dagster_run_id: (run.status, run.error) for run in list_runs(tx)}
    assert found["dagster-1"] == ("succeeded", None)
    assert found["killed"][0] == "failed"
    assert "ended before" in (found["killed"][1] or "")


def test_equal_inputs_are_recognised_only_while_their_result_is_the_newest(store: Store, bistro: Restaurant) -> None:
    succeed(store, bistro, plan())
    with store.tenant(bistro) as tx:
        assert finished_run(tx, plan()) is not None
        assert finished_run(tx, plan({"other": 1})) is None
        assert finished_run(tx, plan(as_of=AS_OF + dt.timedelta(days=1))) is None
    succeed(store, bistro, plan({"other": 1}))
    with store.tenant(bistro) as tx:
        assert finished_run(tx, plan()) is None


def test_another_restaurants_runs_are_not_seen(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    succeed(store, bistro, plan())
    with store.tenant(cafe) as tx:
        assert list_runs(tx) == []
        assert finished_run(tx, plan()) is None
