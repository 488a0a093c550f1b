"""Commands about feeds: adding, checking, fetching, listing and removing a source, and what is refused."""

import datetime as dt
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from flux_pipeline.cli.main import main
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.stand_in.server import StandIn, serve
from flux_pipeline.store.door import Store
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests import feeds_faults as faults


@pytest.fixture
def server() -> Iterator[StandIn]:
    with serve(dt.datetime.now(dt.UTC).date()) as stand_in:
        yield stand_in


@pytest.fixture
def quai(store: Store) -> Restaurant:
    r = demo_restaurants()[0]
    new = NewRestaurant(r.slug, r.name, r.timezone, r.currency, r.country_code, r.latitude, r.longitude)
    return add_restaurant(store, new, r.opening_hours, r.roles)


def flux(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["feeds", *words])
    return done.exit_code, done.output


def test_a_source_is_checked_fetched_listed_and_removed(
    store: Store, dagster_database: None, quai: Restaurant, server: StandIn
) -> None:
    assert flux("list") == (0, "No feed is named, so nothing outside is asked. Try: flux feeds add open-meteo\n")
    code, said = flux("add", "calendar", "--name", "city", "--url", f"{server.url}/calendars/{quai.slug}.ics")
    assert code == 0 and "flux feeds check city" in said
    assert server.requests == []
    code, said = flux("check", "city")
    assert code == 0 and "Nothing was stored." in said and "market" in said
    with store.feeds() as connection:
        assert connection.execute(text("SELECT count(*) FROM local_events")).scalar_one() == 0
    code, said = flux("fetch", "city")
    assert code == 0 and "local_events: 1 answer stored" in said
    code, said = flux("fetch")
    assert code == 0 and "1 known already" in said
    code, said = flux("list")
    assert code == 0 and "good" in said and "calendar" in said
    assert flux("remove", "city")[0] == 0
    assert "no feed is named" in flux("list")[1].lower()


def test_the_check_of_weather_shows_days(store: Store, quai: Restaurant, server: StandIn) -> None:
    flux("add", "open-meteo", "--url", server.url)
    code, said = flux("check", "open-meteo")
    assert code == 0 and "Forecast for 45.8,4.8: 384 of 384 hours, by day (UTC)" in said
    assert len(server.requests) == 1


def test_a_source_that_is_down_ends_the_command_with_its_sentence(
    store: Store, dagster_database: None, quai: Restaurant
) -> None:
    with serve(dt.datetime.now(dt.UTC).date(), faults.html) as server:
        flux("add", "open-meteo", "--url", server.url)
        code, said = flux("check", "open-meteo")
        assert code == 1 and "<!DOCTYPE" in said
        code, said = flux("fetch")
        assert code == 1 and "could not be stored; the lines above say why" in said
    assert "failed" in flux("list")[1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("add calendar", "is a file on the web. Give its address with --url."),
        ("add calendar --url ftp://x/y.ics", "is not a web address; expected one like https://"),
        ("add calendar --url https://x.example/y.ics --name A_B", "Choose one like city-fair."),
        ("add calendar --url https://x.example/y.ics --timezone Paris", "'Paris' is not a time zone."),
        ("add calendar --url https://x.example/y.ics --latitude 48", "Only one of --latitude and --longitude"),
        ("add calendar --url https://x.example/y.ics --latitude 95 --longitude 2", "--latitude:"),
        ("add calendar --url https://x.example/y.ics --radius-km 5", "has no use for '--radius-km'"),
        ("add calendar --url https://x.example/y.ics --restaurant nobody", "Unknown restaurant 'nobody'"),
        (
            "add calendar --url https://x.example/y.ics --restaurant bistro-quai-nord --latitude 1 --longitude 1",
            "Leave",
        ),
        ("add open-meteo --restaurant bistro-quai-nord", "Leave --restaurant out."),
        ("add ticketmaster", "Set FLUX_TICKETMASTER_API_KEY"),
        ("add predicthq", "Set FLUX_PREDICTHQ_TOKEN"),
        ("add weather", "'weather' is not one of"),
        ("check nothing", "No feed is called 'nothing'."),
        ("fetch nothing", "No feed is called 'nothing'."),
        ("fetch", "No feed is named."),
        ("remove nothing", "No feed is called 'nothing'."),
    ],
)
def test_what_is_wrong_is_refused_with_what_to_do(store: Store, quai: Restaurant, words: str, expected: str) -> None:
    code, said = flux(*words.split())
    assert code != 0 and expected in " ".join(said.split())
    assert "y.ics" not in said or "expected one like" in said


def test_weather_is_not_checked_without_a_place(store: Store, server: StandIn) -> None:
    flux("add", "open-meteo", "--url", server.url)
    code, said = flux("check", "open-meteo")
    assert code == 1 and "No active restaurant has coordinates" in said


def test_events_without_a_place_are_reported_because_they_are_near_no_restaurant(
    store: Store, quai: Restaurant, server: StandIn
) -> None:
    flux(
        "add",
        "calendar",
        "--name",
        "halls",
        "--url",
        f"{server.url}/calendars/school-holidays-fr.ics",
        "--category",
        "fair",
    )
    said = " ".join(flux("check", "halls")[1].split())
    assert "have no place, so they are near no restaurant" in said
    assert "--latitude" in said
