import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demo._prices import discounts, on_menu, unit_prices
from flux_pipeline.demo.calendar import demo_window, simulate_closures
from flux_pipeline.demo.restaurants import DemoRestaurant, demo_restaurants
from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.profile import intraday_profile
from flux_pipeline.staffing.settings import StaffingSettings

DAYS = pd.date_range("2025-01-01", "2028-12-31")


@pytest.fixture(params=demo_restaurants(), ids=lambda restaurant: restaurant.slug)
def restaurant(request) -> DemoRestaurant:
    return request.param


def test_the_three_are_different_in_kind():
    restaurants = demo_restaurants()
    assert len({each.slug for each in restaurants}) == 3
    assert [each.has_tickets for each in restaurants] == [True, True, False]
    assert len({each.timezone for each in restaurants}) == 3


def test_a_restaurant_is_complete_enough_to_be_registered(restaurant):
    assert ZoneInfo(restaurant.timezone)
    assert len(restaurant.currency) == 3
    assert len(restaurant.country_code) == 2
    assert set(restaurant.opening_hours.day_of_week) == set(range(7))
    assert restaurant.items["item"].is_unique
    assert (restaurant.items[["price", "base_per_day"]] > 0).all(axis=None)
    assert (restaurant.items["dispersion"] > 1).all()
    assert len({role.name for role in restaurant.roles}) >= 2
    assert {promotion.item for promotion in restaurant.temper.promotions} <= set(restaurant.items["item"])


def test_its_opening_hours_are_those_that_staffing_reads(restaurant):
    settings = StaffingSettings()
    profile = intraday_profile(
        pd.DataFrame(columns=["business_date", "minute", "quantity"]), restaurant.opening_hours, settings
    )
    week = pd.date_range("2026-03-02", periods=7)
    hours = open_periods(week, restaurant.opening_hours, profile, settings, restaurant.business_day_cutoff)
    open_days = restaurant.opening_hours[~restaurant.opening_hours.is_closed].day_of_week.nunique()
    assert hours.date.nunique() == open_days


def test_a_menu_has_the_same_length_on_every_day(restaurant):
    listed = on_menu(restaurant, DAYS).sum(axis=0)
    assert set(listed) == {{"bistro-quai-nord": 22, "hearth-and-crumb": 26, "canteen-westhafen": 14}[restaurant.slug]}


def test_an_item_that_joins_the_menu_was_not_sold_in_the_18_months_before():
    bistro = demo_restaurants()[0]
    listed = on_menu(bistro, DAYS)
    for row in listed[(bistro.items["rotation"] >= 0).to_numpy()]:
        starts = DAYS[1:][row[1:] & ~row[:-1]]
        for start in starts:
            before = (start - pd.DateOffset(months=18) <= DAYS) & (start > DAYS)
            assert not row[before].any()
    assert len(starts) > 0


def test_prices_rise_with_the_year_and_fall_only_for_a_promotion(restaurant):
    prices = unit_prices(restaurant, DAYS)
    cut = discounts(restaurant, DAYS)
    full = pd.DataFrame(prices.T, index=DAYS).where(cut.T == 0).groupby(DAYS.year).agg(["min", "max"])
    assert (full.xs("min", axis=1, level=1) == full.xs("max", axis=1, level=1)).all(axis=None)
    assert (full.xs("min", axis=1, level=1).diff().dropna() >= 0).all(axis=None)
    yearly = full.xs("max", axis=1, level=1).reindex(DAYS.year).to_numpy().T
    assert (np.abs(prices - yearly * (1 - cut)) < 0.006).all()
    assert (cut > 0).any(axis=1).sum() == len({promotion.item for promotion in restaurant.temper.promotions})


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (dt.date(2026, 11, 21), dt.date(2025, 5, 1), dt.date(2026, 11, 20)),
        (dt.date(2026, 1, 1), dt.date(2024, 7, 1), dt.date(2025, 12, 31)),
        (dt.date(2026, 7, 31), dt.date(2025, 1, 1), dt.date(2026, 7, 30)),
    ],
)
def test_the_window_begins_on_the_first_of_a_month_and_ends_yesterday(today, first, last):
    assert demo_window(today) == (first, last)


def test_only_the_canteen_is_closed_on_public_holidays():
    reasons = [
        set(simulate_closures(each, dt.date(2026, 1, 1), dt.date(2026, 12, 31)).reason) for each in demo_restaurants()
    ]
    assert "Ascension Day" in reasons[2]
    assert reasons[0] == reasons[1] == {"closed for the holidays"}


def test_a_closure_is_known_before_its_day_and_is_not_a_weekly_day_off(restaurant):
    closures = simulate_closures(restaurant, dt.date(2025, 1, 1), dt.date(2027, 12, 31))
    assert (pd.to_datetime(closures.date, utc=True) > pd.to_datetime(closures.known_at)).all()
    days_off = set(restaurant.opening_hours[restaurant.opening_hours.is_closed].day_of_week)
    assert not days_off & {day.weekday() for day in closures.date}
