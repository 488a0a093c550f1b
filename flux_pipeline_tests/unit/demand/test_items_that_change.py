"""Items that run out, return each year, get dearer, are renamed or stop: forecasts against simulated truth."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import ThreadpoolController

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON, calendar, counts, sales_of, weekday_factor

OTHERS = 4


def others(days: pd.DataFrame) -> dict[str, np.ndarray]:
    return {f"item {i}": counts(25 * weekday_factor(days), 2.0, i) for i in range(OTHERS)}


def mean_of(rows: pd.DataFrame, item: str) -> np.ndarray:
    return rows[rows["item"] == item]["mean"].to_numpy()


@pytest.mark.parametrize("stock", [30, 24, 20])
def test_an_item_that_ran_out_is_forecast_at_its_true_demand(stock: int) -> None:
    days = calendar(300)
    wanted = counts(20 * weekday_factor(days), 2.0, 5)
    sold = {"soup": np.minimum(wanted, stock)} | others(days)
    ran_out = pd.DataFrame({"item": "soup", "date": days["date"], "is_sold_out": (wanted >= stock).astype(int)})
    truth = 20 * weekday_factor(days)[-HORIZON:].mean()
    censored = forecast_demand(sales_of(days, sold), days, as_of=AS_OF, item_days=ran_out)
    uncensored = forecast_demand(sales_of(days, sold), days, as_of=AS_OF)
    assert mean_of(censored.rows, "soup").mean() == pytest.approx(truth, rel=0.06)
    assert mean_of(uncensored.rows, "soup").mean() < mean_of(censored.rows, "soup").mean() - 0.4
    assert censored.as_metadata()["item_days_sold_out"] == int((wanted[:-HORIZON] >= stock).sum())
    width = (censored.rows["q0.9"] - censored.rows["q0.1"])[censored.rows["item"] == "soup"].mean()
    assert width == pytest.approx(2 * 1.2816 * np.sqrt(2.0 * truth), rel=0.25)


def test_an_item_that_ran_out_before_its_first_sale_of_the_day_is_not_a_zero() -> None:
    days = calendar(200)
    sold = counts(np.full(len(days), 10.0), 1.5, 3)
    gone = np.arange(len(days)) >= 186
    ran_out = pd.DataFrame({"item": "cake", "date": days["date"], "is_sold_out": gone.astype(int)})
    sales = sales_of(days, {"cake": np.where(gone, 0.0, sold)} | others(days))
    rows = forecast_demand(sales, days, as_of=AS_OF, item_days=ran_out).rows
    assert mean_of(rows, "cake").mean() == pytest.approx(10.0, rel=0.15)


def seasonal(days: pd.DataFrame, begins: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return sales and true means of an item sold 36 days a year, this year from `begins` days after AS_OF."""
    on = np.zeros(len(days), dtype=bool)
    for year in range(4):
        first = pd.Timestamp(AS_OF) + pd.Timedelta(days=begins - 364 * year)
        on |= ((days["date"] >= first) & (days["date"] < first + pd.Timedelta(days=36))).to_numpy()
    stollen = counts(20 * weekday_factor(days), 2.0, 77) * on
    return sales_of(days, {"stollen": stollen} | others(days)), (20 * weekday_factor(days) * on)[-HORIZON:]


def test_a_seasonal_item_is_expected_back_when_it_has_come_back_before() -> None:
    days = calendar(800)
    sales, truth = seasonal(days, begins=4)
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    found = mean_of(rows, "stollen")
    assert found[5:].mean() == pytest.approx(truth[5:].mean(), rel=0.25)
    assert found[0] < 0.4 * truth[5:].mean()
    assert "its own season" in rows[rows["item"] == "stollen"]["logic_trigger"].iloc[1]


def test_the_first_return_of_a_seasonal_item_is_considered_possible() -> None:
    days = calendar(420)
    sales, truth = seasonal(days, begins=4)
    stollen = forecast_demand(sales, days, as_of=AS_OF).rows.query("item == 'stollen'")
    assert 0.25 * truth[5:].mean() < stollen["mean"].to_numpy()[5:].mean() < 0.75 * truth[5:].mean()
    assert (stollen["q0.9"].to_numpy()[5:] >= truth[5:]).mean() > 0.6


def test_a_seasonal_item_ends_when_it_ended_before() -> None:
    days = calendar(800)
    sales, _ = seasonal(days, begins=-33)
    assert mean_of(forecast_demand(sales, days, as_of=AS_OF).rows, "stollen")[6:].max() < 0.5


@pytest.mark.parametrize("ago", [20, 60])
def test_an_item_taken_off_the_menu_does_not_return_because_it_was_sold_last_year(ago: int) -> None:
    days = calendar(500)
    gone = np.arange(len(days)) >= 500 - ago
    sales = sales_of(days, {"gone": counts(20 * weekday_factor(days), 2.0, 7) * ~gone} | others(days))
    assert mean_of(forecast_demand(sales, days, as_of=AS_OF).rows, "gone").max() < 1.0


def test_a_price_rise_lowers_demand_from_its_first_day() -> None:
    days = calendar(500)
    rng = np.random.default_rng(3)
    # Prices of twenty items rose by some 15 % on days of their own; the last item's rises tomorrow.
    change = rng.integers(100, 400, 20)
    ratio = np.ones((len(days), 21))
    for item, day in enumerate(change):
        ratio[day : day + 40, item] = 1.15
    ratio[500:, 20] = 1.15
    quantity = {f"item {i:02d}": counts(30 * weekday_factor(days) * ratio[:, i] ** -1.5, 2.0, i) for i in range(21)}
    prices = pd.DataFrame(
        {
            "item": np.repeat(list(quantity), len(days)),
            "date": np.tile(days["date"], 21),
            "price_ratio": ratio.T.ravel(),
        }
    )
    forecast = forecast_demand(sales_of(days, quantity), days, as_of=AS_OF, item_days=prices)
    dearer, same = (mean_of(forecast.rows, f"item {i}").mean() for i in (20, 19))
    assert dearer / same == pytest.approx(1.15**-1.5, rel=0.1)
    elasticity = next(d for d in forecast.drivers if d.driver == "price_ratio")
    assert np.log2(elasticity.multiplier) == pytest.approx(-1.5, abs=0.3)
    assert elasticity.identified


def test_a_price_that_never_moved_is_not_identified_and_changes_nothing() -> None:
    days = calendar(200)
    sales = sales_of(days, others(days))
    prices = pd.DataFrame({"item": "item 0", "date": days["date"], "price_ratio": 1.0})
    with_prices = forecast_demand(sales, days, as_of=AS_OF, item_days=prices)
    pd.testing.assert_series_equal(with_prices.rows["mean"], forecast_demand(sales, days, as_of=AS_OF).rows["mean"])
    assert not with_prices.drivers[-1].identified


def test_a_renamed_item_that_nobody_merged_is_at_its_level_within_two_weeks() -> None:
    days = calendar(300)
    renamed = np.arange(len(days)) >= 300 - 14
    cola = counts(30 * weekday_factor(days), 2.0, 8)
    sales = sales_of(days, {"cola": cola * ~renamed, "cola 0.3 l": cola * renamed} | others(days))
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    truth = 30 * weekday_factor(days)[-HORIZON:].mean()
    assert mean_of(rows, "cola 0.3 l").mean() == pytest.approx(truth, rel=0.15)
    assert mean_of(rows, "cola").mean() < 0.1 * truth


def test_a_driver_seen_once_is_reported_as_not_identified() -> None:
    days = calendar(300)
    flag = np.zeros(len(days), dtype=int)
    flag[[150, -3]] = 1
    mean = 25 * weekday_factor(days) * np.where(flag == 1, 1.6, 1.0)
    sales = sales_of(days.assign(is_event=flag), {f"item {i}": counts(mean, 2.0, i) for i in range(4)})
    forecast = forecast_demand(sales, days.assign(is_event=flag), as_of=AS_OF)
    event = forecast.as_metadata()["drivers"]["is_event"]
    assert event["status"] == "not_identified"
    assert event["days"] == 1
    assert event["low"] < event["multiplier"] < event["high"]
    factor = next(f for f in forecast.rows["factors"].iloc[HORIZON - 3] if f["factor"] == "is_event")
    assert factor["identified"] is False
    assert "too few such days" in factor["text"]


def test_a_noisy_driver_without_effect_is_identified_as_having_none() -> None:
    days = calendar(400)
    days["temperature_c"] = np.random.default_rng(1).normal(15, 6, len(days))
    forecast = forecast_demand(sales_of(days, others(days)), days, as_of=AS_OF)
    finding = next(d for d in forecast.drivers if d.driver == "temperature_c")
    assert finding.identified
    assert finding.multiplier == pytest.approx(1.0, abs=0.03)


def test_confidence_ranks_the_errors_of_the_next_fortnight() -> None:
    days = calendar(300)
    rng = np.random.default_rng(5)
    quantity = {}
    for i in range(160):
        level, phi = np.exp(rng.normal(1.5, 1.5)), 1.1 + rng.gamma(1.0, 2.0)
        there = np.arange(len(days)) >= rng.integers(0, 280)
        quantity[f"item {i:03d}"] = counts(level * weekday_factor(days), phi, 100 + i) * there
    gone = np.arange(len(days)) < 270
    quantity |= {f"gone {i}": counts(np.full(len(days), 9.0), 2.0, i) * gone for i in range(5)}
    sales = sales_of(days, quantity)
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    actual = pd.DataFrame(quantity, index=days["date"]).iloc[-HORIZON:].T
    error = (rows.pivot(index="item", columns="date", values="mean") - actual).abs().mean(axis=1)
    usual = sales.groupby("item")["quantity"].mean()
    score = rows.groupby("item")["confidence_score"].first()
    scaled = (error / usual).loc[score.index]
    assert score.corr(-scaled, method="spearman") > 0.3
    assert score["gone 0"] > score.median()


def test_the_forecast_is_the_same_on_one_thread_and_on_many() -> None:
    days = calendar(400)
    sales = sales_of(days, {f"item {i}": counts(20 * weekday_factor(days), 2.0, i) for i in range(30)})
    forecast = []
    for count in (1, 2):
        with ThreadpoolController().limit(limits=count, user_api="blas"):
            forecast.append(forecast_demand(sales, days, as_of=AS_OF).rows["mean"].to_numpy().tobytes())
    assert forecast[0] == forecast[1]
