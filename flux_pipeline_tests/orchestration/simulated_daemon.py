"""Dagster's daemon with the clock of a test: schedule and sensors evaluated at a moment, and the runs they request.

Nothing of Dagster is replaced. A schedule takes its moment from Dagster; a run's moment, from which Flux takes what is
known, is when it was created, and Dagster's storage takes that as well. Runs are executed in this process or, to be
killed, in one of their own (`python -m flux_pipeline_tests.orchestration.simulated_daemon RUN_ID`).
"""

import datetime as dt
import subprocess
import sys
from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import create_execution_plan, execute_run
from dagster._core.execution.plan.state import KnownExecutionState
from dagster._core.storage.tags import RETRY_NUMBER_TAG, RUN_KEY_TAG

from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.settings import PROJECT_DIR


class SimulatedDaemon:
    """Evaluates the nightly schedule and the sensors, and creates and executes runs.

    Attributes:
        skipped: the reason why the last evaluation requested nothing.
    """

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.repository = build_defs().get_repository_def()
        self.skipped = ""
        self._cursors: dict[str, str | None] = {}

    def nightly(self, at: dt.datetime) -> list[dg.RunRequest]:
        """Evaluate the nightly schedule at a moment, and return what it requests."""
        schedule = self.repository.get_schedule_def("nightly_forecasts")
        with dg.build_schedule_context(
            self.instance, scheduled_execution_time=at, resources={"store": StoreResource()}
        ) as context:
            results = list(schedule(context))  # type: ignore[arg-type]
        self.skipped = "".join(each.skip_message or "" for each in results if isinstance(each, dg.SkipReason))
        return [each for each in results if isinstance(each, dg.RunRequest)]

    def sense(self, name: str) -> Sequence[dg.RunRequest]:
        """Evaluate a sensor with the cursor of its last evaluation, and return what it requests."""
        sensor = self.repository.get_sensor_def(name)
        with dg.build_sensor_context(
            self.instance, cursor=self._cursors.get(name), resources={"store": StoreResource()}
        ) as context:
            result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        self._cursors[name] = result.cursor
        self.skipped = str(result.skip_reason.skip_message) if isinstance(result.skip_reason, dg.SkipReason) else ""
        return result.run_requests or []

    def create(self, request: dg.RunRequest, at: dt.datetime) -> dg.DagsterRun:
        """Create the run of a request at a moment."""
        job = self._job(request.job_name or "refresh_restaurant")
        if request.partition_key:
            request = request.with_resolved_tags_and_config(job, [], self.instance)
        tags = {**request.tags, RUN_KEY_TAG: str(request.run_key)}
        return self._at(self.instance.create_run_for_job(job, run_config=request.run_config, tags=tags), at)

    def execute(self, run: dg.DagsterRun) -> None:
        """Execute a run in this process; its steps must succeed."""
        done = execute_run(InMemoryJob(self._job(run.job_name)), run, self.instance)
        assert done.success, [event.message for event in done.all_events if event.is_failure]

    def start_worker(self, run: dg.DagsterRun) -> subprocess.Popen[bytes]:
        """Start a process that executes a run."""
        return subprocess.Popen([sys.executable, "-m", __spec__.name, run.run_id], cwd=PROJECT_DIR)

    def create_retry(self, lost: dg.DagsterRun, at: dt.datetime) -> dg.DagsterRun:
        """Create the run that continues a run whose worker was lost from its failure, with the same tags."""
        job = self._job(lost.job_name)
        steps, state = KnownExecutionState.build_resume_retry_reexecution(self.instance, lost)
        plan = create_execution_plan(
            InMemoryJob(job), lost.run_config, step_keys_to_execute=steps, known_state=state, tags=lost.tags
        )
        run = self.instance.create_run_for_job(
            job,
            execution_plan=plan,
            run_config=lost.run_config,
            tags={**lost.tags, RETRY_NUMBER_TAG: "1"},
            parent_run_id=lost.run_id,
            root_run_id=lost.run_id,
        )
        return self._at(run, at)

    def _job(self, name: str) -> dg.JobDefinition:
        return self.repository.get_job(name)

    def _at(self, run: dg.DagsterRun, at: dt.datetime) -> dg.DagsterRun:
        """Store a run as created at a moment."""
        storage = self.instance.run_storage
        storage.delete_run(run.run_id)
        return storage.add_historical_run(run, at)


if __name__ == "__main__":
    with dg.DagsterInstance.get() as of_environment:
        to_execute = of_environment.get_run_by_id(sys.argv[1])
        assert to_execute is not None
        SimulatedDaemon(of_environment).execute(to_execute)
