"""The schedules: each restaurant's run by its own clock, nights that were missed, and the partitions."""

import datetime as dt
import functools
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.storage.tags import RUN_KEY_TAG as DAGSTERS_RUN_KEY_TAG

from flux_pipeline.orchestration.automation.schedules import RUN_KEY_TAG
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.partitions import RESTAURANTS, add_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.records.feeds import Feed, FeedKind, FeedOptions
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.registry import add_feed
from flux_pipeline.store.forecasts.priors import average_priors
from flux_pipeline.store.records.runs import recorded_run, succeed_run
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant, change_restaurant
from flux_pipeline_tests.store.rostering import hire
from flux_pipeline_tests.store.sharing import add_sharing

CITIES = {
    "berlin": "Europe/Berlin",
    "la": "America/Los_Angeles",
    "new-york": "America/New_York",
    "tokyo": "Asia/Tokyo",
}
MIDNIGHT = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
TICK = dt.timedelta(minutes=15)


@pytest.fixture
def referred(store: Store) -> Iterator[dg.DagsterInstance]:
    """An instance with files: a schedule opens its instance by reference, which one in memory does not have."""
    store.settings.dagster_home.mkdir(parents=True)
    with dg.DagsterInstance.local_temp(str(store.settings.dagster_home)) as instance:
        yield instance


@pytest.fixture
def fleet(store: Store) -> dict[str, Restaurant]:
    return {slug: add_restaurant(store, NewRestaurant(slug, slug, zone, "EUR")) for slug, zone in CITIES.items()}


@functools.cache
def repository() -> dg.RepositoryDefinition:
    return build_defs().get_repository_def()


def tick(
    instance: dg.DagsterInstance, at: dt.datetime, name: str = "nightly_forecasts"
) -> tuple[list[dg.RunRequest], str]:
    """Evaluate a schedule; return its requests and its reason to request none."""
    schedule = repository().get_schedule_def(name)
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=at, resources={"store": StoreResource()}
    ) as context:
        results = list(schedule(context))  # type: ignore[arg-type]
    requests = [each for each in results if isinstance(each, dg.RunRequest)]
    return requests, "".join(each.skip_message or "" for each in results if isinstance(each, dg.SkipReason))


def day_of(request: dg.RunRequest) -> dt.date:
    return dt.date.fromisoformat(request.run_config["resources"]["business_day"]["config"]["as_of"])


def record(store: Store, restaurant: Restaurant, as_of: dt.date) -> None:
    """Record the results of a night, as its run does."""
    for name in (AlgorithmName.DEMAND, AlgorithmName.STAFFING):
        plan = plan_run(name, "1", as_of, {}, {})
        with recorded_run(store, restaurant, plan, None) as run_id, store.tenant(restaurant) as tx:
            succeed_run(tx, run_id, {}, 0)


def start(instance: dg.DagsterInstance, request: dg.RunRequest) -> dg.DagsterRun:
    """Create the run of a request, as the daemon does."""
    job = build_defs().resolve_job_def("refresh_restaurant")
    return instance.create_run_for_job(job, tags={RUN_KEY_TAG: str(request.run_key)})


def test_each_restaurant_has_its_run_within_a_tick_of_its_cutoff(
    store: Store, referred: dg.DagsterInstance, fleet: dict[str, Restaurant]
) -> None:
    for restaurant in fleet.values():
        record(store, restaurant, restaurant.last_complete_business_day(MIDNIGHT))
    requested: dict[str, list[tuple[dt.date, dt.timedelta]]] = {slug: [] for slug in fleet}
    # The hours around the four cutoffs; between them nothing is requested.
    for hour in (2, 8, 11, 19):
        for minutes in (-15, 0, 15):
            at = MIDNIGHT + dt.timedelta(hours=hour, minutes=minutes)
            for request in tick(referred, at)[0]:
                restaurant = fleet[str(request.partition_key)]
                late = at - restaurant.end_of_business_day(day_of(request))
                requested[restaurant.slug].append((day_of(request), late))
                record(store, restaurant, day_of(request))
    june_30, july_1 = dt.date(2026, 6, 30), dt.date(2026, 7, 1)
    assert {slug: [day for day, _ in each] for slug, each in requested.items()} == {
        "berlin": [june_30],
        "la": [june_30],
        "new-york": [june_30],
        "tokyo": [july_1],
    }
    assert all(dt.timedelta(0) <= late < TICK for each in requested.values() for _, late in each)


def test_a_tick_without_a_night_says_what_comes_next(
    store: Store, referred: dg.DagsterInstance, fleet: dict[str, Restaurant]
) -> None:
    for restaurant in fleet.values():
        record(store, restaurant, restaurant.last_complete_business_day(MIDNIGHT))
    before = MIDNIGHT + dt.timedelta(hours=1, minutes=30)
    assert tick(referred, before) == ([], "Next: berlin at 04:00 (Europe/Berlin), in 30 minutes.")
    with store.tenant(fleet["berlin"]) as tx:
        store_setting(tx, "forecast_minutes_after_cutoff", 150)
    assert "berlin at 06:30 (Europe/Berlin), in 3 hours." in tick(referred, before)[1]


def test_a_request_is_made_once_although_its_run_leaves_no_result(
    store: Store, referred: dg.DagsterInstance, bistro: Restaurant
) -> None:
    assert RUN_KEY_TAG == DAGSTERS_RUN_KEY_TAG
    # A cutoff to come, so that a run that fails now has failed long before.
    at = bistro.end_of_business_day(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=7))
    [request], _ = tick(referred, at)
    run = start(referred, request)
    requests, reason = tick(referred, at + TICK)
    assert not requests
    assert "Requested before, no result yet: 'bistro'." in reason
    referred.report_run_failed(run)
    [again], _ = tick(referred, at + TICK)
    assert (again.run_key, day_of(again)) == (f"{request.run_key} again", day_of(request))
    referred.report_run_failed(start(referred, again))
    requests, reason = tick(referred, at + 2 * TICK)
    assert not requests
    assert "Failed twice, waiting for a person: 'bistro'" in reason


def test_nights_that_were_missed_are_caught_up(store: Store, referred: dg.DagsterInstance, bistro: Restaurant) -> None:
    at = dt.datetime(2026, 7, 9, 12, tzinfo=dt.UTC)
    record(store, bistro, dt.date(2026, 7, 3))
    record(store, bistro, dt.date(2026, 7, 7))
    assert [day_of(each).day for each in tick(referred, at)[0]] == [8, 6, 5]


def test_a_tick_adds_partitions_of_active_restaurants_and_removes_all_others(
    store: Store, referred: dg.DagsterInstance, bistro: Restaurant, cafe: Restaurant
) -> None:
    add_partitions(referred, ["cafe", "typed-by-hand"])
    change_restaurant(store, "cafe", {"is_active": False})
    requests, _ = tick(referred, MIDNIGHT)
    assert [each.partition_key for each in requests] == ["bistro"]
    assert referred.get_dynamic_partitions(RESTAURANTS) == ["bistro"]


def test_without_restaurants_both_schedules_give_a_reason(store: Store, referred: dg.DagsterInstance) -> None:
    for name in ("nightly_forecasts", "weekly_backtests"):
        requests, reason = tick(referred, MIDNIGHT, name)
        assert not requests
        assert "flux restaurants add" in reason


def test_feeds_are_asked_every_six_hours_once_one_is_named(store: Store, referred: dg.DagsterInstance) -> None:
    requests, reason = tick(referred, MIDNIGHT, "six_hourly_feeds")
    assert not requests and "flux feeds add" in reason
    add_feed(store, Feed("open-meteo", FeedKind.OPEN_METEO, None, FeedOptions()))
    keys = [
        request.run_key
        for hour in (0, 6, 6)
        for request in tick(referred, MIDNIGHT + dt.timedelta(hours=hour, minutes=7), "six_hourly_feeds")[0]
    ]
    assert len(keys) == 3 and len(set(keys)) == 2


def test_priors_are_averaged_once_a_week_if_twenty_restaurants_share(
    store: Store, referred: dg.DagsterInstance
) -> None:
    monday = dt.datetime(2026, 7, 6, 18, 37, tzinfo=dt.UTC)
    add_sharing(store, 19)
    requests, reason = tick(referred, monday, "weekly_priors")
    assert not requests and "forecast_share_priors" in reason
    [last] = add_sharing(store, 1, name="another")
    [request] = tick(referred, monday, "weekly_priors")[0]
    assert request.run_key == "priors 2026-07-06"
    with store.fleet() as fleet:
        average_priors(fleet, monday)
    with store.tenant(last) as tx:
        store_setting(tx, "forecast_share_priors", False)
    assert tick(referred, monday + dt.timedelta(weeks=1), "weekly_priors")[0], "what is averaged must be forgotten"


def test_backtests_start_on_sunday_at_one_by_each_restaurants_clock(
    store: Store, referred: dg.DagsterInstance, fleet: dict[str, Restaurant]
) -> None:
    sunday = dt.datetime(2026, 7, 5, tzinfo=dt.UTC)
    hours: dict[str, int] = {}
    for hour in (3, 4, 5, 10, 11, 12, 17, 20, 21):
        for request in tick(referred, sunday + dt.timedelta(hours=hour), "weekly_backtests")[0]:
            hours[str(request.partition_key)] = hour
            assert str(request.run_key).startswith("backtest ")
            assert day_of(request) == dt.date(2026, 7, 4)
    assert hours == {"tokyo": 4, "berlin": 11, "new-york": 17, "la": 20}
    assert "Sunday, 13:00" in tick(referred, sunday + dt.timedelta(days=1), "weekly_backtests")[1]


def test_rosters_are_drafted_on_the_weekday_of_the_setting_where_there_are_employees(
    store: Store, referred: dg.DagsterInstance, bistro: Restaurant, cafe: Restaurant
) -> None:
    wednesday = dt.datetime(2026, 7, 1, 11, 15, tzinfo=dt.UTC)
    assert "No active restaurant has employees" in tick(referred, wednesday, "weekly_drafts")[1]
    hire(store, bistro, {"Ada Kok": "Kitchen"})
    [request], _ = tick(referred, wednesday, "weekly_drafts")
    assert (request.partition_key, day_of(request)) == ("bistro", dt.date(2026, 6, 30))
    with store.tenant(bistro) as tx:
        store_setting(tx, "roster_weekday", 4)
    assert "roster_weekday" in tick(referred, wednesday, "weekly_drafts")[1]
    assert len(tick(referred, wednesday + dt.timedelta(days=2), "weekly_drafts")[0]) == 1
