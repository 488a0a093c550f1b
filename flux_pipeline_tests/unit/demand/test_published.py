"""Losses of published forecasts: against all actual sales, beside the rule's forecast of that day."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.judging.published import QUANTILES, judge_published
from flux_pipeline.demand.rule.four_weeks import forecast_four_weeks
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, cafe

DAYS = [AS_OF + dt.timedelta(days=n) for n in (1, 3)]
NAMES = dict(zip(["q0.1", "q0.5", "q0.9", "q0.99"], QUANTILES, strict=True))


def publish(sales: pd.DataFrame, days: pd.DataFrame):
    """Return a forecast and its rows on DAYS as the table stores them."""
    forecast = forecast_demand(sales, days, as_of=AS_OF, seed=5)
    rows = forecast.rows.rename(columns={"mean": "predicted_quantity", **NAMES})
    rows = rows.assign(as_of=AS_OF, forecast_date=rows.date.dt.date, is_retrospective=False, algorithm_run_id="run")
    rows = rows.assign(is_sold_out=False)
    return forecast, rows[rows.forecast_date.isin(DAYS)].drop(columns=["date", "factors"])


@pytest.fixture(scope="module")
def scored():
    sales, days = cafe()
    forecast, published = publish(sales, days)
    actuals = pd.DataFrame(
        {"date": [DAYS[0], DAYS[0], DAYS[1]], "item": ["coffee", "brand new", "cake"], "quantity": [50.0, 7.0, 0.0]}
    )
    rows = judge_published(published, actuals, sales, {AS_OF: forecast.posterior}, DemandSettings())
    return forecast, rows.set_index(["menu_item_id", "forecast_date"])


def test_each_item_is_scored_by_its_sales_and_the_day_by_all_sales(scored):
    _, rows = scored
    assert len(rows) == 2 * (3 + 1)
    assert rows.actual_quantity[("coffee", DAYS[0])] == 50
    assert rows.actual_quantity[("soup", DAYS[0])] == 0
    assert rows.loc[[(None, DAYS[0])]].actual_quantity.item() == 57
    assert set(rows.days_ahead) == {1, 3}
    assert set(rows.algorithm_run_id) == {"run"}


def test_the_rule_forecasts_as_it_would_have_on_that_day(scored):
    sales, days = cafe()
    _, rows = scored
    rule = forecast_four_weeks(sales, days, as_of=AS_OF).rows
    expected = rule[(rule["item"] == "coffee") & (rule.date == pd.Timestamp(DAYS[0]))].iloc[0]
    coffee = rows.loc[("coffee", DAYS[0])]
    assert coffee.four_week_quantity == expected["mean"]
    assert coffee.four_week_absolute_error == abs(expected["q0.5"] - 50)
    total = rule[rule.date == pd.Timestamp(DAYS[0])]["mean"].sum()
    assert rows.loc[[(None, DAYS[0])]].four_week_quantity.item() == pytest.approx(total)


def test_the_totals_quantiles_are_those_of_the_samples(scored):
    forecast, rows = scored
    together = np.sort(sample_demand(forecast.posterior).quantity.sum(axis=1)[:, 0])
    total = rows.loc[[(None, DAYS[0])]].iloc[0]
    assert total.p50_quantity in (together[249], together[250])
    of_items = forecast.rows[forecast.rows.date == pd.Timestamp(DAYS[0])]
    assert total.p90_quantity < of_items["q0.9"].sum()
    assert total.predicted_quantity == pytest.approx(of_items["mean"].sum())


def test_without_a_posterior_only_the_items_are_scored():
    sales, days = cafe()
    _, published = publish(sales, days)
    actuals = pd.DataFrame({"date": DAYS[:1], "item": ["coffee"], "quantity": [50.0]})
    rows = judge_published(published, actuals, sales, {}, DemandSettings())
    assert len(rows) == 6 and rows.menu_item_id.notna().all()


def test_sales_after_the_forecast_do_not_help_the_rule():
    sales, days = cafe()
    forecast, published = publish(sales, days)
    later = pd.DataFrame({"item": ["coffee"], "date": [pd.Timestamp(DAYS[0])], "quantity": [9e6]})
    actuals = pd.DataFrame({"date": DAYS[:1], "item": ["coffee"], "quantity": [50.0]})
    one, two = (
        judge_published(published, actuals, known, {AS_OF: forecast.posterior}, DemandSettings())
        for known in (sales, pd.concat([sales, later]))
    )
    pd.testing.assert_frame_equal(one, two)


def test_without_published_rows_there_are_no_losses():
    sales, days = cafe()
    _, published = publish(sales, days)
    assert judge_published(published.head(0), pd.DataFrame(), sales, {}, DemandSettings()).empty


def test_an_item_that_ran_out_is_not_scored_but_the_day_is() -> None:
    sales, days = cafe()
    forecast, published = publish(sales, days)
    published["is_sold_out"] = (published["item"] == "soup") & (published.forecast_date == DAYS[0])
    actuals = pd.DataFrame({"date": DAYS, "item": ["soup", "soup"], "quantity": [2.0, 5.0]})
    rows = judge_published(published, actuals, sales, {AS_OF: forecast.posterior}, DemandSettings())
    assert list(rows[rows.menu_item_id == "soup"].forecast_date) == [DAYS[1]]
    assert len(rows[rows.menu_item_id.isna()]) == 2
