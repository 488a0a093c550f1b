"""The time of year: what earlier years show of the restaurant's and of single items' next weeks, on simulated truth."""

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline_tests.unit.demand.simulated import AS_OF, calendar, counts, sales_of, weekday_factor


@pytest.mark.parametrize("effect", [1.6, 1.0])
def test_whitsun_is_expected_at_its_date_and_not_at_last_years(effect: float) -> None:
    days = calendar(500)
    last_year = days["date"].between("2024-05-18", "2024-05-20") | days["date"].between("2023-05-27", "2023-05-29")
    mean = weekday_factor(days) * np.where(last_year, effect, 1.0)
    sales = sales_of(days, {f"item {i}": counts(30 * mean, 1.5, i) for i in range(6)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    relative = rows.groupby("date")["mean"].sum() / (180 * weekday_factor(days)[-14:])
    whitsun = (relative.index >= "2025-06-07") & (relative.index <= "2025-06-09")
    assert relative[whitsun].mean() == pytest.approx(effect, rel=0.12)
    assert relative[~whitsun].mean() == pytest.approx(1.0, rel=0.06)


def within(days: pd.DataFrame, first: int, last: int) -> np.ndarray:
    """Return the days that are `first` to `last` days after AS_OF, or after the same day of an earlier year."""
    ahead = (days["date"] - pd.Timestamp(AS_OF)).dt.days.to_numpy()
    return ((ahead - first) % 364) <= last - first


def expected(quantity: dict[str, np.ndarray], days: pd.DataFrame, **categories: str) -> pd.DataFrame:
    """Return the forecast means, dates by items."""
    items = pd.DataFrame({"item": list(quantity), "category": [categories.get(name, "") for name in quantity]})
    rows = forecast_demand(sales_of(days, quantity), days, as_of=AS_OF, items=items).rows
    return rows.pivot(index="date", columns="item", values="mean")


def test_an_items_summer_is_expected_before_it_begins() -> None:
    days = calendar(800)
    summer = pd.Series(np.where(within(days, 4, 90), 1.6, 1.0)).rolling(7, center=True, min_periods=1).mean().to_numpy()
    quantity = {f"item {i}": counts(30 * weekday_factor(days), 1.5, i) for i in range(8)}
    quantity["lemonade"] = counts(30 * weekday_factor(days) * summer, 1.5, 99)
    mean = expected(quantity, days)
    relative = mean.div(30 * weekday_factor(days)[-14:], axis=0)
    assert relative["lemonade"].iloc[0] < 1.15
    assert relative["lemonade"].iloc[8:].mean() > 1.2
    assert relative.drop(columns="lemonade").iloc[8:].mean(axis=None) == pytest.approx(1.0, abs=0.05)


def test_a_categorys_summer_is_shared_by_its_slow_items() -> None:
    days = calendar(800)
    summer = np.where(within(days, 4, 90), 1.8, 1.0)
    quantity = {f"item {i}": counts(30 * weekday_factor(days), 1.5, i) for i in range(8)}
    ices = {f"ice {i}": counts(1.5 * weekday_factor(days) * summer, 1.2, 50 + i) for i in range(12)}
    of_category = dict.fromkeys(ices, "ice")
    apart, together = (expected(quantity | ices, days, **of).filter(like="ice") for of in ({}, of_category))
    growth = [mean.iloc[7:].sum(axis=None) / mean.iloc[:3].sum(axis=None) for mean in (apart, together)]
    assert growth[1] > growth[0] + 0.1


@pytest.mark.parametrize("effect", [0.4, 2.0])
def test_a_fortnight_that_two_years_share_is_sharp(effect: float) -> None:
    days = calendar(800)
    mean = weekday_factor(days) * np.where(within(days, 5, 18), effect, 1.0)
    found = expected({f"item {i}": counts(30 * mean, 1.5, i) for i in range(6)}, days).mean(axis=1)
    relative = found.to_numpy() / (30 * weekday_factor(days)[-14:])
    assert relative[:3].mean() == pytest.approx(1.0, rel=0.2)
    assert np.log(relative[6:].mean()) / np.log(effect) > 0.65


@pytest.mark.parametrize("steps", [{290: 0.7, 367: 0.65}, {250: 1.4, 367: 1.5}])
def test_contracts_that_changed_last_year_are_no_season(steps: dict[int, float]) -> None:
    days = calendar(600)
    ago = (pd.Timestamp(AS_OF) - days["date"]).dt.days.to_numpy() + 14
    level = np.prod([np.where(ago < each, factor, 1.0) for each, factor in steps.items()], axis=0)
    quantity = {f"meal {i}": counts(60 * weekday_factor(days) * level, 2.0, i) for i in range(3)}
    relative = expected(quantity, days).div(60 * level[-1] * weekday_factor(days)[-14:], axis=0)
    assert relative.iloc[-4:].mean(axis=None) == pytest.approx(1.0, abs=0.12)


def test_no_season_is_invented_from_noise() -> None:
    days = calendar(800)
    shock = np.random.default_rng(5).gamma(50, 1 / 50, len(days))
    quantity = {f"item {i}": counts(10 * weekday_factor(days) * shock, 2.0, i) for i in range(20)}
    mean = expected(quantity, days).div(10 * weekday_factor(days)[-14:], axis=0)
    weekly = mean.rolling(7).mean().iloc[[6, 13]]
    assert np.abs(np.log(weekly.iloc[1] / weekly.iloc[0])).mean() < 0.03
    assert np.abs(np.log(weekly.mean(axis=1))).max() < 0.05


@pytest.mark.parametrize(("winter_like_summer", "low", "high"), [(True, 0.97, 1.03), (False, 1.15, 1.6)])
def test_weekdays_that_differ_by_season_are_forecast_as_in_this_season(
    winter_like_summer: bool, low: float, high: float
) -> None:
    days = calendar(800)
    wave = 0.0 if winter_like_summer else 0.4 * np.cos(2 * np.pi * (days["date"].dt.day_of_year - 165) / 365.25)
    saturday = (days["date"].dt.day_of_week == 5).to_numpy()
    mean = 30 * weekday_factor(days) * np.exp(saturday * wave)
    found = expected({f"item {i}": counts(mean, 1.5, i) for i in range(6)}, days).mean(axis=1)
    is_saturday = found.index.day_of_week == 5
    usual = 30 * weekday_factor(days)[-14:]
    relative = (found / usual)[is_saturday].mean() / (found / usual)[~is_saturday].mean()
    assert low < relative < high
