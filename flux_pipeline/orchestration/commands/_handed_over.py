"""Runs of the command line that Dagster's daemon executes, where one runs: queued here and followed to their end."""

import datetime as dt
import time
from collections.abc import Collection, Mapping
from typing import Any

import dagster as dg
from dagster import DagsterEventType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from flux_pipeline.errors import TransientError
from flux_pipeline.orchestration import LOCATION
from flux_pipeline.orchestration.partitions import PARTITION_TAG
from flux_pipeline.orchestration.progress import ProgressHandler

# The daemon writes a heartbeat every 30 s.
SECONDS_ALIVE = 75.0
LOOK_SECONDS = 0.2
QUEUE = "QUEUED_RUN_COORDINATOR"
WAITING = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED)
BEGUN = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED)
ENDED = (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE, DagsterEventType.STEP_SKIPPED)


def daemon_runs(instance: dg.DagsterInstance) -> bool:
    """Return whether a daemon takes runs from the queue."""
    heartbeat = instance.get_daemon_heartbeats().get(QUEUE)
    return heartbeat is not None and time.time() - heartbeat.timestamp < SECONDS_ALIVE


def run_for(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    config: Mapping[str, Any],
    partition: str | None,
    handed_in_at: dt.datetime | None,
) -> str:
    """Put a run of a job into the daemon's queue and return its id.

    Args:
        instance: Dagster's instance.
        job: the job.
        config: its run config.
        partition: its partition; None: the job has none.
        handed_in_at: the moment since which nothing was handed in; a run that reads its files later is returned
            instead of another one. None: always another one.
    """
    tags = {PARTITION_TAG: partition} if partition else {}
    if handed_in_at is not None:
        active = dg.RunsFilter(job_name=job.name, tags=tags, statuses=[*WAITING, *BEGUN])
        for record in instance.get_run_records(active):
            if record.dagster_run.status in WAITING or record.create_timestamp >= handed_in_at:
                return record.dagster_run.run_id
    location = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), "__repository__")
    run = instance.create_run_for_job(
        job, run_config=config, tags=tags, remote_job_origin=RemoteJobOrigin(location, job.name)
    )
    instance.report_dagster_event(dg.DagsterEvent.job_enqueue(run), run_id=run.run_id)
    return run.run_id


def follow(instance: dg.DagsterInstance, run_id: str, handler: ProgressHandler, until: Collection[str] = ()) -> bool:
    """Pass on a run's events until it has ended, or until the steps in `until` have.

    Returns:
        False if the run is still queued and no daemon runs any more.

    Raises:
        TransientError: the run has begun, but neither it nor a daemon shows a sign of life.
    """
    cursor, missing, heard_at = None, set(until), time.monotonic()
    while True:
        run = instance.get_run_by_id(run_id)
        ended = run is None or run.is_finished
        page = instance.get_records_for_run(run_id, cursor=cursor)
        cursor = page.cursor
        heard_at = time.monotonic() if page.records else heard_at
        for record in page.records:
            handler.pass_on(record.event_log_entry)
            event = record.event_log_entry.dagster_event
            if event and event.event_type in ENDED:
                missing.discard(str(event.step_key))
        if (ended and not page.has_more) or (until and not missing):
            return True
        if run is not None and run.status in WAITING and not daemon_runs(instance):
            instance.run_coordinator.cancel_run(run_id)
            return False
        if time.monotonic() - heard_at > SECONDS_ALIVE and not daemon_runs(instance):
            raise TransientError(
                f"Dagster's daemon stopped while it executed run {run_id[:8]}. Start `flux ui`, which closes it, and "
                "try again."
            )
        time.sleep(LOOK_SECONDS)
