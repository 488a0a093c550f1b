"""Builder of Dagster's definitions. It opens no connection and reads no environment variable."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from flux_pipeline.orchestration.alerting import failed_run_sensor
from flux_pipeline.orchestration.assets.registry import ASSETS
from flux_pipeline.orchestration.checks.registry import ASSET_CHECKS
from flux_pipeline.orchestration.jobs import backtest_restaurant, refresh_feeds, refresh_restaurant
from flux_pipeline.orchestration.progress import console_logger, progress_logger
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.schedules import build_nightly_forecasts, build_weekly_backtests
from flux_pipeline.orchestration.sensors import failed_restaurant_sensor, new_upload_sensor

# From Lisbon to Berlin this is after the default cutoff (04:00) and before lunch is prepared. Elsewhere a run still
# uses the restaurant's last complete business day.
NIGHTLY_CRON = "30 5 * * *"
# Far from the nightly runs, and on Sunday, when the fewest files are uploaded.
BACKTEST_CRON = "0 13 * * 0"


def build_defs(
    *, resources: Mapping[str, Any] | None = None, nightly_cron: str = NIGHTLY_CRON, backtest_cron: str = BACKTEST_CRON
) -> dg.Definitions:
    """Build the definitions of the one code location.

    Args:
        resources: resources that replace the default ones, by name, for tests and special deployments.
        nightly_cron: when the nightly schedule fires, in UTC.
        backtest_cron: when the weekly backtests start, in UTC.
    """
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=ASSET_CHECKS,
        jobs=[refresh_restaurant, backtest_restaurant, refresh_feeds],
        schedules=[build_nightly_forecasts(nightly_cron), build_weekly_backtests(backtest_cron)],
        sensors=[new_upload_sensor, failed_restaurant_sensor, failed_run_sensor],
        resources={"store": StoreResource(), "business_day": BusinessDay(), **(resources or {})},
        # One run is one restaurant: a process for each step would take 2.8 s to start and gain nothing.
        executor=dg.in_process_executor,
        loggers={"console": console_logger, "progress": progress_logger},
    )
