"""The four-week rule: its mean by hand, the days that it skips, and quantiles with the promised coverage."""

import json

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.posterior import DemandPosterior, sample_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.rule.four_weeks import RULE_NAME, forecast_four_weeks
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON, cafe, calendar, counts, sales_of, weekday_factor

TODAY = pd.Timestamp(AS_OF)  # a Sunday
FRIDAY = TODAY + pd.Timedelta(days=5)
QUANTILES = ["q0.1", "q0.5", "q0.9", "q0.99"]


def on(days: pd.DataFrame, sold: dict[int, float], usual: float = 20.0) -> np.ndarray:
    """Return the quantity of every day: `sold` on Fridays, by weeks before the coming Friday, else `usual`."""
    quantity = np.full(len(days), usual)
    for weeks, value in sold.items():
        quantity[days.date == FRIDAY - pd.Timedelta(weeks=weeks)] = value
    return quantity


def row_of(rows: pd.DataFrame, item: str, date: pd.Timestamp) -> pd.Series:
    return rows[(rows["item"] == item) & (rows.date == date)].iloc[0]


def test_the_mean_is_that_of_the_last_four_same_weekdays():
    days = calendar(100)
    sales = sales_of(days, {"soup": on(days, {1: 9, 2: 14, 3: 15, 4: 12, 5: 900})})
    rows = forecast_four_weeks(sales, days, as_of=AS_OF).rows
    friday = row_of(rows, "soup", FRIDAY)
    assert friday["mean"] == 12.5
    assert friday.logic_trigger == "average of the last four Fridays (12, 15, 14, 9)"
    assert friday.factors == [
        {"factor": "baseline", "value": 12.5, "text": "Average of the last four Fridays (12, 15, 14, 9): 12.5."}
    ]
    assert row_of(rows, "soup", FRIDAY + pd.Timedelta(weeks=1))["mean"] == 12.5
    assert row_of(rows, "soup", FRIDAY + pd.Timedelta(days=1))["mean"] == 20.0
    assert set(rows.model_name) == {RULE_NAME}


def test_a_week_without_an_upload_or_closed_is_skipped():
    days = calendar(100)
    days["has_data"] = True
    days.loc[days.date == FRIDAY - pd.Timedelta(weeks=1), "has_data"] = False
    days.loc[days.date == FRIDAY - pd.Timedelta(weeks=3), "is_open"] = False
    quantity = {"soup": on(days, {1: 0, 2: 10, 3: 0, 4: 20, 5: 30, 6: 40}), "tea": on(days, {1: 0, 3: 0})}
    rows = forecast_four_weeks(sales_of(days, quantity), days, as_of=AS_OF).rows
    assert row_of(rows, "soup", FRIDAY)["mean"] == 25.0


def test_a_day_on_which_an_open_restaurant_sold_none_counts_as_zero():
    days = calendar(100)
    sales = sales_of(days, {"soup": on(days, {1: 0, 2: 8, 3: 0, 4: 4}), "tea": on(days, {})})
    assert row_of(forecast_four_weeks(sales, days, as_of=AS_OF).rows, "soup", FRIDAY)["mean"] == 3.0


def test_a_young_item_has_the_days_since_its_first_sale():
    days = calendar(100)
    young = np.where(days.date >= FRIDAY - pd.Timedelta(weeks=2), 8.0, 0.0)
    younger = np.where(days.date >= TODAY - pd.Timedelta(days=1), 6.0, 0.0)
    sales = sales_of(days, {"soup": young, "pie": younger, "tea": on(days, {})})
    items = pd.DataFrame({"item": ["soup", "pie", "tea", "new"]})
    rows = forecast_four_weeks(sales, days, as_of=AS_OF, items=items).rows
    soup, pie, new = (row_of(rows, item, FRIDAY) for item in ("soup", "pie", "new"))
    assert (soup["mean"], soup.logic_trigger) == (8.0, "average of the last two Fridays (8, 8)")
    assert (pie["mean"], pie.logic_trigger) == (6.0, "average of its last four weeks, no Friday yet")
    assert new.logic_trigger == "never sold yet: what such items sell" and 3 < new["mean"] < 20
    assert soup.confidence_score > pie.confidence_score > new.confidence_score == 0


def test_without_any_sale_the_setting_is_the_expected_level():
    none = pd.DataFrame({"item": pd.Series(dtype=object), "date": pd.Series(dtype="datetime64[s]"), "quantity": []})
    items = pd.DataFrame({"item": ["soup"]})
    none = none.astype({"quantity": float})
    forecast = forecast_four_weeks(none, calendar(30), as_of=AS_OF, items=items)
    assert set(forecast.rows["mean"]) == {DemandSettings().forecast_cold_start_mean}
    assert (forecast.rows["q0.1"] < forecast.rows["q0.9"]).all()
    assert forecast.as_metadata()["evidence_days"] == 0


def test_a_closed_day_is_zero_with_its_reason():
    sales, days = cafe()
    days["closed_reason"] = ""
    shut = days.date == FRIDAY
    days.loc[shut, ["is_open", "closed_reason"]] = [False, "stocktaking"]
    rows = forecast_four_weeks(sales, days, as_of=AS_OF).rows
    closed = rows[rows.date == FRIDAY]
    assert (closed[["mean", *QUANTILES]] == 0).all(axis=None)
    assert set(closed.logic_trigger) == {"closed: stocktaking"}


def test_the_line_contains_why_the_rule_is_published():
    sales, days = cafe()
    rows = forecast_four_weeks(sales, days, as_of=AS_OF, because="nearer than the model lately").rows
    assert rows.logic_trigger.str.endswith("), nearer than the model lately").all()


def test_the_rule_returns_the_same_columns_and_metadata_as_the_model():
    sales, days = cafe()
    ours, models = (f(sales, days, as_of=AS_OF, seed=3) for f in (forecast_four_weeks, forecast_demand))
    assert list(ours.rows.columns) == list(models.rows.columns)
    assert ours.rows[["item", "date"]].equals(models.rows[["item", "date"]])
    assert ours.rows.dtypes.to_dict() == models.rows.dtypes.to_dict()
    assert set(ours.as_metadata()) == set(models.as_metadata())
    assert json.loads(json.dumps(ours.as_metadata())) == ours.as_metadata()


def test_drivers_and_later_data_change_nothing():
    sales, days = cafe()
    first = forecast_four_weeks(sales, days, as_of=AS_OF, seed=3)
    later = pd.DataFrame({"item": ["coffee"], "date": [FRIDAY], "quantity": [9e9]})
    again = forecast_four_weeks(
        pd.concat([sales, later]), days.drop(columns=["is_holiday", "precipitation_mm"]), as_of=AS_OF, seed=3
    )
    pd.testing.assert_frame_equal(first.rows, again.rows)
    assert first.posterior == again.posterior


def test_quantiles_are_whole_monotone_and_those_of_the_samples():
    sales, days = cafe()
    forecast = forecast_four_weeks(sales, days, as_of=AS_OF, settings=DemandSettings(forecast_draws=10_000), seed=1)
    values = forecast.rows[QUANTILES].to_numpy()
    assert (np.diff(values, axis=1) >= 0).all() and (values[:, 0] < values[:, 3]).all()
    assert (values == np.rint(values)).all()
    stored = DemandPosterior.from_json(json.loads(json.dumps(forecast.posterior.to_json())))
    samples = sample_demand(stored).quantity
    assert samples.shape == (10_000, 3, HORIZON)
    for q in (0.1, 0.5, 0.9, 0.99):
        level = forecast.rows[f"q{q}"].to_numpy().reshape(3, HORIZON)
        assert ((samples <= level).mean(axis=0) >= q - 0.02).all()
        assert ((samples < level).mean(axis=0) <= q + 0.02).all()


@pytest.mark.parametrize("phi", [0.5, 1.0, 4.0])
def test_the_band_holds_four_days_in_five_whatever_the_spread(phi):
    days = calendar(200)
    inside, past = [], days.date <= TODAY
    for seed in range(12):
        sold = counts(30 * weekday_factor(days), phi, seed)
        rows = forecast_four_weeks(sales_of(days, {"soup": sold}), days, as_of=AS_OF).rows
        actual = sold[~past.to_numpy()]
        inside += list((rows["q0.1"].to_numpy() <= actual) & (actual <= rows["q0.9"].to_numpy()))
    assert 0.74 <= np.mean(inside) <= 0.93


def test_a_shock_shared_by_all_items_widens_the_totals_band():
    days = calendar(300)
    rng = np.random.default_rng(4)
    shock = np.exp(0.3 * rng.standard_normal(len(days)) - 0.045)
    spread = {}
    for name, factor in (("together", shock), ("apart", np.ones(len(days)))):
        sales = sales_of(days, {f"item {i}": counts(40 * factor, 1.5, i) for i in range(8)})
        samples = sample_demand(forecast_four_weeks(sales, days, as_of=AS_OF).posterior).quantity
        spread[name] = samples.sum(axis=1).std(axis=0)
    assert (spread["together"] > 2.5 * spread["apart"]).all()


def test_goods_by_weight_keep_their_unit():
    days = calendar(120)
    sales = sales_of(days, {"ham": np.random.default_rng(5).poisson(9, len(days)) * 0.25})
    rows = forecast_four_weeks(sales, days, as_of=AS_OF).rows
    assert (rows[QUANTILES].to_numpy() / 0.25 == np.rint(rows[QUANTILES].to_numpy() / 0.25)).all()
