"""Dagster's instance: its folder, its `dagster.yaml` and its database, which is on the same server as Flux's."""

import json
import os
from pathlib import Path

import dagster as dg

from flux_pipeline.orchestration.storage import dagster_url
from flux_pipeline.settings import Settings
from flux_pipeline.store.door import Store

INSTANCE_FILE = """\
# Written by Flux at every start; change Flux's settings instead.
storage:
  custom:
    module: flux_pipeline.orchestration.storage
    class: PooledStorage
    config:
      home: {home}
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config:
    # The default of five seconds is half of what a small run takes.
    dequeue_interval_seconds: 1
concurrency:
  runs:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      # One run at a time for each restaurant: the key's value is the restaurant.
      - key: dagster/partition
        value:
          applyLimitPerUniqueValue: true
        limit: 1
run_monitoring:
  enabled: true
  # A restaurant takes seconds; one that takes an hour hangs.
  max_runtime_seconds: 3600
  free_slots_after_run_end_seconds: 300
run_retries:
  enabled: true
  max_retries: 1
  # Only a lost worker is worth another run; a step that failed has reported its reason.
  retry_on_asset_or_op_failure: false
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      # One sensor ticks every five seconds.
      skipped: 1
      failure: 30
      success: 90
python_logs:
  # Dagster's own events, which the UI shows anyway, are logged as DEBUG.
  python_log_level: INFO
telemetry:
  enabled: false
# No dialog that asks for an email address.
nux:
  enabled: false
"""


def instance_environment(store: Store) -> dict[str, str]:
    """Return the environment variables by which Dagster's processes find their instance."""
    url = {"FLUX_DAGSTER_URL": dagster_url(store)}
    return {"DAGSTER_HOME": str(store.settings.dagster_home), "DAGSTER_EVENT_BATCH_SIZE": "20", **url}


def write_instance_file(settings: Settings) -> None:
    """Write `dagster.yaml` atomically, unless it is up to date. Idempotent."""
    path = settings.dagster_home / "dagster.yaml"
    wanted = INSTANCE_FILE.format(home=json.dumps(str(settings.home)))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_text() == wanted:
        return
    part = path.with_suffix(".part")
    part.write_text(wanted)
    part.replace(path)


def refusal_of(instance: dg.DagsterInstance, store: Store) -> str | None:
    """Return why schedules and sensors do nothing on an instance; None on Flux's own and on one in memory.

    Two instances over one database would start every run twice.
    """
    own = store.settings.dagster_home
    if instance.is_ephemeral or Path(instance.root_directory).resolve() == own.resolve():
        return None
    return (
        f"This Dagster instance ({instance.root_directory}) is not that of Flux's database, so its schedules and "
        f"sensors stay off. Use `flux ui`, or start Dagster with DAGSTER_HOME={own}."
    )


def open_instance(store: Store) -> dg.DagsterInstance:
    """Open Dagster's instance on the store's server; the first call creates its tables."""
    os.environ.update(instance_environment(store))
    write_instance_file(store.settings)
    return dg.DagsterInstance.from_config(str(store.settings.dagster_home))
