"""Calendars by their address, against the stand-in."""

import datetime as dt
import logging
from pathlib import Path

import pandas as pd
import pytest
from pydantic import SecretStr

from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.stand_in._exchange import Answer, Asked
from flux_pipeline.demo.stand_in.server import Tamper, serve
from flux_pipeline.errors import FluxError, TransientError
from flux_pipeline.feeds.services.calendars import Calendar, _as_https
from flux_pipeline.feeds.services.events import EventQuery, EventService
from flux_pipeline.ingest.services.answers import AnswerError
from flux_pipeline.settings import load_settings
from flux_pipeline_tests import feeds_faults as faults
from flux_pipeline_tests.unit.feeds.timing import Pauses

TODAY = dt.date(2026, 11, 20)
QUERY = EventQuery(dt.date(2026, 10, 1), dt.date(2026, 12, 31), 45.771, 4.836, 20)
SETTINGS = load_settings(home=Path("/nowhere/.flux"))


def calendar(url: str, kind: str = "event") -> EventService:
    return Calendar(SETTINGS, SecretStr(url), "Europe/Paris", kind, Pauses().timing())


def test_the_events_of_a_city_are_those_of_the_simulated_world() -> None:
    with serve(TODAY) as server:
        answer = calendar(f"{server.url}/calendars/bistro-quai-nord.ics").fetch(QUERY)
    assert len(server.requests) == 1 and answer.is_full and not answer.set_aside
    events = simulate_events(QUERY.first, TODAY - dt.timedelta(days=1), 90)
    events = events[events["external_id"].str.startswith("bistro-quai-nord-")].set_index("external_id")
    events = events[pd.to_datetime(events["starts_at"]).dt.date <= QUERY.last]
    rows = answer.rows.set_index("external_id").loc[events.index]
    assert len(rows) == len(answer.rows)
    for name in ("starts_at", "ends_at"):
        assert rows[name].tolist() == pd.to_datetime(events[name]).tolist()
    for name in ("name", "latitude", "longitude"):
        assert rows[name].tolist() == events[name].tolist()


def test_school_holidays_are_whole_days_of_their_kind() -> None:
    with serve(TODAY) as server:
        answer = calendar(f"{server.url}/calendars/school-holidays-fr.ics", "school_holiday").fetch(QUERY)
    (autumn, christmas) = answer.rows.sort_values("starts_at").itertuples()
    assert autumn.name == "Autumn holidays" and christmas.kind == "school_holiday"
    assert autumn.starts_at == pd.Timestamp("2026-10-18", tz="UTC")
    assert autumn.ends_at == pd.Timestamp("2026-11-03", tz="UTC")


def test_a_calendar_that_has_moved_is_followed() -> None:
    def moved(asked: Asked, answer: Answer) -> Answer:
        return (
            Answer(b"", 301, headers={"Location": "/calendars/canteen-westhafen.ics"}) if asked.number == 1 else answer
        )

    with serve(TODAY, moved) as server:
        assert len(calendar(f"{server.url}/old").fetch(QUERY).rows)


@pytest.mark.parametrize(
    "url", ["webcal://host/a.ics", "WEBCAL://host/a.ics", " webcals://host/a.ics", "https://host/a.ics"]
)
def test_an_address_of_a_calendar_program_is_one_of_https(url: str) -> None:
    assert _as_https(url) == "https://host/a.ics"


@pytest.mark.parametrize(
    ("tamper", "kind", "requests"),
    [(faults.html, AnswerError, 1), (faults.cut(), TransientError, 4), (faults.status(404), FluxError, 1)],
)
def test_no_fault_shows_the_address(
    caplog: pytest.LogCaptureFixture, tamper: Tamper, kind: type[FluxError], requests: int
) -> None:
    caplog.set_level(logging.DEBUG)
    content = Answer(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", content_type="text/calendar")
    with serve(TODAY, lambda asked, _: tamper(asked, content)) as server:
        feed = calendar(f"{server.url}/calendars/a-secret-path.ics?token=hunter2")
        with pytest.raises(kind) as caught:
            feed.fetch(QUERY)
    said = f"{caught.value!r}{caught.value.__cause__!r}{caplog.text}{vars(feed)}"
    assert "secret-path" not in said and "hunter2" not in said
    assert len(server.requests) == requests
