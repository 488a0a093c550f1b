"""Event services against the stand-in: all pages, each event once, and paging that never ends."""

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from flux_pipeline.demo.events import simulate_events
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline.demo.stand_in._exchange import Answer, Asked, as_json
from flux_pipeline.demo.stand_in.server import StandIn, Tamper, serve
from flux_pipeline.errors import FluxError, PermanentError, TransientError
from flux_pipeline.feeds.services import predicthq, ticketmaster
from flux_pipeline.feeds.services.events import EventQuery, EventService
from flux_pipeline.feeds.services.predicthq import PredictHq
from flux_pipeline.feeds.services.ticketmaster import Ticketmaster
from flux_pipeline.ingest.services.answers import AnswerError, EventAnswer
from flux_pipeline.settings import load_settings
from flux_pipeline_tests import feeds_faults as faults
from flux_pipeline_tests.unit.feeds.timing import Pauses

TODAY = dt.date(2026, 11, 20)
BISTRO = demo_restaurants()[0]
QUERY = EventQuery(dt.date(2026, 10, 1), dt.date(2027, 2, 20), BISTRO.latitude, BISTRO.longitude, 5.5)
KEY = "hunter2"
SERVICES = [Ticketmaster, PredictHq]
every_service = pytest.mark.parametrize("service", SERVICES, ids=lambda each: each.__name__)


@pytest.fixture(autouse=True)
def four_events_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticketmaster, "PAGE_SIZE", 4)
    monkeypatch.setattr(predicthq, "PAGE_SIZE", 4)


def of(service: type, server: StandIn) -> EventService:
    settings = load_settings(home=Path("/nowhere/.flux"), ticketmaster_api_key=KEY, predicthq_token=KEY)
    found: EventService = service(settings, server.url, Pauses().timing())
    return found


def fetch(service: type, tamper: Tamper | None = None) -> tuple[EventAnswer, StandIn]:
    with serve(TODAY, tamper) as server:
        return of(service, server).fetch(QUERY), server


def simulated() -> pd.DataFrame:
    events = simulate_events(QUERY.first, TODAY - dt.timedelta(days=1), 93)
    return events[events["external_id"].str.startswith(BISTRO.slug)].set_index("external_id")


@every_service
def test_all_pages_are_one_answer(service: type) -> None:
    answer, server = fetch(service)
    events = simulated()
    assert answer.is_full and not answer.set_aside and not answer.cancelled
    assert len(server.requests) == -(-len(events) // 4) > 2
    rows = answer.rows.set_index("external_id").loc[events.index]
    assert len(rows) == len(answer.rows)
    assert rows["starts_at"].tolist() == pd.to_datetime(events["starts_at"]).tolist()
    assert rows["name"].tolist() == events["name"].tolist()
    assert rows["latitude"].tolist() == events["latitude"].tolist()


def test_predicthq_knows_how_many_come() -> None:
    answer, server = fetch(PredictHq)
    events = simulated()
    rows = answer.rows.set_index("external_id").loc[events.index]
    assert rows["expected_attendance"].tolist() == events["expected_attendance"].tolist()
    assert {each.headers["authorization"] for each in server.requests} == {f"Bearer {KEY}"}
    assert server.requests[0].query["within"] == "5.5km@45.77100,4.83600"


def test_ticketmaster_is_asked_for_whole_kilometres() -> None:
    _, server = fetch(Ticketmaster)
    assert server.requests[0].query["radius"] == "6"
    assert [each.query["page"] for each in server.requests] == [str(at) for at in range(len(server.requests))]
    assert {each.query["apikey"] for each in server.requests} == {KEY}


@every_service
def test_paging_that_never_ends_is_left_after_six_requests(service: type) -> None:
    answer, server = fetch(service, faults.endless_pages())
    assert len(server.requests) == 6 and not answer.is_full
    assert len(answer.rows) == 6 * 4
    assert (
        answer.set_aside[-1].reason == "missing_pages" and "goes on after 6 requests" in answer.set_aside[-1].sentence
    )


@every_service
def test_a_page_that_is_repeated_is_the_last(service: type) -> None:
    answer, server = fetch(service, faults.repeated_page())
    assert len(server.requests) == 2 and len(answer.rows) == 4 and not answer.is_full
    assert "only events of the pages before" in answer.set_aside[-1].sentence


@every_service
@pytest.mark.parametrize(
    ("fault", "requests"), [(faults.status(500), 5), (faults.html, 2), (faults.cut(), 5), (faults.status(404), 2)]
)
def test_what_was_read_before_a_fault_is_kept(service: type, fault: Tamper, requests: int) -> None:
    answer, server = fetch(service, lambda asked, answer: answer if asked.number == 1 else fault(asked, answer))
    assert len(answer.rows) == 4 and not answer.is_full
    assert len(server.requests) == requests
    assert answer.set_aside[-1].where == "page 2"


@every_service
@pytest.mark.parametrize(
    ("fault", "kind", "requests"),
    [
        (faults.status(500), TransientError, 4),
        (faults.status(401), PermanentError, 1),
        (faults.html, AnswerError, 1),
        (faults.busy(3600), TransientError, 1),
    ],
)
def test_without_a_first_page_there_is_no_answer(
    service: type, fault: Tamper, kind: type[FluxError], requests: int
) -> None:
    with serve(TODAY, fault) as server, pytest.raises(kind) as caught:
        of(service, server).fetch(QUERY)
    assert len(server.requests) == requests
    assert KEY not in str(caught.value) and "latlong" not in str(caught.value) and "within" not in str(caught.value)


@pytest.mark.parametrize(
    "other",
    ["https://evil.example/v1/events/?offset=4", "http://127.0.0.1:1/v1/events/", "http://kim@{host}/", "//x", "7"],
)
def test_the_token_is_not_sent_to_another_server(other: str) -> None:
    def tamper(asked: Asked, answer: Answer) -> Answer:
        host = asked.base.removeprefix("http://")
        return as_json({**answer.json(), "next": other.replace("{host}", host)})

    answer, server = fetch(PredictHq, tamper)
    assert len(server.requests) == 1 and len(answer.rows) == 4 and not answer.is_full
    assert "another server" in answer.set_aside[-1].sentence and "evil" not in answer.set_aside[-1].sentence


def test_of_an_event_on_two_pages_the_last_one_counts() -> None:
    def tamper(asked: Asked, answer: Answer) -> Answer:
        value = answer.json()
        value["results"][0] |= {"id": "moved", "title": f"Page {asked.number}"}
        value["results"][1] |= {"id": "off", "state": "deleted" if asked.number == 2 else "active"}
        value["results"][2] |= {"id": "on again", "state": "deleted" if asked.number == 1 else "active"}
        if asked.number == 2:
            value["next"] = None
        return Answer(json.dumps(value).encode())

    answer, _ = fetch(PredictHq, tamper)
    names = answer.rows.set_index("external_id")["name"]
    assert names["moved"] == "Page 2" and "on again" in names and "off" not in names
    assert answer.cancelled == {"off"}


def test_ticketmaster_is_not_asked_beyond_its_thousandth_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticketmaster, "DEEPEST", 8)
    answer, server = fetch(Ticketmaster)
    assert len(server.requests) == 2 and not answer.is_full
    assert "more than 8 events" in answer.set_aside[-1].sentence


@every_service
def test_a_service_needs_its_key(service: type) -> None:
    with pytest.raises(PermanentError, match="Set FLUX_"):
        service(load_settings(home=Path("/nowhere/.flux")))
