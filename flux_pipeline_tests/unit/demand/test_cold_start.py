"""Little history, none, gaps and ends: the forecast remains sensible and shows its low confidence."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.forecast import forecast_demand
from flux_pipeline.demand.inputs.panel import build_panel
from flux_pipeline.demand.inputs.tables import take_apart
from flux_pipeline.demand.model._level import fit_levels
from flux_pipeline.demand.model.exposures.design import build_design
from flux_pipeline.demand.model.exposures.exposure import usual_exposures
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, calendar, counts, sales_of, weekday_factor

NO_SALES = pd.DataFrame(
    {"item": pd.Series(dtype=object), "date": pd.Series(dtype="datetime64[s]"), "quantity": pd.Series(dtype=float)}
)


def test_a_restaurant_without_history_gets_the_prior():
    items = pd.DataFrame({"item": ["a", "b"], "category": ["x", None]})
    forecast = forecast_demand(NO_SALES, calendar(0), as_of=AS_OF, items=items)
    assert forecast.rows["mean"].tolist() == [4.0] * 28
    assert (forecast.rows["q0.99"] > forecast.rows["q0.5"]).all()
    assert (forecast.rows["confidence_score"] == 0).all()
    assert set(forecast.rows["logic_trigger"]) == {"no history"}
    assert sample_demand(forecast.posterior).quantity.shape == (500, 2, 14)


def test_the_prior_is_a_setting():
    settings = DemandSettings(forecast_cold_start_mean=12.0)
    rows = forecast_demand(
        NO_SALES, calendar(0), as_of=AS_OF, items=pd.DataFrame({"item": ["a"]}), settings=settings
    ).rows
    assert (rows["mean"] == 12.0).all()


def test_no_items_at_all_is_an_empty_forecast():
    forecast = forecast_demand(NO_SALES, calendar(0), as_of=AS_OF)
    assert len(forecast.rows) == 0
    assert forecast.as_metadata()["items"] == 0
    assert sample_demand(forecast.posterior).quantity.shape == (500, 0, 14)


def test_a_new_item_starts_at_the_level_of_its_category():
    days = calendar(200)
    quantity = {f"drink {i}": counts(np.full(len(days), 50.0), 2.0, i) for i in range(5)}
    quantity |= {f"side {i}": counts(np.full(len(days), 3.0), 1.5, 10 + i) for i in range(5)}
    names = [*quantity, "new drink", "new side"]
    items = pd.DataFrame({"item": names, "category": [n.split()[-2 if n.startswith("new") else 0] for n in names]})
    items.loc[items["item"].str.startswith("new"), "category"] = ["drink", "side"]
    rows = forecast_demand(sales_of(days, quantity), days, as_of=AS_OF, items=items).rows
    mean = rows.groupby("item")["mean"].mean()
    assert 25 < mean["new drink"] < 60
    assert 2 < mean["new side"] < 6
    relative = rows.assign(width=(rows["q0.9"] - rows["q0.1"]) / rows["mean"]).groupby("item")["width"].mean()
    assert relative["new drink"] > 2 * relative["drink 1"]
    assert rows[rows["item"] == "new drink"]["logic_trigger"].str.endswith("no history").all()


@pytest.mark.parametrize("history", [1, 2, 5, 9, 20])
def test_a_few_days_of_history_are_enough_for_a_sensible_level(history):
    days = calendar(history)
    sales = sales_of(days, {f"item {i}": counts(np.full(len(days), 30.0), 1.0, i) for i in range(3)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    assert rows["mean"].between(15, 60).all()
    assert (
        rows["logic_trigger"].str.endswith("1 day of history" if history == 1 else f"{history} days of history").all()
    )


def test_an_item_that_is_gone_fades_out():
    days = calendar(300)
    gone = np.where(np.arange(len(days)) < 300 - 60, counts(np.full(len(days), 20.0), 2.0, 1), 0.0)
    sales = sales_of(days, {"gone": gone, "kept": counts(np.full(len(days), 20.0), 2.0, 2)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    assert rows[rows["item"] == "gone"]["mean"].max() < 1.0
    assert rows[rows["item"] == "gone"]["q0.5"].max() == 0
    assert rows[rows["item"] == "kept"]["mean"].mean() == pytest.approx(20, rel=0.15)


def test_an_item_sold_twice_a_month_keeps_its_small_mean():
    days = calendar(360)
    rare = np.where(np.arange(len(days)) % 15 == 3, 1.0, 0.0)
    sales = sales_of(days, {"rare": rare, "daily": counts(np.full(len(days), 30.0), 1.5, 1)})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    rare_rows = rows[rows["item"] == "rare"]
    assert rare_rows["mean"].mean() == pytest.approx(1 / 15, rel=0.6)
    assert (rare_rows["q0.5"] == 0).all()
    assert rare_rows["q0.99"].between(1, 3).all()


def test_days_without_an_upload_and_closed_days_are_not_zeros():
    days = calendar(200)
    quantity = counts(30 * weekday_factor(days), 2.0, 1)
    missing = np.zeros(len(days), dtype=bool)
    missing[150:170] = True
    sales = sales_of(days, {"a": np.where(missing, 0.0, quantity)})
    zeros = forecast_demand(sales, days, as_of=AS_OF).rows["mean"].mean()
    no_data = forecast_demand(sales, days.assign(has_data=~missing), as_of=AS_OF).rows["mean"].mean()
    closed = forecast_demand(sales, days.assign(is_open=~missing), as_of=AS_OF).rows["mean"].mean()
    assert no_data == pytest.approx(closed, rel=0.02)  # the days beside a closure differ
    assert no_data == pytest.approx(30, rel=0.1)
    assert abs(zeros - no_data) > 0.005 * no_data


def test_a_restaurant_that_was_closed_for_half_a_year_learns_fast_again():
    days = calendar(400)
    shut = np.zeros(len(days), dtype=bool)
    shut[200:385] = True
    level = np.where(np.arange(len(days)) < 200, 40.0, 15.0)
    quantity = {f"item {i}": np.where(shut, 0.0, counts(level * weekday_factor(days), 2.0, i)) for i in range(4)}
    days["is_open"] = ~shut
    rows = forecast_demand(sales_of(days, quantity), days, as_of=AS_OF).rows
    assert rows["mean"].mean() == pytest.approx(15, rel=0.25)


def test_only_the_last_days_of_history_are_read():
    days = calendar(400)
    sales = sales_of(days, {"a": counts(np.full(len(days), 30.0), 2.0, 1)})
    forecast = forecast_demand(sales, days, as_of=AS_OF, settings=DemandSettings(forecast_history_days=100))
    assert forecast.evidence_days == 100
    assert forecast.history_to == AS_OF


def test_days_before_the_first_sale_are_not_evidence():
    days = calendar(200)
    sales = sales_of(days.tail(114), {"a": counts(np.full(114, 30.0), 2.0, 1)})
    whole = forecast_demand(sales, days, as_of=AS_OF)
    since = forecast_demand(sales, days.tail(114), as_of=AS_OF)
    assert whole.evidence_days == 100
    pd.testing.assert_frame_equal(whole.rows, since.rows)


def test_evidence_from_before_a_long_gap_fades():
    days = calendar(64)
    sales = sales_of(days, {"a": np.where(np.arange(len(days)) < 60, 40.0, 10.0)})
    panel = build_panel(take_apart(sales, days), AS_OF, DemandSettings())
    ones = np.ones((64, 1))
    exposures = replace(usual_exposures(panel, build_design(panel)), history=ones, total=ones[:, 0])
    prior = (np.array([2.0]), np.array([0.5]))
    apart = np.concatenate([np.arange(60), np.arange(240, 244)])
    aged, fresh = (
        fit_levels(replace(panel, position=position), exposures, prior).last[0] for position in (apart, panel.position)
    )
    assert aged < 17
    assert fresh > 1.4 * aged


def test_sales_on_days_without_an_upload_are_not_history():
    days = calendar(20)
    sales = sales_of(days, {"a": np.full(len(days), 30.0)})
    forecast = forecast_demand(sales, days.assign(has_data=False), as_of=AS_OF)
    assert forecast.evidence_days == 0
    assert (forecast.rows["mean"] == 4.0).all()
