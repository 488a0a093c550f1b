"""The model on restaurants whose true demand is known: the effects it must find, and how fast it must follow."""

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline_tests.unit.demand.simulated import (
    AS_OF,
    HORIZON,
    WEEKDAY,
    calendar,
    counts,
    sales_of,
    weekday_factor,
)


def multiplier(row: pd.Series, name: str) -> float:
    return next((f["multiplier"] for f in row["factors"] if f["factor"] == name), 1.0)


def test_weekday_factors_are_recovered():
    days = calendar(365)
    sales = sales_of(days, {f"item {i}": counts(25 * weekday_factor(days), 2.0, i) for i in range(6)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    found = rows.assign(
        found=[multiplier(r, "weekday") for _, r in rows.iterrows()], weekday=rows["date"].dt.day_of_week
    )
    error = np.abs(found["found"] / WEEKDAY[found["weekday"]] - 1)
    assert error.median() < 0.05
    assert error.max() < 0.15


def test_an_item_with_weekdays_of_its_own_gets_them():
    days = calendar(365)
    contrary = WEEKDAY[::-1][days["date"].dt.day_of_week.to_numpy()]
    quantity = {f"item {i}": counts(25 * weekday_factor(days), 2.0, i) for i in range(5)}
    sales = sales_of(days, quantity | {"contrary": counts(25 * contrary, 2.0, 9)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    own = rows[rows["item"] == "contrary"].groupby(rows["date"].dt.day_of_week)["mean"].mean()
    assert np.corrcoef(own, WEEKDAY[::-1])[0, 1] > 0.9


@pytest.mark.parametrize(
    ("driver", "effect"),
    [("is_holiday", 0.5), ("is_holiday", 1.8), ("is_school_holiday", 1.3), ("is_event", 2.0), ("anything_else", 0.7)],
)
def test_the_effect_of_a_flag_is_recovered(driver, effect):
    days = calendar(500)
    flag = np.random.default_rng(4).random(len(days)) < 0.06
    flag[-HORIZON:] = True
    days[driver] = flag.astype(int)
    mean = weekday_factor(days) * np.where(flag, effect, 1.0)
    sales = sales_of(days, {f"item {i}": counts(30 * mean, 2.0, i) for i in range(5)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    weekdays = rows[rows["date"].dt.day_of_week < 5]
    found = np.median([multiplier(r, driver) for _, r in weekdays.iterrows()])
    assert found == pytest.approx(effect, rel=0.15)


def test_the_effect_of_rain_is_recovered_and_unknown_rain_has_none():
    days = calendar(500)
    rng = np.random.default_rng(4)
    days["precipitation_mm"] = np.where(rng.random(len(days)) < 0.5, rng.gamma(2.0, 3.0, len(days)), 0.0)
    wet, dry = days.index[-HORIZON:-7], days.index[-7:]
    days.loc[wet, "precipitation_mm"], days.loc[dry, "precipitation_mm"] = 8.0, 0.0
    mean = weekday_factor(days) * np.exp(-0.15 * np.log1p(days["precipitation_mm"].to_numpy()))
    sales = sales_of(days, {f"item {i}": counts(30 * mean, 2.0, i) for i in range(5)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    found = (
        rows.groupby("date")["factors"]
        .first()
        .map(lambda f: next(x["multiplier"] for x in f if x["factor"] == "precipitation_mm"))
    )
    assert found.iloc[0] / found.iloc[-1] == pytest.approx(np.exp(-0.15 * np.log(9)), rel=0.05)
    days.loc[days.index[-HORIZON:], "precipitation_mm"] = np.nan
    unknown = forecast_demand(sales, days, as_of=AS_OF).rows
    assert not unknown["factors"].map(lambda f: "precipitation_mm" in [x["factor"] for x in f]).any()


def test_the_effect_of_a_promotion_is_recovered_for_the_item_that_has_it():
    days = calendar(400)
    promo = np.random.default_rng(8).random(len(days)) < 0.1
    promo[-HORIZON:] = True
    sales = sales_of(
        days,
        {
            "pizza": counts(30 * weekday_factor(days) * np.where(promo, 1.7, 1.0), 2.0, 1),
            "pasta": counts(30 * weekday_factor(days), 2.0, 2),
        },
    )
    item_days = pd.DataFrame({"item": "pizza", "date": days["date"], "is_promo": promo.astype(int)})
    rows = forecast_demand(sales, days, as_of=AS_OF, item_days=item_days).rows
    pizza, pasta = (rows[rows["item"] == i].iloc[0] for i in ("pizza", "pasta"))
    assert multiplier(pizza, "is_promo") == pytest.approx(1.7, rel=0.15)
    assert multiplier(pasta, "is_promo") == 1.0


@pytest.mark.parametrize(("before", "after"), [(40.0, 20.0), (20.0, 40.0)])
def test_the_level_follows_within_three_weeks(before, after):
    days = calendar(365)
    level = np.where(np.arange(len(days)) < 365 - 21, before, after)
    sales = sales_of(days, {f"item {i}": counts(level * weekday_factor(days), 2.0, i) for i in range(4)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    assert rows["mean"].mean() == pytest.approx(after * weekday_factor(days)[-HORIZON:].mean(), rel=0.12)


def test_one_item_that_doubles_does_not_raise_the_others():
    days = calendar(365)
    doubled = np.where(np.arange(len(days)) < 365 - 28, 20.0, 40.0)
    quantity = {f"item {i}": counts(np.full(len(days), 20.0), 2.0, i) for i in range(6)}
    sales = sales_of(days, quantity | {"doubled": counts(doubled, 2.0, 9)})
    level = forecast_demand(sales, days, as_of=AS_OF).rows.groupby("item")["mean"].mean()
    assert level["doubled"] == pytest.approx(40, rel=0.15)
    assert level.drop("doubled").mean() == pytest.approx(20, rel=0.08)


@pytest.mark.parametrize("phi", [0.3, 1.0, 2.5, 5.0])
def test_intervals_fit_under_and_over_dispersed_series(phi):
    days = calendar(500)
    mean = 30 * weekday_factor(days)
    sales = sales_of(days, {f"item {i}": counts(mean, phi, i) for i in range(12)})
    forecast = forecast_demand(sales, days, as_of=AS_OF)
    width = (forecast.rows["q0.9"] - forecast.rows["q0.1"]).mean()
    truth = 2 * 1.2816 * np.sqrt(phi * mean[-HORIZON:]).mean()
    assert width == pytest.approx(truth, rel=0.2)
    actual = np.stack([counts(mean, phi, 50 + i)[-HORIZON:] for i in range(12)])
    order = np.argsort([f"item {i}" for i in range(12)])
    low, high = (forecast.rows[q].to_numpy().reshape(12, HORIZON) for q in ("q0.1", "q0.9"))
    assert 0.74 <= ((actual[order] >= low) & (actual[order] <= high)).mean() <= 0.93


def test_next_year_repeats_the_summer_of_last_year():
    days = calendar(700)
    season = np.where((days["date"].dt.month >= 6) & (days["date"].dt.month <= 8), 2.0, 1.0)
    season = pd.Series(season).rolling(21, center=True, min_periods=1).mean().to_numpy()
    sales = sales_of(days, {f"item {i}": counts(30 * season, 2.0, i) for i in range(5)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    growth = rows[rows["date"] == rows["date"].max()]["mean"].mean() / (30 * season[-HORIZON - 1])
    truth = season[-1] / season[-HORIZON - 1]
    assert truth > 1.2
    assert growth > 1 + 0.4 * (truth - 1)


def test_a_date_that_sold_ten_times_as_much_each_year_is_expected_again():
    days = calendar(900)
    special = (days["date"].dt.month == 6) & (days["date"].dt.day == 10)
    mean = 30 * weekday_factor(days) * np.where(special, 8.0, 1.0)
    sales = sales_of(days, {f"item {i}": counts(mean, 2.0, i) for i in range(4)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    day = rows["date"] == pd.Timestamp(2025, 6, 10)
    assert rows[day]["mean"].mean() > 4 * rows[~day]["mean"].mean()
    assert rows[~day]["mean"].mean() == pytest.approx(30 * WEEKDAY.mean(), rel=0.15)


def test_the_total_of_the_samples_covers_the_true_totals():
    days = calendar(400)
    rng = np.random.default_rng(6)
    shock = np.exp(0.15 * rng.standard_normal(len(days)))
    mean = weekday_factor(days) * shock
    quantity = {f"item {i}": counts(20 * mean, 2.0, i) for i in range(10)}
    total = np.sum(list(quantity.values()), axis=0)[-HORIZON:]
    samples = sample_demand(forecast_demand(sales_of(days, quantity), days, as_of=AS_OF).posterior).quantity.sum(axis=1)
    low, high = np.quantile(samples, [0.01, 0.99], axis=0)
    assert ((total >= low) & (total <= high)).sum() >= HORIZON - 1
    assert (high - low).mean() < 1.2 * total.mean()


@pytest.mark.parametrize(("before", "after"), [(40.0, 20.0), (20.0, 40.0)])
def test_a_restaurant_with_one_item_follows_its_level_too(before, after):
    days = calendar(365)
    level = np.where(np.arange(len(days)) < 365 - 21, before, after)
    sales = sales_of(days, {"covers": counts(level * weekday_factor(days), 1.5, 1)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    assert rows["mean"].mean() == pytest.approx(after * weekday_factor(days)[-HORIZON:].mean(), rel=0.15)


def test_days_of_a_kind_that_scatters_get_wider_intervals():
    days = calendar(500)
    rng = np.random.default_rng(2)
    days["is_event"] = (rng.random(len(days)) < 0.06).astype(int)
    days.loc[days.index[-HORIZON:], "is_event"] = [1, 0] * 7
    unlike = np.where(days["is_event"] == 1, 1.5 * np.exp(0.4 * rng.standard_normal(len(days))), 1.0)
    sales = sales_of(days, {f"item {i}": counts(60 * unlike, 1.5, i) for i in range(4)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    width = ((rows["q0.9"] - rows["q0.1"]) / rows["mean"]).groupby(rows["date"]).mean()
    assert width.iloc[::2].mean() > 1.6 * width.iloc[1::2].mean()


def test_a_category_lends_its_weekdays_to_a_rarely_sold_item():
    days = calendar(300)
    weekend = np.where(days["date"].dt.day_of_week >= 5, 2.5, 0.4)
    quantity = {f"brunch {i}": counts(20 * weekend, 1.5, i) for i in range(4)}
    quantity |= {f"lunch {i}": counts(40 * weekend[::-1].mean() / weekend, 1.5, 10 + i) for i in range(4)}
    quantity["brunch rare"] = np.where(np.arange(len(days)) % 12 == 0, 1.0, 0.0)
    items = pd.DataFrame({"item": list(quantity), "category": [name.split()[0] for name in quantity]})
    rows = forecast_demand(sales_of(days, quantity), days, as_of=AS_OF, items=items).rows
    rare = rows[rows["item"] == "brunch rare"]
    weekend_days = rare["date"].dt.day_of_week >= 5
    assert rare[weekend_days]["mean"].mean() > 2 * rare[~weekend_days]["mean"].mean()


def test_the_effect_of_school_holidays_is_another_at_the_weekend():
    days = calendar(760)
    holidays = (days.index.to_numpy() // 20) % 4 == 0
    holidays[-HORIZON:] = True
    days["is_school_holiday"] = holidays.astype(int)
    is_weekend = days["date"].dt.day_of_week.to_numpy() >= 5
    effect = np.where(is_weekend, 0.8, 1.2)
    mean = weekday_factor(days) * np.where(holidays, effect, 1.0)
    sales = sales_of(days, {f"item {i}": counts(30 * mean, 2.0, i) for i in range(5)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    found = rows["factors"].map(lambda f: next(x["multiplier"] for x in f if x["factor"] == "is_school_holiday"))
    on_weekend = rows["date"].dt.day_of_week >= 5
    assert found[on_weekend].median() == pytest.approx(0.8, rel=0.06)
    assert found[~on_weekend].median() == pytest.approx(1.2, rel=0.06)
    assert rows["mean"].sum() == pytest.approx(150 * mean[-HORIZON:].sum(), rel=0.06)


def test_a_promotion_is_expected_to_do_what_promotions_have_done_of_late():
    days = calendar(1400)
    promo = np.random.default_rng(8).random(len(days)) < 0.1
    promo[-HORIZON:] = True
    effect = np.where(np.arange(len(days)) < 700, 1.9, 1.3)
    pizza = counts(30 * weekday_factor(days) * np.where(promo, effect, 1.0), 2.0, 1)
    sales = sales_of(days, {"pizza": pizza, "pasta": counts(30 * weekday_factor(days), 2.0, 2)})
    item_days = pd.DataFrame({"item": "pizza", "date": days["date"], "is_promo": promo.astype(int)})
    rows = forecast_demand(sales, days, as_of=AS_OF, item_days=item_days).rows
    found = multiplier(rows[rows["item"] == "pizza"].iloc[0], "is_promo")
    assert 1.3 < found < 1.5
