"""Pages of events in the shapes of Ticketmaster and PredictHQ: their rows, cancellations and next pages."""

import json

import pytest

from flux_pipeline.ingest.services import predicthq, ticketmaster
from flux_pipeline.ingest.services.answers import AnswerError
from flux_pipeline_tests.unit.ingest.services.mutations import mutations


def show(start=None, status="onsale", segment="Music", genre="Rock", end=None, venue=None, **event):
    start = start or {"localDate": "2026-07-27", "localTime": "19:30:00", "dateTime": "2026-07-27T23:30:00Z"}
    venue = {"latitude": "40.75", "longitude": "-73.99"} if venue is None else venue
    return {
        "name": "The Quays",
        "id": "tm1",
        "test": False,
        "dates": {
            "start": start,
            "timezone": "America/New_York",
            "status": {"code": status},
            **({"end": end} if end else {}),
        },
        "classifications": [{"primary": True, "segment": {"name": segment}, "genre": {"name": genre}}],
        "_embedded": {"venues": [{"name": "Hall", "timezone": "America/New_York", "location": venue}]},
        **event,
    }


def listing(*events, number=0, pages=1, total=None, size=20):
    counts = {"size": size, "totalElements": len(events) if total is None else total, "totalPages": pages}
    return {"_embedded": {"events": [*events]}, "page": {**counts, "number": number}}


def fair(**event):
    return {
        "id": "phq1",
        "title": "Boat fair",
        "category": "expos",
        "start": "2026-07-27T14:00:00Z",
        "end": "2026-07-27T20:00:00Z",
        "timezone": "Europe/Berlin",
        "location": [10.14, 54.32],
        "phq_attendance": 9000,
        "state": "active",
        **event,
    }


def results(*events, **page):
    return {"count": len(events), "overflow": False, "next": None, "previous": None, "results": [*events], **page}


def tickets(value):
    return ticketmaster.read_events(json.dumps(value).encode())


def predicted(value):
    return predicthq.read_events(json.dumps(value).encode())


def spans(page):
    return [f"{row.starts_at:%m-%dT%H:%M}/{row.ends_at:%m-%dT%H:%M}" for row in page.rows.itertuples()]


def aside(page):
    return [(each.reason, each.external_id) for each in page.set_aside]


def test_a_show_is_a_row():
    page = tickets(listing(show()))
    row = page.rows.iloc[0]
    assert (row["name"], row.kind, row.latitude, row.longitude) == ("The Quays", "concert", 40.75, -73.99)
    assert (row.external_id, page.cancelled, page.set_aside) == ("tm1", frozenset(), ())
    assert (page.next_page, page.is_full) == (None, True)


def test_an_event_alone_is_a_page_of_one():
    assert spans(tickets(show())) == ["07-27T23:30/07-28T04:00"]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ({"localDate": "2026-07-27"}, None, "07-27T00:00/07-28T00:00"),
        ({"localDate": "2026-07-27", "timeTBA": True}, None, "07-27T00:00/07-28T00:00"),
        (
            {"localDate": "2026-07-27", "localTime": "00:00:00", "noSpecificTime": True},
            {"localDate": "2026-07-29", "noSpecificTime": True},
            "07-27T00:00/07-30T00:00",
        ),
        ({"localDate": "2026-07-27", "localTime": "19:30:00"}, None, "07-27T23:30/07-28T04:00"),
        ({"dateTime": "2026-07-27T23:30:00Z"}, {"dateTime": "2026-07-28T02:00:00Z"}, "07-27T23:30/07-28T02:00"),
        ({"dateTime": "2026-07-27T23:30:00Z"}, {"localDate": "2026-07-28"}, "07-27T23:30/07-29T04:00"),
    ],
)
def test_a_start_without_a_time_is_a_whole_local_day(start, end, expected):
    assert spans(tickets(listing(show(start, end=end)))) == [expected]


def test_a_local_time_without_a_zone_is_that_local_day():
    event = show({"localDate": "2026-07-27", "localTime": "19:30:00"})
    del event["dates"]["timezone"]
    assert spans(tickets(listing(event))) == ["07-27T23:30/07-28T04:00"]
    del event["_embedded"]
    page = tickets(listing(event))
    assert spans(page) == ["07-27T00:00/07-28T00:00"]
    assert page.rows.latitude.isna().all()


@pytest.mark.parametrize("status", ["cancelled", "canceled", "Cancelled", "postponed"])
def test_a_show_that_does_not_take_place_is_no_row(status):
    page = tickets(listing(show(status=status)))
    assert (len(page.rows), page.cancelled) == (0, {"tm1"})


@pytest.mark.parametrize("status", ["rescheduled", "offsale", "onsale", None, 3])
def test_any_other_show_takes_place(status):
    assert len(tickets(listing(show(status=status))).rows) == 1


@pytest.mark.parametrize(
    ("segment", "genre", "kind"),
    [
        ("Music", "Rock", "concert"),
        ("Sports", "Golf", "sport"),
        ("Arts & Theatre", "Theatre", "theatre"),
        ("Film", "Undefined", "film"),
        ("Miscellaneous", "Fairs & Festivals", "festival"),
        ("Miscellaneous", "Family", "community"),
        ("Miscellaneous", "Undefined", "event"),
        ("Undefined", None, "event"),
    ],
)
def test_the_kind_comes_from_the_genre_or_the_segment(segment, genre, kind):
    assert tickets(listing(show(segment=segment, genre=genre))).rows.kind.tolist() == [kind]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (show({"dateTBD": True, "localDate": "2026-07-27"}), "no_date"),
        (show({"dateTBA": True}), "no_date"),
        (show({"localDate": "2026-02-31"}), "bad_date"),
        (show({"localDate": 3}), "bad_date"),
        (show({"localDate": "2026-07-27"}, end={"localDate": "2026-07-20"}), "bad_ends_at"),
        (show(name=" "), "missing_name"),
        (show(test=True), "test_event"),
    ],
)
def test_a_show_that_can_not_be_read_is_set_aside(event, reason):
    page = tickets(listing(event, show(id="tm2")))
    assert (page.rows.external_id.tolist(), aside(page)) == (["tm2"], [(reason, "tm1")])
    assert page.is_full


@pytest.mark.parametrize("external_id", [None, 3, "", "x" * 201, "\ud800", "a\0b", ["tm1"]])
def test_an_event_without_an_id_leaves_the_answer_incomplete(external_id):
    page = tickets(listing(show(id=external_id), show()))
    assert (aside(page), page.is_full) == ([("missing_id", "")], False)


@pytest.mark.parametrize(
    ("number", "pages", "size", "total", "next_page", "is_full"),
    [
        (0, 3, 20, 55, "1", True),
        (2, 3, 20, 55, None, True),
        (0, 1, 20, 1, None, True),
        (4, 88, 200, 17_500, None, False),
        (3, 88, 200, 17_500, "4", False),
    ],
)
def test_the_next_page_is_the_number_after_it(number, pages, size, total, next_page, is_full):
    page = tickets(listing(show(), number=number, pages=pages, total=total, size=size))
    assert (page.next_page, page.is_full) == (next_page, is_full)


def test_a_search_without_results_is_an_empty_page():
    page = tickets({"page": {"size": 20, "totalElements": 0, "totalPages": 0, "number": 0}})
    assert (len(page.rows), page.next_page, page.is_full) == (0, None, True)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"fault": {"faultstring": "Invalid ApiKey: key=abc123", "detail": {}}}, "'Invalid ApiKey: …'"),
        ({"errors": [{"code": "DIS1004", "detail": "Resource not found: /x?apikey=abc123"}]}, "/x?…"),
        (
            {"_embedded": {"venues": []}, "page": {"size": 1, "totalElements": 1, "totalPages": 1, "number": 0}},
            "list of",
        ),
        ({"_embedded": {"events": []}, "page": {"size": 1, "totalElements": "1"}}, "number of the page is null"),
        ([], "is a list"),
        ({}, "size of the page is null"),
    ],
)
def test_another_answer_of_the_ticket_service_is_refused(value, sentence):
    with pytest.raises(AnswerError) as caught:
        tickets(value)
    assert sentence in str(caught.value)
    assert "abc123" not in str(caught.value)


def test_a_predicted_event_has_its_attendance():
    page = predicted(results(fair()))
    row = page.rows.iloc[0]
    assert (row["name"], row.kind, row.expected_attendance) == ("Boat fair", "trade_fair", 9000)
    assert (row.latitude, row.longitude, row.external_id) == (54.32, 10.14, "phq1")
    assert (spans(page), page.next_page, page.is_full) == (["07-27T14:00/07-27T20:00"], None, True)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"start": "2026-07-26T22:00:00Z", "end": "2026-07-28T21:59:59Z"}, "07-27T00:00/07-29T00:00"),
        ({"start": "2026-07-26T22:00:00Z", "end": "2026-07-26T22:00:00Z"}, "07-27T00:00/07-28T00:00"),
        ({"start": "2026-07-27T00:00:00Z", "end": "2026-08-30T23:59:59Z", "timezone": None}, "07-27T00:00/08-31T00:00"),
        ({"start": "2026-07-27T18:00:00Z", "end": "2026-07-27T20:00:00Z", "timezone": None}, "07-27T00:00/07-28T00:00"),
        ({"start": "2026-07-27T18:00:00Z", "end": "2026-07-27T18:00:00Z"}, "07-27T18:00/07-27T22:00"),
        ({"end": "2026-07-27T14:00:00Z", "predicted_end": "2026-07-27T17:30:00Z"}, "07-27T14:00/07-27T17:30"),
        ({"end": None}, "07-27T14:00/07-27T22:00"),
        ({"start": "2026-07-27T10:00:00-04:00"}, "07-27T14:00/07-27T20:00"),
    ],
)
def test_midnight_to_the_last_second_is_whole_days(times, expected):
    assert spans(predicted(results(fair(**times)))) == [expected]


@pytest.mark.parametrize("state", ["cancelled", "postponed", "deleted"])
def test_an_event_that_does_not_take_place_is_no_row(state):
    page = predicted(results(fair(state=state, deleted_reason="cancelled")))
    assert (len(page.rows), page.cancelled) == (0, {"phq1"})


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (fair(state="predicted"), "not_certain"),
        (fair(state=["active"]), "not_certain"),
        (fair(category="public-holidays"), "not_used"),
        (fair(category="observances"), "not_used"),
        (fair(category="severe-weather"), "not_used"),
        (fair(category="academic"), "not_used"),
        (fair(timezone="Middle/Earth"), "unknown_zone"),
        (fair(start="soon"), "bad_date"),
        (fair(start="0001-01-01T00:00:00Z", timezone="America/New_York"), "bad_date"),
        (fair(end="2026-07-01T00:00:00Z"), "bad_ends_at"),
        (fair(end="later"), "bad_ends_at"),
        (fair(title=None), "missing_name"),
    ],
)
def test_an_event_that_is_not_used_is_set_aside(event, reason):
    page = predicted(results(event, fair(id="phq2")))
    assert (page.rows.external_id.tolist(), aside(page)) == (["phq2"], [(reason, "phq1")])


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("concerts", "concert"),
        ("sports", "sport"),
        ("festivals", "festival"),
        ("performing-arts", "theatre"),
        ("conferences", "conference"),
        ("community", "community"),
        ("school-holidays", "school_holiday"),
        ("something-new", "event"),
    ],
)
def test_both_services_share_their_kinds(category, kind):
    assert predicted(results(fair(category=category))).rows.kind.tolist() == [kind]


@pytest.mark.parametrize(
    ("event", "expected"),
    [({"phq_attendance": None}, 0), ({"phq_attendance": "many"}, 0), ({"phq_attendance": -1}, 0), ({}, 1)],
)
def test_an_attendance_that_can_not_be_is_unknown(event, expected):
    assert predicted(results(fair(**event))).rows.expected_attendance.notna().sum() == expected


@pytest.mark.parametrize("location", [None, [], [10.14], ["x", "y"], [500.0, 54.0], [0, 0], {"lat": 1}])
def test_a_place_that_can_not_be_is_unknown(location):
    assert predicted(results(fair(location=location))).rows.latitude.isna().all()


def test_the_next_page_is_the_address_in_the_answer():
    page = predicted(results(fair(), next="https://api.example.com/v1/events/?offset=10", overflow=True))
    assert (page.next_page, page.is_full) == ("https://api.example.com/v1/events/?offset=10", False)


def test_of_an_id_that_is_there_twice_the_last_counts():
    page = predicted(results(fair(), fair(title="Boat show")))
    assert page.rows.name.tolist() == ["Boat show"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"error": "invalid_token", "token": "abc123"}, "answered 'invalid_token'"),
        ({"detail": "abc123"}, "an object with 'detail'"),
        ({"results": {}}, "'results', a list"),
        ({"results": [], "next": 3}, "no address"),
        ("abc123", "a text"),
    ],
)
def test_another_answer_of_the_prediction_service_is_refused(value, sentence):
    with pytest.raises(AnswerError) as caught:
        predicted(value)
    assert sentence in str(caught.value)
    assert "abc123" not in str(caught.value)


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (ticketmaster.read_events, listing(show(), show(id="tm2", end={"localDate": "2026-07-29"}), pages=2)),
        (predicthq.read_events, results(fair(), fair(id="phq2", predicted_end="2026-07-27T22:00:00Z"))),
    ],
)
def test_an_answer_that_is_damaged_anywhere_is_never_more_than_refused(read, answer):
    for body in mutations(answer, 1000):
        try:
            page = read(body)
        except AnswerError:
            continue
        assert page.rows.external_id.is_unique
        assert (page.rows.ends_at >= page.rows.starts_at).all()
