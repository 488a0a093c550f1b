"""Open-Meteo's client against the stand-in: one request for many places, and every fault with its sentence."""

import datetime as dt
from pathlib import Path

import pytest

from flux_pipeline.demo.stand_in.server import StandIn, Tamper, serve
from flux_pipeline.errors import FluxError, PermanentError, TransientError
from flux_pipeline.feeds.services._budget import Timing
from flux_pipeline.feeds.services.openmeteo import OpenMeteo
from flux_pipeline.feeds.services.weather import WeatherService
from flux_pipeline.ingest.services.answers import AnswerError, Place, Product, WeatherAnswer
from flux_pipeline.settings import load_settings
from flux_pipeline_tests import feeds_faults as faults
from flux_pipeline_tests.unit.feeds.timing import Pauses

TODAY = dt.date(2026, 11, 20)
LYON, BRISTOL, ELSEWHERE = (
    Place("45.8,4.8", 45.8, 4.8),
    Place("51.5,-2.6", 51.5, -2.6),
    Place("-33.9,18.4", -33.9, 18.4),
)
PLACES = [LYON, BRISTOL, ELSEWHERE]
FIRST, LAST = TODAY, TODAY + dt.timedelta(days=6)
HOURS = 7 * 24


def service(server: StandIn, timing: Timing | None = None, **values: object) -> WeatherService:
    settings = load_settings(home=Path("/nowhere/.flux"), **values)
    return OpenMeteo(settings, server.url, timing or Pauses().timing())


def fetch(tamper: Tamper | None, places: list[Place] = PLACES, **values: object) -> list[WeatherAnswer | AnswerError]:
    with serve(TODAY, tamper) as server:
        return service(server, **values).fetch(places, Product.FORECAST, FIRST, LAST)


@pytest.mark.parametrize(
    ("product", "path", "variables", "rows"),
    [
        (Product.FORECAST, "/v1/forecast", 5, HOURS),
        (Product.OBSERVED, "/v1/archive", 5, HOURS),
        (Product.PAST_FORECASTS, "/v1/forecast", 35, 7 * HOURS),
    ],
)
def test_all_places_are_one_request(product: Product, path: str, variables: int, rows: int) -> None:
    first = FIRST if product is Product.FORECAST else FIRST - dt.timedelta(days=7)
    with serve(TODAY) as server:
        answers = service(server).fetch(PLACES, product, first, first + dt.timedelta(days=6))
    (asked,) = server.requests
    assert asked.path == path
    assert asked.query["latitude"] == "45.8,51.5,-33.9" and asked.query["longitude"] == "4.8,-2.6,18.4"
    assert asked.query["timezone"] == "GMT" and asked.query["wind_speed_unit"] == "ms"
    assert asked.query["start_date"] == first.isoformat() and "apikey" not in asked.query
    assert len(asked.query["hourly"].split(",")) == variables
    assert [answer.place for answer in answers] == PLACES
    assert [len(answer.rows) for answer in answers] == [rows] * 3
    assert not any(answer.set_aside for answer in answers)


def test_the_settings_have_an_address_for_each_product() -> None:
    names = ("weather_forecast_url", "weather_archive_url", "weather_previous_runs_url")
    with serve(TODAY) as one, serve(TODAY) as two, serve(TODAY) as three:
        urls = dict(zip(names, [one.url, two.url, three.url], strict=True))
        open_meteo = OpenMeteo(load_settings(home=Path("/nowhere/.flux"), weather_api_key="hunter2", **urls))
        for product in Product:
            open_meteo.fetch([LYON], product, TODAY, TODAY)
    assert [len(each.requests) for each in (one, two, three)] == [1, 1, 1]
    assert {each.requests[0].query["apikey"] for each in (one, two, three)} == {"hunter2"}
    assert "hunter2" not in repr(open_meteo) + repr(vars(open_meteo))


def test_days_that_the_service_does_not_have_are_refused_with_its_reason() -> None:
    with serve(TODAY) as server, pytest.raises(PermanentError) as caught:
        service(server).fetch(PLACES, Product.FORECAST, TODAY, TODAY + dt.timedelta(days=16))
    assert str(caught.value) == (
        "Open-Meteo at 127.0.0.1 answers 400 (bad request); expected 200. It says: 'Parameter 'end_date' is out of "
        "allowed range from 2026-08-20 to 2026-12-05'. Check the address of the feed."
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("tamper", "kind", "requests", "says"),
    [
        (
            faults.slow(0.2),
            TransientError,
            4,
            "does not answer in time (0.1 s to go on, 0.3 s for all of it), after 4 requests",
        ),
        (faults.busy(3600), TransientError, 1, "answers 429 (too many requests), after 1 request. Try again after 20"),
        (faults.busy(3600, as_date=True), TransientError, 1, "Try again after 20"),
        (faults.status(500), TransientError, 4, "answers 500 (internal server error), after 4 requests"),
        (faults.cut(), TransientError, 4, "breaks off or is damaged"),
        (faults.html, AnswerError, 1, "begins with '<!DOCTYPE html><'"),
        (faults.error, AnswerError, 1, "Something went wrong."),
    ],
)
def test_a_fault_of_the_whole_answer_is_one_error(
    tamper: Tamper, kind: type[FluxError], requests: int, says: str
) -> None:
    with serve(TODAY, tamper) as server, pytest.raises(kind) as caught:
        service(server, feed_timeout_seconds=0.1).fetch(PLACES, Product.FORECAST, FIRST, LAST)
    assert says in str(caught.value)
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("tamper", "requests"),
    [
        (faults.busy(30), 2),
        (faults.busy(30, as_date=True), 2),
        (faults.status(500, times=2), 3),
        (faults.cut(times=1), 2),
    ],
)
def test_a_fault_that_passes_loses_nothing(tamper: Tamper, requests: int) -> None:
    with serve(TODAY, tamper) as server:
        answers = service(server).fetch(PLACES, Product.FORECAST, FIRST, LAST)
    assert [len(answer.rows) for answer in answers] == [HOURS] * 3
    assert len(server.requests) == requests


@pytest.mark.parametrize("tamper", [faults.grid_point_40_km_away, faults.another_place, faults.time_running_backwards])
def test_an_answer_that_can_not_be_of_the_place_is_refused_for_it(tamper: Tamper) -> None:
    answers = fetch(tamper)
    assert all(isinstance(answer, AnswerError) for answer in answers)
    assert all(str(answer).count(".") for answer in answers)


@pytest.mark.parametrize(
    ("tamper", "temperatures", "reason"),
    [
        (faults.nulls_in_a_third, HOURS * 2 // 3, "missing_value"),
        (faults.too_hot, 0, "bad_number"),
        (faults.an_hour_short, HOURS - 1, None),
    ],
)
def test_values_that_can_not_be_used_are_set_aside(tamper: Tamper, temperatures: int, reason: str | None) -> None:
    for answer in fetch(tamper):
        assert isinstance(answer, WeatherAnswer)
        assert answer.rows["temperature_c"].notna().sum() == temperatures
        assert answer.expected_hours == HOURS
        if reason:
            assert reason in {each.reason for each in answer.set_aside}
