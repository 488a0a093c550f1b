"""Drivers: the table defines the phrase and the effect of each, and a column without a row is a driver too."""

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs import drivers
from flux_pipeline.demand.inputs.drivers import DRIVERS, Driver, driver_columns, driver_of
from flux_pipeline_tests.unit.demand.simulated import AS_OF, calendar, counts, sales_of, weekday_factor


def market_town() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A cafe that sells twice as much on market days; the last day of the horizon is one."""
    days = calendar(300)
    market = np.random.default_rng(3).random(len(days)) < 0.1
    market[-1] = True
    days["is_market"] = market.astype(int)
    mean = 20 * weekday_factor(days) * np.where(market, 2.0, 1.0)
    return sales_of(days, {"coffee": counts(mean, 2.0, 1), "cake": counts(mean / 2, 2.0, 2)}), days


def market_factor(rows: pd.DataFrame) -> dict[str, object]:
    last = rows[(rows["item"] == "coffee") & (rows.date == rows.date.max())].iloc[0]
    return next(factor for factor in last.factors if factor["factor"] == "is_market")


def test_a_column_without_a_row_is_a_driver_named_by_its_column() -> None:
    sales, days = market_town()
    forecast = forecast_demand(sales, days, as_of=AS_OF)
    factor = market_factor(forecast.rows)
    assert factor["multiplier"] == pytest.approx(2.0, rel=0.15)
    assert str(factor["text"]).startswith("Market: ")
    assert {finding.driver: finding.identified for finding in forecast.drivers}["is_market"]


def test_a_row_of_the_table_is_all_that_a_driver_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    market = Driver("is_market", "market on the square", is_single_day=True, has_neighbours=True)
    added = {each.name: each for each in (market, *market.neighbours)}
    monkeypatch.setattr(drivers, "_BY_NAME", drivers._BY_NAME | added)
    sales, days = market_town()
    forecast = forecast_demand(sales, days, as_of=AS_OF)
    assert str(market_factor(forecast.rows)["text"]).startswith("Market on the square: ")
    found = {finding.driver for finding in forecast.drivers}
    assert found >= {"is_market", "is_market_tomorrow", "is_market_yesterday"}


def test_a_column_of_words_says_what_a_driver_is_on_a_day() -> None:
    sales, days = market_town()
    days["is_market_words"] = ["flea market"] * len(days)
    assert str(market_factor(forecast_demand(sales, days, as_of=AS_OF).rows)["text"]).startswith("Flea market: ")
    days.loc[days.index[-1], "is_market_words"] = ""
    assert str(market_factor(forecast_demand(sales, days, as_of=AS_OF).rows)["text"]).startswith("Market: ")


def test_only_a_dose_has_parts() -> None:
    festival, other = driver_of("event:festival"), driver_of("is_market:flea")
    assert (festival.factor, festival.phrase, festival.is_dose) == ("event", "festival", True)
    assert (other.factor, other.is_dose) == ("is_market:flea", False)


def test_each_driver_has_one_row() -> None:
    names = [each.name for row in DRIVERS for each in (row, *row.neighbours)]
    assert len(set(names)) == len(names)
    assert all(driver_of(row.name) is row for row in DRIVERS)


def test_only_columns_of_numbers_and_flags_are_drivers() -> None:
    frame = pd.DataFrame({"has_data": [1], "is_fair": [True], "note": ["x"], "wind_mps": [0.5], "visitors": [3]})
    assert driver_columns(frame) == ["is_fair", "wind_mps", "visitors"]
