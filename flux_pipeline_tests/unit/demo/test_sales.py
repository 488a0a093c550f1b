import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demo._prices import discounts
from flux_pipeline.demo._sales import simulate_sales
from flux_pipeline.demo._truth import expected_quantities
from flux_pipeline.demo.restaurants import demo_restaurants
from flux_pipeline_tests.unit.demo.conftest import FIRST, LAST, simulate_world

NO_WEATHER = pd.DataFrame(columns=["latitude", "longitude", "date", "kind", "temperature_c", "precipitation_mm"])
NO_EVENTS = pd.DataFrame()


def usual_days(restaurant, dates):
    """Return the true means by date with usual weather and without events."""
    return pd.DataFrame(
        expected_quantities(restaurant, dates, NO_WEATHER, NO_EVENTS).T, index=dates, columns=restaurant.items["item"]
    )


def test_a_longer_simulation_begins_with_the_shorter_one(world):
    half = dt.date(2025, 12, 31)
    shorter = simulate_world(world.restaurant, FIRST, half).simulated
    sales, truth = world.simulated.sales, world.simulated.truth
    pd.testing.assert_frame_equal(shorter.sales, sales.head(len(shorter.sales)))
    common = truth[truth.date <= pd.Timestamp(half)].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        shorter.truth.sort_values(["item", "date"], ignore_index=True),
        common.sort_values(["item", "date"], ignore_index=True),
    )


def test_a_later_start_changes_no_day(world):
    later = simulate_world(world.restaurant, dt.date(2026, 6, 1), LAST).simulated.sales
    pd.testing.assert_frame_equal(later, world.simulated.sales.tail(len(later)).reset_index(drop=True))


def test_another_seed_is_another_world_with_the_same_truth(canteen):
    other = simulate_world(canteen.restaurant, seed=1).simulated
    pd.testing.assert_frame_equal(other.truth, canteen.simulated.truth)
    assert not other.sales.quantity.head(500).equals(canteen.simulated.sales.quantity.head(500))


def test_the_columns_are_those_of_the_restaurants_kind_of_file(world):
    expected = (
        ["date", "time", "ticket", "item", "quantity", "price"]
        if world.restaurant.has_tickets
        else ["date", "item", "quantity", "price"]
    )
    assert world.simulated.sales.columns.tolist() == expected
    assert (world.simulated.sales.quantity > 0).all()
    assert world.simulated.sales.notna().all(axis=None)


def test_total_sales_match_their_true_means(world):
    sold = world.simulated.sales.groupby("item").quantity.sum()
    true = world.simulated.truth.groupby("item").expected_quantity.sum()
    assert sold.sum() == pytest.approx(true.sum(), rel=0.02)
    assert (sold / true).to_numpy() == pytest.approx(np.ones(len(true)), abs=0.25)


def test_the_weekdays_of_the_truth_show_in_the_sales(world):
    sold = world.by_business_date()
    true = world.simulated.truth.groupby("date").expected_quantity.sum()
    assert set(sold.index) == set(true.index)
    by_weekday = [each.groupby(each.index.day_of_week).mean() for each in (sold, true)]
    assert (by_weekday[0] / by_weekday[1]).to_numpy() == pytest.approx(np.ones(len(by_weekday[0])), abs=0.08)
    assert by_weekday[1].max() > 1.4 * by_weekday[1].min()


def test_days_scatter_more_than_independent_poissons_would(world):
    sold = world.by_business_date()
    true = world.simulated.truth.groupby("date").expected_quantity.sum()
    assert (((sold - true) ** 2) / true).mean() > 1.5


def test_an_items_scatter_matches_its_dispersion_and_the_days_shock(world):
    temper, items = world.restaurant.temper, world.restaurant.items.set_index("item")
    true = world.simulated.truth.pivot_table(index="date", columns="item", values="expected_quantity")
    sold = world.by_business_date(["item"]).unstack("item").reindex_like(true).fillna(0.0)
    scatter = ((sold - true) ** 2 / true).mean()
    expected = items["dispersion"] + true.mean() * np.expm1(temper.day_shock**2)
    assert (scatter / expected).mean() == pytest.approx(1.0, abs=0.1)


def test_nothing_is_sold_on_closed_days(world):
    opened = world.restaurant.opening_hours[~world.restaurant.opening_hours.is_closed].day_of_week
    dates = world.by_business_date().index
    assert set(dates.day_of_week) == set(opened)
    assert not {(day.month, day.day) for day in dates} & set(world.restaurant.temper.closed_on)


def test_an_item_has_no_sales_before_its_first_day():
    bakery = simulate_world(demo_restaurants()[1]).simulated
    joined = bakery.sales[bakery.sales["item"] == "Miso caramel cookie"]
    assert joined["date"].min() >= "2025-09-01"
    assert joined["date"].min() <= "2025-09-05"
    assert bakery.truth[bakery.truth["item"] == "Miso caramel cookie"].date.min() == pd.Timestamp("2025-09-01")


def test_sales_after_midnight_have_the_next_date_and_are_only_on_friday_and_saturday_nights(bistro):
    sales = bistro.simulated.sales
    late = sales[sales.time < "04:00"]
    assert len(late) > 500
    assert set(pd.to_datetime(late.date).dt.day_of_week) == {5, 6}
    assert late.time.max() < "01:30"


def test_every_ticket_falls_into_the_opening_hours(bistro):
    sales = bistro.simulated.sales
    tuesdays = sales[pd.to_datetime(sales.date).dt.day_of_week == 1].time
    assert tuesdays.between("12:00", "14:29").sum() + tuesdays.between("18:00", "22:59").sum() == len(tuesdays)


def test_a_ticket_has_one_time_and_each_item_once(bistro):
    tickets = bistro.simulated.sales.groupby("ticket")
    assert (tickets[["date", "time"]].nunique() == 1).all(axis=None)
    assert not bistro.simulated.sales.duplicated(["ticket", "item"]).any()


def test_a_price_cut_sells_more(world):
    dates = pd.date_range(FIRST, LAST)
    means = usual_days(world.restaurant, dates)
    for promotion in world.restaurant.temper.promotions:
        begin = pd.Timestamp(dt.date(2025, promotion.month, promotion.day))
        before = means[promotion.item][(dates >= begin - pd.Timedelta(days=14)) & (dates < begin)]
        during = means[promotion.item][(dates >= begin) & (dates < begin + pd.Timedelta(days=promotion.days))]
        if len(before) == 14:
            assert during[during > 0].mean() > 1.25 * before[before > 0].mean()
    assert discounts(world.restaurant, dates).any()


@pytest.mark.parametrize(("restaurant", "effect"), [(0, "less"), (1, "less"), (2, "more")])
def test_rain_moves_the_true_means_by_the_effect_of_the_place(restaurant, effect):
    place = demo_restaurants()[restaurant]
    dates = pd.date_range("2026-06-02", "2026-06-03")
    wet = pd.DataFrame(
        {
            "latitude": place.latitude, "longitude": place.longitude, "date": ["2026-06-02", "2026-06-03"],
            "kind": "observed", "temperature_c": 12.0, "precipitation_mm": 20.0,
        }
    )  # fmt: skip
    ratio = expected_quantities(place, dates, wet, NO_EVENTS).sum() / usual_days(place, dates).to_numpy().sum()
    assert ratio == pytest.approx(np.exp(place.temper.rain))
    assert bool(ratio < 1) is (effect == "less")


def test_an_event_next_door_draws_guests_and_one_far_away_does_not():
    bistro = demo_restaurants()[0]
    dates = pd.date_range("2026-06-02", "2026-06-04")

    def with_event(degrees_away):
        event = {
            "starts_at": ["2026-06-03T17:00Z"], "ends_at": ["2026-06-03T21:00Z"], "expected_attendance": [10_000],
            "latitude": [bistro.latitude + degrees_away], "longitude": [bistro.longitude],
        }  # fmt: skip
        means = expected_quantities(bistro, dates, NO_WEATHER, pd.DataFrame(event)).sum(axis=0)
        return means / usual_days(bistro, dates).to_numpy().sum(axis=1)

    assert with_event(0.0) == pytest.approx([1.0, np.exp(bistro.temper.event), 1.0])
    assert with_event(1.0) == pytest.approx(np.ones(3))


@pytest.mark.parametrize(("first", "last"), [("2026-03-02", "2026-03-02"), ("2026-03-05", "2026-03-04")])
def test_no_open_day_gives_no_sales(first, last):
    bistro = demo_restaurants()[0]
    simulated = simulate_sales(bistro, dt.date.fromisoformat(first), dt.date.fromisoformat(last), NO_WEATHER, NO_EVENTS)
    assert simulated.sales.empty
    assert simulated.sales.columns.tolist() == ["date", "time", "ticket", "item", "quantity", "price"]
    assert simulated.truth.empty
