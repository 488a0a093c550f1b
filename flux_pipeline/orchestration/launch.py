"""Runs the jobs in this process, for the command line: the same jobs that the schedule, the sensor and the UI run."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import as_of_config

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
    instance: dg.DagsterInstance, slug: str, as_of: dt.date | None, *, only: Sequence[str] | None = None
) -> JobResult:
    """Run `refresh_restaurant` for one restaurant.

    Args:
        instance: Dagster's instance, in which the run is recorded.
        slug: the restaurant.
        as_of: the last day whose data may be used; None: its last complete business day.
        only: the names of the assets to materialize; None: the whole chain.
    """
    add_partitions(instance, [slug])
    return _run("refresh_restaurant", instance, partition_key=slug, as_of=as_of, only=only)


def load_uploads(instance: dg.DagsterInstance, slug: str) -> JobResult:
    """Run the part of `refresh_restaurant` that takes files in and loads them."""
    return run_restaurant(instance, slug, None, only=LOADING)


def run_feeds(instance: dg.DagsterInstance) -> JobResult:
    """Run `refresh_feeds`."""
    return _run("refresh_feeds", instance)


def _run(
    job_name: str,
    instance: dg.DagsterInstance,
    *,
    partition_key: str | None = None,
    as_of: dt.date | None = None,
    only: Sequence[str] | None = None,
) -> JobResult:
    job = build_defs().resolve_job_def(job_name)
    result = job.execute_in_process(
        run_config={**as_of_config(as_of), "loggers": {"progress": {}}},
        instance=instance,
        partition_key=partition_key,
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
