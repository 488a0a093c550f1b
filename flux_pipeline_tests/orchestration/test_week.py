"""A week through the schedule and the sensors, with late, doubled and broken files, a lost feed and a lost worker."""

import datetime as dt
import functools
import time
from collections.abc import Callable, Iterator

import dagster as dg
import psycopg
import pytest
from sqlalchemy import text

from flux_pipeline.orchestration.instance import open_instance
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.tenants.onboarding import add_restaurant
from flux_pipeline_tests.orchestration.simulated_daemon import SimulatedDaemon
from flux_pipeline_tests.orchestration.simulated_week import (
    CITIES,
    DAY,
    DAYS,
    FIRST_SALES,
    HOUR,
    QUARTER,
    START,
    Week,
    sales,
    weather,
)
from flux_pipeline_tests.store.handing_in import ask

Happening = Callable[[Week, dt.datetime], None]
UNREADABLE = "a,b,c\n1,2,3\n"
MINUTE = dt.timedelta(minutes=1)
# Files that were not there in their night.
LATE, VERY_LATE, BROKEN = ("berlin", DAYS[1]), ("new-york", DAYS[0]), ("la", DAYS[3])
LOST_WORKER = ("berlin", DAYS[4])
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = :database"
DATABASE = "SELECT oid FROM pg_database WHERE datname = current_database()"


@pytest.fixture
def week(store: Store) -> Iterator[Week]:
    """Add the restaurants, and copy the database: the copy has them with the same ids, and no file."""
    bootstrap(store.admin_url)
    fleet = {city.slug: add_restaurant(store, city) for city in CITIES}
    for restaurant in fleet.values():
        with store.tenant(restaurant) as tx:
            store_setting(tx, "forecast_pictures", False)
            store_setting(tx, "forecast_horizon_days", 3)
    store.dispose()
    copy = f"{store.admin_url.database}_empty"
    server = store.admin_url.set(drivername="postgresql", database="postgres")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{copy}" OWNER flux_owner TEMPLATE "{store.admin_url.database}"')
        empty = Store(store.settings, store.admin_url.set(database=copy))
        with open_instance(store) as instance:
            yield Week(store, empty, SimulatedDaemon(instance), fleet)
        empty.dispose()
        admin.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


# Some 70 runs.
@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_week_with_mishaps_ends_like_a_clean_rebuild(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    week.drop("shared", "weather", "weather.csv", weather(DAYS[0] - DAY), START - HOUR)
    assert week.notice(START - HOUR) == ["shared"]
    for slug in week.fleet:
        week.drop(slug, "sales", "history.csv", sales(slug, FIRST_SALES, DAYS[0] - DAY), START)
    assert sorted(week.notice(START)) == sorted(week.fleet)
    for at, happens in sorted([*nights(week), *mishaps(week)], key=lambda each: each[0]):
        happens(week, at)
    assert week.alerts() == []
    monkeypatch.setenv("FLUX_DATABASE_URL", week.empty.admin_url.render_as_string(hide_password=False))
    with dg.DagsterInstance.ephemeral() as instance:
        week.rebuild(SimulatedDaemon(instance))
    differing = list(week.differing_rows())
    assert not differing, "\n".join(differing)


def nights(week: Week) -> list[tuple[dt.datetime, Happening]]:
    return [(at, functools.partial(one_night, slug=slug, day=day)) for at, slug, day in week.nights()]


def one_night(week: Week, at: dt.datetime, slug: str, day: dt.date) -> None:
    """Drop the day's sales an hour before the day ends, and let the schedule forecast the next days."""
    if (slug, day) not in {LATE, VERY_LATE}:
        content = UNREADABLE if (slug, day) == BROKEN else sales(slug, day, day)
        week.drop(slug, "sales", f"{day}.csv", content, at - HOUR)
    run = week.night(slug, day)
    if (slug, day) == LOST_WORKER:
        run, at = retry_of_a_lost_worker(week, slug, run, at)
    week.execute(run, at)
    week.assert_published_in_time(slug, day)


def mishaps(week: Week) -> list[tuple[dt.datetime, Happening]]:
    return [
        (week.ends(*LATE) + 6 * HOUR, a_late_file_is_forecast_again),
        (week.ends(*VERY_LATE) + 2 * DAY + 6 * HOUR, a_very_late_file_changes_no_earlier_night),
        (week.ends("tokyo", DAYS[2]) + 5 * HOUR, the_same_sales_change_nothing),
        (week.ends("tokyo", DAYS[2]) - HOUR, a_broken_feed_is_an_alert),
        (week.ends("tokyo", DAYS[3]) - HOUR, the_next_feed_closes_it),
        (week.ends(*BROKEN) + 5 * HOUR, a_broken_file_is_an_alert_until_it_is_corrected),
        (week.ends("new-york", DAYS[4]) + 7 * HOUR, a_promotion_counts_at_once),
    ]


def runs_of(week: Week, slug: str, day: dt.date) -> int:
    """Return how many runs published a demand forecast for a day."""
    query = f"SELECT count(DISTINCT algorithm_run_id) FROM demand_forecasts WHERE as_of = '{day}'"
    [(count,)] = ask(week.store, week.fleet[slug], query)
    return int(str(count))


def a_late_file_is_forecast_again(week: Week, at: dt.datetime) -> None:
    slug, day = LATE
    assert runs_of(week, slug, day) == 1
    week.drop(slug, "sales", f"{day}.csv", sales(slug, day, day), at)
    assert week.notice(at) == [slug]
    assert runs_of(week, slug, day) == 2


def a_very_late_file_changes_no_earlier_night(week: Week, at: dt.datetime) -> None:
    slug, day = VERY_LATE
    week.drop(slug, "sales", f"{day}.csv", sales(slug, day, day), at)
    assert week.notice(at) == [slug]
    assert [runs_of(week, slug, day + n * DAY) for n in range(3)] == [1, 1, 2]


def the_same_sales_change_nothing(week: Week, at: dt.datetime) -> None:
    week.drop("tokyo", "sales", "again.csv", sales("tokyo", DAYS[2], DAYS[2]), at)
    week.drop("tokyo", "sales", "both.csv", sales("tokyo", DAYS[1], DAYS[2]), at)
    assert week.notice(at) == ["tokyo"]
    assert runs_of(week, "tokyo", DAYS[2]) == 1


def a_broken_feed_is_an_alert(week: Week, at: dt.datetime) -> None:
    week.drop("shared", "weather", "weather.csv", UNREADABLE, at)
    assert week.notice(at) == ["shared"]
    assert (week.store.settings.landing / "shared" / "weather" / "refused" / "weather.csv").is_file()
    assert (None, "every_file_was_read") in week.alerts()


def the_next_feed_closes_it(week: Week, at: dt.datetime) -> None:
    week.drop("shared", "weather", "weather.csv", weather(DAYS[2]), at)
    assert week.notice(at) == ["shared"]
    assert (None, "every_file_was_read") not in week.alerts()


def a_broken_file_is_an_alert_until_it_is_corrected(week: Week, at: dt.datetime) -> None:
    slug, day = BROKEN
    assert (slug, "every_file_was_read") in week.alerts()
    week.drop(slug, "sales", f"{day}.csv", sales(slug, day, day), at)
    assert week.notice(at) == [slug]
    assert runs_of(week, slug, day) == 2
    assert not [alert for alert in week.alerts() if alert[0] == slug]


def a_promotion_counts_at_once(week: Week, at: dt.datetime) -> None:
    content = f"item,starts_on,ends_on,discount\nSoup,{DAYS[6]},{DAYS[6]},30%\n"
    week.drop("new-york", "promotions", "sunday.csv", content, at)
    assert week.notice(at) == ["new-york"]
    assert runs_of(week, "new-york", DAYS[4]) == 2


def retry_of_a_lost_worker(
    week: Week, slug: str, run: dg.DagsterRun, at: dt.datetime
) -> tuple[dg.DagsterRun, dt.datetime]:
    """Kill the worker of a run between its demand and its staffing, and return the run by which Dagster continues."""
    instance = week.daemon.instance
    with week.store.alone(week.fleet[slug], AlgorithmName.STAFFING):
        worker = week.daemon.start_worker(run)
        try:
            wait_for_a_lock(week)
        finally:
            worker.kill()
            worker.wait()
    assert week.daemon.nightly(at + QUARTER) == []
    assert f"Requested before, no result yet: {slug!r}." in week.daemon.skipped
    # The code server, whose child the worker was, does this; Dagster decides then whether to retry.
    lost = instance.get_run_by_id(run.run_id)
    assert lost is not None and lost.status == dg.DagsterRunStatus.STARTED
    instance.report_run_failed(lost)
    lost = instance.get_run_by_id(run.run_id)
    assert lost is not None and lost.tags["dagster/will_retry"] == "true"
    assert not [alert for alert in week.alerts() if alert[0] == slug]
    return week.daemon.create_retry(lost, at + QUARTER + MINUTE), at + QUARTER + MINUTE


def wait_for_a_lock(week: Week) -> None:
    """Wait until a process waits for a lock of Flux."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with week.store.transaction(Role.APP) as connection:
            database = connection.scalar(text(DATABASE))
            if connection.scalar(text(WAITING), {"database": database}):
                return
        time.sleep(0.1)
    raise AssertionError("no process waits for the lock")
