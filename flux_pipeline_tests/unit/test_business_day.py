"""A business day ends at the cutoff, whatever asks: a moment, or a time of day."""

import datetime as dt

import pytest

from flux_pipeline.business_day import WEEKDAYS, BusinessClock

PARIS = BusinessClock("Europe/Paris", dt.time(4))
MARCH = dt.date(2024, 3, 15)


@pytest.mark.parametrize(
    ("local", "complete"),
    [("2024-03-16T03:59", dt.date(2024, 3, 14)), ("2024-03-16T04:00", MARCH), ("2024-03-16T23:59", MARCH)],
)
def test_a_day_is_complete_from_the_cutoff_on(local: str, complete: dt.date) -> None:
    now = dt.datetime.fromisoformat(f"{local}+01:00")
    assert PARIS.last_complete_day(now) == complete


def test_a_day_ends_at_the_cutoff_of_the_next_date_in_summer_and_winter_time() -> None:
    assert PARIS.end_of(MARCH) == dt.datetime(2024, 3, 16, 3, tzinfo=dt.UTC)
    assert PARIS.end_of(dt.date(2024, 7, 1)) == dt.datetime(2024, 7, 2, 2, tzinfo=dt.UTC)


def test_times_before_the_cutoff_belong_to_the_day_before() -> None:
    local = dt.datetime(2024, 3, 16, 3, 59, 59)
    assert (local - PARIS.cutoff_after_midnight).date() == MARCH
    assert (local + dt.timedelta(seconds=1) - PARIS.cutoff_after_midnight).date() == dt.date(2024, 3, 16)


@pytest.mark.parametrize(("time", "date"), [(dt.time(3, 59), 16), (dt.time(4), 15), (dt.time(21, 30), 15)])
def test_a_time_of_a_business_day_has_the_date_on_which_the_clock_showed_it(time: dt.time, date: int) -> None:
    moment = PARIS.moment(MARCH, time)
    assert (moment.date(), moment.time(), moment.utcoffset()) == (
        dt.date(2024, 3, date),
        time,
        dt.timedelta(hours=1),
    )


def test_the_week_begins_as_dates_count_it() -> None:
    assert WEEKDAYS[dt.date(2024, 3, 18).weekday()] == "Monday"
