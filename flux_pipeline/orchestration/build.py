"""Puts the definitions together. Nothing is connected, and nothing of the environment is read."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from flux_pipeline.orchestration import checks
from flux_pipeline.orchestration.assets.registry import ASSETS
from flux_pipeline.orchestration.jobs import backtest_restaurant, refresh_feeds, refresh_restaurant
from flux_pipeline.orchestration.progress import progress_logger
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.schedules import build_nightly_forecasts, build_weekly_backtests
from flux_pipeline.orchestration.sensors import new_upload_sensor

# After the default cutoff (04:00) from Lisbon to Berlin and before lunch is prepared. Elsewhere it is each restaurant's
# last complete business day all the same.
NIGHTLY_CRON = "30 5 * * *"
# Far from the nightly hour, on the day on which least is uploaded.
BACKTEST_CRON = "0 13 * * 0"


def build_defs(
    *, resources: Mapping[str, Any] | None = None, nightly_cron: str = NIGHTLY_CRON, backtest_cron: str = BACKTEST_CRON
) -> dg.Definitions:
    """The definitions of the one code location.

    Args:
        resources: replaces resources by name, for tests and special deployments.
        nightly_cron: when the nightly schedule fires, in UTC.
        backtest_cron: when the weekly backtests start, in UTC.
    """
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=dg.load_asset_checks_from_modules([checks]),
        jobs=[refresh_restaurant, backtest_restaurant, refresh_feeds],
        schedules=[build_nightly_forecasts(nightly_cron), build_weekly_backtests(backtest_cron)],
        sensors=[new_upload_sensor],
        resources={"store": StoreResource(), "business_day": BusinessDay(), **(resources or {})},
        # One run is one restaurant: a process a step would cost 2.8 s each and win nothing.
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
    )
