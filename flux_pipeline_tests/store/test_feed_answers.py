"""Answers of services in the database: vintages of forecasts, events that move, are cancelled or go missing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.services.answers import EventAnswer, Place, Product, SetAside, WeatherAnswer
from flux_pipeline.records.feeds import Feed, FeedKind, FeedOptions
from flux_pipeline.store.door import Store
from flux_pipeline.store.feeds.answers import store_events, store_weather
from flux_pipeline.store.feeds.calls import Call, record_failed, stored_answers
from flux_pipeline.store.feeds.registry import add_feed, feed_states, find_feed, remove_feed
from flux_pipeline.store.known.feeds import weather_known
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.records.alerts import list_alerts
from flux_pipeline.store.restaurant import Restaurant

PARIS = Place("48.9,2.4", 48.9, 2.4)
WEATHER = Feed("open-meteo", FeedKind.OPEN_METEO, None, FeedOptions())
CITY = Feed("city", FeedKind.CALENDAR, "https://city.example/a-secret/events.ics", FeedOptions(attendance=900))
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def after(days: float) -> dt.datetime:
    return NOON + dt.timedelta(days=days)


def hours(first: dt.date, days: int, celsius: float, *, seen: bool = False) -> WeatherAnswer:
    valid_at = pd.date_range(first, periods=24 * days, freq="h", tz="UTC")
    rows = pd.DataFrame({"valid_at": valid_at, "temperature_c": celsius, "precipitation_mm": 0.5, "wind_mps": 3.0})
    rows["issued_at"] = valid_at + pd.Timedelta(hours=1) if seen else pd.NaT
    rows["issued_at"] = pd.to_datetime(rows["issued_at"], utc=True)
    return WeatherAnswer(PARIS, rows.assign(cloud_pct=50.0, weather_code=3), (), len(rows))


def store_hours(store: Store, product: Product, at: dt.datetime, answer: WeatherAnswer) -> int:
    with store.feeds() as connection:
        return store_weather(connection, product, at, Call(WEATHER, product.value, PARIS.key, at), answer).written


def events(*rows: tuple[str, str, dt.datetime], cancelled: Sequence[str] = (), is_full: bool = True) -> EventAnswer:
    frame = pd.DataFrame(rows, columns=["external_id", "name", "starts_at"])
    frame["starts_at"] = pd.to_datetime(frame["starts_at"], utc=True)
    frame["ends_at"] = frame["starts_at"] + pd.Timedelta(hours=3)
    frame = frame.assign(kind="fair", latitude=48.86, longitude=2.35)
    frame["expected_attendance"] = pd.array([None] * len(frame), dtype="Int64")
    return EventAnswer(frame, frozenset(cancelled), (), is_full)


def answer_of_city(store: Store, at: dt.datetime, answer: EventAnswer, feed: Feed = CITY) -> str | None:
    return store_events(store, Call(feed, "events", feed.name, at), None, at, answer).sentence


def known(store: Store, at: dt.datetime) -> list[str]:
    query = "SELECT name FROM local_events WHERE known_at <= :at AND coalesce(superseded_at > :at, true) ORDER BY name"
    with store.feeds() as connection:
        return list(connection.scalars(text(query), {"at": at}))


def on_day(store: Store, restaurant: Restaurant, day: float, at: float) -> Any:
    """Return the weather of a day as known at a moment, both in days after NOON."""
    date = after(day).date()
    with store.tenant(restaurant) as tx:
        (row,) = weather_known(tx, PARIS.key, date, date, after(at)).itertuples(index=False)
    return row


def test_each_of_ten_fetches_of_seven_days_is_a_vintage_of_its_own(store: Store) -> None:
    for day in range(10):
        store_hours(store, Product.FORECAST, after(day), hours(after(day).date(), 7, day))
    with store.feeds() as connection:
        query = "SELECT count(DISTINCT ((valid_at AT TIME ZONE 'UTC')::date, issued_at)), count(*) FROM weather_data"
        assert connection.execute(text(query)).one() == (70, 70 * 24)


def test_ahead_counts_the_newest_forecast_and_behind_the_observation(store: Store, bistro: Restaurant) -> None:
    for day in range(3):
        store_hours(store, Product.FORECAST, after(day), hours(after(day).date(), 7, 10 + day))
    store_hours(store, Product.OBSERVED, after(3), hours(after(0).date(), 2, 20, seen=True))

    def seen(day: float, at: float) -> tuple[float, str]:
        row = on_day(store, bistro, day, at)
        return row.temperature_c, row.source_kind.split()[0]

    assert seen(4, at=0.1) == (10, "forecast")
    assert seen(4, at=1.1) == (11, "forecast")
    # What was observed is known when the hour is over, whenever it was fetched; a forecast is never replaced by it.
    assert seen(1, at=0.1) == (10, "forecast")
    assert seen(0, at=3) == (20, "observed")
    assert seen(4, at=3) == (12, "forecast")


def test_a_day_with_few_hours_is_unknown_and_lacking_hours_of_rain_are_like_the_others(
    store: Store, bistro: Restaurant
) -> None:
    answer = hours(after(1).date(), 3, 10)
    rows = answer.rows
    rows.loc[rows.index[30:38], ["temperature_c", "precipitation_mm"]] = float("nan")
    store_hours(store, Product.FORECAST, NOON, WeatherAnswer(PARIS, rows.iloc[:55], (), 72))
    with store.tenant(bistro) as tx:
        days = weather_known(tx, PARIS.key, after(1).date(), after(3).date(), after(1))
    assert days.precipitation_mm.round(6).tolist()[1] == 12.0
    assert days.temperature_c.isna().tolist() == [False, False, True]


def test_the_same_answer_again_changes_nothing(store: Store) -> None:
    answer = hours(after(-3).date(), 2, 10, seen=True)
    assert store_hours(store, Product.OBSERVED, NOON, answer) == 48
    assert store_hours(store, Product.OBSERVED, after(1), answer) == 0


def test_a_place_whose_answer_is_stored_is_not_asked_about_again(store: Store) -> None:
    store_hours(store, Product.FORECAST, NOON, hours(NOON.date(), 1, 10))
    with store.feeds() as connection:
        assert stored_answers(connection, WEATHER, "forecast", NOON) == {PARIS.key}
        assert stored_answers(connection, WEATHER, "forecast", after(1)) == set()


def test_an_event_that_is_over_was_known_when_it_ended(store: Store) -> None:
    answer_of_city(store, NOON, events(("1", "Fair", after(-10)), ("2", "Match", after(11))))
    assert (known(store, after(-9.9)), known(store, after(-9.8)), known(store, NOON)) == (
        [],
        ["Fair"],
        ["Fair", "Match"],
    )


def test_an_event_that_moves_keeps_its_id_and_its_history(store: Store) -> None:
    answer_of_city(store, NOON, events(("1", "Fair", after(10))))
    answer_of_city(store, after(1), events(("1", "Fair", after(12))))
    with store.feeds() as connection:
        query = "SELECT external_id, starts_at, superseded_at FROM local_events ORDER BY known_at"
        assert connection.execute(text(query)).all() == [("1", after(10), after(1)), ("1", after(12), None)]


def test_a_cancelled_event_ends_at_once_and_was_known_before(store: Store) -> None:
    answer_of_city(store, NOON, events(("1", "Fair", after(10)), ("2", "Match", after(11))))
    said = answer_of_city(store, after(1), events(("2", "Match", after(11)), cancelled=["1"]))
    assert said == "1 event will not take place."
    assert (known(store, after(0.5)), known(store, after(1))) == (["Fair", "Match"], ["Match"])


def test_an_event_that_one_full_answer_lacks_stays_and_one_that_two_lack_is_gone(store: Store) -> None:
    both = events(("1", "Fair", after(10)), ("2", "Match", after(11)))
    match = events(("2", "Match", after(11)))
    answer_of_city(store, NOON, both)
    assert answer_of_city(store, after(1), match) == "1 event missing for the first time, and kept."
    assert known(store, after(1)) == ["Fair", "Match"]
    assert answer_of_city(store, after(2), match) == "1 event gone, because two answers lack them."
    assert known(store, after(2)) == ["Match"]


def test_an_answer_that_is_not_full_proves_no_event_missing(store: Store) -> None:
    match = events(("2", "Match", after(11)))
    answer_of_city(store, NOON, events(("1", "Fair", after(10)), ("2", "Match", after(11))))
    for day in (1, 2, 3):
        answer_of_city(store, after(day), events(("2", "Match", after(11)), is_full=False))
    answer_of_city(store, after(4), match)
    answer_of_city(store, after(5), events(is_full=False))
    assert known(store, after(5)) == ["Fair", "Match"]
    answer_of_city(store, after(6), match)
    assert known(store, after(6)) == ["Match"]


def test_an_event_that_comes_back_is_gone_only_after_two_more_answers_lack_it(store: Store) -> None:
    fair = events(("1", "Fair", after(10)))
    for day, answer in enumerate([fair, events(), fair, events()]):
        answer_of_city(store, after(day), answer)
    assert known(store, after(4)) == ["Fair"]


def test_what_is_over_is_not_missing(store: Store) -> None:
    answer_of_city(store, NOON, events(("1", "Fair", after(0.5))))
    for day in (1, 2, 3):
        answer_of_city(store, after(day), events())
    assert known(store, after(3)) == ["Fair"]


def test_the_options_of_a_calendar_fill_in_what_its_events_do_not_say(store: Store) -> None:
    answer_of_city(store, NOON, events(("1", "Fair", after(10))))
    with store.feeds() as connection:
        assert connection.scalar(text("SELECT expected_attendance FROM local_events")) == 900


def test_a_restaurants_own_calendar_is_seen_by_no_other(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    own = Feed("diary", FeedKind.CALENDAR, "https://diary.example/x", FeedOptions(), bistro.id, bistro.slug)
    answer_of_city(store, NOON, events(("1", "Wedding", after(10))), own)
    answer_of_city(store, after(1), events(cancelled=["1"]), own)
    for restaurant, names in ((bistro, ["Wedding"]), (cafe, [])):
        with store.tenant(restaurant) as tx:
            assert list(tx.connection.scalars(text("SELECT name FROM restaurant_events"))) == names
    assert known(store, after(1)) == []
    with store.tenant(bistro) as tx:
        assert tx.connection.scalar(text("SELECT superseded_at FROM restaurant_events")) == after(1)


def test_a_feed_that_fails_says_how_old_its_last_answer_is_and_one_alert_waits(store: Store) -> None:
    add_feed(store, WEATHER)
    call = Call(WEATHER, "forecast", PARIS.key, NOON)
    with store.feeds() as connection:
        assert "Nothing of it is stored yet." in record_failed(connection, call, NOON, "It is down.")
    store_hours(store, Product.FORECAST, NOON, hours(NOON.date(), 1, 10))
    with store.fleet() as connection:
        assert list_alerts(connection) == []
    for day in (2, 3):
        with store.feeds() as connection:
            said = record_failed(connection, call, after(day), "It is down.")
    assert said.endswith("It is down. Its last good answer is 3 days old and stays in use.")
    with store.fleet() as connection:
        (alert,) = list_alerts(connection)
        (state,) = feed_states(connection)
    assert (alert.message, alert.kind) == (said, "feed_does_not_answer")
    assert (state.good_at, state.bad_at, state.sentence) == (NOON, after(3), "It is down.")


def test_what_is_set_aside_is_counted_and_kept_to_be_looked_at(store: Store) -> None:
    aside = SetAside("bad_number", "2026-03-01 05:00", "999 degrees were found; expected -90 to 65.")
    rows = hours(NOON.date(), 1, 10).rows
    store_hours(store, Product.FORECAST, NOON, WeatherAnswer(PARIS, rows.iloc[:23], (aside,), 24))
    with store.feeds() as connection:
        query = "SELECT row_count, set_aside_count, is_full, sentence, set_aside -> 0 ->> 'reason' FROM feed_calls"
        row = connection.execute(text(query)).one()
    said = "23 of 24 hours came. 999 degrees were found; expected -90 to 65."
    assert tuple(row) == (23, 1, False, said, "bad_number")


def test_a_feed_is_added_and_removed_by_name_and_its_address_is_not_logged(store: Store) -> None:
    add_feed(store, CITY)
    with pytest.raises(PermanentError, match="flux feeds remove city"):
        add_feed(store, CITY)
    with store.fleet() as connection:
        assert replace(find_feed(connection, "city"), added_at=CITY.added_at) == CITY
    remove_feed(store, "city")
    with store.fleet() as connection:
        with pytest.raises(PermanentError, match="flux feeds add"):
            find_feed(connection, "city")
        acts = list_acts(connection)
    assert [act.action for act in acts[:2]] == ["feeds.remove", "feeds.add"]
    assert "a-secret" not in repr(acts)


def test_an_observation_that_is_corrected_is_known_since_then_and_the_first_one_stays(
    store: Store, bistro: Restaurant
) -> None:
    store_hours(store, Product.OBSERVED, after(1), hours(NOON.date(), 1, 10, seen=True))
    assert store_hours(store, Product.OBSERVED, after(3), hours(NOON.date(), 1, 20, seen=True)) == 24
    assert store_hours(store, Product.OBSERVED, after(4), hours(NOON.date(), 1, 20, seen=True)) == 0
    assert [on_day(store, bistro, 0, at).temperature_c for at in (2, 3)] == [10, 20]


def test_what_fails_for_one_place_or_product_is_not_over_when_another_succeeds(store: Store) -> None:
    add_feed(store, WEATHER)
    with store.feeds() as connection:
        record_failed(connection, Call(WEATHER, "forecast", PARIS.key, NOON), after(1), "It is down.")
    store_hours(store, Product.OBSERVED, after(1), hours(NOON.date(), 1, 10, seen=True))
    with store.fleet() as connection:
        assert len(list_alerts(connection)) == 1
        (state,) = feed_states(connection)
    assert (state.bad_at, state.sentence) == (after(1), "It is down.")
    remove_feed(store, WEATHER.name)
    with store.fleet() as connection:
        assert list_alerts(connection) == []


def test_a_feed_that_is_added_again_is_asked_again(store: Store) -> None:
    add_feed(store, WEATHER)
    store_hours(store, Product.FORECAST, NOON, hours(NOON.date(), 1, 10))
    remove_feed(store, WEATHER.name)
    add_feed(store, WEATHER)
    with store.fleet() as connection:
        (state,) = feed_states(connection)
    with store.feeds() as connection:
        assert stored_answers(connection, state.feed, "forecast", NOON) == set()
    assert (state.good_at, state.row_count) == (None, 0)


@pytest.mark.parametrize(("kept", "rain"), [(slice(None), 12.0), (slice(0, 2), None)])
def test_rain_of_a_day_is_that_of_all_its_hours_if_half_of_them_are_known(
    store: Store, bistro: Restaurant, kept: slice, rain: float | None
) -> None:
    answer = hours(after(1).date(), 1, 10)
    store_hours(store, Product.FORECAST, NOON, WeatherAnswer(PARIS, answer.rows.iloc[kept], (), 24))
    found = on_day(store, bistro, 1, 1)
    assert (found.precipitation_mm == rain) if rain else pd.isna(found.precipitation_mm)


def test_a_third_of_the_hours_without_a_value_does_not_make_a_day_dry(store: Store, bistro: Restaurant) -> None:
    rows = hours(after(1).date(), 1, 10).rows
    store_hours(store, Product.FORECAST, NOON, WeatherAnswer(PARIS, rows[np.arange(24) % 3 > 0], (), 24))
    assert on_day(store, bistro, 1, 1).precipitation_mm == 12.0
