"""Answers of weather services: their hours, units and places, and each fault in one sentence."""

import datetime as dt
import json
import math

import pytest

from flux_pipeline.ingest.services.answers import AnswerError, Place, Product
from flux_pipeline.ingest.services.openmeteo import read_weather_answers
from flux_pipeline_tests.unit.ingest.services.mutations import mutations

PLACE = Place("52.0,13.0", 52.0, 13.0)
DAY = dt.date(2026, 3, 10)


def hours_of(day=DAY, count=24):
    return [f"{day}T{hour:02}:00" for hour in range(count)]


def answer(times=None, zone="GMT", units=None, place=(52.02, 12.98), **series):
    times = hours_of() if times is None else times
    series = series or {"temperature_2m": [5.0 + hour / 2 for hour in range(len(times))]}
    named = {"temperature_2m": "°C", "precipitation": "mm", "wind_speed_10m": "m/s", "cloud_cover": "%"}
    named |= {"weather_code": "wmo code", "time": "iso8601", **(units or {})}
    return {
        "latitude": place[0],
        "longitude": place[1],
        "utc_offset_seconds": 7200,
        "timezone": zone,
        "hourly_units": {name: named.get(name, named.get(name.split("_previous")[0])) for name in ("time", *series)},
        "hourly": {"time": times, **series},
    }


def read(value, product=Product.FORECAST, first=DAY, last=None, places=(PLACE,)):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_weather_answers(body, places, product, first, last or first)


def weather(value, *args, **kwargs):
    found = read(value, *args, **kwargs)[0]
    assert not isinstance(found, AnswerError), found
    return found


def refusal(value, **kwargs):
    try:
        found = read(value, **kwargs)[0]
    except AnswerError as error:
        found = error
    assert isinstance(found, AnswerError), found
    return str(found)


def at(rows):
    return rows.valid_at.dt.strftime("%m-%dT%H:%M").tolist()


def aside(found):
    return [(each.reason, each.count) for each in found.set_aside]


def test_a_day_in_gmt_has_24_rows():
    found = weather(answer())
    assert at(found.rows) == [time[5:] for time in hours_of()]
    assert (found.expected_hours, found.set_aside) == (24, ())
    assert found.rows.temperature_c.tolist()[:2] == [5.0, 5.5]
    assert found.rows.precipitation_mm.isna().all()


def test_the_zone_decides_and_not_the_offset_of_now():
    found = weather(answer(hours_of(dt.date(2024, 1, 1)), "Europe/Amsterdam"), first=dt.date(2024, 1, 1))
    assert str(found.rows.valid_at[0]) == "2023-12-31 23:00:00+00:00"


@pytest.mark.parametrize(
    ("day", "hours", "first_utc", "last_utc"),
    [
        ("2026-10-25", [0, 1, 2, 2, *range(3, 24)], "10-24T22:00", "10-25T22:00"),
        ("2026-03-29", [0, 1, *range(3, 24)], "03-28T23:00", "03-29T21:00"),
    ],
)
def test_a_local_day_has_as_many_rows_as_hours(day, hours, first_utc, last_utc):
    found = weather(
        answer([f"{day}T{hour:02}:00" for hour in hours], "Europe/Berlin"), first=dt.date.fromisoformat(day)
    )
    assert len(found.rows) == found.expected_hours == len(hours)
    assert set(found.rows.valid_at.diff().dropna()) == {dt.timedelta(hours=1)}
    assert (at(found.rows)[0], at(found.rows)[-1], found.set_aside) == (first_utc, last_utc, ())


def test_a_repeated_hour_that_is_there_once_is_set_aside():
    found = weather(answer(hours_of(dt.date(2026, 10, 25)), "Europe/Berlin"), first=dt.date(2026, 10, 25))
    assert len(found.rows) == 23
    assert aside(found) == [("ambiguous_time", 1)]
    assert found.expected_hours == 25


def test_an_hour_that_the_clocks_skip_shows_that_the_times_are_not_local():
    assert "never show 2026-03-29T02:00" in refusal(
        answer(hours_of(dt.date(2026, 3, 29)), "Europe/Berlin"), first=dt.date(2026, 3, 29)
    )


@pytest.mark.parametrize("zone", ["GMT", "UTC", "Etc/UTC", "GMT+0"])
def test_these_zones_are_utc(zone):
    assert at(weather(answer(zone=zone)).rows)[0] == "03-10T00:00"


@pytest.mark.parametrize("zone", [None, 3, "", "Middle/Earth", "localtime", "../UTC", "Europe", "MESZ", ["GMT"]])
def test_an_unknown_zone_refuses_the_answer(zone):
    assert "Ask with timezone=GMT" in refusal(answer(zone=zone))


def test_unix_times_are_utc_in_any_zone():
    start = int(dt.datetime(2026, 3, 10, tzinfo=dt.UTC).timestamp())
    found = weather(answer([start, start + 3600], "Europe/Berlin", {"time": "unixtime"}, temperature_2m=[1, 2]))
    assert at(found.rows) == ["03-10T00:00", "03-10T01:00"]


@pytest.mark.parametrize(
    ("name", "unit", "value", "column", "expected"),
    [
        ("temperature_2m", "°F", 50.0, "temperature_c", 10.0),
        ("temperature_2m", "K", 283.15, "temperature_c", 10.0),
        ("precipitation", "inch", 0.5, "precipitation_mm", 12.7),
        ("precipitation", "cm", 0.5, "precipitation_mm", 5.0),
        ("wind_speed_10m", "km/h", 23.2, "wind_mps", 6.444444),
        ("wind_speed_10m", "mp/h", 10.0, "wind_mps", 4.4704),
        ("wind_speed_10m", "mph", 10.0, "wind_mps", 4.4704),
        ("wind_speed_10m", "kn", 10.0, "wind_mps", 5.144444),
        ("wind_speed_10m", "m/s", 7, "wind_mps", 7.0),
        ("cloud_cover", "%", 80, "cloud_pct", 80.0),
        ("weather_code", "wmo code", 61, "weather_code", 61),
    ],
)
def test_units_are_converted(name, unit, value, column, expected):
    found = weather(answer([f"{DAY}T00:00"], units={name: unit}, **{name: [value]}))
    assert found.rows[column].tolist() == [expected]


@pytest.mark.parametrize("unit", ["furlong", None, "", 3, "undefined"])
def test_an_unknown_unit_refuses_the_answer(unit):
    assert "does not know as a unit" in refusal(answer(units={"temperature_2m": unit}))


def test_a_series_without_values_needs_no_unit():
    found = weather(answer(units={"cloud_cover": "undefined"}, temperature_2m=[1.0] * 24, cloud_cover=[None] * 24))
    assert (len(found.rows), aside(found)) == (24, [("missing_value", 24)])


def test_an_observation_is_known_an_hour_after():
    rows = weather(answer(), Product.OBSERVED).rows
    assert (rows.issued_at - rows.valid_at).dt.total_seconds().unique().tolist() == [3600]
    assert weather(answer()).rows.issued_at.isna().all()


def test_forecasts_of_earlier_days_were_issued_so_many_days_before():
    hourly = {f"temperature_2m_previous_day{lead}": [float(lead)] * 24 for lead in (1, 3)}
    hourly |= {"precipitation_previous_day1": [0.1] * 24, "temperature_2m": [9.0] * 24}
    found = weather(answer(**hourly), Product.PAST_FORECASTS)
    assert (len(found.rows), found.expected_hours) == (48, 48)
    hours = (found.rows.valid_at - found.rows.issued_at).dt.total_seconds() / 3600
    assert found.rows.temperature_c.groupby(hours).agg(["min", "max"]).to_dict("index") == {
        24.0: {"min": 1.0, "max": 1.0},
        72.0: {"min": 3.0, "max": 3.0},
    }
    assert found.rows.precipitation_mm.notna().sum() == 24


def test_a_plain_forecast_says_nothing_about_earlier_days():
    assert "expected some of 'temperature_2m_previous_day1'" in refusal(answer(), product=Product.PAST_FORECASTS)
    assert "expected some of 'temperature_2m'" in refusal(answer(temperature_2m_previous_day1=[1.0] * 24))


def test_several_places_come_in_their_order():
    other = Place("48.0,11.0", 48.0, 11.0)
    one, two = read([answer(), answer(place=(48.1, 11.1)) | {"location_id": 1}], places=(PLACE, other))
    assert (one.place, two.place) == (PLACE, other)


def test_a_bad_place_does_not_take_the_others_with_it():
    other = Place("48.0,11.0", 48.0, 11.0)
    one, two = read([answer(), answer(place=(48.4, 11.1))], places=(PLACE, other))
    assert len(one.rows) == 24
    assert str(two) == (
        "The weather for 48.0,11.0 is that of a point 45 km away (48.40, 11.10); expected one within 30 km. Check the "
        "coordinates and the model that is asked for."
    )
    swapped = read([answer(place=(48.1, 11.1)), answer()], places=(PLACE, other))
    assert all("km away" in str(each) for each in swapped)


def test_a_place_with_another_number_is_refused():
    assert "says that it is number 4" in refusal(answer() | {"location_id": 4})


@pytest.mark.parametrize("answers", [[], [answer()] * 2, [answer()] * 4])
def test_another_number_of_places_refuses_all(answers):
    with pytest.raises(AnswerError, match="expected 3"):
        read(answers, places=(PLACE,) * 3)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>Sign in</html>", "begins with '<!DOCTYPE html>"),
        (json.dumps(answer()).encode()[:300], "cut off after 300 bytes"),
        (b'{"error":true,"reason":"Cannot initialize from \\u001b[1m lksdfj"}', "'Cannot initialize from \\u001b[1m"),
        (b'{"error":true}', "no reason given"),
        (b'{"error":true,"reason":"see https://api.example.com/v1/x?apikey=abc"}', "https://api.example.com/…"),
        (b'{"error":true,"reason":"API key is invalid, Bearer abc"}', "'API key is invalid, Bearer …'"),
        (b"null", "expected an object with 'hourly'"),
        (b"3", "expected an object with 'hourly'"),
        (b"\xff\xfe\x00", "not text"),
        (b"[" * 100_000, "cut off"),
        (b'{"hourly": NaN}', "not JSON"),
    ],
)
def test_a_body_without_weather_is_refused_in_one_sentence(body, sentence):
    message = refusal(body)
    assert sentence in message
    assert "abc" not in message
    assert len(message) < 400


def test_what_is_missing_is_counted_and_the_rest_is_kept():
    values = [None if hour % 3 == 0 else 8.0 for hour in range(24)]
    found = weather(answer(temperature_2m=values, precipitation=[0.0] * 24))
    assert (len(found.rows), found.rows.temperature_c.isna().sum()) == (24, 8)
    assert [each.sentence for each in found.set_aside] == ["8 values of temperature_2m missing in 24 hours."]
    assert len(weather(answer(temperature_2m=values)).rows) == 16


def test_an_impossible_value_is_set_aside_and_its_hour_kept():
    found = weather(answer(temperature_2m=[999.0] + [8.0] * 23, precipitation=[0.0] * 24))
    assert math.isnan(found.rows.temperature_c[0])
    assert found.rows.precipitation_mm[0] == 0.0
    assert [(each.reason, each.sentence) for each in found.set_aside] == [
        ("bad_number", "1 value of temperature_2m can't be: '999.0'; expected -90 to 65.")
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("weather_code", 3.5), ("wind_speed_10m", -1), ("cloud_cover", 101), ("precipitation", 10**400)]
)
def test_other_impossible_values_are_set_aside(name, value):
    found = weather(answer(temperature_2m=[1.0] * 24, **{name: [value] + [1] * 23}))
    assert aside(found) == [("bad_number", 1)]


def test_an_hour_that_is_missing_is_missing():
    times = hours_of()[:7] + hours_of()[8:]
    found = weather(answer(times))
    assert (len(found.rows), found.expected_hours, found.set_aside) == (23, 24, ())


def test_hours_that_were_not_asked_for_are_set_aside():
    found = weather(answer(hours_of(dt.date(2026, 3, 9)) + hours_of()))
    assert at(found.rows) == [time[5:] for time in hours_of()]
    assert aside(found) == [("outside_window", 24)]


@pytest.mark.parametrize(
    "times",
    [
        [*hours_of()[:5], hours_of()[4], *hours_of()[6:]],
        hours_of()[::-1],
        [*hours_of()[:23], "2026-03-10T22:30"],
    ],
)
def test_time_that_runs_backwards_or_repeats_refuses_the_answer(times):
    assert "expected each hour once, in order" in refusal(answer(times))


@pytest.mark.parametrize(
    "series",
    [
        {"temperature_2m": [1.0] * 23},
        {"temperature_2m": {"0": 1.0}},
        {"temperature_2m": ["7"] * 24},
        {"temperature_2m": [True] * 24},
        {"temperature_2m": [[1.0]] * 24},
    ],
)
def test_series_of_another_length_or_type_refuse_the_answer(series):
    assert "expected" in refusal(answer(**series))


@pytest.mark.parametrize("times", [None, "2026-03-10", [3], [None], ["2026-03-10"], ["2026-03-10T00:00Z"], [{}]])
def test_hours_of_another_form_refuse_the_answer(times):
    value = answer()
    value["hourly"]["time"] = times
    assert "expected" in refusal(value)


def test_an_answer_that_is_damaged_anywhere_is_never_more_than_refused():
    second = answer(hours_of(dt.date(2026, 3, 11)), "Europe/Berlin", place=(48.1, 11.1)) | {"location_id": 1}
    places = (PLACE, Place("48.0,11.0", 48.0, 11.0))
    for product in Product:
        extra = {"temperature_2m": [1.5] * 24, "wind_speed_10m": [2] * 24, "temperature_2m_previous_day1": [1.0] * 24}
        for body in mutations([answer(**extra), second], 300):
            try:
                found = read(body, product=product, places=places, last=dt.date(2026, 3, 11))
            except AnswerError:
                continue
            assert len(found) == 2
            for each in found:
                assert isinstance(each, AnswerError) or len(each.rows) <= each.expected_hours
