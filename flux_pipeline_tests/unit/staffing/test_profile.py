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
    QUARTERS,
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
        [(MONDAY + dt.timedelta(days=day), 60 * hour, quantity) for day, hour, quantity in lines],
        columns=["business_date", "minute", "quantity"],
    )
    hours = opening((0, "11:30", "15:00"), (5, "18:00", "02:00"), closed=(6,)) if declared else NOTHING_DECLARED
    profile = intraday_profile(sold, hours, SETTINGS)
    sums = profile.share[:7].sum(axis=(2, 3))
    assert (profile.share >= 0).all()
    assert (np.isclose(sums, 0) | np.isclose(sums, 1)).all()
    assert np.isclose(sums[[0, 5]], 1).all()
    assert np.isclose(profile.share[7].sum(axis=(1, 2)), 1).all()


def test_ticket_times_are_the_rhythm_of_a_weekday_with_enough_history():
    profile = intraday_profile(tickets(10, LUNCH_AND_DINNER), NOTHING_DECLARED, SETTINGS)
    assert profile.source == "tickets"
    # The prior is even over the three hours with sales and has little weight after sixty days.
    assert profile.rhythm[2, [12, 13, 19]] == pytest.approx([0.3, 0.2, 0.5], abs=0.01)
    assert profile.rhythm[2].sum() == pytest.approx(1)
    assert profile.history_days == (10, 10, 10, 10, 10, 10, 0, 0)
    assert profile.as_metadata() == {
        "profile_source": "tickets",
        "profile_history_days": 60,
        "profile_busiest_hour": 19,
    }


def test_the_share_of_a_level_is_its_dirichlet_posterior_mean():
    # Five weeks with 100 parties on each Monday at 9, and one Friday with 40 at 20 o'clock.
    sold = pd.concat([tickets(5, {0: {9: 200.0}}), tickets(1, {4: {20: 80.0}})])
    settings = StaffingSettings(labor_profile_half_life_days=28, labor_profile_prior_parties=30)
    share = intraday_profile(sold, NOTHING_DECLARED, settings).rhythm
    ages = np.array([28, 21, 14, 7, 0])
    last_monday = MONDAY + dt.timedelta(weeks=4)
    assert last_monday == sold.business_date.max()
    mondays = (0.5 ** (ages / 28)).sum() * 100 / (1 + 99 * 0.03)
    friday = 0.5 ** (24 / 28) * 40 / (1 + 39 * 0.03)
    level = np.array([0.5, 0.5])
    for _ in range(2):  # restaurant and channel have the same evidence
        level = (np.array([mondays, friday]) + 30 * level) / (mondays + friday + 30)
    expected = (np.array([0, friday]) + 30 * level) / (friday + 30)
    assert share[4, [9, 20]] == pytest.approx(expected)


def test_a_weekday_with_more_history_borrows_less():
    of_all_days = tickets(12, {day: {9: 100.0} for day in range(4)})
    own = [
        intraday_profile(pd.concat([of_all_days, tickets(weeks, {4: {20: 100.0}})]), NOTHING_DECLARED, SETTINGS)
        for weeks in (0, 1, 3, 12)
    ]
    evening = [profile.rhythm[4, 20] for profile in own]
    assert evening == sorted(evening) and evening[0] == 0 and 0.1 < evening[1] < 0.45 and evening[3] > 0.75


def test_a_changed_rhythm_replaces_the_old_one_faster_with_a_shorter_half_life():
    old, new = tickets(6, {day: {12: 60.0} for day in range(7)}), tickets(3, {day: {19: 60.0} for day in range(7)})
    new["business_date"] = [date + dt.timedelta(weeks=6) for date in new.business_date]
    sold = pd.concat([old, new])
    evening = [
        intraday_profile(sold, NOTHING_DECLARED, StaffingSettings(labor_profile_half_life_days=days)).rhythm[2, 19]
        for days in (365, 28, 7)
    ]
    assert evening == sorted(evening) and evening[0] < 0.4 and evening[2] > 0.8


def test_a_weekday_never_seen_has_the_rhythm_of_all_days():
    profile = intraday_profile(tickets(10, LUNCH_AND_DINNER), NOTHING_DECLARED, SETTINGS)
    assert profile.rhythm[6] == pytest.approx(profile.rhythm[0], abs=0.01)


def test_a_weekday_never_seen_and_declared_closed_has_no_rhythm():
    hours = opening(*((day, "11:00", "22:00") for day in range(6)), closed=(6,))
    profile = intraday_profile(tickets(10, LUNCH_AND_DINNER), hours, SETTINGS)
    assert profile.rhythm[6].sum() == 0


def lines(rows):
    """Return ticket times of eight weeks of every day from (hour, category, channel, quantity)."""
    days = pd.date_range(MONDAY, periods=56)
    return pd.DataFrame(
        [(day, 60 * hour, quantity, category, channel) for day in days for hour, category, channel, quantity in rows],
        columns=["business_date", "minute", "quantity", "category", "channel"],
    )


MIXED = [(8, "coffee", "counter", 60.0), (12, "lunch", "counter", 30.0), (19, "lunch", "delivery", 30.0)]


def test_a_category_and_a_channel_have_their_own_rhythm():
    profile = intraday_profile(lines(MIXED), NOTHING_DECLARED, SETTINGS)
    assert (profile.categories, profile.channels) == (("coffee", "lunch"), ("counter", "delivery"))
    coffee, lunch = profile.shares_of(2, ["coffee", "lunch"])
    assert coffee[0, 8] > 0.9
    assert lunch.sum(axis=1) == pytest.approx([0.5, 0.5], abs=0.03)
    assert lunch[0, 12] > 0.4 and lunch[1, 19] > 0.4


def test_a_category_without_sales_of_its_own_has_the_rhythm_of_all_items():
    profile = intraday_profile(lines(MIXED), NOTHING_DECLARED, SETTINGS)
    [unknown] = profile.shares_of(2, ["wine"])
    assert unknown.sum(axis=0) == pytest.approx(profile.rhythm[2])
    assert unknown.sum(axis=0)[[8, 12, 19]] == pytest.approx([0.5, 0.25, 0.25], abs=0.02)


def test_a_category_that_sold_once_is_near_the_rhythm_of_all_items():
    once = pd.DataFrame([(MONDAY, 19 * 60, 2.0, "wine", "counter")], columns=lines(MIXED).columns)
    profile = intraday_profile(pd.concat([lines(MIXED), once]), NOTHING_DECLARED, SETTINGS)
    [wine] = profile.shares_of(2, ["wine"])
    assert wine.sum(axis=0)[8] == pytest.approx(0.5, abs=0.1)


def test_an_unusual_day_falls_back_to_the_category_and_leaves_its_weekday_alone():
    sold = tickets(8, {0: {9: 100.0}, 1: {19: 100.0}})
    holiday = MONDAY + dt.timedelta(weeks=7)
    sold.loc[sold.business_date == holiday, "minute"] = 15 * 60
    with_holiday = intraday_profile(sold, NOTHING_DECLARED, SETTINGS, unusual_days=[holiday])
    assert with_holiday.history_days == (7, 8, 0, 0, 0, 0, 0, 1)
    unusual = with_holiday.share[7, -1, 0]
    assert unusual[15] > 0.2 and unusual[9] > 0.2 and unusual[19] > 0.2
    assert with_holiday.rhythm[0, 15] < 0.03
    # Without a holiday behind it, an unusual day is like all days.
    before = intraday_profile(sold[sold.business_date != holiday], NOTHING_DECLARED, SETTINGS).share[7, -1, 0]
    assert before[[9, 19]] == pytest.approx([0.5, 0.5], abs=0.05)


def test_quarter_hours_sum_to_hours():
    rng = np.random.default_rng(1)
    days = pd.date_range(MONDAY, periods=60)
    sold = pd.DataFrame(
        {"business_date": days.repeat(50), "minute": rng.integers(8 * 60, 15 * 60, 3000), "quantity": 1.0}
    )
    quarters = intraday_profile(sold, NOTHING_DECLARED, QUARTERS)
    assert quarters.share.shape == (8, 2, 1, 96)
    hours = intraday_profile(sold, NOTHING_DECLARED, SETTINGS)
    assert quarters.rhythm.reshape(7, 24, 4).sum(axis=2) == pytest.approx(hours.rhythm)


def test_only_the_latest_weeks_count():
    old = tickets(4, {day: {8: 1000.0} for day in range(7)})
    new = tickets(1, {day: {18: 10.0} for day in range(7)})
    new["business_date"] = [date + dt.timedelta(weeks=SETTINGS.labor_profile_weeks + 4) for date in new.business_date]
    rhythm = intraday_profile(pd.concat([old, new]), NOTHING_DECLARED, SETTINGS).rhythm
    assert rhythm[:, 18] == pytest.approx(np.ones(7))


def test_with_too_few_days_with_times_the_opening_hours_are_used():
    sold = tickets(1, {0: {19: 10.0}, 1: {19: 10.0}})
    profile = intraday_profile(sold, every_day("08:00", "12:00"), SETTINGS)
    assert profile.source == "opening_hours"
    assert profile.rhythm[0, 8:12] == pytest.approx([0.25] * 4)


def test_opening_hours_spread_the_day_evenly_by_their_minutes():
    hours = opening((0, "11:30", "14:00"), (0, "18:00", "19:00"), closed=(1,))
    share = intraday_profile(NO_TICKETS, hours, SETTINGS).rhythm
    assert share[0, [11, 12, 13, 18]] == pytest.approx(np.array([30, 60, 60, 60]) / 210)
    assert share[1].sum() == 0
    assert share[2].sum() == 0


def test_an_interval_across_midnight_stays_with_the_day_on_which_it_began():
    share = intraday_profile(NO_TICKETS, opening((4, "22:00", "02:00")), SETTINGS).rhythm
    assert share[4, [22, 23, 0, 1]] == pytest.approx([0.25] * 4)
    assert share[5].sum() == 0


def test_overlapping_intervals_count_once():
    share = intraday_profile(NO_TICKETS, opening((0, "10:00", "12:00"), (0, "11:00", "13:00")), SETTINGS).rhythm
    assert share[0, [10, 11, 12]] == pytest.approx([1 / 3] * 3)


def test_without_times_and_opening_hours_the_default_hours_are_used():
    share = intraday_profile(NO_TICKETS, NOTHING_DECLARED, SETTINGS).rhythm
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
    ("column", "value", "message"), [("minute", 1440, "expected 0 to 1439"), ("quantity", np.nan, "isn't a number")]
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
