"""The demo's staff: the same people each day, enough of them, and one hour that nobody can work."""

import datetime as dt

import pandas as pd
import pytest

from flux_pipeline.business_day import WEEKDAYS
from flux_pipeline.demo._staff import simulate_staff
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants

TODAY = dt.date(2026, 11, 21)
RESTAURANTS = demo_restaurants()
every_restaurant = pytest.mark.parametrize("restaurant", RESTAURANTS, ids=lambda each: each.slug)


@every_restaurant
def test_staff_changes_only_from_week_to_week(restaurant: DemoRestaurant) -> None:
    files, other_day = simulate_staff(restaurant, TODAY), simulate_staff(restaurant, TODAY + dt.timedelta(days=1))
    next_week = simulate_staff(restaurant, TODAY + dt.timedelta(weeks=1))
    for kind, frame in files.items():
        pd.testing.assert_frame_equal(frame, other_day[kind])
    pd.testing.assert_frame_equal(files["employees"], next_week["employees"])
    assert not files["availability"].equals(next_week["availability"])


@every_restaurant
def test_files_name_known_people_roles_and_days(restaurant: DemoRestaurant) -> None:
    files = simulate_staff(restaurant, TODAY)
    people, roles = {*files["employees"].name}, {role.name for role in restaurant.roles}
    assert len(people) == len(files["employees"])
    assert {*files["employees"].role} == {*files["shift_templates"].role} == roles
    assert {*files["skills"].employee} | {*files["availability"].employee} <= people
    assert {*files["availability"].day_of_week} <= {*WEEKDAYS, ""}
    assert {*files["availability"].preference} == {"available", "preferred", "unavailable"}


@every_restaurant
def test_hours_a_week_are_in_order(restaurant: DemoRestaurant) -> None:
    hours = simulate_staff(restaurant, TODAY)["employees"].filter(like="weekly_hours").astype(int)
    assert (hours.min_weekly_hours <= hours.contract_weekly_hours).all()
    assert (hours.contract_weekly_hours <= hours.max_weekly_hours).all()


@every_restaurant
def test_no_shift_is_so_long_that_it_needs_a_break(restaurant: DemoRestaurant) -> None:
    shifts = simulate_staff(restaurant, TODAY)["shift_templates"]
    lengths = pd.to_timedelta(shifts.end_time + ":00") - pd.to_timedelta(shifts.start_time + ":00")
    lengths = lengths.where(lengths > pd.Timedelta(0), lengths + pd.Timedelta(days=1))
    assert lengths.between(pd.Timedelta(hours=2), pd.Timedelta(hours=6)).all()


@every_restaurant
def test_somebody_can_work_in_each_role_whenever_it_is_open_but_for_one_hour(restaurant: DemoRestaurant) -> None:
    files = simulate_staff(restaurant, TODAY)
    nobody = []
    for role in (each.name for each in restaurant.roles):
        trained = files["skills"].employee[files["skills"].skill == role]
        able = {*files["employees"].name[files["employees"].role == role], *trained}
        windows = [window for name in able for window in weekly_windows(files["availability"], name)]
        for row in restaurant.opening_hours[~restaurant.opening_hours.is_closed].itertuples():
            start, end = row.day_of_week * 24 + row.open_time.hour, row.day_of_week * 24 + row.close_time.hour
            for hour in range(start, end + 24 * (row.close_time <= row.open_time)):
                if not any(first <= hour and hour + 1 <= last for first, last in windows):
                    nobody.append((role, WEEKDAYS[row.day_of_week], hour % 24))
    assert nobody == ([("Kitchen", "Sunday", 15)] if restaurant.slug == "bistro-quai-nord" else [])


def weekly_windows(availability: pd.DataFrame, name: str) -> list[tuple[float, float]]:
    """Return when a person can work, in hours since Monday; people without weekly rows always can."""
    own = availability[(availability.employee == name) & (availability.day_of_week != "")]
    windows = []
    for row in own.itertuples():
        start, end = (int(text[:2]) + int(text[3:]) / 60 for text in (row.start_time, row.end_time))
        day = 24 * WEEKDAYS.index(row.day_of_week)
        windows.append((day + start, day + end + 24 * (end <= start)))
    return windows or [(0, 8 * 24)]
