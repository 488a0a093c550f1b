import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.weather import simulate_weather

LYON = (45.771, 4.836)
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2026, 6, 30)


def test_weather_of_a_day_does_not_depend_on_the_window():
    longer = simulate_weather(*LYON, FIRST, LAST)
    shorter = simulate_weather(*LYON, dt.date(2025, 9, 1), dt.date(2026, 2, 28))
    observed = shorter[shorter.kind == "observed"].set_index("date")
    pd.testing.assert_frame_equal(observed, longer.set_index("date").loc[observed.index])


def test_only_the_days_ahead_are_forecast_and_have_a_time_of_issue():
    weather = simulate_weather(*LYON, FIRST, LAST, horizon_days=10)
    ahead = weather[weather.kind == "forecast"]
    assert ahead.date.tolist() == [f"2026-07-{day:02d}" for day in range(1, 11)]
    assert set(ahead.issued_at) == {"2026-07-01T01:00Z"}
    assert set(weather[weather.kind == "observed"].issued_at) == {""}
    assert len(weather) == (LAST - FIRST).days + 1 + 10


def test_simulated_weather_is_seasonal_and_plausible():
    weather = simulate_weather(*LYON, FIRST, LAST)
    by_month = weather.groupby(pd.to_datetime(weather.date).dt.month).temperature_c.mean()
    assert by_month[7] > by_month[1] + 12
    assert weather.temperature_c.between(-20, 42).all()
    assert (weather.precipitation_mm >= 0).all()
    assert weather.cloud_pct.between(0, 100).all()
    assert (weather.precipitation_mm > 0).mean() == pytest.approx(0.36, abs=0.08)


def test_a_forecast_is_closer_to_the_observed_weather_the_nearer_its_day():
    observed = simulate_weather(*LYON, FIRST, LAST).set_index("date").temperature_c
    error = {1: [], 14: []}
    for day in pd.date_range("2025-02-01", "2026-06-01", freq="5D"):
        ahead = simulate_weather(*LYON, day.date(), day.date()).query("kind == 'forecast'")
        for lead, errors in error.items():
            row = ahead.iloc[lead - 1]
            errors.append(row.temperature_c - observed[row.date])
    assert np.std(error[1]) < 1.5
    assert np.std(error[14]) > 2.5
    assert abs(np.mean(error[1])) < 0.5


def test_places_have_weather_of_their_own():
    cities = [simulate_weather(each.latitude, each.longitude, FIRST, LAST).temperature_c for each in demo_restaurants()]
    assert not cities[0].equals(cities[1])
    assert cities[0].mean() > cities[2].mean()


def test_events_of_a_window_do_not_depend_on_where_it_begins_or_ends():
    longer = simulate_events(FIRST, LAST).set_index("external_id")
    shorter = simulate_events(dt.date(2025, 9, 3), dt.date(2026, 2, 27)).set_index("external_id")
    pd.testing.assert_frame_equal(shorter, longer.loc[shorter.index])
    starts = pd.to_datetime(longer.starts_at).dt.date
    assert len(shorter) == starts.between(dt.date(2025, 9, 3), dt.date(2026, 2, 27) + dt.timedelta(days=16)).sum()


@pytest.mark.parametrize("last", [dt.date(2026, 1, 15), dt.date(2026, 6, 30), dt.date(2026, 11, 20)])
def test_every_restaurant_has_an_event_within_the_horizon(last):
    events = simulate_events(FIRST, last)
    ahead = events[pd.to_datetime(events.starts_at).dt.date > last]
    for restaurant in demo_restaurants():
        near = (ahead.latitude - restaurant.latitude).abs() < 0.02
        assert near.any()


def test_events_are_known_before_the_end_of_the_last_day_and_weeks_ahead():
    events = simulate_events(FIRST, LAST, horizon_days=80)
    starts, ends, known = (pd.to_datetime(events[name]) for name in ("starts_at", "ends_at", "known_at"))
    assert (ends > starts).all()
    assert (starts - known > pd.Timedelta(days=27)).all()
    assert known.max() < pd.Timestamp("2026-07-01", tz="UTC")
    assert starts.max() > pd.Timestamp("2026-08-01", tz="UTC")
    assert events.external_id.is_unique
