"""Dagster's instance: its folder, its `dagster.yaml` and its database, which is on the same server as Flux's."""

import os
from pathlib import Path

import dagster as dg

from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role

# dagster-postgres needs psycopg2, but SQLAlchemy's bare postgresql:// means psycopg 3, so the URL names the driver.
DRIVER = "psycopg2"
URL_VARIABLE = "FLUX_DAGSTER_URL"

INSTANCE_FILE = """\
# Written by Flux at every start; change Flux's settings instead.
storage:
  custom:
    module: flux_pipeline.orchestration.storage
    class: PooledStorage
    config:
      postgres_url:
        env: FLUX_DAGSTER_URL
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
      skipped: 7
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
    url = store.url(Role.DAGSTER, driver=DRIVER).render_as_string(hide_password=False)
    return {"DAGSTER_HOME": str(store.settings.dagster_home), URL_VARIABLE: url, "DAGSTER_EVENT_BATCH_SIZE": "20"}


def write_instance_file(home: Path) -> None:
    """Write `dagster.yaml` atomically, unless it is up to date. Idempotent."""
    path = home / "dagster.yaml"
    home.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_text() == INSTANCE_FILE:
        return
    part = path.with_suffix(".part")
    part.write_text(INSTANCE_FILE)
    part.replace(path)


def open_instance(store: Store) -> dg.DagsterInstance:
    """Open Dagster's instance on the store's server; the first call creates its tables."""
    os.environ.update(instance_environment(store))
    write_instance_file(store.settings.dagster_home)
    return dg.DagsterInstance.from_config(str(store.settings.dagster_home))
