"""What changes in a restaurant: its level, its week, its scatter. Followed, reported, and not mistaken for chance."""

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON, calendar, counts, sales_of, weekday_factor

HISTORY = 400


def canteen(
    seed: int, *, factor: float = 1.0, days_ago: int = 0, noise: float = 0.08, noise_now: float = 0.08
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return days and sales of a canteen of 300 meals a day that from a day on sells `factor` times as many."""
    days = calendar(HISTORY)
    rng = np.random.default_rng(seed)
    is_since = np.arange(len(days)) >= HISTORY - days_ago
    shock = rng.normal(0, 1, len(days)) * np.where(is_since, noise_now, noise)
    mean = 300 * weekday_factor(days) * np.where(is_since, factor, 1.0) * np.exp(shock)
    return days, rng.poisson(mean).astype(float)


def forecast_of(days: pd.DataFrame, meals: np.ndarray) -> DemandForecast:
    return forecast_demand(sales_of(days, {"meal": meals}), days, as_of=AS_OF)


def expected(days: pd.DataFrame) -> np.ndarray:
    return 300 * weekday_factor(days)[-HORIZON:]


def width(forecast: DemandForecast) -> float:
    return float(((forecast.rows["q0.9"] - forecast.rows["q0.1"]) / forecast.rows["mean"]).mean())


@pytest.mark.parametrize("factor", [0.6, 1.5])
@pytest.mark.parametrize("seed", range(3))
def test_a_step_of_the_level_is_followed_within_two_weeks(factor: float, seed: int) -> None:
    days, meals = canteen(seed, factor=factor, days_ago=14)
    forecast = forecast_of(days, meals)
    assert forecast.figures.mean.sum() == pytest.approx(factor * expected(days).sum(), rel=0.12)


def test_a_step_is_reported_with_its_size_and_day() -> None:
    forecast = forecast_of(*canteen(1, factor=1.5, days_ago=11))
    assert [change.kind for change in forecast.changes] == ["level"]
    assert forecast.changes[0].multiplier == pytest.approx(1.5, rel=0.15)
    assert forecast.changes[0].text.startswith("level up ")
    assert forecast.changes[0].text.partition(" since ")[2] in {"20 May", "21 May", "22 May", "23 May"}
    assert all(line.endswith(forecast.changes[0].text) for line in forecast.rows["logic_trigger"])
    assert forecast.as_metadata()["changes"][0]["kind"] == "level"


def test_a_step_widens_the_intervals_at_once_and_they_narrow_as_days_come_in() -> None:
    before, soon, later = (
        np.mean([width(forecast_of(*canteen(seed, factor=1.5, days_ago=ago))) for seed in range(4)])
        for ago in (0, 4, 60)
    )
    assert soon > 1.3 * before
    assert later < 0.9 * soon


def test_quiet_restaurants_have_no_changes() -> None:
    found = [forecast_of(*canteen(seed)).changes for seed in range(40)]
    assert sum(bool(changes) for changes in found) <= 1


def test_one_busy_day_is_no_step() -> None:
    days, meals = canteen(2)
    meals[HISTORY - 9] *= 8
    forecast = forecast_of(days, meals)
    assert "level" not in [change.kind for change in forecast.changes]
    assert forecast.figures.mean.sum() == pytest.approx(expected(days).sum(), rel=0.12)


def test_a_step_keeps_what_is_known_of_each_item() -> None:
    days, meals = canteen(3, factor=0.6, days_ago=14)
    _, others = canteen(4, factor=0.6, days_ago=14)
    gone = others * (np.arange(len(days)) < HISTORY - 60)
    sales = sales_of(days, {"meal": meals, "soup": np.rint(others / 10), "gone": gone})
    mean = forecast_demand(sales, days, as_of=AS_OF).rows.groupby("item")["mean"].sum()
    assert mean["meal"] == pytest.approx(0.6 * expected(days).sum(), rel=0.12)
    assert mean["soup"] == pytest.approx(0.06 * expected(days).sum(), rel=0.2)
    assert mean["gone"] < 0.01 * mean["meal"]


def test_a_weekday_that_changed_two_months_ago_is_near_its_new_factor() -> None:
    days, meals = canteen(5)
    is_wednesday = (days["date"].dt.day_of_week == 2).to_numpy()
    of_late = np.arange(len(days)) >= HISTORY - 70
    meals = np.where(is_wednesday & of_late, np.rint(0.6 * meals), meals)
    forecast = forecast_of(days, meals)
    wednesdays = forecast.rows["mean"].to_numpy()[is_wednesday[-HORIZON:]]
    assert wednesdays == pytest.approx(0.6 * expected(days)[is_wednesday[-HORIZON:]], rel=0.2)
    assert any(change.text.startswith("Wednesdays down ") for change in forecast.changes)


def test_days_that_scatter_twice_as_much_widen_the_intervals_within_weeks() -> None:
    before = np.mean([width(forecast_of(*canteen(seed))) for seed in range(4)])
    after = [forecast_of(*canteen(seed, noise_now=0.2, days_ago=40)) for seed in range(4)]
    assert np.mean([width(forecast) for forecast in after]) > 1.5 * before
    assert any("times as much as usual" in change.text for forecast in after for change in forecast.changes)


def test_sales_after_the_last_day_change_nothing() -> None:
    days, meals = canteen(6, factor=1.5, days_ago=10)
    sales = pd.DataFrame({"item": "meal", "date": days["date"], "quantity": meals})
    later = sales.assign(quantity=np.where(days["date"] > pd.Timestamp(AS_OF), 7.0, meals))
    one, other = (forecast_demand(each, days, as_of=AS_OF).rows for each in (sales, later))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(("factor", "days_ago"), [(0.2, 14), (0.2, 30), (3.0, 14), (3.0, 30), (0.02, 30)])
def test_large_steps_are_followed_too(factor: float, days_ago: int) -> None:
    days, meals = canteen(7, factor=factor, days_ago=days_ago)
    mean = forecast_of(days, meals).figures.mean.sum()
    assert mean < 1.4 * factor * expected(days).sum() + 0.02 * expected(days).sum()
    assert mean > 0.8 * factor * expected(days).sum()


@pytest.mark.parametrize("items", [["meal"], ["meal", "soup"]])
@pytest.mark.parametrize("history", [7, 28, 60])
def test_a_restaurant_in_which_everything_runs_out_every_day_has_a_forecast(items: list[str], history: int) -> None:
    days = calendar(history)
    units = counts(np.full(len(days), 30.0), 2.0, 1)
    item_days = pd.concat([pd.DataFrame({"item": item, "date": days["date"], "is_sold_out": 1}) for item in items])
    sales = sales_of(days, dict.fromkeys(items, units))
    rows = forecast_demand(sales, days, as_of=AS_OF, item_days=item_days).rows
    figures = rows[["q0.1", "q0.5", "q0.9", "q0.99"]].to_numpy()
    assert np.isfinite(figures).all() and (np.diff(figures, axis=1) >= 0).all() and (figures[:, 1] > 0).all()


def test_days_on_which_everything_ran_out_are_no_quiet_days() -> None:
    days, meals = canteen(8, noise=0.2, noise_now=0.2)
    out = days["date"][HISTORY - 60 : HISTORY]
    item_days = pd.DataFrame({"item": "meal", "date": out, "is_sold_out": 1})
    sales = sales_of(days, {"meal": meals})
    without, with_them = (forecast_demand(sales, days, as_of=AS_OF, item_days=each) for each in (None, item_days))
    assert width(with_them) > 0.8 * width(without)
    assert "scatter" not in [change.kind for change in with_them.changes]
