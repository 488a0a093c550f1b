"""Runs the jobs in this process, for the command line: the same jobs that the schedule, the sensor and the UI run."""

import datetime as dt
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import psutil

from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import as_of_config

PROCESS_TAG = "flux/process"
LOADING = ("data_uploads", "transactions")


@dataclass(frozen=True)
class JobResult:
    """How a run ended: metadata by asset, and the reason of each step that failed."""

    run_id: str
    metadata: dict[str, dict[str, Any]]
    failures: list[str]

    @property
    def succeeded(self) -> bool:
        """Whether every step did."""
        return not self.failures


def run_restaurant(
    instance: dg.DagsterInstance,
    slug: str,
    as_of: dt.date | None,
    *,
    only: Sequence[str] | None = None,
    told_elsewhere: str = "",
) -> JobResult:
    """Run `refresh_restaurant` for one restaurant.

    Args:
        instance: Dagster's instance, in which the run is recorded.
        slug: the restaurant.
        as_of: the last day whose data may be used; None: its last complete business day.
        only: the names of the assets to materialize; None: the whole chain.
        told_elsewhere: errors and warnings with these words are not printed, because the caller says more of them.
    """
    add_partitions(instance, [slug])
    return _run(
        "refresh_restaurant", instance, partition_key=slug, as_of=as_of, only=only, told_elsewhere=told_elsewhere
    )


def load_uploads(instance: dg.DagsterInstance, slug: str, told_elsewhere: str = "") -> JobResult:
    """Run the part of `refresh_restaurant` that takes files in and loads them; for arguments see `run_restaurant`."""
    return run_restaurant(instance, slug, None, only=LOADING, told_elsewhere=told_elsewhere)


def run_backtest(
    instance: dg.DagsterInstance, slug: str, as_of: dt.date | None, *, weeks: int | None = None
) -> JobResult:
    """Run `backtest_restaurant` for one restaurant.

    Args:
        instance: Dagster's instance, in which the run is recorded.
        slug: the restaurant.
        as_of: the last day that may be judged; None: its last complete business day.
        weeks: how many forecasts to look back on; None: as the restaurant has set.
    """
    add_partitions(instance, [slug])
    ops = {} if weeks is None else {"backtests": {"config": {"weeks": weeks}}}
    return _run("backtest_restaurant", instance, partition_key=slug, as_of=as_of, ops=ops)


def run_feeds(instance: dg.DagsterInstance) -> JobResult:
    """Run `refresh_feeds`."""
    return _run("refresh_feeds", instance)


def this_process() -> str:
    """This process's name among all that ever ran on any machine: host, number, start."""
    me = psutil.Process()
    return f"{socket.gethostname()} {me.pid} {me.create_time():.2f}"


def close_dead_runs(instance: dg.DagsterInstance) -> int:
    """Close the runs that commands on this machine began and were killed in; returns how many.

    Dagster watches only the workers that it launched itself. A run that nobody ends would hold its restaurant's place
    in the run queue for an hour.
    """
    closed = 0
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        host, _, rest = run.tags.get(PROCESS_TAG, "").partition(" ")
        number, _, began = rest.partition(" ")
        if host == socket.gethostname() and not _is_alive(int(number), float(began)):
            instance.report_run_failed(run, "The command that ran it was killed; run it again.")
            closed += 1
    return closed


def _is_alive(number: int, began: float) -> bool:
    try:
        return abs(psutil.Process(number).create_time() - began) < 1
    except psutil.Error:
        return False


def _run(
    job_name: str,
    instance: dg.DagsterInstance,
    *,
    partition_key: str | None = None,
    as_of: dt.date | None = None,
    only: Sequence[str] | None = None,
    ops: Mapping[str, Any] | None = None,
    told_elsewhere: str = "",
) -> JobResult:
    close_dead_runs(instance)
    job = build_defs().resolve_job_def(job_name)
    result = job.execute_in_process(
        run_config={
            **as_of_config(as_of),
            "ops": dict(ops or {}),
            "loggers": {"progress": {"config": {"told_elsewhere": told_elsewhere}}},
        },
        instance=instance,
        partition_key=partition_key,
        tags={PROCESS_TAG: this_process()},
        asset_selection=[dg.AssetKey(name) for name in only] if only else None,
        raise_on_error=False,
    )
    metadata = {
        event.asset_key.to_user_string(): {
            key: value.value for key, value in event.step_materialization_data.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    return JobResult(result.run_id, metadata, _failures(result))


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """Each failed step's reason in one line; a step skipped because of it says nothing new."""
    reasons = []
    for event in result.get_step_failure_events():
        failure = event.step_failure_data
        description = failure.user_failure_data.description if failure.user_failure_data else None
        error = failure.error
        while description is None and error is not None and error.cause is not None:
            error = error.cause
        message = description or (error.message.strip() if error else "it failed")
        reasons.append(f"{event.step_key}: {message}")
    return reasons
