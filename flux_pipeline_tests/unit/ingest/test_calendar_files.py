"""Calendars handed in as files of events: a table of their occurrences, which is also what is kept."""

import datetime as dt
import gzip

import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.fitting import known_names
from flux_pipeline.ingest.columns.personal.redaction import needs_rewriting, rewrite_without
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import merged
from flux_pipeline.ingest.upload import open_upload

ARRIVAL = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)
HOLIDAYS = """BEGIN:VEVENT
UID:summer@example.org
SUMMARY:Sommerferien
CATEGORIES:Ferien,Schule
DTSTART;VALUE=DATE:20260701
DTEND;VALUE=DATE:20260815
ORGANIZER;CN=Ada Example:mailto:ada@example.org
DESCRIPTION:Questions to Ada Example\\, 0171 1234567
END:VEVENT
"""
MARKET = """BEGIN:VEVENT
UID:market
SUMMARY:Night market
DTSTART:20260603T180000
DURATION:PT4H
GEO:54.32;10.14
RRULE:FREQ=WEEKLY;COUNT=3
END:VEVENT
BEGIN:VEVENT
UID:market
RECURRENCE-ID:20260610T180000
DTSTART:20260610T180000
STATUS:CANCELLED
END:VEVENT
"""
BROKEN = "BEGIN:VEVENT\nUID:b\nSUMMARY:Fair\nDTSTART:20260701\nRRULE:FREQ=WEEKLY;UNTL=20261001\nEND:VEVENT\n"


def calendar(*events):
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(events)}END:VCALENDAR\n".encode()


def opened(content, known_at=ARRIVAL):
    return open_upload(Source.of(content, "ferien.ics"), kind="local_events", known_at=known_at)


def read(content, known_at=ARRIVAL):
    parsed = merged(list(opened(content, known_at).parts()))
    assert parsed.read_count == parsed.loaded_count + parsed.skipped_count + parsed.rejected_count
    return parsed


def kept(content):
    upload = opened(content)
    tables = [(table, redaction) for (table, _), redaction in zip(upload.tables, upload.redactions, strict=True)]
    assert needs_rewriting(tables)
    return b"".join(rewrite_without(Source.of(content), tables, known_names(upload.contract, {})))


def spans(rows):
    return [f"{row.starts_at:%m-%dT%H:%M}/{row.ends_at:%m-%dT%H:%M}" for row in rows.itertuples()]


def test_each_occurrence_is_a_row():
    rows = read(calendar(HOLIDAYS, MARKET)).rows
    assert spans(rows) == ["06-03T18:00/06-03T22:00", "06-17T18:00/06-17T22:00", "07-01T00:00/08-15T00:00"]
    assert rows.kind.tolist() == ["event", "event", "school_holiday"]
    assert rows.latitude.tolist()[0] == 54.32
    assert rows.external_id[0] == "market/2026-06-03T18:00:00Z"


def test_a_cancelled_occurrence_is_skipped():
    assert read(calendar(MARKET)).skipped == {"cancelled": 1}


def test_a_broken_event_is_a_rejected_row_with_its_line():
    parsed = read(calendar(HOLIDAYS, BROKEN))
    [row] = parsed.rejected.to_dict("records")
    assert (parsed.loaded_count, row["reason_code"], row["column_name"]) == (1, "bad_date", "starts_at")
    assert row["message"].startswith("'line 12: RRULE:FREQ=WEEKLY;UNTL=20261001' is not a date or time")
    assert row["raw"]["name"] == "Fair"


def test_nothing_but_the_table_is_kept_and_it_is_read_alike():
    content = calendar(HOLIDAYS, MARKET, BROKEN)
    copy = kept(content)
    assert not any(word in copy for word in (b"Ada", b"0171", b"example.org", b"VCALENDAR"))
    one, two = read(content), read(copy, ARRIVAL + dt.timedelta(days=900))
    pd.testing.assert_frame_equal(one.rows.drop(columns="known_at"), two.rows.drop(columns="known_at"))
    assert (one.skipped, len(one.rejected)) == (two.skipped, len(two.rejected))


@pytest.mark.parametrize(("known_at", "last"), [(ARRIVAL, "2028-04-27"), (None, "2026-12-31")])
def test_a_rule_without_end_goes_two_years_ahead(known_at, last):
    weekly = "BEGIN:VEVENT\nUID:q\nSUMMARY:Quiz\nDTSTART:20250102\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n"
    [(table, _)] = opened(calendar(weekly), known_at).tables
    [block] = table.blocks()
    assert str(block.columns[2].texts.rows[-1]) == last


def test_a_packed_calendar_is_one_too():
    assert read(gzip.compress(calendar(HOLIDAYS))).loaded_count == 1


def test_a_calendar_that_is_cut_off_is_refused():
    with pytest.raises(PermanentError, match="END:VCALENDAR is missing"):
        read(calendar(HOLIDAYS)[:-20])


def test_a_calendar_is_no_file_of_sales():
    with pytest.raises(PermanentError):
        open_upload(Source.of(calendar(HOLIDAYS)), kind="sales", known_at=ARRIVAL)


@pytest.mark.parametrize(("status", "skipped"), [("cancelled", 1), ("Abgesagt", 1), ("confirmed", 0), ("", 0)])
def test_other_files_of_events_may_have_a_status(status, skipped):
    parsed = read(f"name,starts_at,status\nFair,2026-06-01,{status}\nMarket,2026-06-02,\n".encode())
    assert (parsed.skipped_count, parsed.loaded_count) == (skipped, 2 - skipped)
