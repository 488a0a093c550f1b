"""Launcher of jobs for the command line: what the schedules, the sensor and the UI run too.

Where Dagster's daemon runs, a job joins its queue and is followed here; elsewhere this process executes it.
"""

import datetime as dt
import functools
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import psutil

from flux_pipeline.orchestration import LOCATION
from flux_pipeline.orchestration.automation.alerting import reason_of
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands import _handed_over as handed_over
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.progress import ProgressHandler
from flux_pipeline.orchestration.resources import as_of_config
from flux_pipeline.orchestration.step import ROW_COUNT

# The UI hides tags with this prefix.
PROCESS_TAG = ".dagster/flux-process"
# Of which code location a run is, as Dagster writes it; it puts the run on the job's pages.
ORIGIN = {".dagster/repository": f"__repository__@{LOCATION}"}
LOADING = ("data_uploads", "transactions")
OUTCOMES = {dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.STEP_FAILURE}


@dataclass(frozen=True)
class JobResult:
    """The outcome of a run: metadata by asset, and the reason of each step that failed.

    Attributes:
        goes_on: whether the daemon still executes the rest of it.
    """

    run_id: str
    metadata: dict[str, dict[str, Any]]
    failures: list[str]
    goes_on: bool = False

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


def load_uploads(
    instance: dg.DagsterInstance, slug: str, *, handed_in_at: dt.datetime | None = None, already_reported: str = ""
) -> JobResult:
    """Load what was handed in: by the part of `refresh_restaurant` that does so or, in the daemon, by all of it.

    Args:
        instance: Dagster's instance.
        slug: the restaurant.
        handed_in_at: when the last file was; a run of the daemon that was requested since then is enough. None: now.
        already_reported: see `run_restaurant`.
    """
    add_partitions(instance, [slug])
    return _run(
        "refresh_restaurant",
        instance,
        partition_key=slug,
        only=LOADING,
        handed_in_at=handed_in_at or dt.datetime.now(dt.UTC),
        already_reported=already_reported,
    )


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


def run_roster(
    instance: dg.DagsterInstance, slug: str, week: dt.date | None, *, already_reported: str = ""
) -> JobResult:
    """Run `plan_rosters` for one restaurant.

    Args:
        instance: Dagster's instance, in which the run is recorded.
        slug: the restaurant.
        week: a day of the week to plan; None: the coming weeks of its setting.
        already_reported: see `run_restaurant`.
    """
    add_partitions(instance, [slug])
    ops = {} if week is None else {"weekly_rosters": {"config": {"week": week.isoformat()}}}
    return _run("plan_rosters", instance, partition_key=slug, ops=ops, already_reported=already_reported)


def run_feeds(instance: dg.DagsterInstance, *, feed: str = "", again: bool = False) -> JobResult:
    """Run `refresh_feeds`.

    Args:
        instance: Dagster's instance, in which the run is recorded.
        feed: the name of the one feed to ask; "": all.
        again: whether to ask for answers that are stored already.
    """
    config = {"config": {"feed": feed, "again": again}} if feed or again else {}
    return _run("refresh_feeds", instance, ops={name: config for name in ("weather_data", "local_events") if config})


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


@functools.cache
def _job(name: str) -> dg.JobDefinition:
    """Return a job of the definitions, which are built once for all runs of a process."""
    return _definitions().resolve_job_def(name)


@functools.cache
def _definitions() -> dg.Definitions:
    return build_defs()


def _run(
    job_name: str,
    instance: dg.DagsterInstance,
    *,
    partition_key: str | None = None,
    as_of: dt.date | None = None,
    only: Sequence[str] | None = None,
    ops: Mapping[str, Any] | None = None,
    handed_in_at: dt.datetime | None = None,
    already_reported: str = "",
) -> JobResult:
    close_dead_runs(instance)
    job = _job(job_name)
    config = {**as_of_config(as_of), "ops": dict(ops or {})}
    if handed_over.daemon_runs(instance):
        handler = ProgressHandler(sys.stderr, already_reported)
        run_id = handed_over.run_for(instance, job, config, partition_key, handed_in_at)
        sys.stderr.write(f"  Dagster's daemon executes it: run {run_id[:8]}\n")
        if handed_over.follow(instance, run_id, handler, until=(only or ()) if handed_in_at else ()):
            return _result_of(instance, run_id)
        sys.stderr.write("Dagster's daemon has stopped, so this command runs the job itself.\n")
    result = job.execute_in_process(
        run_config={**config, "loggers": {"progress": {"config": {"already_reported": already_reported}}}},
        instance=instance,
        partition_key=partition_key,
        tags={PROCESS_TAG: this_process(), **ORIGIN},
        asset_selection=[dg.AssetKey(name) for name in only] if only else None,
        raise_on_error=False,
    )
    return _result_of(instance, result.run_id)


def _result_of(instance: dg.DagsterInstance, run_id: str) -> JobResult:
    """Return what the events of a run say so far."""
    run = instance.get_run_by_id(run_id)
    metadata, failures = {}, []
    for entry in instance.all_logs(run_id, of_type=OUTCOMES):
        event = entry.get_dagster_event()
        if event.is_step_materialization:
            found = event.step_materialization_data.materialization
            named = {"rows" if key == ROW_COUNT else key: each.value for key, each in found.metadata.items()}
            metadata[found.asset_key.to_user_string()] = named
        elif event.is_step_failure:
            failures.append(f"{event.step_key}: {reason_of(event)}")
    is_finished = run is None or run.is_finished
    if run is not None and is_finished and not run.is_success and not failures:
        failures.append(f"run {run_id[:8]} was {run.status.value.lower()}; see it in Dagster's UI")
    return JobResult(run_id, metadata, failures, goes_on=not is_finished)
