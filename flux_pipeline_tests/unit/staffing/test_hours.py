import datetime as dt

import pandas as pd
import pytest

from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.profile import IntradayProfile, intraday_profile
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline_tests.unit.staffing.builders import (
    CUTOFF,
    NO_TICKETS,
    NOTHING_DECLARED,
    QUARTERS,
    SETTINGS,
    dates_from_monday,
    opening,
    profile_of,
    tickets,
)


def hours_in(frame):
    return (frame.minute // 60).tolist()


def hours_of(frame, date):
    return hours_in(frame[frame.date == date])


def test_declared_hours_go_before_the_rhythm_of_the_tickets():
    sold = tickets(6, {day: {19: 10.0, 20: 10.0} for day in range(7)})
    declared = opening((0, "11:30", "14:00"), (0, "18:00", "20:00"))
    frame = open_periods(dates_from_monday(2), declared, intraday_profile(sold, declared, SETTINGS), SETTINGS, CUTOFF)
    assert hours_in(frame) == [11, 12, 13, 18, 19]
    assert (frame.date == dates_from_monday(1)[0]).all()


def test_hours_after_midnight_come_last_and_have_the_business_date():
    declared = opening((0, "12:00", "14:00"), (0, "22:00", "01:30"), (1, "08:00", "10:00"))
    monday, tuesday = dates_from_monday(2)
    frame = open_periods(dates_from_monday(2), declared, profile_of(declared), SETTINGS, CUTOFF)
    assert hours_of(frame, monday) == [12, 13, 22, 23, 0, 1]
    assert hours_of(frame, tuesday) == [8, 9]


@pytest.mark.parametrize(("bound", "expected"), [(0.0, [11, 12, 18]), (0.005, [11, 12, 18]), (0.05, [12, 18])])
def test_undeclared_hours_are_those_with_a_share_of_the_day(bound, expected):
    sold = tickets(6, {day: {11: 2.0, 12: 60.0, 18: 38.0} for day in range(7)})
    profile = intraday_profile(sold, NOTHING_DECLARED, SETTINGS)
    settings = StaffingSettings(labor_minimum_hour_share=bound)
    frame = open_periods(dates_from_monday(1), NOTHING_DECLARED, profile, settings, CUTOFF)
    assert hours_in(frame) == expected


@pytest.mark.parametrize(("weeks", "borrows"), [(3, True), (4, False)])
def test_an_hour_without_a_sale_on_enough_days_of_a_weekday_counts_as_closed(weeks, borrows):
    sold = tickets(weeks, {1: {20: 50.0}, 5: {20: 30.0, 1: 30.0}})
    profile = intraday_profile(sold, NOTHING_DECLARED, SETTINGS)
    tuesday, saturday = dates_from_monday(6)[[1, 5]]
    frame = open_periods(dates_from_monday(6), NOTHING_DECLARED, profile, SETTINGS, CUTOFF)
    assert hours_of(frame, saturday) == [20, 1]
    assert hours_of(frame, tuesday) == ([20, 1] if borrows else [20])


def test_undeclared_hours_of_a_bar_are_in_the_order_of_its_night():
    sold = tickets(6, {day: {20: 30.0, 22: 30.0, 0: 30.0, 2: 10.0} for day in range(7)})
    profile = intraday_profile(sold, NOTHING_DECLARED, SETTINGS)
    frame = open_periods(dates_from_monday(1), NOTHING_DECLARED, profile, SETTINGS, CUTOFF)
    assert hours_in(frame) == [20, 22, 0, 2]


def test_with_neither_hours_nor_times_the_default_hours_are_staffed():
    frame = open_periods(dates_from_monday(7), NOTHING_DECLARED, profile_of(NOTHING_DECLARED), SETTINGS, CUTOFF)
    assert len(frame) == 7 * 12
    assert set(hours_in(frame)) == set(range(10, 22))


@pytest.mark.parametrize(("cutoff", "first"), [("00:00", 0), ("04:00", 4), ("05:30", 6)])
def test_a_place_that_never_closes_has_every_hour_once_from_its_cutoff_on(cutoff, first):
    declared = opening((0, "00:00", "00:00"))
    cutoff = dt.time.fromisoformat(cutoff)
    frame = open_periods(dates_from_monday(1), declared, profile_of(declared), SETTINGS, cutoff)
    assert hours_in(frame) == [*range(first, 24), *range(first)]


def test_quarter_hours_begin_and_end_with_the_declared_minute():
    declared = opening((0, "11:30", "13:15"))
    profile = intraday_profile(NO_TICKETS, declared, QUARTERS)
    frame = open_periods(dates_from_monday(2), declared, profile, QUARTERS, CUTOFF)
    assert frame.minute.tolist() == [690, 705, 720, 735, 750, 765, 780]


def test_undeclared_quarter_hours_are_staffed_by_the_share_of_their_hour():
    lines = [(date, minute, 1.0) for date in dates_from_monday(42) for minute in (*range(720, 780), 825)]
    sold = pd.DataFrame(lines, columns=["business_date", "minute", "quantity"])
    profile = intraday_profile(sold, NOTHING_DECLARED, QUARTERS)
    frame = open_periods(dates_from_monday(1), NOTHING_DECLARED, profile, QUARTERS, CUTOFF)
    assert frame.minute.tolist() == list(range(720, 840, 15))


def test_no_dates_give_no_hours_and_the_same_columns():
    profile: IntradayProfile = profile_of(NOTHING_DECLARED)
    frame = open_periods(dates_from_monday(0), NOTHING_DECLARED, profile, SETTINGS, CUTOFF)
    assert frame.empty
    assert list(frame.columns) == ["date", "minute"]
