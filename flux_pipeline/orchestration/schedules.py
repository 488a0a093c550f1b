"""Schedules: the nightly forecasts and the weekly backtests."""

from collections.abc import Iterator

import dagster as dg

from flux_pipeline.orchestration.jobs import backtest_restaurant, refresh_restaurant
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.orchestration.resources import StoreResource, as_of_config
from flux_pipeline.store.restaurant import list_restaurants


def build_nightly_forecasts(cron: str) -> dg.ScheduleDefinition:
    """Build the nightly schedule: a run for each active restaurant, up to its last complete business day.

    Args:
        cron: when it fires, in UTC.
    """

    @dg.schedule(
        job=refresh_restaurant,
        cron_schedule=cron,
        execution_timezone="UTC",
        # Whoever starts the daemon wants the nightly runs; the UI can switch them off.
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def nightly_forecasts(
        context: dg.ScheduleEvaluationContext, store: StoreResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """Request a run for each active restaurant, up to its last complete business day."""
        yield from _for_each_restaurant(context, store, "")

    return nightly_forecasts


def build_weekly_backtests(cron: str) -> dg.ScheduleDefinition:
    """Build the weekly schedule: a backtest for each active restaurant, which decides whose forecast is published.

    Args:
        cron: when it fires, in UTC.
    """

    @dg.schedule(
        job=backtest_restaurant,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def weekly_backtests(
        context: dg.ScheduleEvaluationContext, store: StoreResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """Request a backtest for each active restaurant, up to its last complete business day."""
        yield from _for_each_restaurant(context, store, "backtest ")

    return weekly_backtests


def _for_each_restaurant(
    context: dg.ScheduleEvaluationContext, store: StoreResource, act: str
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request a run for each active restaurant; `act` begins the run keys, which Dagster never forgets."""
    with store.open().fleet() as connection:
        restaurants = list_restaurants(connection, active_only=True)
    if not restaurants:
        yield dg.SkipReason("There is no active restaurant. Add one with `flux restaurants add`.")
        return
    add_partitions(context.instance, [restaurant.slug for restaurant in restaurants])
    for restaurant in restaurants:
        as_of = restaurant.last_complete_business_day(context.scheduled_execution_time)
        yield dg.RunRequest(
            run_key=f"{act}{restaurant.slug} {as_of.isoformat()}",
            partition_key=restaurant.slug,
            run_config=as_of_config(as_of),
        )
