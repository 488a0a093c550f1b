import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.profile import intraday_profile
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline_tests.unit.staffing.builders import (
    MONDAY,
    NO_TICKETS,
    NOTHING_DECLARED,
    SETTINGS,
    every_day,
    opening,
    tickets,
)

LUNCH_AND_DINNER = {weekday: {12: 30.0, 13: 20.0, 19: 50.0} for weekday in range(6)}


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 23), st.floats(-5, 200, allow_nan=False)), min_size=0, max_size=60
    ),
    st.booleans(),
)
def test_every_open_weekday_sums_to_one_and_no_share_is_negative(lines, declared):
    sold = pd.DataFrame(
        [(MONDAY + dt.timedelta(days=day), hour, quantity) for day, hour, quantity in lines],
        columns=["business_date", "hour", "quantity"],
    )
    hours = opening((0, "11:30", "15:00"), (5, "18:00", "02:00"), closed=(6,)) if declared else NOTHING_DECLARED
    profile = intraday_profile(sold, hours, SETTINGS)
    sums = profile.share.sum(axis=1)
    assert (profile.share >= 0).all()
    assert np.isclose(sums, 0).sum() + np.isclose(sums, 1).sum() == 7
    assert np.isclose(sums[0], 1)
    assert np.isclose(sums[5], 1)


def test_ticket_times_are_the_rhythm_of_a_weekday_with_enough_history():
    profile = intraday_profile(tickets(10, LUNCH_AND_DINNER), NOTHING_DECLARED, SETTINGS)
    assert profile.source == "tickets"
    assert profile.share[2, [12, 13, 19]] == pytest.approx([0.3, 0.2, 0.5])
    assert profile.history_days == (10, 10, 10, 10, 10, 10, 0)
    assert profile.as_metadata() == {
        "profile_source": "tickets",
        "profile_history_days": 60,
        "profile_busiest_hour": 19,
    }


def test_a_weekday_with_little_history_borrows_from_all_days():
    sold = pd.concat([tickets(8, {0: {9: 100.0}}), tickets(2, {4: {20: 100.0}})])
    share = intraday_profile(sold, NOTHING_DECLARED, SETTINGS).share
    # All days: 8 of 10 parts at 9 o'clock; two days of its own weigh as much as the prior's two.
    assert share[4, 20] == pytest.approx(0.5 * 1.0 + 0.5 * 0.2)
    assert share[4, 9] == pytest.approx(0.5 * 0.8)


@pytest.mark.parametrize("shrinkage", [0.0, 2.0])
def test_a_weekday_never_seen_has_the_rhythm_of_all_days(shrinkage):
    settings = StaffingSettings(labor_profile_shrinkage_days=shrinkage)
    share = intraday_profile(tickets(10, LUNCH_AND_DINNER), NOTHING_DECLARED, settings).share
    assert share[6] == pytest.approx(share[0])


def test_a_weekday_never_seen_and_declared_closed_has_no_rhythm():
    hours = opening(*((day, "11:00", "22:00") for day in range(6)), closed=(6,))
    share = intraday_profile(tickets(10, LUNCH_AND_DINNER), hours, SETTINGS).share
    assert share[6].sum() == 0


@pytest.mark.parametrize(("weeks", "borrows"), [(3, True), (4, False)])
def test_an_hour_without_a_sale_on_enough_days_of_a_weekday_counts_as_closed(weeks, borrows):
    sold = tickets(weeks, {1: {20: 50.0}, 5: {20: 30.0, 1: 30.0}})
    share = intraday_profile(sold, NOTHING_DECLARED, SETTINGS).share
    assert bool(share[1, 1] > 0) is borrows
    assert share[1].sum() == pytest.approx(1)


def test_only_the_latest_weeks_count():
    old = tickets(4, {day: {8: 1000.0} for day in range(7)})
    new = tickets(1, {day: {18: 10.0} for day in range(7)})
    new["business_date"] = [date + dt.timedelta(weeks=SETTINGS.labor_profile_weeks + 4) for date in new.business_date]
    share = intraday_profile(pd.concat([old, new]), NOTHING_DECLARED, SETTINGS).share
    assert share[:, 18] == pytest.approx(np.ones(7))


def test_with_too_few_days_with_times_the_opening_hours_are_used():
    sold = tickets(1, {0: {19: 10.0}, 1: {19: 10.0}})
    profile = intraday_profile(sold, every_day("08:00", "12:00"), SETTINGS)
    assert profile.source == "opening_hours"
    assert profile.share[0, 8:12] == pytest.approx([0.25] * 4)


def test_opening_hours_spread_the_day_evenly_by_their_minutes():
    hours = opening((0, "11:30", "14:00"), (0, "18:00", "19:00"), closed=(1,))
    share = intraday_profile(NO_TICKETS, hours, SETTINGS).share
    assert share[0, [11, 12, 13, 18]] == pytest.approx(np.array([30, 60, 60, 60]) / 210)
    assert share[1].sum() == 0
    assert share[2].sum() == 0


def test_an_interval_across_midnight_stays_with_the_day_on_which_it_began():
    share = intraday_profile(NO_TICKETS, opening((4, "22:00", "02:00")), SETTINGS).share
    assert share[4, [22, 23, 0, 1]] == pytest.approx([0.25] * 4)
    assert share[5].sum() == 0


def test_overlapping_intervals_count_once():
    share = intraday_profile(NO_TICKETS, opening((0, "10:00", "12:00"), (0, "11:00", "13:00")), SETTINGS).share
    assert share[0, [10, 11, 12]] == pytest.approx([1 / 3] * 3)


def test_without_times_and_opening_hours_the_default_hours_are_used():
    share = intraday_profile(NO_TICKETS, NOTHING_DECLARED, SETTINGS).share
    assert (share[:, 10:22] > 0).all()
    assert share[:, 10:22].sum(axis=1) == pytest.approx(np.ones(7))


def test_exact_numbers_of_a_database_are_read():
    sold = tickets(3, LUNCH_AND_DINNER)
    exact = sold.assign(quantity=[Decimal(str(quantity)) for quantity in sold.quantity])
    assert (
        intraday_profile(exact, NOTHING_DECLARED, SETTINGS).share
        == intraday_profile(sold, NOTHING_DECLARED, SETTINGS).share
    ).all()


@pytest.mark.parametrize(
    ("column", "value", "message"), [("hour", 24, "expected 0 to 23"), ("quantity", np.nan, "isn't a number")]
)
def test_wrong_ticket_times_are_refused(column, value, message):
    sold = tickets(3, LUNCH_AND_DINNER)
    sold.loc[4, column] = value
    with pytest.raises(PermanentError, match=message):
        intraday_profile(sold, NOTHING_DECLARED, SETTINGS)


@pytest.mark.parametrize(
    ("row", "message"),
    [((7, dt.time(9), dt.time(17), False), "Sunday"), ((2, None, dt.time(17), False), "Give both times")],
)
def test_wrong_opening_hours_are_refused(row, message):
    hours = pd.DataFrame([row], columns=["day_of_week", "open_time", "close_time", "is_closed"])
    with pytest.raises(PermanentError, match=message):
        intraday_profile(NO_TICKETS, hours, SETTINGS)
