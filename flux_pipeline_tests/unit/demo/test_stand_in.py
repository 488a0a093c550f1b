"""The stand-in serves the same world as the demo's files, in the services' own shapes."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
import requests

from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants
from flux_pipeline.demo.stand_in.server import StandIn, serve
from flux_pipeline.demo.weather import simulate_weather

TODAY = dt.date(2026, 11, 20)
YESTERDAY = TODAY - dt.timedelta(days=1)
VARIABLES = ["temperature_2m", "precipitation", "wind_speed_10m", "cloud_cover", "weather_code"]


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with serve(TODAY) as stand_in:
        yield stand_in


def ask(server: StandIn, path: str, headers: dict[str, str] | None = None, **query: object) -> requests.Response:
    return requests.get(f"{server.url}{path}?{urlencode(query)}", headers=headers, timeout=10)


def ask_weather(server: StandIn, path: str, first: dt.date, last: dt.date, **query: object) -> requests.Response:
    asked = {
        "latitude": "45.8",
        "longitude": "4.8",
        "hourly": ",".join(VARIABLES),
        "timezone": "GMT",
        "wind_speed_unit": "ms",
        "start_date": first,
        "end_date": last,
    }
    return ask(server, path, **(asked | query))


def by_day(value: dict[str, Any], timezone: str, suffix: str = "") -> pd.DataFrame:
    """Return the hours of an answer as days of a time zone: the columns of `simulate_weather`, and how many hours."""
    hourly = pd.DataFrame(value["hourly"]).set_index("time")
    days = pd.DatetimeIndex(hourly.index).tz_localize("UTC").tz_convert(timezone).strftime("%Y-%m-%d")
    hourly.columns = hourly.columns.str.removesuffix(suffix)
    groups = hourly.astype(float).groupby(np.asarray(days))
    return pd.DataFrame(
        {
            "temperature_c": groups["temperature_2m"].mean(),
            "precipitation_mm": groups["precipitation"].sum(),
            "wind_mps": groups["wind_speed_10m"].mean(),
            "cloud_pct": groups["cloud_cover"].mean(),
            "hours": groups["cloud_cover"].count(),
        }
    )


def assert_agree(days: pd.DataFrame, figures: pd.DataFrame) -> None:
    whole = days[days["hours"] == 24]
    assert len(whole)
    expected = figures.set_index("date").loc[whole.index, whole.columns.drop("hours")]
    pd.testing.assert_frame_equal(whole.drop(columns="hours"), expected, check_names=False, atol=1e-6)


@pytest.mark.parametrize("restaurant", demo_restaurants(), ids=lambda each: each.slug)
def test_the_hours_of_a_local_day_agree_with_its_figures(server: StandIn, restaurant: DemoRestaurant) -> None:
    place = {"latitude": round(restaurant.latitude, 1), "longitude": round(restaurant.longitude, 1)}
    first = TODAY - dt.timedelta(days=60)
    figures = simulate_weather(restaurant.latitude, restaurant.longitude, first - dt.timedelta(days=9), YESTERDAY)
    past = ask_weather(server, "/v1/archive", first, YESTERDAY, **place).json()
    assert_agree(by_day(past, restaurant.timezone), figures)
    ahead = ask_weather(server, "/v1/forecast", TODAY, TODAY + dt.timedelta(days=15), **place).json()
    assert_agree(by_day(ahead, restaurant.timezone), figures)


def test_days_on_which_the_clocks_change_lose_no_rain(server: StandIn) -> None:
    days = dt.date(2026, 3, 28), dt.date(2026, 3, 30)
    figures = simulate_weather(45.771, 4.836, *days).set_index("date")
    found = by_day(ask_weather(server, "/v1/archive", *days).json(), "Europe/Paris")
    day = found.loc["2026-03-29"]
    assert day["hours"] == 23
    assert day["precipitation_mm"] == pytest.approx(figures.loc["2026-03-29", "precipitation_mm"])
    assert day["temperature_c"] == pytest.approx(figures.loc["2026-03-29", "temperature_c"], abs=0.2)


@pytest.mark.parametrize("lead", [1, 3, 7])
def test_a_forecast_of_earlier_days_is_the_one_that_was_served_then(lead: int) -> None:
    day = TODAY + dt.timedelta(days=1)
    suffix = f"_previous_day{lead}"
    names = ",".join(f"{name}{suffix}" for name in VARIABLES)
    with serve(TODAY) as server:
        now = ask_weather(server, "/v1/forecast", day, day, hourly=names).json()
        server.today = day - dt.timedelta(days=lead)
        then = ask_weather(server, "/v1/forecast", day, day).json()
    hours = [at for at, time in enumerate(now["hourly"]["time"]) if time < f"{day}T23:00"]
    for name in VARIABLES:
        assert [now["hourly"][f"{name}{suffix}"][at] for at in hours] == [then["hourly"][name][at] for at in hours]
    assert now["hourly_units"][f"temperature_2m{suffix}"] == "°C"


def test_a_forecast_that_is_not_issued_yet_is_null(server: StandIn) -> None:
    far = TODAY + dt.timedelta(days=9)
    value = ask_weather(server, "/v1/forecast", far, far, hourly="temperature_2m_previous_day7").json()
    assert value["hourly"]["temperature_2m_previous_day7"] == [None] * 24


def test_the_answer_has_the_shape_of_the_service(server: StandIn) -> None:
    value = ask_weather(server, "/v1/forecast", TODAY, TODAY).json()
    assert [*value] == [
        "latitude", "longitude", "generationtime_ms", "utc_offset_seconds", "timezone", "timezone_abbreviation",
        "elevation", "hourly_units", "hourly",
    ]  # fmt: skip
    assert value["hourly_units"] == {
        "time": "iso8601", "temperature_2m": "°C", "precipitation": "mm", "wind_speed_10m": "m/s", "cloud_cover": "%",
        "weather_code": "wmo code",
    }  # fmt: skip
    assert value["hourly"]["time"][:2] == ["2026-11-20T00:00", "2026-11-20T01:00"]
    assert {type(each) for each in value["hourly"]["weather_code"]} == {int}
    assert (value["latitude"], value["longitude"]) == (45.8125, 4.8125)


def test_several_places_are_a_list_in_their_order(server: StandIn) -> None:
    values = ask_weather(server, "/v1/archive", TODAY, TODAY, latitude="45.8,51.5,0", longitude="4.8,-2.6,0").json()
    assert [round(each["latitude"]) for each in values] == [46, 52, 0]
    assert [each.get("location_id") for each in values] == [None, 1, 2]
    # The archive knows nothing of today.
    assert {each for value in values for each in value["hourly"]["temperature_2m"]} == {None}


@pytest.mark.parametrize(
    ("path", "query", "reason"),
    [
        ("/v1/forecast", {"end_date": "2026-12-06"}, "out of allowed range from 2026-08-20 to 2026-12-05"),
        ("/v1/forecast", {"start_date": "2026-08-19"}, "out of allowed range from 2026-08-20 to 2026-12-05"),
        ("/v1/archive", {"end_date": "2026-11-21"}, "out of allowed range from 1940-01-01 to 2026-11-20"),
        ("/v1/archive", {"start_date": "2026-11-20", "end_date": "2026-11-19"}, "End-date must be larger"),
        ("/v1/archive", {"start_date": "today"}, "Invalid date format"),
        ("/v1/archive", {"hourly": "humidity"}, "humidity"),
        ("/v1/archive", {"latitude": "1,2"}, "same number of elements"),
        ("/v1/archive", {"latitude": "north"}, "latitude"),
        ("/v1/archive", {"wind_speed_unit": "kmh"}, "wind_speed_unit=ms only"),
    ],
)
def test_what_the_service_refuses_is_refused_with_a_reason(
    server: StandIn, path: str, query: dict[str, str], reason: str
) -> None:
    answer = ask_weather(server, path, TODAY, TODAY, **query)
    assert answer.status_code == 400
    assert answer.json()["error"] is True and reason in answer.json()["reason"]


def known_events(slug: str) -> pd.DataFrame:
    events = simulate_events(dt.date(2026, 10, 1), YESTERDAY, 90)
    return events[events["external_id"].str.startswith(slug)]


def test_all_pages_of_both_services_have_the_events_of_the_files(server: StandIn) -> None:
    restaurant = demo_restaurants()[0]
    events = known_events(restaurant.slug)
    expected = events["external_id"].tolist()
    point = f"{restaurant.latitude},{restaurant.longitude}"
    days = {"active.gte": "2026-10-01", "active.lte": "2027-02-20"}
    token = {"Authorization": "Bearer key"}
    found, url = [], f"{server.url}/v1/events/?{urlencode({'within': f'5km@{point}', 'limit': 4, **days})}"
    while url:
        page = requests.get(url, headers=token, timeout=10).json()
        found += page["results"]
        url = page["next"]
    assert [each["id"] for each in found] == expected and page["count"] == len(expected) and page["previous"]
    assert [each["phq_attendance"] for each in found] == events["expected_attendance"].tolist()
    names, number, pages = [], 0, 1
    window = {"startDateTime": "2026-10-01T00:00:00Z", "endDateTime": "2027-02-20T00:00:00Z", "radius": 5}
    while number < pages:
        query = {"apikey": "key", "latlong": point, "size": 4, "page": number, **window}
        page = ask(server, "/discovery/v2/events.json", **query).json()
        names += [each["id"] for each in page["_embedded"]["events"]]
        assert ("next" in page["_links"]) == (number + 1 < page["page"]["totalPages"])
        number, pages = number + 1, page["page"]["totalPages"]
    assert names == expected and "key" not in json.dumps(page["_links"])


def test_a_service_with_a_key_refuses_requests_without_one(server: StandIn) -> None:
    assert ask(server, "/discovery/v2/events.json", latlong="0,0").status_code == 401
    assert ask(server, "/v1/events/").status_code == 401


def test_a_calendar_has_the_events_of_its_city(server: StandIn) -> None:
    events = known_events("hearth-and-crumb")
    answer = ask(server, "/calendars/hearth-and-crumb.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    for each in events.itertuples():
        assert f"UID:{each.external_id}\r\n" in answer.text
    assert answer.text.count("BEGIN:VEVENT") == answer.text.count("END:VEVENT") > len(events)


@pytest.mark.parametrize("country", ["fr", "gb", "de"])
def test_school_holidays_are_whole_days(server: StandIn, country: str) -> None:
    text = ask(server, f"/calendars/school-holidays-{country}.ics").text
    assert text.count("SUMMARY:Summer holidays") == 4
    assert text.count("DTSTART;VALUE=DATE:") == text.count("BEGIN:VEVENT")


@pytest.mark.parametrize("path", ["/", "/calendars/nobody.ics", "/calendars/school-holidays-us.ics", "/v1/elsewhere"])
def test_other_paths_are_not_found(server: StandIn, path: str) -> None:
    assert ask(server, path).status_code == 404


def test_an_answer_is_the_same_each_time_and_each_request_is_recorded() -> None:
    with serve(TODAY) as server:
        first, second = (ask_weather(server, "/v1/forecast", TODAY, TODAY).content for _ in range(2))
        assert first == second
        assert [(each.number, each.path) for each in server.requests] == [(1, "/v1/forecast"), (2, "/v1/forecast")]
