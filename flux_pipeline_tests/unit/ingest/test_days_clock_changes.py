"""The nights on which clocks change, and zones off the whole hour: no row is lost, each counts for its business day."""

import datetime as dt

import pytest

from flux_pipeline.ingest.contracts import Place
from flux_pipeline_tests.unit.ingest.reading import read_upload


def sold(zone: str, *times: str, cutoff: dt.time = dt.time(4)) -> list[tuple[str, str]]:
    lines = ["date,item,quantity", *(f"{time},Tea,1" for time in times)]
    parsed = read_upload("\n".join(lines).encode(), kind="sales", place=Place(zone, cutoff))
    assert parsed.reasons == {}
    rows = parsed.rows
    return list(
        zip(rows["business_date"].dt.strftime("%m-%d"), rows["sold_at"].dt.strftime("%m-%d %H:%M"), strict=True)
    )


@pytest.mark.parametrize(
    ("zone", "time", "business_day", "instant"),
    [
        # The hour that is left out: the first instant that exists.
        ("Europe/Paris", "2024-03-31 02:30", "03-30", "03-31 01:00"),
        ("America/New_York", "2024-03-10 02:30", "03-09", "03-10 07:00"),
        # A zone that skips its midnight.
        ("Africa/Cairo", "2024-04-26 00:30", "04-25", "04-25 22:00"),
        ("America/Sao_Paulo", "2018-11-04 00:00:01", "11-03", "11-04 03:00"),
        # The hour that comes twice: the first of the two.
        ("Europe/Paris", "2024-10-27 02:30", "10-26", "10-27 00:30"),
        ("America/New_York", "2024-11-03 01:30", "11-02", "11-03 05:30"),
        ("Africa/Cairo", "2024-10-31 23:30", "10-31", "10-31 20:30"),
        # Half and quarter hours.
        ("Asia/Kolkata", "2024-03-01 03:59", "02-29", "02-29 22:29"),
        ("Asia/Kathmandu", "2024-03-01 04:00", "03-01", "02-29 22:15"),
        ("Asia/Kolkata", "2024-03-01 22:29:00Z", "03-01", "03-01 22:29"),
        ("Asia/Kolkata", "2024-03-01 22:30:00Z", "03-02", "03-01 22:30"),
    ],
)
def test_a_time_of_a_clock_change_is_kept_at_its_instant_and_business_day(zone, time, business_day, instant):
    assert sold(zone, time) == [(business_day, instant)]


def test_the_business_day_of_the_spring_night_ends_at_the_cutoff_on_the_wall_clock():
    times = ("2024-03-31 01:59", "2024-03-31 02:30", "2024-03-31 03:00", "2024-03-31 03:59", "2024-03-31 04:00")
    assert [day for day, _ in sold("Europe/Paris", *times)] == ["03-30"] * 4 + ["03-31"]


def test_an_offset_distinguishes_both_passes_of_the_autumn_hour():
    times = ("2024-10-27 02:30+02:00", "2024-10-27 02:30+01:00", "2024-10-27 02:30")
    assert [instant for _, instant in sold("Europe/Paris", *times)] == ["10-27 00:30", "10-27 01:30", "10-27 00:30"]
    assert {day for day, _ in sold("Europe/Paris", *times)} == {"10-26"}


def test_a_cutoff_inside_the_hour_that_is_left_out_parts_the_night_all_the_same():
    times = ("2024-03-31 01:59", "2024-03-31 03:00")
    assert [day for day, _ in sold("Europe/Paris", *times, cutoff=dt.time(2, 30))] == ["03-30", "03-31"]
