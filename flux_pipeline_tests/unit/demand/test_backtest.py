"""Backtests: the days to forecast from, the days that are compared, no use of later data, and correct sums."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.judging._reliability import LEVELS
from flux_pipeline.demand.judging.backtest import (
    Backtest,
    KnownThen,
    backtest_demand,
    backtest_origins,
)
from flux_pipeline.demand.rule.four_weeks import forecast_four_weeks
from flux_pipeline.demand.settings import BacktestSettings, DemandSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, cafe

WEEK = dt.timedelta(days=7)
SETTINGS = DemandSettings()
ORIGINS = [AS_OF - 2 * WEEK - n * WEEK for n in (1, 0)]


def known(sales: pd.DataFrame, days: pd.DataFrame, origin: dt.date) -> KnownThen:
    until = pd.Timestamp(origin)
    past = days[days.date <= until + pd.Timedelta(days=14)]
    return KnownThen(sales[sales.date <= until], past, seed=origin.toordinal())


@pytest.fixture(scope="module")
def backtest() -> Backtest:
    sales, days = cafe()
    # One day on which nothing was sold: closed, or no upload.
    sales = sales[sales.date != pd.Timestamp(AS_OF) - pd.Timedelta(days=3)]
    return backtest_demand(
        lambda origin: known(sales, days, origin), sales, origins=ORIGINS, settings=SETTINGS,
        sales_known="as corrected since",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "weeks", "expected"),
    [
        (200, 3, [AS_OF - dt.timedelta(days=14 + 7 * n) for n in (2, 1, 0)]),
        (77, 8, [AS_OF - dt.timedelta(days=14 + 7 * n) for n in (1, 0)]),
        (70, 8, [AS_OF - dt.timedelta(days=14)]),
        (69, 8, []),
        (0, 8, []),
    ],
    ids=["as many as requested", "fewer if history is short", "one", "none", "no sale at all"],
)
def test_origins_are_a_week_apart_with_their_horizon_past_and_history_before(days, weeks, expected):
    sold_on = pd.date_range(end=AS_OF, periods=days)
    assert backtest_origins(sold_on, 14, BacktestSettings(backtest_weeks=weeks)) == expected


def test_each_item_is_compared_on_each_open_day_and_never_on_a_day_without_sales(backtest):
    assert backtest.items.groupby(["origin", "item"]).size().to_dict() == {
        (pd.Timestamp(origin), item): 14 - (origin == ORIGINS[1])
        for origin in ORIGINS
        for item in ("cake", "coffee", "soup")
    }
    assert pd.Timestamp(AS_OF) - pd.Timedelta(days=3) not in set(backtest.totals.date)
    assert backtest.last_day == AS_OF
    assert set(backtest.items.days_ahead) == set(range(1, 15))


def test_losses_are_those_of_forecasts_from_the_origins(backtest):
    sales, days = cafe()
    sales = sales[sales.date != pd.Timestamp(AS_OF) - pd.Timedelta(days=3)]
    then = known(sales, days, ORIGINS[0])
    rows = backtest.items[backtest.items.origin == pd.Timestamp(ORIGINS[0])].set_index(["item", "date"])
    for forecaster, prefix in ((forecast_demand, ""), (forecast_four_weeks, "four_week_")):
        forecast = forecaster(then.sales, then.days, as_of=ORIGINS[0], settings=SETTINGS, seed=then.seed).rows
        forecast = forecast.set_index(["item", "date"]).loc[rows.index]
        np.testing.assert_allclose(rows[f"{prefix}error"], forecast["mean"] - rows.actual_quantity)
        np.testing.assert_allclose(rows[f"{prefix}absolute_error"], (forecast["q0.5"] - rows.actual_quantity).abs())


def test_the_total_is_the_sum_of_the_items_with_quantiles_of_its_own(backtest):
    of_items = backtest.items.groupby(["origin", "date"])[["actual_quantity", "error"]].sum().reset_index()
    pd.testing.assert_frame_equal(of_items, backtest.totals[list(of_items)], check_dtype=False)
    summed = backtest.items.groupby(["origin", "date"]).pinball_loss.sum().to_numpy()
    assert (backtest.totals.pinball_loss.to_numpy() < summed).mean() > 0.8


def test_nothing_later_than_an_origin_changes_its_forecast(backtest):
    sales, days = cafe()
    sales = sales[sales.date != pd.Timestamp(AS_OF) - pd.Timedelta(days=3)]
    origins: list[dt.date] = []

    def leaky(origin: dt.date) -> KnownThen:
        origins.append(origin)
        then = known(sales, days, origin)
        return KnownThen(sales, then.days, seed=then.seed)

    again = backtest_demand(leaky, sales, origins=ORIGINS, settings=SETTINGS, sales_known="as known then")
    pd.testing.assert_frame_equal(again.items, backtest.items)
    assert origins == ORIGINS
    assert again.as_metadata()["sales_known"] == "as known then"


def test_there_are_measures_of_all_items_of_the_total_and_of_each_item(backtest):
    measures = backtest.measures()
    assert measures.scope.tolist() == ["items", "total", "item", "item", "item"]
    assert measures["item"].tolist()[2:] == ["cake", "coffee", "soup"]
    assert measures.row_count.tolist() == [81, 27, 27, 27, 27]
    sold = measures.actual_quantity
    assert sold[0] == sold[1] == pytest.approx(sold[2:].sum())
    assert measures.wape.between(0, 1).all() and measures.skill.notna().all()


def test_reliability_has_shares_for_the_items_and_for_the_total(backtest):
    assert set(backtest.reliability) == {"items", "total"}
    for shares in backtest.reliability.values():
        assert shares.nominal.tolist() == list(LEVELS)
        assert (shares.observed_low <= shares.observed_high).all()


def test_metadata_are_plain_values(backtest):
    metadata = json.loads(json.dumps(backtest.as_metadata()))
    assert metadata["origins"] == [origin.isoformat() for origin in ORIGINS]
    assert metadata["forecasts_judged"] == 81
    assert metadata["total_actual_quantity"] == metadata["actual_quantity"]
