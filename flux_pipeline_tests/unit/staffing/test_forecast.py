import json

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.forecast import forecast_staffing
from flux_pipeline.staffing.hours import open_hours
from flux_pipeline.staffing.profile import intraday_profile
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import DEFAULT_ROLES, StaffingSettings
from flux_pipeline_tests.unit.staffing.builders import (
    SETTINGS,
    dates_from_monday,
    every_day,
    opening,
    poisson_days,
    profile_of,
    tickets,
)

KITCHEN = Role("k", "Kitchen", minutes_per_item=2.0, minutes_per_open_hour=10.0, minimum_heads=1, hourly_cost=20.0)
SERVICE = Role("s", "Service", minutes_per_item=1.5, minutes_per_open_hour=0.0, minimum_heads=2)
DECLARED = every_day("11:00", "21:00")


def staff(
    daily_items, *, roles=(KITCHEN, SERVICE), settings=SETTINGS, declared=DECLARED, is_open=None, seed=1, profile=None
):
    dates = dates_from_monday(daily_items.shape[1])
    is_open = np.ones(len(dates), dtype=bool) if is_open is None else is_open
    profile = profile or profile_of(declared)
    hours = open_hours(dates, declared, profile, settings)
    return forecast_staffing(daily_items, dates, is_open, profile, hours, roles, settings, np.random.default_rng(seed))


def test_every_open_hour_has_a_row_for_every_role_in_order():
    rows = staff(poisson_days(200, 100, 3)).rows
    assert len(rows) == 3 * 10 * 2
    assert rows.role_id.tolist()[:4] == ["k", "s", "k", "s"]
    assert rows.hour.tolist()[:4] == [11, 11, 12, 12]
    assert rows.date.is_monotonic_increasing


def test_the_default_roles_can_be_staffed():
    roles = [Role.from_productivity(role.name, role.name, role.productivity_per_hour) for role in DEFAULT_ROLES]
    rows = staff(poisson_days(400, 100, 1), roles=roles).rows
    assert set(rows.role_id) == {role.name for role in DEFAULT_ROLES}
    assert (rows.groupby("role_id").labor_minutes.sum() > 0).all() and (rows.recommended_heads >= 1).all()


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_recommended_heads_cover_the_workload_in_the_promised_share_of_simulated_hours(level):
    settings = StaffingSettings(labor_service_level=level)
    days = 28
    role = Role("k", "Kitchen", minutes_per_item=2.0, minutes_per_open_hour=10.0, minimum_heads=0)
    samples = np.random.default_rng(1).negative_binomial(40, 40 / (40 + 900), (500, days)).astype(float)
    heads = staff(samples, roles=[role], settings=settings).rows.recommended_heads.to_numpy()
    # Another set of days of the same kind, its parties of two falling evenly on ten hours.
    rng = np.random.default_rng(2)
    fresh = rng.negative_binomial(40, 40 / (40 + 900), (4000, days))
    items = 2 * rng.multinomial(np.rint(fresh / 2).astype(int), np.full(10, 0.1)).reshape(4000, -1)
    capacity = heads * 60 * settings.labor_utilization
    covered = (items * 2.0 + 10.0 <= capacity).mean()
    # Whole heads round up, so that the share is the promised one or above it, but never by more than a head's worth.
    assert covered > level - 0.02
    one_less = (items * 2.0 + 10.0 <= capacity - 60 * settings.labor_utilization).mean()
    assert one_less < level


@pytest.mark.parametrize("mean", [0.3, 40, 900])
def test_quantiles_are_monotone_and_no_count_is_below_the_minimum(mean):
    rows = staff(poisson_days(mean, 200, 7)).rows
    assert (rows.required_p50 <= rows.recommended_heads).all()
    assert (rows.recommended_heads <= rows.required_p90).all()
    minimum = rows.role_id.map({"k": 1, "s": 2})
    assert (rows[["required_p50", "required_p90", "recommended_heads"]].min(axis=1) >= minimum).all()


def test_the_hours_of_a_day_sum_to_its_items_also_by_weight():
    samples = np.random.default_rng(3).gamma(20, 5.37, (300, 4))
    rows = staff(samples, roles=[KITCHEN]).rows
    assert rows.groupby("date").expected_items.sum().to_numpy() == pytest.approx(samples.mean(axis=0))


def test_half_the_utilization_doubles_the_heads():
    many = np.full((50, 1), 100_000.0)
    full = staff(many, settings=StaffingSettings(labor_utilization=0.8)).rows.recommended_heads
    half = staff(many, settings=StaffingSettings(labor_utilization=0.4)).rows.recommended_heads
    assert (half / full).to_numpy() == pytest.approx(2.0, rel=0.01)


def test_work_that_exactly_fills_its_heads_needs_no_more():
    # One hour, 24 items of two minutes: 48 minutes, which is one head at 80 %.
    role = Role("k", "Kitchen", minutes_per_item=2.0, minimum_heads=0)
    assert (
        staff(np.full((20, 1), 24.0), roles=[role], declared=every_day("12:00", "13:00")).rows.recommended_heads[0] == 1
    )
    assert (
        staff(np.full((20, 1), 25.0), roles=[role], declared=every_day("12:00", "13:00")).rows.recommended_heads[0] == 2
    )


def test_a_day_that_is_all_in_one_party_needs_more_heads_than_single_guests():
    samples = np.full((400, 7), 120.0)
    single = staff(samples, settings=StaffingSettings(labor_items_per_party=1)).rows.required_p90.sum()
    coaches = staff(samples, settings=StaffingSettings(labor_items_per_party=40)).rows.required_p90.sum()
    assert coaches > single


def test_labor_minutes_and_cost_follow_from_items_and_heads():
    rows = staff(poisson_days(300, 100, 2)).rows
    kitchen, service = rows[rows.role_id == "k"], rows[rows.role_id == "s"]
    assert kitchen.labor_minutes.to_numpy() == pytest.approx((kitchen.expected_items * 2.0 + 10.0).to_numpy())
    assert (kitchen.labor_cost == kitchen.recommended_heads * 20.0).all()
    assert service.labor_cost.isna().all()


def test_zero_demand_keeps_the_minimum_in_open_hours():
    rows = staff(np.zeros((50, 7))).rows
    assert len(rows) == 7 * 10 * 2
    assert (rows.recommended_heads == rows.role_id.map({"k": 1, "s": 2})).all()
    assert (rows.expected_items == 0).all()


@pytest.mark.parametrize("all_closed", [False, True])
def test_a_closed_day_has_no_row(all_closed):
    is_open = np.array([not all_closed, False, not all_closed])
    forecast = staff(poisson_days(100, 50, 3), is_open=is_open)
    assert set(forecast.rows.date) == set(dates_from_monday(3)[is_open])
    assert forecast.as_metadata()["dates"] == is_open.sum()
    assert len(forecast.rows.columns) == 11
    # A frame without rows keeps its types, so that storing it needs no special case.
    assert forecast.rows.dtypes.equals(staff(poisson_days(100, 50, 1)).rows.dtypes)


def test_a_special_opening_on_a_day_off_is_staffed_by_the_rhythm():
    declared = opening((0, "11:00", "15:00"), closed=(1,))
    profile = intraday_profile(tickets(6, {0: {12: 50.0, 13: 50.0}}), declared, SETTINGS)
    forecast = staff(poisson_days(100, 50, 2), declared=declared, profile=profile)
    tuesday = forecast.rows[forecast.rows.date == dates_from_monday(2)[1]]
    assert not tuesday.empty
    assert tuesday[tuesday.role_id == "k"].expected_items.sum() == pytest.approx(100, rel=0.1)
    assert forecast.as_metadata()["dates_by_fallback"] == 1


def test_items_outside_the_staffed_hours_are_not_lost():
    sold = tickets(6, {day: {10: 10.0, 12: 60.0, 13: 30.0} for day in range(7)})
    declared = every_day("12:00", "14:00")
    profile = intraday_profile(sold, declared, SETTINGS)
    rows = staff(np.full((400, 1), 90.0), roles=[KITCHEN], declared=declared, profile=profile).rows
    assert rows.expected_items.to_numpy() == pytest.approx([60, 30], abs=2)
    assert rows.expected_items.sum() == pytest.approx(90)


def test_hours_after_midnight_are_staffed_for_the_business_day_before():
    sold = tickets(6, {4: {22: 30.0, 23: 30.0, 0: 30.0, 1: 10.0}})
    declared = opening((4, "22:00", "02:00"))
    profile = intraday_profile(sold, declared, SETTINGS)
    is_open = np.arange(5) == 4
    rows = staff(poisson_days(100, 200, 5), roles=[KITCHEN], declared=declared, profile=profile, is_open=is_open).rows
    assert rows.hour.tolist() == [22, 23, 0, 1]
    assert set(rows.date) == {dates_from_monday(5)[4]}
    assert rows.expected_items.to_numpy() == pytest.approx([30, 30, 30, 10], rel=0.15)


def test_the_same_seed_gives_the_same_rows():
    samples = poisson_days(80, 100, 5)
    pd.testing.assert_frame_equal(staff(samples, seed=4).rows, staff(samples, seed=4).rows)
    assert not staff(samples, seed=4).rows.expected_items.equals(staff(samples, seed=5).rows.expected_items)


def test_the_driver_is_json_and_explains_a_row_in_one_sentence():
    driver = json.loads(json.dumps(staff(np.full((50, 1), 240.0)).rows.driver[0]))
    assert driver["share"] == 0.1
    assert driver["profile_source"] == "opening_hours"
    assert driver["labor_minutes"] == pytest.approx(driver["expected_items"] * 2 + 10, abs=0.02)
    assert driver["sentence"].startswith("Monday 11:00 has 10% of the day spread evenly over its opening hours: ")
    assert "heads cover 80% of such days" in driver["sentence"]
    at_rest = staff(np.zeros((5, 1))).rows.driver
    assert at_rest[0]["sentence"].endswith("1 head is the minimum.")
    assert at_rest[1]["sentence"].endswith("2 heads are the minimum.")


def test_metadata_sum_the_rows_and_are_json():
    forecast = staff(poisson_days(300, 100, 2))
    metadata = json.loads(json.dumps(forecast.as_metadata()))
    assert metadata["rows"] == len(forecast.rows)
    assert metadata["roles"] == 2
    assert metadata["labor_cost"] == pytest.approx(forecast.rows.labor_cost.sum())
    assert metadata["peak_heads"] <= metadata["head_hours"]
    assert staff(poisson_days(9, 9, 1), roles=[SERVICE]).as_metadata()["labor_cost"] is None


def test_a_restaurant_without_roles_is_refused_with_what_to_do():
    with pytest.raises(PermanentError, match="add one to employee_roles"):
        staff(poisson_days(10, 5, 1), roles=[])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_samples_that_are_not_counts_are_refused(bad):
    samples = poisson_days(10, 5, 2)
    samples[3, 1] = bad
    with pytest.raises(PermanentError, match="negative or not a number"):
        staff(samples)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"daily_items": np.ones((5, 3))}, "expected \\(draws, 2 dates\\)"),
        ({"daily_items": np.ones((0, 2))}, "expected \\(draws, 2 dates\\)"),
        ({"is_open": np.ones(3, dtype=bool)}, "one truth value for each date"),
        ({"dates": dates_from_monday(1).repeat(2)}, "given twice"),
        ({"hours": pd.DataFrame({"date": dates_from_monday(1).repeat(2), "hour": [11, 11]})}, "given twice"),
        ({"hours": pd.DataFrame({"date": dates_from_monday(1), "hour": [24]})}, "clock hours"),
    ],
)
def test_inputs_that_do_not_fit_together_are_refused(change, message):
    dates = dates_from_monday(2)
    profile = profile_of(DECLARED)
    inputs = {
        "daily_items": np.ones((5, 2)),
        "dates": dates,
        "is_open": np.ones(2, dtype=bool),
        "profile": profile,
        "hours": open_hours(dates, DECLARED, profile, SETTINGS),
        "roles": [KITCHEN],
        "settings": SETTINGS,
        "rng": np.random.default_rng(1),
    }
    with pytest.raises(PermanentError, match=message):
        forecast_staffing(**{**inputs, **change})
