"""Feeds over real HTTP: what is stored of each answer, what is said of a fault, and that nothing is asked twice."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.stand_in.server import StandIn, Tamper, serve
from flux_pipeline.feeds.services.openmeteo import OpenMeteo
from flux_pipeline.orchestration.commands.launch import run_feeds
from flux_pipeline.orchestration.fetching._weather import ONCE, places_of
from flux_pipeline.orchestration.fetching.fetch import fetch_feeds
from flux_pipeline.orchestration.fetching.outcome import Outcome
from flux_pipeline.records.feeds import Feed, FeedKind, FeedOptions
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.calls import Call, record_stored
from flux_pipeline.store.feeds.registry import add_feed
from flux_pipeline.store.records.alerts import list_alerts
from flux_pipeline.store.restaurant import Restaurant, list_restaurants
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests import feeds_faults as faults

NOW = dt.datetime(2026, 11, 21, 7, 30, tzinfo=dt.UTC)
TODAY = NOW.date()
FORECAST_HOURS = 16 * 24
KEY = "hush-hush-4711"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_FEED_TIMEOUT_SECONDS", "1")


@pytest.fixture
def quai(store: Store) -> Restaurant:
    """Add the demo's bistro, whose weather and events the stand-in has."""
    r = demo_restaurants()[0]
    new = NewRestaurant(r.slug, r.name, r.timezone, r.currency, r.country_code, r.latitude, r.longitude)
    return add_restaurant(store, new, r.opening_hours, r.roles)


@pytest.fixture
def server() -> Iterator[StandIn]:
    with serve(TODAY) as stand_in:
        yield stand_in


def weather_feed(store: Store, url: str, *, with_past: bool = False) -> Feed:
    """Add a feed of weather whose past counts as fetched, because years of hours take seconds."""
    feed = Feed("open-meteo", FeedKind.OPEN_METEO, url, FeedOptions())
    add_feed(store, feed)
    with store.fleet() as fleet:
        places, _ = places_of(list_restaurants(fleet))
    with store.feeds() as connection:
        for place in () if with_past else places:
            for product in ("history", "past forecasts"):
                record_stored(connection, Call(feed, product, place.key, ONCE), NOW, rows=0, written=0)
    return feed


def fetch(store: Store, at: dt.datetime = NOW, *, weather: bool = True, again: bool = False) -> Outcome:
    (outcome,) = fetch_feeds(store, weather=weather, again=again, clock=lambda: at).values()
    return outcome


def count(store: Store, table: str, where: str = "true") -> int:
    with store.feeds() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one()


def test_a_restaurants_weather_is_fetched_and_stored_by_hour(store: Store, quai: Restaurant, server: StandIn) -> None:
    weather_feed(store, server.url)
    outcome = fetch(store)
    assert (outcome.answers, outcome.failures) == (2, [])
    assert count(store, "weather_data", "kind = 'forecast'") == FORECAST_HOURS
    with store.feeds() as connection:
        row = connection.execute(
            text("SELECT DISTINCT place, issued_at, source FROM weather_data WHERE kind = 'forecast'")
        ).one()
    assert tuple(row) == ("45.8,4.8", NOW, "open-meteo")


def test_the_past_is_asked_for_once(store: Store, quai: Restaurant, server: StandIn) -> None:
    weather_feed(store, server.url, with_past=True)
    fetch(store)
    before = count(store, "weather_data")
    assert count(store, "weather_data", "kind = 'observed'") > 1190 * 24
    assert count(store, "weather_data", "kind = 'forecast' AND issued_at < '2026-11-20'") > 55 * 24 * 7
    asked = len(server.requests)
    fetch(store, NOW + dt.timedelta(hours=6))
    # A new forecast; the observations of the day, and the past, are stored.
    assert (len(server.requests), count(store, "weather_data")) == (asked + 1, before + FORECAST_HOURS)


def test_an_answer_is_asked_for_once_in_six_hours_unless_a_person_wants_it_again(
    store: Store, quai: Restaurant, server: StandIn
) -> None:
    weather_feed(store, server.url)
    fetch(store)
    asked, rows = len(server.requests), count(store, "weather_data")
    assert fetch(store, NOW + dt.timedelta(hours=1)).known == 4
    assert (len(server.requests), count(store, "weather_data")) == (asked, rows)
    fetch(store, NOW + dt.timedelta(hours=2), again=True)
    assert len(server.requests) == asked + 2


@pytest.mark.parametrize(
    ("fault", "rows", "sentence"),
    [
        (faults.busy(1), FORECAST_HOURS, None),
        (faults.busy(7200, times=9), 0, "429.* again"),
        (faults.status(500, times=2), FORECAST_HOURS, None),
        (faults.html, 0, "<!DOCTYPE"),
        (faults.error, 0, "Something went wrong"),
        (faults.nulls_in_a_third, FORECAST_HOURS - FORECAST_HOURS // 3, "hours"),
        (faults.too_hot, FORECAST_HOURS, "999"),
        (faults.an_hour_short, FORECAST_HOURS - 1, "383 of 384 hours"),
        (faults.grid_point_40_km_away, 0, "km"),
        (faults.time_running_backwards, 0, "comes after"),
        (faults.another_place, 0, "km"),
    ],
)
def test_a_fault_stores_what_can_be_believed_and_is_said_in_a_sentence(
    store: Store, quai: Restaurant, fault: Tamper, rows: int, sentence: str | None
) -> None:
    # Slow servers and bodies that break off are in unit/feeds, with a clock of their own.
    with serve(TODAY, fault) as server:
        weather_feed(store, server.url)
        outcome = fetch(store)
    assert count(store, "weather_data", "kind = 'forecast'") == rows
    assert (rows == 0) == bool(outcome.failures)
    said = [*outcome.failures, *outcome.remarks]
    assert (sentence is None and not outcome.failures) or re.search(sentence or "", " ".join(said), re.IGNORECASE), said
    answers = outcome.answers + len(outcome.failures)
    assert len(server.requests) <= 6 * answers
    with store.fleet() as fleet:
        assert bool(list_alerts(fleet)) == (rows == 0)


def test_the_run_of_a_feed_that_is_down_succeeds_and_its_check_and_the_log_say_so(
    store: Store, instance: dg.DagsterInstance, quai: Restaurant
) -> None:
    with serve(TODAY, faults.html) as server:
        weather_feed(store, server.url)
        result = run_feeds(instance)
    assert result.succeeded
    assert result.metadata["weather_data"]["answers_failed"] >= 1
    checks = {
        (check.asset_key.to_user_string(), check.passed)
        for entry in instance.all_logs(result.run_id)
        if entry.is_dagster_event
        and entry.dagster_event is not None
        and entry.dagster_event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        for check in [entry.dagster_event.asset_check_evaluation_data]
    }
    assert checks == {("weather_data", False), ("local_events", True)}
    warnings = [entry.user_message for entry in instance.all_logs(result.run_id) if entry.level == 30]
    assert any("open-meteo" in warning and "<!DOCTYPE" in warning for warning in warnings)


def test_a_key_shows_in_no_log_error_metadata_or_row_of_dagsters_database(
    store: Store,
    instance: dg.DagsterInstance,
    quai: Restaurant,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("FLUX_WEATHER_API_KEY", "FLUX_TICKETMASTER_API_KEY", "FLUX_PREDICTHQ_TOKEN"):
        monkeypatch.setenv(name, KEY)
    with serve(TODAY, faults.status(403)) as server:
        weather_feed(store, server.url)
        for kind in (FeedKind.TICKETMASTER, FeedKind.PREDICTHQ, FeedKind.CALENDAR):
            address = f"{server.url}/calendars/{KEY}.ics" if kind is FeedKind.CALENDAR else server.url
            add_feed(store, Feed(kind.value, kind, address, FeedOptions()))
        result = run_feeds(instance)
        asked = [f"{asked.path}{asked.query}{asked.headers}" for asked in server.requests]
    assert sum(KEY in each for each in asked) >= 4, "the services got their keys"
    kept = [str(entry) for entry in instance.all_logs(result.run_id)] + [str(result.metadata)]
    with store.feeds() as connection:
        for table in ("feed_calls", "operator_alerts"):
            kept += [str(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
    assert result.metadata["local_events"]["answers_failed"] == 3
    assert not [each for each in [*kept, *capfd.readouterr()] if KEY in each]


def test_an_answer_without_any_value_is_a_failure_and_asked_for_again(store: Store, quai: Restaurant) -> None:
    def blank(place: dict[str, Any]) -> None:
        for name, values in place["hourly"].items():
            if name != "time":
                values[:] = [None] * len(values)

    with serve(TODAY, faults.changed(blank)) as server:
        weather_feed(store, server.url)
        assert fetch(store).answers == 0
        assert [each.partition(": ")[2][:33] for each in fetch(store).failures] == [
            "No hour of the answer has a value"
        ] * 2
        assert len(server.requests) == 4


def test_a_restaurant_without_coordinates_is_skipped_with_a_sentence(
    store: Store, quai: Restaurant, server: StandIn
) -> None:
    add_restaurant(store, NewRestaurant("nowhere", "Nowhere", "Europe/Paris", "EUR", "FR", None, None))
    weather_feed(store, server.url)
    (said,) = fetch(store).remarks
    assert said.startswith("nowhere: no coordinates, so nothing is fetched for it.")


def test_restaurants_in_one_street_share_a_call(store: Store, quai: Restaurant, server: StandIn) -> None:
    add_restaurant(store, NewRestaurant("next-door", "Next door", "Europe/Paris", "EUR", "FR", 45.772, 4.837))
    weather_feed(store, server.url)
    fetch(store)
    assert [asked.query["latitude"] for asked in server.requests] == ["45.8", "45.8"]


def test_a_run_that_was_killed_goes_on_without_asking_for_a_place_twice(
    store: Store, server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenMeteo, "places_per_call", 3)
    for number in range(8):
        new = NewRestaurant(f"r{number}", "R", "Europe/Paris", "EUR", "FR", 45 + number / 10, 4.8)
        add_restaurant(store, new)
    weather_feed(store, server.url)

    def dies_in_the_second_batch() -> dt.datetime:
        if len(server.requests) >= 2:
            raise KeyboardInterrupt
        return NOW

    with pytest.raises(KeyboardInterrupt):
        fetch_feeds(store, weather=True, clock=dies_in_the_second_batch)
    fetch(store)
    forecasts = [asked.query["latitude"] for asked in server.requests if asked.path == "/v1/forecast"]
    # The second batch was asked for and not stored: it is asked for again, and the first one is not.
    assert [len(each.split(",")) for each in forecasts] == [3, 3, 3, 2]
    assert forecasts[1] == forecasts[2]
    assert count(store, "weather_data", "kind = 'forecast'") == 8 * FORECAST_HOURS


@pytest.mark.parametrize("kind", [FeedKind.TICKETMASTER, FeedKind.PREDICTHQ, FeedKind.CALENDAR])
def test_events_are_fetched_from_a_service_or_a_calendar(
    store: Store, quai: Restaurant, server: StandIn, kind: FeedKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUX_TICKETMASTER_API_KEY", KEY)
    monkeypatch.setenv("FLUX_PREDICTHQ_TOKEN", KEY)
    again = Store.connect(type(store.settings)())
    url = f"{server.url}/calendars/{quai.slug}.ics" if kind is FeedKind.CALENDAR else server.url
    add_feed(store, Feed(kind.value, kind, url, FeedOptions()))
    outcome = fetch(again, weather=False)
    again.dispose()
    assert (outcome.answers, outcome.failures) == (1, [])
    assert count(store, "local_events") > 5
    assert count(store, "local_events", f"source <> '{kind}' OR latitude IS NULL OR known_at > '{NOW}'") == 0


def test_a_table_of_events_on_the_web_is_read_like_a_file(store: Store, quai: Restaurant) -> None:
    table = b"name,starts_at,expected_attendance\nFair,2026-12-01,500\nNo day,soon,1\n"
    with serve(TODAY, lambda _asked, answer: type(answer)(table, 200, "text/csv")) as server:
        add_feed(store, Feed("city", FeedKind.CSV, f"{server.url}/events.csv", FeedOptions(category="fair")))
        outcome = fetch(store, weather=False)
    assert outcome.rows == 1 and "soon" in " ".join(outcome.remarks)
    assert count(store, "local_events", "name = 'Fair' AND kind = 'fair' AND source = 'city'") == 1


def test_a_run_fills_the_public_holidays_of_the_restaurants_countries(
    store: Store, instance: dg.DagsterInstance, bistro: Restaurant, cafe: Restaurant
) -> None:
    result = run_feeds(instance)
    assert result.metadata["public_holidays"]["countries"] == 2
    assert count(store, "public_holidays", "country_code = 'FR' AND name = 'National Day'") >= 10
    assert run_feeds(instance).metadata["public_holidays"].get("rows_written", 0) == 0
