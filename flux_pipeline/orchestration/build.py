"""Builder of Dagster's definitions. It opens no connection and reads no environment variable."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from flux_pipeline.orchestration.acts.look_backs import backfill_forecasts
from flux_pipeline.orchestration.acts.people import decide_forecasts, withdraw_upload
from flux_pipeline.orchestration.assets.registry import ASSETS
from flux_pipeline.orchestration.automation.alerting import failed_run_sensor
from flux_pipeline.orchestration.automation.schedules import (
    build_nightly_forecasts,
    build_six_hourly_feeds,
    build_weekly_backtests,
    build_weekly_drafts,
    build_weekly_priors,
)
from flux_pipeline.orchestration.automation.sensors import failed_restaurant_sensor, new_upload_sensor
from flux_pipeline.orchestration.checks.registry import ASSET_CHECKS
from flux_pipeline.orchestration.jobs import (
    average_priors,
    backtest_restaurant,
    plan_rosters,
    refresh_feeds,
    refresh_restaurant,
)
from flux_pipeline.orchestration.progress import console_logger, progress_logger
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource

# Business days end by each restaurant's own clock. A quarter of an hour is the step of all timezones.
NIGHTLY_CRON = "*/15 * * * *"
# Where clocks are furthest ahead or behind, Sunday at 13:00 is Saturday or Monday in UTC.
BACKTEST_CRON = "0 * * * 6,0,1"
# A quarter past each hour, so that a restaurant's drafts and its backtest never start together.
DRAFTS_CRON = "15 * * * *"
# Some minutes after the periods of `vintage_of` begin, and long before the nightly runs of most restaurants.
FEEDS_CRON = "7 */6 * * *"
# After the nightly runs of Sunday, wherever they are.
PRIORS_CRON = "37 18 * * 1"


def build_defs(
    *, resources: Mapping[str, Any] | None = None, nightly_cron: str = NIGHTLY_CRON, backtest_cron: str = BACKTEST_CRON
) -> dg.Definitions:
    """Build the definitions of the one code location.

    Args:
        resources: resources that replace the default ones, by name, for tests and special deployments.
        nightly_cron: how often the nightly schedule looks which business days have ended, in UTC.
        backtest_cron: how often the weekly schedule looks where it is time for backtests, in UTC.
    """
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=ASSET_CHECKS,
        jobs=[
            refresh_restaurant,
            backtest_restaurant,
            plan_rosters,
            refresh_feeds,
            average_priors,
            decide_forecasts,
            withdraw_upload,
            backfill_forecasts,
        ],
        schedules=[
            build_nightly_forecasts(nightly_cron),
            build_weekly_backtests(backtest_cron),
            build_weekly_drafts(DRAFTS_CRON),
            build_six_hourly_feeds(FEEDS_CRON),
            build_weekly_priors(PRIORS_CRON),
        ],
        sensors=[new_upload_sensor, failed_restaurant_sensor, failed_run_sensor],
        resources={"store": StoreResource(), "business_day": BusinessDay(), **(resources or {})},
        # One run is one restaurant: a process for each step would take 2.8 s to start and gain nothing.
        executor=dg.in_process_executor,
        loggers={"console": console_logger, "progress": progress_logger},
    )
