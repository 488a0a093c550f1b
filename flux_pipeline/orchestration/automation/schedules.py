"""Schedules by the restaurant's clock: nightly forecasts, weekly backtests and drafts; and of the whole fleet."""

import datetime as dt
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import dagster as dg

from flux_pipeline.demand.priors import LEAST_RESTAURANTS
from flux_pipeline.orchestration.instance import refusal_of
from flux_pipeline.orchestration.jobs import (
    average_priors,
    backtest_restaurant,
    plan_rosters,
    refresh_feeds,
    refresh_restaurant,
)
from flux_pipeline.orchestration.partitions import add_partitions, sync_partitions
from flux_pipeline.orchestration.resources import StoreResource, as_of_config
from flux_pipeline.records.nights import Attempt, Decision, Nights, due_runs, keys_of
from flux_pipeline.store.feeds.registry import list_feeds
from flux_pipeline.store.forecasts.priors import count_sharing, has_averages
from flux_pipeline.store.records.nights import fleet_nights
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.store.rosters.weeks import roster_weekdays
from flux_pipeline.wording import count_of, listed

RUN_KEY_TAG = "dagster/run_key"
NO_RESTAURANT = "No restaurant is active. Add one with `flux restaurants add`."
SUNDAY = 6
# Far from the nightly runs, whose cutoff is in the morning.
WEEKLY_HOUR = 13


def build_nightly_forecasts(cron: str) -> dg.ScheduleDefinition:
    """Build the nightly schedule: a run for each active restaurant when its business day has ended.

    Args:
        cron: how often it looks which days have ended, in UTC.
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
        """Request a run for each active restaurant whose business day has ended, and for nights that were missed.

        Every tick also brings the partitions up to date, one for each active restaurant.
        """
        now, opened = context.scheduled_execution_time, store.open()
        if refusal := refusal_of(context.instance, opened):
            yield dg.SkipReason(refusal)
            return
        with opened.fleet() as connection:
            fleet = fleet_nights(connection, now)
        sync_partitions(context.instance, [nights.slug for nights in fleet])
        decided = due_runs(fleet, _attempts(context.instance, keys_of(fleet, now)), now)
        for due in decided.due:
            yield dg.RunRequest(run_key=due.key, partition_key=due.slug, run_config=as_of_config(due.as_of))
        if not decided.due:
            yield dg.SkipReason(_waits_for(fleet, decided, now) if fleet else NO_RESTAURANT)

    return nightly_forecasts


def build_weekly_backtests(cron: str) -> dg.ScheduleDefinition:
    """Build the weekly schedule: a backtest for each active restaurant, which decides whose forecast is published.

    Args:
        cron: how often it looks where it is Sunday at 13:00, in UTC: once in every hour.
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
        """Request a backtest for each active restaurant where it is Sunday at 13:00."""
        now, opened = context.scheduled_execution_time, store.open()
        if refusal := refusal_of(context.instance, opened):
            yield dg.SkipReason(refusal)
            return
        with opened.fleet() as connection:
            restaurants = list_restaurants(connection, active_only=True)
        sync_partitions(context.instance, [restaurant.slug for restaurant in restaurants])
        chosen = [each for each in restaurants if _is_time(now, each.timezone, SUNDAY)]
        for restaurant in chosen:
            as_of = restaurant.last_complete_business_day(now)
            yield dg.RunRequest(
                run_key=f"backtest {restaurant.slug} {as_of.isoformat()}",
                partition_key=restaurant.slug,
                run_config=as_of_config(as_of),
            )
        if not chosen:
            nowhere = f"No restaurant's clock shows Sunday, {WEEKLY_HOUR}:00."
            yield dg.SkipReason(nowhere if restaurants else NO_RESTAURANT)

    return weekly_backtests


def build_weekly_drafts(cron: str) -> dg.ScheduleDefinition:
    """Build the weekly schedule of rosters: drafts for each restaurant with staff, on the weekday of its setting.

    Args:
        cron: how often it looks where it is time, in UTC: once in every hour.
    """

    @dg.schedule(
        job=plan_rosters,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def weekly_drafts(
        context: dg.ScheduleEvaluationContext, store: StoreResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """Request a roster for each active restaurant with staff where it is its weekday, 13:00 to 13:59."""
        now, opened = context.scheduled_execution_time, store.open()
        if refusal := refusal_of(context.instance, opened):
            yield dg.SkipReason(refusal)
            return
        with opened.fleet() as connection:
            weekdays = roster_weekdays(connection)
        chosen = [each for each, weekday in weekdays if _is_time(now, each.timezone, weekday)]
        add_partitions(context.instance, [restaurant.slug for restaurant in chosen])
        for restaurant in chosen:
            as_of = restaurant.last_complete_business_day(now)
            yield dg.RunRequest(
                run_key=f"roster {restaurant.slug} {as_of.isoformat()}",
                partition_key=restaurant.slug,
                run_config=as_of_config(as_of),
            )
        if not chosen:
            nowhere = f"No restaurant's clock shows {WEEKLY_HOUR}:00 on the day of its setting roster_weekday."
            yield dg.SkipReason(nowhere if weekdays else "No active restaurant has employees, so nobody is rostered.")

    return weekly_drafts


def build_six_hourly_feeds(cron: str) -> dg.ScheduleDefinition:
    """Build the schedule of the feeds: a run for all of them, if one is named.

    Args:
        cron: when services are asked, in UTC.
    """

    @dg.schedule(
        job=refresh_feeds,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def six_hourly_feeds(
        context: dg.ScheduleEvaluationContext, store: StoreResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """Request a run that asks each feed for what is due, and brings public holidays up to date."""
        opened = store.open()
        if refusal := refusal_of(context.instance, opened):
            yield dg.SkipReason(refusal)
            return
        with opened.fleet() as connection:
            feeds = list_feeds(connection)
        if feeds:
            yield dg.RunRequest(run_key=f"feeds {context.scheduled_execution_time:%Y-%m-%dT%H}")
        else:
            yield dg.SkipReason("No feed is named, so nothing outside is asked. `flux feeds add` names one.")

    return six_hourly_feeds


def build_weekly_priors(cron: str) -> dg.ScheduleDefinition:
    """Build the schedule of the averages over restaurants, if enough share their parameters.

    Args:
        cron: when they are averaged, in UTC: once a week.
    """

    @dg.schedule(
        job=average_priors,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def weekly_priors(
        context: dg.ScheduleEvaluationContext, store: StoreResource
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        """Request a run that averages what restaurants share, also to forget those that do not share any more."""
        opened = store.open()
        if refusal := refusal_of(context.instance, opened):
            yield dg.SkipReason(refusal)
            return
        with opened.fleet() as connection:
            is_needed = count_sharing(connection) >= LEAST_RESTAURANTS or has_averages(connection)
        if is_needed:
            yield dg.RunRequest(run_key=f"priors {context.scheduled_execution_time:%Y-%m-%d}")
        else:
            yield dg.SkipReason(f"Fewer than {LEAST_RESTAURANTS} restaurants have the setting forecast_share_priors.")

    return weekly_priors


def _is_time(now: dt.datetime, timezone: str, weekday: int) -> bool:
    local = now.astimezone(ZoneInfo(timezone))
    return (local.weekday(), local.hour) == (weekday, WEEKLY_HOUR)


def _attempts(instance: dg.DagsterInstance, keys: Sequence[str]) -> dict[str, Attempt]:
    """Return the runs that were requested under these keys, in one query.

    Dagster itself compares a schedule's run keys only within one tick.
    """
    if not keys:
        return {}
    attempts: dict[str, Attempt] = {}
    # Newest first: of a run whose worker was lost and its retry, which have the same key, the retry counts.
    for record in instance.get_run_records(dg.RunsFilter(tags={RUN_KEY_TAG: list(keys)})):
        run, ended = record.dagster_run, record.end_time
        has_failed = run.status == dg.DagsterRunStatus.FAILURE and ended is not None
        failed_at = dt.datetime.fromtimestamp(ended, dt.UTC) if has_failed and ended is not None else None
        attempts.setdefault(run.tags[RUN_KEY_TAG], Attempt(failed_at))
    return attempts


def _waits_for(fleet: Sequence[Nights], decided: Decision, now: dt.datetime) -> str:
    """Say what the schedule waits for: the next night, runs that go on, and a person where runs failed."""
    following = min(fleet, key=lambda nights: nights.next_start(now))
    starts_at = following.next_start(now)
    local = starts_at.astimezone(ZoneInfo(following.clock.timezone))
    minutes = int((starts_at - now).total_seconds() // 60)
    sentences = [f"Next: {following.slug} at {local:%H:%M} ({following.clock.timezone}), in {_duration(minutes)}."]
    if decided.under_way:
        sentences.append(f"Requested before, no result yet: {listed(decided.under_way)}.")
    if decided.given_up:
        sentences.append(f"Failed twice, waiting for a person: {listed(decided.given_up)}; their runs say why.")
    return " ".join(sentences)


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [count_of(hours, "hour")] * bool(hours) + [count_of(rest, "minute")] * bool(rest or not hours)
    return " ".join(parts)
