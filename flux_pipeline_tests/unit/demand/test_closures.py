"""Closures: days on which a restaurant is unusually closed move the sales of the days beside them; days off do not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import forecast_demand, parameters_to_share
from flux_pipeline.demand.inputs._closures import closures
from flux_pipeline.demand.inputs.tables import DayTable
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.demand.sharing import priors_of
from flux_pipeline_tests.unit.demand.simulated import AS_OF, calendar, counts, sales_of, weekday_factor

MONDAYS = pd.date_range("2025-01-06", "2025-06-30", freq="W-MON")
EASTER = pd.date_range("2025-04-18", "2025-04-21")


def days_of(first: str, last: str, *closed: str | pd.Timestamp) -> DayTable:
    day = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    is_open = ~np.isin(day, pd.DatetimeIndex(closed).to_numpy().astype("datetime64[D]"))
    return DayTable(day, is_open, np.ones(len(day), dtype=bool), np.full(len(day), "", dtype=object), {}, {})


def found(days: DayTable) -> list[str]:
    return [str(day) for day in days.day[sum(closures(days).values(), np.zeros(len(days.day))) == 1]]


def test_a_closed_day_is_a_closure_on_a_weekday_that_is_usually_open() -> None:
    assert found(days_of("2025-02-01", "2025-06-30", "2025-05-01", "2025-06-09")) == ["2025-05-01", "2025-06-09"]


def test_a_weekly_day_off_is_no_closure() -> None:
    assert found(days_of("2025-01-01", "2025-06-30", *MONDAYS)) == []
    assert found(days_of("2025-01-01", "2025-06-30", *MONDAYS, "2025-05-01")) == ["2025-05-01"]


def test_a_new_day_off_is_usual_after_four_weeks() -> None:
    assert found(days_of("2024-10-01", "2025-06-30", *MONDAYS)) == [str(day.date()) for day in MONDAYS[:4]]


def test_in_the_first_two_weeks_only_holidays_are_closures() -> None:
    days = days_of("2025-05-01", "2025-06-30", "2025-05-13", "2025-05-14", "2025-05-15")
    assert found(days) == ["2025-05-15"]
    is_holiday = (days.day == np.datetime64("2025-05-13")).astype(float)
    assert found(replace(days, drivers={"is_holiday": is_holiday})) == ["2025-05-13", "2025-05-15"]


def test_weeks_count_from_the_first_open_day() -> None:
    before_it_opened = pd.date_range("2025-01-01", "2025-04-30")
    assert found(days_of("2025-01-01", "2025-06-30", *before_it_opened, "2025-05-08", "2025-05-20")) == ["2025-05-20"]
    assert found(days_of("2025-01-01", "2025-01-31", *pd.date_range("2025-01-01", "2025-01-31"))) == []


def test_a_day_that_is_not_uploaded_is_no_closure() -> None:
    days = days_of("2025-02-01", "2025-06-30", "2025-05-01", "2025-06-11")
    assert found(replace(days, has_data=days.day != np.datetime64("2025-06-11"))) == ["2025-05-01"]


def test_the_days_of_easter_are_none() -> None:
    assert found(days_of("2025-02-01", "2025-06-30", *EASTER, "2025-05-01")) == ["2025-05-01"]


def test_a_day_without_a_row_is_no_closure() -> None:
    every = days_of("2025-02-01", "2025-06-30", "2025-05-01")
    kept = every.day != np.datetime64("2025-05-01")
    columns = (every.day, every.is_open, every.has_data, every.closed_reason)
    assert found(DayTable(*(column[kept] for column in columns), {}, {})) == []


def test_closed_holidays_are_separate_from_other_closed_days() -> None:
    days = days_of("2025-02-01", "2025-06-30", "2025-05-01", "2025-06-11")
    is_holiday = np.isin(days.day, np.array(["2025-05-01", "2025-05-29"], dtype="datetime64[D]")).astype(float)
    of_days = closures(replace(days, drivers={"is_holiday": is_holiday}))
    assert [str(day) for day in days.day[of_days["is_closed_holiday"] == 1]] == ["2025-05-01"]
    assert [str(day) for day in days.day[of_days["is_closed"] == 1]] == ["2025-06-11"]


def bakery() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A bakery with Mondays off that sells 1.4 times as much before and 1.2 times after a closure; one is ahead."""
    days = calendar(500)
    weekday = days["date"].dt.day_of_week
    shut = np.zeros(len(days), dtype=bool)
    shut[60:490:33] = shut[[-10]] = True
    shut &= (weekday != 0).to_numpy()
    before, after = np.roll(shut, -1), np.roll(shut, 1)
    days["is_open"] = ~shut & (weekday != 0)
    days["closed_reason"] = np.where(days["is_open"], "", "closed")
    mean = 40 * weekday_factor(days) * np.where(before, 1.4, np.where(after, 1.2, 1.0)) * days["is_open"]
    quantity = {name: counts(np.maximum(mean, 0.01), 1.5, seed) * days["is_open"] for seed, name in enumerate("ab")}
    assert shut.sum() > 10
    return sales_of(days, quantity), days


def factors_on(rows: pd.DataFrame, date: pd.Timestamp) -> dict[str, float]:
    row = rows[(rows["item"] == "a") & (rows["date"] == date)].iloc[0]
    return {factor["factor"]: factor.get("multiplier", 1.0) for factor in row.factors}


def test_the_days_beside_a_closure_have_an_effect_of_their_own() -> None:
    sales, days = bakery()
    forecast = forecast_demand(sales, days, as_of=AS_OF)
    closure = days["date"].iloc[-10]
    before, after = closure - pd.Timedelta(days=1), closure + pd.Timedelta(days=1)
    assert factors_on(forecast.rows, before)["is_closed_tomorrow"] == pytest.approx(1.4, rel=0.1)
    assert factors_on(forecast.rows, after)["is_closed_yesterday"] == pytest.approx(1.2, rel=0.1)
    line = forecast.rows.loc[forecast.rows["date"] == before, "logic_trigger"].iloc[0]
    assert "day before a closed day 1." in line
    identified = {finding.driver: finding.identified for finding in forecast.drivers}
    assert identified["is_closed_tomorrow"]
    assert "is_closed" not in identified


def test_the_days_beside_a_weekly_day_off_have_none() -> None:
    sales, days = bakery()
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    closure = days["date"].iloc[-10]
    others = rows[(rows["item"] == "a") & (abs((rows["date"] - closure).dt.days) > 1)]
    assert not any(factor["factor"].startswith("is_closed") for row in others.factors for factor in row)


def test_a_closure_on_the_day_after_the_horizon_counts() -> None:
    sales, days = bakery()
    closure = days["date"].iloc[-10]
    until_the_day_before = DemandSettings(forecast_horizon_days=(closure - pd.Timestamp(AS_OF)).days - 1)
    rows = forecast_demand(sales, days, as_of=AS_OF, settings=until_the_day_before).rows
    assert rows["date"].max() == closure - pd.Timedelta(days=1)
    assert "is_closed_tomorrow" in factors_on(rows, rows["date"].max())


def test_a_closure_that_is_not_announced_has_no_effect_before_it() -> None:
    sales, days = bakery()
    days.loc[days.index[-10], ["is_open", "closed_reason"]] = [True, ""]
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    assert "is_closed_tomorrow" not in factors_on(rows, days["date"].iloc[-11])


def test_a_holiday_on_which_it_is_closed_moves_the_day_before_in_another_way_than_one_on_which_it_is_open() -> None:
    sales, days = bakery()
    is_open_holiday = np.zeros(len(days), dtype=bool)
    is_open_holiday[75:490:33] = is_open_holiday[[-4]] = True
    days["is_holiday"] = (is_open_holiday & days["is_open"]) | (~days["is_open"] & (days["date"].dt.day_of_week != 0))
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    before_closed, before_open = (factors_on(rows, days["date"].iloc[at]) for at in (-11, -5))
    assert before_closed["is_closed_holiday_tomorrow"] == pytest.approx(1.4, rel=0.1)
    assert "is_holiday_tomorrow" not in before_closed
    assert before_open.get("is_holiday_tomorrow", 1.0) == pytest.approx(1.0, abs=0.1)


def test_a_column_named_as_these_drivers_is_no_driver() -> None:
    sales, days = bakery()
    named = days.assign(is_closed=(~days["is_open"]).astype(int), is_closed_holiday=0)
    rows, again = (forecast_demand(sales, each, as_of=AS_OF).rows for each in (days, named))
    pd.testing.assert_frame_equal(rows, again)


def test_a_newcomer_has_the_usual_effect_beside_a_closed_holiday() -> None:
    days = calendar(0).assign(is_holiday=0)
    days.loc[days.index[5], ["is_holiday", "is_open"]] = [1, False]
    shared = pd.DataFrame(
        {"country": "DE", "category": "", "parameter": ["is_closed_holiday_tomorrow"], "mean": 0.3, "sd": 0.1,
         "restaurant_count": 34}
    )  # fmt: skip
    no_sales = pd.DataFrame({"item": [], "date": pd.to_datetime([]), "quantity": []})
    items = pd.DataFrame({"item": ["a"]})
    rows = forecast_demand(no_sales, days, as_of=AS_OF, items=items, priors=priors_of(shared, "DE")).rows
    assert rows["mean"].iloc[4] == pytest.approx(rows["mean"].iloc[2] * np.exp(0.3), rel=0.01)
    assert rows["mean"].iloc[6] == pytest.approx(rows["mean"].iloc[2], rel=0.01)


def test_the_effect_beside_a_closed_holiday_is_shared() -> None:
    sales, days = bakery()
    days["is_holiday"] = ~days["is_open"] & (days["date"].dt.day_of_week != 0)
    found = parameters_to_share(sales, days, as_of=AS_OF).query("category == ''").set_index("parameter")["value"]
    assert found["is_closed_holiday_tomorrow"] == pytest.approx(np.log(1.4), abs=0.1)
    assert found["is_closed_holiday_yesterday"] == pytest.approx(np.log(1.2), abs=0.1)
    assert "is_closed_tomorrow" not in found
