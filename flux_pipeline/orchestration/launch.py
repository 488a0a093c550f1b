"""Launcher of jobs for the command line: it runs in this process what the schedules, the sensor and the UI run."""

import datetime as dt
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import psutil

from flux_pipeline.orchestration.alerting import reason_of
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import as_of_config

PROCESS_TAG = "flux/process"
LOADING = ("data_uploads", "transactions")


@dataclass(frozen=True)
class JobResult:
    """The outcome of a run: metadata by asset, and the reason of each step that failed."""

    run_id: str
    metadata: dict[str, dict[str, Any]]
    failures: list[str]

    @property
    def succeeded(self) -> bool:
        """Whether every step succeeded."""
        return not self.failures


def run_restaurant(
    instance: dg.DagsterInstance,
    slug: str,
    as_of: dt.date | None,
    *,
    only: Sequence[str] | None = None,
    already_reported: str = "",
) -> JobResult:
    """Run `refresh_restaurant` for one restaurant.

    Args:
        instance: Dagster's instance, in which the run is recorded.
        slug: the restaurant.
        as_of: the last day whose data may be used; None: its last complete business day.
        only: the names of the assets to materialize; None: the whole chain.
        already_reported: errors and warnings that contain this are not printed, because the caller reports them.
    """
    add_partitions(instance, [slug])
    return _run(
        "refresh_restaurant", instance, partition_key=slug, as_of=as_of, only=only, already_reported=already_reported
    )


def load_uploads(instance: dg.DagsterInstance, slug: str, already_reported: str = "") -> JobResult:
    """Run the part of `refresh_restaurant` that registers and loads files; for arguments see `run_restaurant`."""
    return run_restaurant(instance, slug, None, only=LOADING, already_reported=already_reported)


def run_backtest(
    instance: dg.DagsterInstance, slug: str, as_of: dt.date | None, *, weeks: int | None = None
) -> JobResult:
    """Run `backtest_restaurant` for one restaurant.

    Args:
        instance: Dagster's instance, in which the run is recorded.
        slug: the restaurant.
        as_of: the last day that may be scored; None: its last complete business day.
        weeks: how many weekly forecasts to score; None: the restaurant's setting.
    """
    add_partitions(instance, [slug])
    ops = {} if weeks is None else {"backtests": {"config": {"weeks": weeks}}}
    return _run("backtest_restaurant", instance, partition_key=slug, as_of=as_of, ops=ops)


def run_feeds(instance: dg.DagsterInstance) -> JobResult:
    """Run `refresh_feeds`."""
    return _run("refresh_feeds", instance)


def this_process() -> str:
    """Return a name that no other process on any machine ever has: host, process id and start time."""
    me = psutil.Process()
    return f"{socket.gethostname()} {me.pid} {me.create_time():.2f}"


def close_dead_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs as failed whose command on this machine was killed, and return their number.

    Dagster watches only the workers that it launched itself. An abandoned run would block its restaurant in the run
    queue for an hour.
    """
    closed = 0
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        host, _, rest = run.tags.get(PROCESS_TAG, "").partition(" ")
        pid, _, start_time = rest.partition(" ")
        if host == socket.gethostname() and not _is_alive(int(pid), float(start_time)):
            instance.report_run_failed(run, "The command that ran this was killed; run it again.")
            closed += 1
    return closed


def _is_alive(pid: int, start_time: float) -> bool:
    try:
        return abs(psutil.Process(pid).create_time() - start_time) < 1
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
    already_reported: str = "",
) -> JobResult:
    close_dead_runs(instance)
    job = build_defs().resolve_job_def(job_name)
    result = job.execute_in_process(
        run_config={
            **as_of_config(as_of),
            "ops": dict(ops or {}),
            "loggers": {"progress": {"config": {"already_reported": already_reported}}},
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
    """Return the reason of each failed step, one line each, without the steps that were skipped because of it."""
    return [f"{event.step_key}: {reason_of(event)}" for event in result.get_step_failure_events()]
