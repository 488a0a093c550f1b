"""Calendars as answers: occurrences in a window, each with its id, and broken events that take no others with them."""

import datetime as dt
import random
import time

import pytest

from flux_pipeline.ingest.calendars import occurrences
from flux_pipeline.ingest.services.answers import AnswerError
from flux_pipeline.ingest.services.icalendars import read_calendar

BERLIN = """BEGIN:VTIMEZONE
TZID:Hall time
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
"""


def event(*lines, uid="a", name="Harbour concert"):
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{name}", *lines, "END:VEVENT", ""])


def calendar(*events, head=""):
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{''.join(events)}END:VCALENDAR\n"


def read(text, first="2026-01-01", last="2026-12-31", timezone="Europe/Berlin", kind="concert"):
    body = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()
    return read_calendar(body, dt.date.fromisoformat(first), dt.date.fromisoformat(last), timezone, kind)


def times(found):
    return [f"{row.starts_at:%m-%dT%H:%M}/{row.ends_at:%m-%dT%H:%M}" for row in found.rows.itertuples()]


def ids(found):
    return found.rows.external_id.tolist()


def aside(found):
    return [(each.reason, each.where) for each in found.set_aside]


def test_an_event_is_a_row():
    found = read(calendar(event("DTSTART:20260401T180000Z", "DTEND:20260401T200000Z", "GEO:54.32;10.14")))
    row = found.rows.iloc[0]
    assert (row["name"], row.kind, row.latitude, row.longitude) == ("Harbour concert", "concert", 54.32, 10.14)
    assert (times(found), ids(found)) == (["04-01T18:00/04-01T20:00"], ["a"])
    assert (found.cancelled, found.set_aside, found.is_full) == (frozenset(), (), True)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART;VALUE=DATE:20260401"], "04-01T00:00/04-02T00:00"),
        (["DTSTART;VALUE=DATE:20260401", "DTEND;VALUE=DATE:20260404"], "04-01T00:00/04-04T00:00"),
        (["DTSTART:20260401", "DTEND:20260401"], "04-01T00:00/04-02T00:00"),
        (["DTSTART;VALUE=DATE:20260401", "DURATION:P2D"], "04-01T00:00/04-03T00:00"),
        (["DTSTART:20260401T180000", "DURATION:PT90M"], "04-01T16:00/04-01T17:30"),
        (["DTSTART:20260401T180000"], "04-01T16:00/04-01T16:00"),
        (["DTSTART;TZID=America/New_York:20260401T193000"], "04-01T23:30/04-01T23:30"),
        (["DTSTART;TZID=W. Europe Standard Time:20260401T180000"], "04-01T16:00/04-01T16:00"),
        (["DTSTART;TZID=/example.org/tables/Europe/Berlin:20260401T180000"], "04-01T16:00/04-01T16:00"),
        (["DTSTART;TZID=Hall time:20260401T180000"], "04-01T16:00/04-01T16:00"),
        (["DTSTART;TZID=America/New_York:20260401T193000", "DTEND:20260401T213000"], "04-01T23:30/04-02T01:30"),
        (
            [
                "DTSTART;TZID=Europe/Berlin:20260401T000000",
                "DTEND;TZID=Europe/Berlin:20260403T000000",
                "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            ],
            "04-01T00:00/04-03T00:00",
        ),
    ],
)
def test_times_are_instants_and_days_are_whole(lines, expected):
    assert times(read(calendar(event(*lines), head=BERLIN))) == [expected]


def test_times_without_a_zone_are_in_that_of_the_calendar():
    found = read(calendar(event("DTSTART:20260401T180000"), head="X-WR-TIMEZONE:America/New_York\n"))
    assert times(found) == ["04-01T22:00/04-01T22:00"]
    unknown = read(calendar(event("DTSTART:20260401T180000"), head="X-WR-TIMEZONE:Middle/Earth\n"))
    assert times(unknown) == ["04-01T16:00/04-01T16:00"]


def test_an_event_in_utc_repeats_by_the_clocks_of_the_calendar():
    weekly = event("DTSTART:20260320T180000Z", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert times(read(calendar(weekly, head="X-WR-TIMEZONE:Europe/Berlin\n"))) == [
        "03-20T18:00/03-20T18:00",
        "03-27T18:00/03-27T18:00",
        "04-03T17:00/04-03T17:00",
    ]


def test_the_zones_of_one_calendar_are_not_those_of_the_next():
    other = BERLIN.replace("+0100", "-0500").replace("+0200", "-0400")
    one, two = (calendar(event("DTSTART;TZID=Hall time:20260401T180000"), head=head) for head in (BERLIN, other))
    assert [times(read(text)) for text in (one, two)] == [["04-01T16:00/04-01T16:00"], ["04-01T22:00/04-01T22:00"]]
    assert aside(read(calendar(event("DTSTART;TZID=Hall time:20260401T180000")))) == [("unknown_zone", "line 3, UID a")]


def test_rules_dates_and_exceptions_make_occurrences():
    found = read(
        calendar(
            event(
                "DTSTART;TZID=Europe/Berlin:20260320T200000",
                "DURATION:PT2H",
                "RRULE:FREQ=WEEKLY;UNTIL=20260410T180000Z",
                "RDATE;TZID=Europe/Berlin:20260501T200000",
                "EXDATE:20260403T180000Z",
                "EXDATE:",
            )
        )
    )
    assert times(found) == [
        "03-20T19:00/03-20T21:00",
        "03-27T19:00/03-27T21:00",
        "04-10T18:00/04-10T20:00",
        "05-01T18:00/05-01T20:00",
    ]
    assert ids(found)[0] == "a/2026-03-20T19:00:00Z"


def test_a_moved_occurrence_keeps_its_id_and_a_cancelled_one_is_no_row():
    weekly = event("DTSTART:20260401T180000Z", "DTEND:20260401T200000Z", "RRULE:FREQ=WEEKLY;COUNT=4")
    moved = event("RECURRENCE-ID:20260408T180000Z", "DTSTART:20260409T190000Z", "DTEND:20260409T210000Z")
    cancelled = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260415T180000Z\nDTSTART:20260415T180000Z\nSTATUS:CANCELLED\n"
    found = read(calendar(weekly, moved, f"{cancelled}END:VEVENT\n"))
    assert dict(zip(ids(found), times(found), strict=True)) == {
        "a/2026-04-01T18:00:00Z": "04-01T18:00/04-01T20:00",
        "a/2026-04-08T18:00:00Z": "04-09T19:00/04-09T21:00",
        "a/2026-04-22T18:00:00Z": "04-22T18:00/04-22T20:00",
    }
    assert found.cancelled == {"a/2026-04-15T18:00:00Z"}


def test_a_change_of_all_that_follow_leaves_their_ids():
    daily = event("DTSTART:20260401T180000Z", "DTEND:20260401T200000Z", "RRULE:FREQ=DAILY;COUNT=4")
    later = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260403T180000Z", "DTSTART:20260403T193000Z", "DURATION:PT1H")
    found = read(calendar(daily, later))
    assert ids(found) == [f"a/2026-04-0{day}T18:00:00Z" for day in (1, 2, 3, 4)]
    assert times(found)[2:] == ["04-03T19:30/04-03T20:30", "04-04T19:30/04-04T20:30"]


def test_a_change_without_a_name_has_that_of_its_event():
    daily = event("DTSTART:20260401T180000Z", "RRULE:FREQ=DAILY;COUNT=2")
    change = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260402T180000Z\nDTSTART:20260402T200000Z\nEND:VEVENT\n"
    assert read(calendar(daily, change)).rows.name.tolist() == ["Harbour concert"] * 2


@pytest.mark.parametrize(
    ("head", "status"), [("METHOD:CANCEL\n", "STATUS:CONFIRMED"), ("", "STATUS:CANCELLED"), ("", "status:cancelled")]
)
def test_what_is_cancelled_as_a_whole_is_no_row(head, status):
    found = read(calendar(event("DTSTART:20260401T180000Z", status), head=head))
    assert (len(found.rows), found.cancelled) == (0, {"a"})


def test_one_uid_for_different_events_takes_none_of_them():
    years = [event(f"DTSTART;VALUE=DATE:{year}0701", f"DTEND;VALUE=DATE:{year}0801") for year in (2025, 2026, 2027)]
    found = read(calendar(*years), "2026-01-01", "2027-12-31")
    assert ids(found) == ["a/2026-07-01", "a/2027-07-01"]


def test_of_two_versions_of_an_event_the_later_counts():
    old, new = (event(f"DTSTART:2026040{day}T180000Z", f"SEQUENCE:{day}") for day in (1, 2))
    assert times(read(calendar(old, new))) == times(read(calendar(new, old))) == ["04-02T18:00/04-02T18:00"]


def test_an_event_without_a_uid_has_the_same_id_each_time():
    text = calendar("BEGIN:VEVENT\nSUMMARY:Fair\nDTSTART:20260401T180000Z\nEND:VEVENT\n")
    assert ids(read(text)) == ids(read(text))
    assert len(ids(read(text))[0]) == 32


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (("2026-03-31", "2026-03-31"), []),
        (("2026-04-01", "2026-04-01"), ["whole", "late"]),
        (("2026-04-02", "2026-04-02"), ["whole", "late"]),
        (("2026-04-03", "2026-04-03"), []),
    ],
)
def test_what_takes_place_in_part_of_the_window_counts(span, expected):
    whole = event("DTSTART;VALUE=DATE:20260401", "DTEND;VALUE=DATE:20260403", uid="whole")
    late = event("DTSTART;TZID=Europe/Berlin:20260401T233000", "DURATION:PT1H", uid="late")
    assert ids(read(calendar(whole, late), *span)) == expected


@pytest.mark.parametrize(
    ("lines", "point"),
    [
        (["GEO:54.32;10.14"], (54.32, 10.14)),
        (["LOCATION:54.3200\\, 10.1400"], (54.32, 10.14)),
        (['X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Quay: 1":geo:54.32,10.14'], (54.32, 10.14)),
        (["GEO:0;0", "LOCATION:Quay 1"], None),
        (["GEO:154.32;10.14"], None),
        (["GEO:somewhere"], None),
        ([], None),
    ],
)
def test_a_place_is_known_by_its_coordinates(lines, point):
    row = read(calendar(event("DTSTART:20260401T180000Z", *lines))).rows.iloc[0]
    assert (None if row.latitude != row.latitude else (row.latitude, row.longitude)) == point


GOOD = event("DTSTART:20260401T180000Z", uid="good")


@pytest.mark.parametrize(
    ("broken", "reason", "sentence"),
    [
        (event("DTSTART:20260402T180000Z", "RRULE:FREQ=WEEKLY;UNTL=20261001"), "bad_repetition", "UNTL"),
        (event("DTSTART:20260402T180000Z", "RRULE:FREQ=WEEKLY;BYDAY=XX"), "bad_repetition", "RRULE as in RFC 5545"),
        (event("DTSTART:20260402T180000Z", "EXDATE:yesterday"), "bad_repetition", "'EXDATE:yesterday'"),
        (event("DTSTART:2026-04-02"), "bad_date", "'DTSTART:2026-04-02' can't be read"),
        (event("DTSTART:20260231"), "bad_date", "20260231"),
        (event("DTSTART:20260402T180000Z", "DTSTART:20260403T180000Z"), "bad_date", "more than once"),
        (event("DTEND:20260402T180000Z"), "missing_date", "no DTSTART"),
        (event("DTSTART:20260402T180000Z", "DTEND:20260402T170000Z"), "bad_ends_at", "ends before it begins"),
        (event("DTSTART:20260402T180000Z", "DTEND;VALUE=DATE:20260403"), "bad_ends_at", "not both days or both times"),
        (event("DTSTART:20260402T180000Z", "DURATION:-PT1H"), "bad_ends_at", "DURATION"),
        (event("DTSTART:20260402T180000Z", name=""), "missing_name", "no SUMMARY"),
        ("BEGIN:VEVENT\nUID:a\nSUMMARY:Cut\nDTSTART:20260402T180000Z\n", "cut_off", "no END:VEVENT"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_broken_event_is_set_aside_with_its_line_and_the_rest_is_kept(broken, reason, sentence, is_first):
    found = read(calendar(*([broken, GOOD] if is_first else [GOOD, broken])))
    line = 3 if is_first else 8
    if reason == "cut_off" and not is_first:
        line = 8
    assert (ids(found), aside(found)) == (["good"], [(reason, f"line {line}, UID a")])
    assert sentence in found.set_aside[0].sentence
    # By its id it is known not to be gone.
    assert (found.set_aside[0].external_id, found.is_full) == ("a", True)


def test_an_event_that_is_set_aside_without_an_id_leaves_the_answer_incomplete():
    assert not read(calendar("BEGIN:VEVENT\nSUMMARY:Fair\nEND:VEVENT\n", GOOD)).is_full


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=30",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2",
        "FREQ=YEARLY;BYMONTHDAY=30;BYMONTH=2",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=300",
        "FREQ=DAILY;INTERVAL=7;BYDAY=FR",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,10,20,30,40,50;BYSECOND=0,30",
    ],
)
def test_a_rule_that_would_keep_a_process_busy_is_set_aside(rule):
    started = time.process_time()
    found = read(calendar(event("DTSTART:19700105T180000Z", f"RRULE:{rule}"), GOOD))
    assert (ids(found), aside(found)) == (["good"], [("too_many_occurrences", "line 3, UID a")])
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 12),
        ("FREQ=MONTHLY;BYMONTHDAY=31", 7),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", 1),
        ("FREQ=DAILY;INTERVAL=14", 26),
        ("FREQ=WEEKLY;BYDAY=MO, TU, WE", 156),
        ("FREQ=WEEKLY\\;COUNT=3000", 52),
        ("FREQ=DAILY;BYHOUR=10,18", 730),
    ],
)
def test_rules_of_people_are_followed(rule, count):
    # 2024-01-31 is a Wednesday and the last working day of its month.
    found = read(calendar(event("DTSTART:20240131T180000Z", f"RRULE:{rule}")))
    assert (len(found.rows), found.set_aside) == (count, ())


def test_days_in_utc_as_google_writes_them_are_days():
    found = read(calendar(event("DTSTART;VALUE=DATE:20260410", "RDATE:20260412Z", "RRULE:FREQ=DAILY;COUNT=1")))
    assert ids(found) == ["a/2026-04-10", "a/2026-04-12"]


def test_many_occurrences_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(occurrences, "MOST_OCCURRENCES", 10_000)
    daily = [event("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY", uid=str(number)) for number in range(28)]
    with pytest.raises(AnswerError, match="10,220 occurrences"):
        read(calendar(*daily))


def test_a_file_with_too_many_events_is_refused():
    with pytest.raises(AnswerError, match="more than 50,000 events"):
        read(calendar("BEGIN:VEVENT\nEND:VEVENT\n" * 50_001))


def test_components_in_components_are_refused():
    with pytest.raises(AnswerError, match="components in components"):
        read(calendar("BEGIN:X\n" * 30))


def test_a_calendar_of_birthdays_is_read():
    lines = ("DTSTART;VALUE=DATE:19800210", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=10")
    found = read(calendar(*(event(*lines, uid=str(number)) for number in range(300))))
    assert (len(found.rows), found.set_aside) == (300, ())


def test_tasks_alarms_and_lines_that_say_nothing_are_no_events():
    alarm = "BEGIN:VALARM\nDTSTART:20260501T000000Z\nSUMMARY:Wake up\nTRIGGER:-PT1H\nEND:VALARM"
    task = "BEGIN:VTODO\nUID:t\nSUMMARY:Sweep\nDTSTART:20260401T180000Z\nEND:VTODO\n"
    found = read(calendar(task, event(alarm, "DTSTART:20260401T180000Z", "and nothing more", "RRULE:"), "\n"))
    assert (times(found), found.rows.name.tolist()) == (["04-01T18:00/04-01T18:00"], ["Harbour concert"])


def test_names_are_unfolded_and_plain():
    name = "Fête de la mus\n ique\\, Nord\\n \x1b[31m  et Sud " + "x" * 5000
    found = read(calendar(event("DTSTART:20260401T180000Z", name=name)))
    assert found.rows.name[0].startswith("Fête de la musique, Nord \\u001b[31m et Sud xxx")
    assert len(found.rows.name[0]) <= 201


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_letters_are_read_in_their_encoding(encoding):
    found = read(calendar(event("DTSTART:20260401T180000Z", name="Frühlingsfest")).encode(encoding))
    assert found.rows.name.tolist() == ["Frühlingsfest"]


def test_a_letter_may_be_folded_between_its_bytes():
    body = calendar(event("DTSTART:20260401T180000Z", name="Frühling")).encode()
    at = body.index("ü".encode()) + 1
    assert read(body[:at] + b"\r\n " + body[at:]).rows.name.tolist() == ["Frühling"]


def test_several_calendars_in_one_file_are_read_as_one():
    assert ids(read(calendar(GOOD) + calendar(event("DTSTART:20260402T180000Z")))) == ["good", "a"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "is empty"),
        ("<!DOCTYPE html><html>", "begins with '<!DOCTYPE html><html>'"),
        ('{"error": true}', "expected BEGIN:VCALENDAR"),
        (calendar(GOOD)[:-20], "cut off after"),
        ("BEGIN:VEVENT\nEND:VEVENT\n", "expected BEGIN:VCALENDAR"),
    ],
)
def test_what_is_no_calendar_is_refused(body, sentence):
    with pytest.raises(AnswerError, match=sentence):
        read(body)


def test_a_calendar_without_events_is_an_empty_answer():
    found = read(calendar())
    assert (len(found.rows), found.is_full) == (0, True)


def test_a_calendar_that_is_damaged_anywhere_is_never_more_than_refused():
    weekly = event("DTSTART;TZID=Hall time:20260401T180000", "DURATION:PT2H", "RRULE:FREQ=WEEKLY;COUNT=9", uid="b")
    moved = event("RECURRENCE-ID;TZID=Hall time:20260408T180000", "DTSTART:20260409T180000Z", uid="b")
    text = calendar(weekly, moved, event("DTSTART;VALUE=DATE:20260401", "RDATE:20260403", "GEO:54;10"), head=BERLIN)
    odd = ["", "DTSTART:", "RRULE:FREQ=DAILY", "END:VEVENT", "BEGIN:VEVENT", "\x00", "RECURRENCE-ID:1", "SEQUENCE:x"]
    odd += ["DTSTART;VALUE=DATE:00010101", "DTEND:99991231T235959Z", "DURATION:P9999999D", "RDATE:99991231", "TZID:"]
    odd += ["RRULE:FREQ=YEARLY;UNTIL=99991231", "EXDATE;TZID=Hall time:20260408T180000", "TZOFFSETTO:+9900", " :;"]
    chance = random.Random(1)
    for _ in range(250):
        lines = text.split("\n")
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(1, len(lines))
            lines[at : at + chance.randint(0, 1)] = [chance.choice([*odd, chance.choice(lines), lines[at][:-2]])]
        try:
            found = read("\n".join(lines))
        except AnswerError:
            continue
        assert found.rows.external_id.is_unique
        assert (found.rows.ends_at >= found.rows.starts_at).all()
