"""Weather and events in versions: they can be read as known at any moment."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text

from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.store.door import Store
from flux_pipeline.store.known.feeds import event_days_known, newest_weather_forecast, weather_known
from flux_pipeline.store.loading.hand_in import FeedFile, hand_in_feed
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.unit.ingest.workbooks import workbook

PLACE = "48.9,2.4"  # bistro's
NOW = dt.datetime(2026, 3, 1, 5, tzinfo=dt.UTC)
NEAR: dict[str, Any] = {"radius_km": 3, "least_attendance": 500, "school_holiday_radius_km": 50}
WEATHER = f"""place,date,kind,issued_at,temperature_c,precipitation_mm
"{PLACE}",2026-02-28,observed,,10,0
"{PLACE}",2026-03-02,forecast,2026-02-28T04:00Z,8,1
"{PLACE}",2026-03-02,forecast,2026-03-01T04:00Z,9,2
"{PLACE}",2026-03-02,observed,2026-03-03T00:00Z,12,7
48.0,2026-03-02,forecast,x,1,1
"""
EVENTS = """name,starts_at,ends_at,latitude,longitude,expected_attendance,known_at,source,external_id
Fair,2026-03-05,2026-03-06,48.861,2.351,5000,2026-02-01T00:00Z,city,1
Late news,2026-03-07,2026-03-07,48.861,2.351,5000,2026-03-04T00:00Z,city,2
Far away,2026-03-08,2026-03-08,45.0,2.351,5000,2026-02-01T00:00Z,city,3
Tiny,2026-03-09,2026-03-09,48.861,2.351,40,2026-02-01T00:00Z,city,4
"""


def load(store: Store, kind: str, content: str, name: str = "feed.csv") -> FeedFile:
    return hand_in_feed(store, kind, Source.of(content.encode(), name), known_at=NOW)


@pytest.mark.parametrize(
    ("known_at", "temperature", "source_kind"),
    [
        ("2026-02-28T12:00+00:00", 8.0, "forecast issued 2026-02-28 04:00 UTC"),
        ("2026-03-01T12:00+00:00", 9.0, "forecast issued 2026-03-01 04:00 UTC"),
        ("2026-03-04T00:00+00:00", 12.0, "observed"),
    ],
)
def test_the_weather_is_the_newest_that_was_known(
    store: Store, bistro: Restaurant, known_at: str, temperature: float, source_kind: str
) -> None:
    load(store, "weather", WEATHER)
    with store.tenant(bistro) as tx:
        days = weather_known(
            tx, PLACE, dt.date(2026, 2, 28), dt.date(2026, 3, 5), dt.datetime.fromisoformat(known_at)
        ).set_index("date")
        newest = newest_weather_forecast(tx, PLACE, dt.datetime.fromisoformat(known_at))
    assert days.temperature_c["2026-03-02"] == temperature
    assert days.source_kind["2026-03-02"] == source_kind
    assert f"{newest:%F}" == min(known_at[:10], "2026-03-01")


def test_a_feed_is_accounted_for_and_the_same_file_is_recognised(store: Store) -> None:
    first = load(store, "weather", WEATHER)
    assert (first.accounting.read, first.accounting.loaded, first.accounting.rejected) == (5, 4, 1)
    assert load(store, "weather", WEATHER, "again.csv").was_known
    with store.fleet() as connection:
        assert connection.execute(text("SELECT received_at FROM feed_loads")).all() == [(NOW,)]


@pytest.mark.parametrize("kind", ["weather", "local_events"])
def test_a_row_that_comes_in_two_sheets_counts_once_as_the_last_has_it(store: Store, kind: str) -> None:
    rows = {
        "weather": ["place,date,temperature_c", "9.0,2026-03-01,{}"],
        "local_events": ["name,starts_at,external_id,source,expected_attendance", "Fair,2026-03-05,1,city,{}"],
    }[kind]
    sheets = {name: [line.format(value).split(",") for line in rows] for name, value in (("May", 5), ("June", 6))}
    done = hand_in_feed(store, kind, Source.of(workbook(sheets), "feed.xlsx"), known_at=NOW)
    assert done.refusal is None
    assert (done.accounting.loaded, done.accounting.reasons) == (1, {"already_loaded": 1})
    column = {"weather": "temperature_c", "local_events": "expected_attendance"}[kind]
    table = {"weather": "weather_data", "local_events": "local_events"}[kind]
    with store.feeds() as connection:
        assert connection.scalar(text(f"SELECT {column} FROM {table}")) == 6


def test_stored_rows_are_skipped_and_changed_ones_are_stored(store: Store, bistro: Restaurant) -> None:
    load(store, "weather", WEATHER)
    again = load(store, "weather", WEATHER.replace("2026-03-03T00:00Z,12,7", "2026-03-03T00:00Z,13,7"))
    assert again.accounting.loaded == 1
    assert again.accounting.reasons["already_loaded"] == 3


def test_an_unreadable_feed_file_gives_the_reason_and_can_be_sent_again(store: Store) -> None:
    assert "--column" in str(load(store, "weather", "a,b\n1,2\n").refusal)
    assert not load(store, "weather", "a,b\n1,2\n").was_known
    with store.feeds() as connection:
        assert connection.scalars(text("SELECT loaded_count FROM feed_loads")).all() == [0, 0]


def test_an_event_counts_if_it_was_known_and_is_near_and_large(store: Store, bistro: Restaurant) -> None:
    load(store, "local_events", EVENTS)
    with store.tenant(bistro) as tx:
        days = event_days_known(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 15), NOW, **NEAR)
    assert [f"{day:%d}" for day in days.date] == ["05", "06"]
    assert set(days.name) == {"Fair"}
    assert days.distance_km.tolist() == pytest.approx([0.5, 0.5], abs=0.5)
    assert days.expected_attendance.tolist() == [5000, 5000]
    assert set(days.source) == {"city"}


def test_a_repeated_event_keeps_its_known_at(store: Store, bistro: Restaurant) -> None:
    load(store, "local_events", EVENTS)
    later = EVENTS.replace("2026-02-01T00:00Z", "2026-03-02T00:00Z") + "New,2026-03-10,,48.861,2.351,900,,city,5\n"
    again = load(store, "local_events", later)
    assert again.accounting.loaded == 1
    assert again.accounting.reasons == {"already_loaded": 4}
    with store.tenant(bistro) as tx:
        days = event_days_known(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 8), NOW, **NEAR)
    assert [f"{day:%d}" for day in days.date] == ["05", "06"]


def test_hours_of_one_source_and_a_daily_sum_of_another_are_not_added_up(store: Store, bistro: Restaurant) -> None:
    hours = [f'"{PLACE}",2026-02-10T{hour:02d}:00Z,5,1,met' for hour in range(23)]
    rows = "\n".join([*hours, f'"{PLACE}",2026-02-10T12:00Z,5,50,almanac'])
    load(store, "weather", f"place,valid_at,temperature_c,precipitation_mm,source\n{rows}\n")
    with store.tenant(bistro) as tx:
        days = weather_known(tx, PLACE, dt.date(2026, 2, 10), dt.date(2026, 2, 10), NOW).set_index("date")
    # The 24th hour is like the others.
    assert days.precipitation_mm["2026-02-10"] == 24


def test_no_event_is_near_a_restaurant_without_coordinates(store: Store) -> None:
    nowhere = add_restaurant(store, NewRestaurant("nowhere", "Nowhere", "Europe/Paris", "EUR"))
    load(store, "local_events", EVENTS)
    with store.tenant(nowhere) as tx:
        assert event_days_known(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 15), NOW, **NEAR).empty


def test_a_corrected_event_was_known_with_its_earlier_values_before(store: Store, bistro: Restaurant) -> None:
    load(store, "local_events", EVENTS)
    moved = load(store, "local_events", EVENTS.replace("Fair,2026-03-05,2026-03-06", "Fair,2026-03-12,2026-03-12"))
    assert (moved.accounting.loaded, moved.accounting.reasons) == (1, {"already_loaded": 3})
    with store.tenant(bistro) as tx:
        then, now = (
            event_days_known(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 15), moment, **NEAR)
            for moment in (NOW, dt.datetime.now(dt.UTC))
        )
    assert [f"{day:%d}" for day in then.date] == ["05", "06"]
    assert [f"{day:%d}" for day in now.date] == ["07", "12"]


@pytest.mark.parametrize("kind", ["school_holiday", "School holidays", "Schulferien", "Vacances scolaires"])
def test_school_holidays_are_not_events_and_without_a_place_apply_to_all(
    store: Store, bistro: Restaurant, cafe: Restaurant, kind: str
) -> None:
    rows = (
        f"Winter break,{kind},2026-03-02,2026-03-04,,,\n"
        f"Île-de-France,{kind},2026-03-04,2026-03-05,48.6,2.4,\n"
        f"Bayern,{kind},2026-03-06,2026-03-09,48.1,11.6,\n"
        "Fair,fair,2026-03-05,2026-03-05,48.861,2.351,5000\n"
    )
    load(store, "local_events", f"name,kind,starts_at,ends_at,latitude,longitude,expected_attendance\n{rows}")
    days = {}
    for restaurant in (bistro, cafe):
        with store.tenant(restaurant) as tx:
            found = event_days_known(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 15), NOW, **NEAR)
        days[restaurant.slug] = {f"{date:%d}": set(kinds) for date, kinds in found.groupby("date").kind}
    away = {"school_holiday"}
    assert days["bistro"] == {"02": away, "03": away, "04": away, "05": {"school_holiday", "fair"}}
    assert days["cafe"] == {"02": away, "03": away, "04": away}


def test_school_holidays_without_a_place_apply_to_a_restaurant_without_coordinates(store: Store) -> None:
    nowhere = add_restaurant(store, NewRestaurant("nowhere", "Nowhere", "Europe/Paris", "EUR"))
    load(store, "local_events", "name,kind,starts_at\nBreak,school_holiday,2026-03-02\n")
    with store.tenant(nowhere) as tx:
        found = event_days_known(tx, dt.date(2026, 3, 1), dt.date(2026, 3, 15), NOW, **NEAR)
    assert [f"{day:%d}" for day in found.date] == ["02"]
