"""Properties of every forecast: shape, order, factors, closed days, no leakage, determinism."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.forecast import MODEL_NAME, forecast_demand
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, HORIZON, cafe, calendar, sales_of

QUANTILES = ["q0.1", "q0.5", "q0.9", "q0.99"]


def as_bytes(forecast) -> bytes:
    rows = forecast.rows.assign(factors=forecast.rows["factors"].map(json.dumps))
    return pickle.dumps((rows.to_csv(index=False), json.dumps(forecast.posterior.to_json())))


@pytest.fixture(scope="module")
def forecast():
    sales, days = cafe()
    return forecast_demand(sales, days, as_of=AS_OF, seed=7)


def test_every_item_has_a_row_for_every_day_of_the_horizon(forecast):
    assert list(forecast.rows.columns) == [
        "item", "date", "mean", *QUANTILES, "confidence_score", "logic_trigger", "factors", "model_name",
    ]  # fmt: skip
    assert forecast.rows.groupby("item").size().to_dict() == {"cake": HORIZON, "coffee": HORIZON, "soup": HORIZON}
    assert forecast.rows["date"].min() == pd.Timestamp(AS_OF) + pd.Timedelta(days=1)
    assert set(forecast.rows["model_name"]) == {MODEL_NAME}


def test_quantiles_are_monotone_and_whole_and_not_negative(forecast):
    values = forecast.rows[QUANTILES].to_numpy()
    assert (np.diff(values, axis=1) >= 0).all()
    assert (values >= 0).all()
    assert (values == np.rint(values)).all()
    assert (values[:, 0] < values[:, 3]).all()


def test_factors_multiply_to_the_mean(forecast):
    for row in forecast.rows.itertuples():
        product = row.factors[0]["value"] * np.prod([f["multiplier"] for f in row.factors[1:]])
        assert product == pytest.approx(row.mean, rel=0.01)
        for factor in row.factors[1:]:
            assert factor["direction"] == ("up" if factor["multiplier"] > 1 else "down")
            assert factor["text"]


def test_factors_are_json(forecast):
    assert json.loads(json.dumps(forecast.rows["factors"].tolist())) == forecast.rows["factors"].tolist()


def test_metadata_are_plain_values_that_add_up(forecast):
    metadata = json.loads(json.dumps(forecast.as_metadata()))
    assert metadata["items"] == 3
    assert metadata["rows"] == 3 * HORIZON
    assert metadata["evidence_days"] == 200
    assert metadata["expected_quantity"] == pytest.approx(forecast.rows["mean"].sum(), abs=0.01)


@pytest.mark.parametrize(("driver", "off"), [("is_holiday", 0), ("precipitation_mm", np.nan)])
def test_switching_a_driver_off_changes_the_mean_by_exactly_its_factor(forecast, driver, off):
    sales, days = cafe()
    row = forecast.rows[
        (forecast.rows["item"] == "coffee") & forecast.rows["factors"].map(lambda f: driver in [x["factor"] for x in f])
    ].iloc[0]
    factor = next(f["multiplier"] for f in row["factors"] if f["factor"] == driver)
    days[driver] = days[driver].astype(float)
    days.loc[days["date"] == row["date"], driver] = off
    after = forecast_demand(sales, days, as_of=AS_OF, seed=7).rows
    after = after[(after["item"] == "coffee") & (after["date"] == row["date"])].iloc[0]
    assert abs(factor - 1) > 0.02
    assert row["mean"] / after["mean"] == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize(
    ("reason", "trigger"), [("stocktaking", "closed: stocktaking"), ("closed on Mondays", "closed on Mondays")]
)
def test_a_closed_day_is_zero_with_its_reason(reason, trigger):
    sales, days = cafe()
    days["closed_reason"] = ""
    shut = days["date"] == pd.Timestamp(AS_OF) + pd.Timedelta(days=3)
    days.loc[shut, "is_open"] = False
    days.loc[shut, "closed_reason"] = reason
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    closed = rows[rows["date"] == days.loc[shut, "date"].iloc[0]]
    assert len(closed) == 3
    assert (closed[["mean", *QUANTILES]] == 0).all(axis=None)
    assert set(closed["logic_trigger"]) == {trigger}
    assert (rows[rows["date"] != closed["date"].iloc[0]]["mean"] > 0).all()


def test_nothing_dated_after_as_of_changes_a_byte():
    sales, days = cafe()
    honest = forecast_demand(sales, days, as_of=AS_OF, seed=3)
    later = pd.DataFrame(
        {
            "item": ["coffee", "coffee", "cake", "not sold before"],
            "date": pd.Timestamp(AS_OF) + pd.to_timedelta([1, 1, 5, 9], unit="D"),
            "quantity": [9e9, -5.0, np.nan, 3.0],
        }
    )
    shown = forecast_demand(pd.concat([sales, later]), days, as_of=AS_OF, seed=3)
    assert as_bytes(shown) == as_bytes(honest)


def test_the_same_input_gives_the_same_bytes_in_any_row_order():
    sales, days = cafe()
    first = forecast_demand(sales, days, as_of=AS_OF, seed=3)
    again = forecast_demand(sales.sample(frac=1, random_state=1), days.iloc[::-1], as_of=AS_OF, seed=3)
    assert as_bytes(first) == as_bytes(again)


def test_another_seed_gives_other_samples_of_the_same_forecast():
    sales, days = cafe()
    first, second = (forecast_demand(sales, days, as_of=AS_OF, seed=seed) for seed in (3, 4))
    assert (sample_demand(first.posterior).quantity != sample_demand(second.posterior).quantity).any()
    assert first.rows.to_csv() == second.rows.to_csv()


def test_inputs_are_not_changed():
    sales, days = cafe()
    sales_before, days_before = sales.copy(), days.copy()
    forecast_demand(sales, days, as_of=AS_OF)
    pd.testing.assert_frame_equal(sales, sales_before)
    pd.testing.assert_frame_equal(days, days_before)


@pytest.mark.parametrize("horizon", [1, 7, 28])
def test_the_horizon_is_as_long_as_the_setting_says(horizon):
    sales, _ = cafe()
    days = calendar(200, horizon=40)
    rows = forecast_demand(sales, days, as_of=AS_OF, settings=DemandSettings(forecast_horizon_days=horizon)).rows
    assert rows["date"].nunique() == horizon


def test_only_listed_items_are_published_but_all_of_them_inform():
    sales, days = cafe()
    items = pd.DataFrame({"item": ["soup"]})
    alone = forecast_demand(sales, days, as_of=AS_OF, items=items)
    every = forecast_demand(sales, days, as_of=AS_OF)
    assert set(alone.rows["item"]) == {"soup"}
    np.testing.assert_allclose(alone.rows["mean"], every.rows[every.rows["item"] == "soup"]["mean"], rtol=1e-9)


def test_goods_by_weight_are_forecast_in_their_own_unit():
    days = calendar(120)
    rng = np.random.default_rng(5)
    sales = sales_of(days, {"ham": rng.poisson(9, len(days)) * 0.25, "roll": rng.poisson(30, len(days)) * 1.0})
    rows = forecast_demand(sales, days, as_of=AS_OF).rows
    ham = rows[rows["item"] == "ham"][QUANTILES].to_numpy()
    roll = rows[rows["item"] == "roll"][QUANTILES].to_numpy()
    assert (ham / 0.25 == np.rint(ham / 0.25)).all()
    assert (ham != np.rint(ham)).any()
    assert (roll == np.rint(roll)).all()


def test_the_line_a_manager_reads_names_weekday_and_history(forecast):
    saturday = forecast.rows[(forecast.rows["item"] == "coffee") & (forecast.rows["date"].dt.day_of_week == 5)].iloc[0]
    assert saturday["logic_trigger"].startswith("Saturday 1.")
    assert saturday["logic_trigger"].endswith("200 days of history")


def test_confidence_rises_with_history_and_falls_with_noise():
    days = calendar(200)
    rng = np.random.default_rng(1)
    steady, wild = rng.poisson(40.0, len(days)) * 1.0, rng.negative_binomial(1, 1 / 41, len(days)) * 1.0
    young = np.where(np.arange(len(days)) >= 190, steady, 0.0)
    rows = forecast_demand(sales_of(days, {"steady": steady, "wild": wild, "young": young}), days, as_of=AS_OF).rows
    score = rows.groupby("item")["confidence_score"].first()
    assert score.between(0, 1).all()
    assert score["steady"] > score["wild"] + 0.1
    assert score["steady"] > score["young"] + 0.1
