"""Verdicts and values of each row of weather and event files."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.ingest.kinds.places import place_key
from flux_pipeline_tests.unit.ingest.reading import read_upload


def utc(column: pd.Series) -> list[str]:
    return column.dt.strftime("%Y-%m-%d %H:%M").tolist()


def test_a_day_of_weather_is_its_noon_and_known_when_it_is_over(tiny):
    rows = read_upload(tiny("weather_daily_by_coordinates.csv"), kind="weather").rows
    assert rows["place"].tolist() == ["48.9,2.4", "48.9,2.4"]
    assert utc(rows["valid_at"]) == ["2024-03-01 12:00", "2024-03-02 12:00"]
    assert utc(rows["issued_at"]) == ["2024-03-02 00:00", "2024-03-03 00:00"]
    np.testing.assert_array_equal(rows["temperature_c"], [11.5, np.nan])
    np.testing.assert_array_equal(rows["precipitation_mm"], [0.4, np.nan])
    assert rows["weather_code"].tolist() == [61, 3]
    assert rows["wind_mps"].isna().all()


def test_a_forecast_has_the_time_of_its_issue(tiny):
    parsed = read_upload(tiny("weather_forecast_without_issued_at.csv"), kind="weather")
    assert parsed.reasons == {"missing_issued_at": 1}
    assert parsed.rejected["line_number"].tolist() == [3]
    assert utc(parsed.rows["valid_at"]) == ["2024-03-01 12:00", "2024-03-01 12:00"]
    assert utc(parsed.rows["issued_at"]) == ["2024-02-29 06:00", "2024-03-02 00:00"]


def test_each_reason_of_weather_is_found_in_its_order(tiny):
    parsed = read_upload(tiny("weather_each_reason_once.csv"), kind="weather")
    assert parsed.rejected[["line_number", "reason_code"]].to_numpy().tolist() == [
        [3, "missing_date"],
        [4, "bad_date"],
        [5, "bad_number"],
        [6, "missing_place"],
        [7, "bad_kind"],
        [8, "bad_issued_at"],
        [9, "missing_issued_at"],
        [10, "bad_number"],
        [11, "bad_number"],
    ]
    assert parsed.skipped == {"repeated_row": 1}
    assert parsed.rows["temperature_c"].tolist() == [9.0, 9.0]


def test_each_reason_of_events_is_found_in_its_order(tiny):
    parsed = read_upload(tiny("local_events_each_reason_once.csv"), kind="local_events")
    assert parsed.rejected[["line_number", "reason_code"]].to_numpy().tolist() == [
        [3, "missing_name"],
        [4, "missing_date"],
        [5, "bad_date"],
        [6, "bad_ends_at"],
        [7, "bad_ends_at"],
        [8, "bad_number"],
        [9, "bad_known_at"],
        [10, "missing_known_at"],
    ]
    assert parsed.skipped == {"repeated_row": 1}
    assert utc(parsed.rows["ends_at"]) == ["2024-06-17 00:00", "2024-06-16 00:00"]
    assert utc(parsed.rows["known_at"]) == ["2024-05-02 00:00", "2024-05-03 00:00"]
    assert parsed.rows["expected_attendance"].tolist() == [5000, pd.NA]


def test_an_event_takes_its_defaults_from_the_call(tiny):
    known_at = dt.datetime(2024, 6, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    parsed = read_upload(tiny("local_events_bare.csv"), kind="local_events", known_at=known_at)
    assert utc(parsed.rows["known_at"]) == ["2024-06-01 07:00"] * 2
    assert utc(parsed.rows["starts_at"]) == ["2024-06-15 00:00", "2024-06-20 16:00"]
    assert utc(parsed.rows["ends_at"]) == ["2024-06-16 00:00", "2024-06-21 00:00"]
    assert parsed.rows["kind"].tolist() == ["event", "event"]
    again = read_upload(tiny("local_events_bare.csv"), kind="local_events", known_at=known_at)
    assert parsed.rows["external_id"].tolist() == again.rows["external_id"].tolist()
    assert parsed.rows["external_id"].nunique() == 2


def test_known_at_without_a_timezone_is_a_mistake_of_the_caller(tiny):
    with pytest.raises(ValueError, match="without a timezone"):
        read_upload(tiny("local_events_bare.csv"), kind="local_events", known_at=dt.datetime(2024, 6, 1))


@pytest.mark.parametrize(
    ("latitude", "longitude", "key"),
    [
        (48.8566, 2.3522, "48.9,2.4"),
        (-0.04, 0.04, "0.0,0.0"),
        (-33.87, 151.21, "-33.9,151.2"),
        (51.0, -0.11, "51.0,-0.1"),
    ],
)
def test_a_place_has_one_key(latitude, longitude, key):
    assert place_key(latitude, longitude) == key
