import json

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.errors import PermanentError
from flux_pipeline.staffing.forecast import ROW_TYPES, forecast_staffing
from flux_pipeline.staffing.hours import open_periods
from flux_pipeline.staffing.profile import intraday_profile
from flux_pipeline.staffing.roles import Role
from flux_pipeline.staffing.settings import DEFAULT_ROLES, HeadsRule, StaffingSettings
from flux_pipeline_tests.unit.staffing.builders import (
    CUTOFF,
    NO_TICKETS,
    QUARTERS,
    SETTINGS,
    dates_from_monday,
    demand_of,
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
    daily_items, *, roles=(KITCHEN, SERVICE), settings=SETTINGS, declared=DECLARED, seed=1, profile=None, **changes
):
    demand = demand_of(daily_items, **changes)
    profile = profile or intraday_profile(NO_TICKETS, declared, settings)
    periods = open_periods(demand.dates, declared, profile, settings, CUTOFF)
    return forecast_staffing(demand, profile, periods, roles, settings, np.random.default_rng(seed), CUTOFF)


def hours_in(rows):
    return [start.hour for start in rows.period_start]


def test_every_open_hour_has_a_row_for_every_role_in_order():
    rows = staff(poisson_days(200, 100, 3)).rows
    assert len(rows) == 3 * 10 * 2
    assert rows.role_id.tolist()[:4] == ["k", "s", "k", "s"]
    assert hours_in(rows)[:4] == [11, 11, 12, 12]
    assert rows.date.is_monotonic_increasing
    assert set(rows.period_minutes) == {60}


def test_the_default_roles_can_be_staffed():
    roles = [Role.from_productivity(role.name, role.name, role.productivity_per_hour) for role in DEFAULT_ROLES]
    rows = staff(poisson_days(400, 100, 1), roles=roles).rows
    assert set(rows.role_id) == {role.name for role in DEFAULT_ROLES}
    assert (rows.groupby("role_id").labor_minutes.sum() > 0).all() and (rows.recommended_heads >= 1).all()


@pytest.mark.parametrize("cost", [1, 3, 19])
def test_recommended_heads_cover_the_workload_in_the_cheapest_share_of_simulated_hours(cost):
    settings, level = StaffingSettings(labor_understaffed_cost=cost), cost / (cost + 1)
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
    assert list(forecast.rows.columns) == list(ROW_TYPES)
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
    assert hours_in(rows) == [22, 23, 0, 1]
    assert set(rows.date) == {dates_from_monday(5)[4]}
    assert rows.expected_items.to_numpy() == pytest.approx([30, 30, 30, 10], rel=0.15)


def test_the_same_seed_gives_the_same_rows():
    samples = poisson_days(80, 100, 5)
    pd.testing.assert_frame_equal(staff(samples, seed=4).rows, staff(samples, seed=4).rows)
    assert not staff(samples, seed=4).rows.expected_items.equals(staff(samples, seed=5).rows.expected_items)


def test_the_driver_is_json_and_explains_a_row_in_one_sentence():
    driver = json.loads(json.dumps(staff(np.full((50, 1), 240.0)).rows.driver[0]))
    assert driver["share"] == pytest.approx(0.1, abs=0.01)
    assert driver["profile_source"] == "opening_hours"
    assert driver["minutes"]["items"] == pytest.approx(driver["expected_items"] * 2, abs=0.02)
    assert driver["labor_minutes"] == pytest.approx(sum(driver["minutes"].values()), abs=0.02)
    assert driver["sentence"].startswith("Monday 11:00 has 10% of the day spread evenly over its opening hours: ")
    assert driver["sentence"].endswith("2 heads cover 75% of such days.")
    at_rest = staff(np.zeros((5, 1))).rows.driver
    assert at_rest[0]["sentence"].endswith("1 head is the minimum.")
    assert at_rest[1]["sentence"].endswith("2 heads are the minimum.")


def test_metadata_sum_the_rows_and_are_json():
    forecast = staff(poisson_days(300, 100, 2))
    metadata = json.loads(json.dumps(forecast.as_metadata()))
    assert metadata["rows"] == len(forecast.rows)
    assert metadata["roles"] == 2
    assert metadata["labor_cost"] == pytest.approx(forecast.rows.labor_cost.sum())
    assert metadata["head_hours"] == forecast.rows.recommended_heads.sum()
    assert metadata["peak_heads"] <= metadata["head_hours"]
    assert staff(poisson_days(9, 9, 1), roles=[SERVICE]).as_metadata()["labor_cost"] is None


def test_a_restaurant_without_roles_is_refused_with_what_to_do():
    with pytest.raises(PermanentError, match="Add it with `flux roles add"):
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
        ({"items": np.ones((5, 1, 3))}, "expected \\(draws, 1 categories, 2 dates\\)"),
        ({"items": np.ones((0, 1, 2))}, "expected \\(draws, 1 categories, 2 dates\\)"),
        ({"items": np.ones((5, 2))}, "expected \\(draws, 1 categories, 2 dates\\)"),
        ({"is_open": np.ones(3, dtype=bool)}, "is_open .* one truth value for each date"),
        ({"is_unusual": np.ones(2)}, "is_unusual .* one truth value for each date"),
        ({"dates": dates_from_monday(1).repeat(2)}, "given twice"),
        ({"price": np.ones(2)}, "one for each category"),
    ],
)
def test_demand_that_does_not_fit_together_is_refused(change, message):
    with pytest.raises(PermanentError, match=message):
        demand_of(np.ones((5, 2)), **change)


@pytest.mark.parametrize(
    ("minutes", "settings", "message"),
    [
        ([660, 660], SETTINGS, "given twice"),
        ([690], SETTINGS, "multiple of 60 minutes"),
        ([1440], SETTINGS, "from 0 to 1439"),
        ([660], QUARTERS, "expected 15"),
    ],
)
def test_periods_that_do_not_fit_are_refused(minutes, settings, message):
    periods = pd.DataFrame({"date": dates_from_monday(1).repeat(len(minutes)), "minute": minutes})
    with pytest.raises(PermanentError, match=message):
        forecast_staffing(demand_of(np.ones((5, 1))), profile_of(DECLARED), periods, [KITCHEN], settings, rng(), CUTOFF)


def rng():
    return np.random.default_rng(1)


def test_heads_of_p50_and_p90_are_quantiles_of_the_heads_of_samples():
    # One hour with 24, 25 or 49 items of two minutes: 1, 2 and 3 heads at 80 % of an hour.
    role = Role("k", "Kitchen", minutes_per_item=2.0, minimum_heads=0)
    samples = np.repeat([24.0, 25.0, 49.0], [4, 4, 2])[:, None]
    [row] = staff(samples, roles=[role], declared=every_day("12:00", "13:00")).rows.itertuples()
    assert (row.required_p50, row.required_p90, row.recommended_heads) == (2, 3, 2)
    assert row.decided_by == "utilization"


def test_quarter_hours_have_rows_of_their_own_and_cost_a_quarter():
    declared = every_day("11:30", "13:00")
    rows = staff(poisson_days(200, 100, 1), roles=[KITCHEN], settings=QUARTERS, declared=declared).rows
    assert [f"{start:%H:%M}" for start in rows.period_start] == ["11:30", "11:45", "12:00", "12:15", "12:30", "12:45"]
    assert set(rows.period_minutes) == {15}
    assert (rows.labor_cost == rows.recommended_heads * 5.0).all()
    assert rows.labor_minutes.sum() == pytest.approx(rows.expected_items.sum() * 2 + 15)


EARLY = Role("e", "Early", minutes_per_item=0.0, opening_minutes=40.0, closing_minutes=70.0)


def test_opening_and_closing_work_have_heads_before_and_after_the_guests():
    rows = staff(np.full((20, 1), 50.0), roles=[EARLY, KITCHEN]).rows
    own = rows[rows.role_id == "e"]
    assert hours_in(own) == list(range(10, 22))
    assert own.recommended_heads.tolist() == [1] * 11 + [2]
    assert own.labor_minutes.tolist() == [40.0] + [0.0] * 10 + [70.0]
    assert own.decided_by.tolist() == ["opening_work"] + ["minimum"] * 10 + ["closing_work"]
    assert own.driver.iloc[0]["sentence"] == (
        "Monday 10:00 is before the first guest: 40 min of work for Early; 1 head does the opening work."
    )
    # A role without such work has no rows then.
    assert hours_in(rows[rows.role_id == "k"]) == list(range(11, 21))


def test_work_after_closing_stays_in_its_business_day():
    declared = every_day("20:00", "04:00")
    rows = staff(np.full((20, 1), 50.0), roles=[EARLY], declared=declared).rows
    assert hours_in(rows) == [19, 20, 21, 22, 23, 0, 1, 2, 3]
    assert rows.labor_minutes.iloc[-1] == 70.0


def test_a_place_that_never_closes_opens_in_its_first_hour():
    rows = staff(np.full((20, 1), 50.0), roles=[EARLY], declared=every_day("00:00", "00:00")).rows
    assert hours_in(rows) == [*range(4, 24), *range(4)]
    assert (rows.labor_minutes.iloc[0], rows.labor_minutes.iloc[-1]) == (40.0, 70.0)


def test_prep_moves_work_from_the_peak_to_before_it_and_loses_none():
    sold = tickets(8, {day: {11: 5.0, 12: 20.0, 13: 60.0, 14: 15.0} for day in range(7)})
    declared = every_day("11:00", "15:00")
    profile = intraday_profile(sold, declared, SETTINGS)
    same = {"declared": declared, "profile": profile}
    at_once, with_prep = (
        staff(
            np.full((200, 1), 300.0),
            roles=[Role("k", "Kitchen", 2.0, prep_share=share, opening_minutes=20.0)],
            **same,
        ).rows
        for share in (0.0, 0.4)
    )
    assert with_prep.labor_minutes.sum() == pytest.approx(at_once.labor_minutes.sum())
    assert with_prep.labor_minutes.max() < 0.8 * at_once.labor_minutes.max()
    assert with_prep.labor_minutes.iloc[0] > at_once.labor_minutes.iloc[0]
    assert with_prep.decided_by.iloc[0] == "prep"
    assert with_prep.recommended_heads.max() < at_once.recommended_heads.max()


def test_categories_load_roles_by_their_standard_times_and_channels():
    bar = Role("b", "Bar", 1.0, minutes_by_category={"mains": 0.0}, minimum_heads=0)
    driver = Role("d", "Driver", 10.0, minutes_by_category={"drinks": 0.0}, minimum_heads=0, channels=("delivery",))
    days = pd.date_range(dates_from_monday(1)[0] - pd.Timedelta(days=56), periods=56)
    lines = [(day, 720, part, *kind) for day in days for part, *kind in PARTS]
    sold = pd.DataFrame(lines, columns=["business_date", "minute", "quantity", "category", "channel"])
    profile = intraday_profile(sold, every_day("12:00", "13:00"), SETTINGS)
    samples = np.stack([np.full((300, 1), 40.0), np.full((300, 1), 60.0)], axis=1)
    rows = staff(
        np.ones((300, 1)),
        roles=[bar, driver],
        declared=every_day("12:00", "13:00"),
        profile=profile,
        items=samples,
        categories=("mains", "drinks"),
        price=np.array([20.0, 5.0]),
    ).rows
    assert rows.labor_minutes.tolist() == pytest.approx([60.0, 40 * 0.5 * 10], rel=0.05)
    assert rows.expected_items.tolist() == pytest.approx([100, 100])


PARTS = [(20.0, "mains", "counter"), (20.0, "mains", "delivery"), (60.0, "drinks", "counter")]


def test_labor_share_is_cost_over_forecast_sales():
    priced = staff(np.full((100, 1), 200.0), roles=[KITCHEN, SERVICE], price=np.array([12.0])).rows
    kitchen = priced[priced.role_id == "k"]
    assert kitchen.labor_share.to_numpy() == pytest.approx(
        (kitchen.labor_cost / (kitchen.expected_items * 12.0)).to_numpy()
    )
    assert priced[priced.role_id == "s"].labor_share.isna().all()
    metadata = staff(np.full((100, 1), 200.0), roles=[KITCHEN, SERVICE], price=np.array([12.0])).as_metadata()
    assert metadata["labor_share"] == pytest.approx(kitchen.labor_cost.sum() / (200 * 12), abs=1e-4)
    assert staff(np.full((100, 1), 200.0), roles=[KITCHEN]).rows.labor_share.isna().all()


def test_sales_are_unknown_only_in_periods_with_items_without_a_price():
    items = np.stack([np.full((50, 1), 100.0), np.zeros((50, 1))], axis=1)
    known, unknown = (
        staff(np.full((50, 1), 0.0), roles=[KITCHEN], categories=("a", "b"), items=each, price=np.array([3.0, np.nan]))
        for each in (items, items[:, ::-1])
    )
    assert known.rows.expected_sales.sum() == pytest.approx(300)
    assert unknown.rows.expected_sales.isna().all() and unknown.as_metadata()["labor_share"] is None


def test_a_queue_has_more_heads_than_its_load_and_says_why():
    # 300 items in ten hours are 15 parties an hour of 3 minutes each: 0.75 erlang, one head by utilization.
    bar = Role("b", "Bar", 1.5, heads_by=HeadsRule.QUEUE, minimum_heads=0)
    rows = staff(np.full((100, 1), 300.0), roles=[bar]).rows
    assert set(rows.recommended_heads) == {2}
    driver = json.loads(json.dumps(rows.driver[0]))
    assert rows.decided_by[0] == "queue"
    assert driver["queue"]["service_level"] >= 0.8
    assert driver["sentence"].endswith("2 heads serve 80% of guests within 3 min.")


def test_a_queue_that_the_equipment_cannot_serve_never_empties():
    bar = Role("b", "Bar", 1.5, heads_by=HeadsRule.QUEUE, maximum_heads=1)
    rows = staff(np.full((100, 1), 900.0), roles=[bar]).rows
    assert set(rows.decided_by) == {"equipment"}
    driver = json.loads(json.dumps(rows.driver[0]))
    assert driver["queue"]["never_empties"] and driver["queue"]["mean_wait_minutes"] is None
    assert driver["sentence"].endswith("1 head is all that the equipment has room for, and the queue never empties.")


def test_an_unusual_day_is_spread_like_all_days():
    sold = tickets(8, {0: {11: 100.0}, 1: {20: 100.0}})
    profile = intraday_profile(sold, DECLARED, SETTINGS)
    usual, unusual = (
        staff(np.full((100, 1), 200.0), roles=[KITCHEN], profile=profile, is_unusual=np.array([kind])).rows
        for kind in (False, True)
    )
    assert usual.expected_items.iloc[0] > 150
    assert 60 < unusual.expected_items.iloc[0] < 110
    assert "as on an unusual day" in unusual.driver[0]["sentence"]
