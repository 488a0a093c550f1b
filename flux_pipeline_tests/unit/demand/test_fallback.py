"""Choice of the forecaster: by a margin, without weekly changes, from earlier days only, and with an off switch."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

from flux_pipeline.demand.forecast import MODEL_NAME
from flux_pipeline.demand.judging.choice import (
    Comparison,
    ForecasterChoice,
    choose_forecaster,
    weekly_comparisons,
)
from flux_pipeline.demand.rule.four_weeks import RULE_NAME
from flux_pipeline.demand.settings import FallbackSettings
from flux_pipeline_tests.unit.demand.simulated import AS_OF, cafe

SETTINGS = FallbackSettings()
SUNDAY = dt.date(2025, 6, 1)


def backtest(ratio: float, week: int = 0, days: int = 60) -> Comparison:
    return Comparison(SUNDAY + dt.timedelta(weeks=week), "backtest", days, ratio, 1.0)


def published(ratio: float, week: int = 0) -> Comparison:
    return Comparison(SUNDAY + dt.timedelta(weeks=week), "published forecasts", 50, ratio, 1.0)


@pytest.mark.parametrize(
    ("ratios", "is_fallback"),
    [
        ([], False),
        ([0.8], False),
        ([1.02], False),
        ([1.04], True),
        ([1.04, 1.02], True),
        ([1.04, 1.0], True),
        ([1.04, 0.99], False),
        ([1.04, 0.99, 1.02], False),
        ([0.5, 1.5, 0.5, 1.5], True),
    ],
)
def test_the_rule_is_chosen_by_a_margin_and_dropped_when_the_model_is_better(ratios, is_fallback):
    comparisons = [backtest(ratio, week) for week, ratio in enumerate(ratios)]
    for order in (comparisons, comparisons[::-1]):
        choice = choose_forecaster(order, SETTINGS)
        assert choice.is_fallback == is_fallback
        assert choice.model_name == (RULE_NAME if is_fallback else MODEL_NAME)


def test_on_the_edge_the_choice_does_not_change_every_week():
    noise = np.random.default_rng(1).normal(1.01, 0.012, 104)
    comparisons = [backtest(float(ratio), week) for week, ratio in enumerate(noise)]
    changes = {}
    for margin in (0.0, SETTINGS.forecast_fallback_margin):
        settings = FallbackSettings(forecast_fallback_margin=margin)
        chosen = [choose_forecaster(comparisons[: n + 1], settings).is_fallback for n in range(len(comparisons))]
        changes[margin] = sum(a != b for a, b in itertools.pairwise(chosen))
    assert changes[0.0] >= 20
    assert 1 <= changes[0.03] <= changes[0.0] / 3


def test_the_fallback_can_be_switched_off():
    choice = choose_forecaster([backtest(9.0)], FallbackSettings(forecast_fallback=False))
    assert not choice.is_fallback and "false" in choice.reason
    assert choice.as_metadata() == {}


def test_the_reason_gives_the_comparison_and_its_result():
    metadata = choose_forecaster([backtest(1.25)], SETTINGS).as_metadata()
    assert metadata == {
        "fallback": "In the backtest up to 2025-06-01 (60 days) the model was 25% worse than the average of the last "
        "four same weekdays."
    }


@pytest.mark.parametrize(
    ("comparisons", "is_fallback"),
    [
        ([published(0.9), backtest(2.0)], False),
        ([published(0.9, week=-3), backtest(2.0)], False),
        ([published(0.9, week=-4), backtest(2.0)], True),
        ([backtest(2.0), published(0.9, week=1)], False),
        ([published(2.0), backtest(0.5, week=5)], False),
        ([backtest(2.0, days=27)], False),
    ],
    ids=["same day", "three weeks before", "four weeks before", "later", "a backtest ends it", "too few days"],
)
def test_published_forecasts_outweigh_backtests_for_four_weeks(comparisons, is_fallback):
    assert choose_forecaster(comparisons, SETTINGS).is_fallback == is_fallback


@pytest.mark.parametrize(("model", "rule", "ratio"), [(0.0, 0.0, 1.0), (1.0, 0.0, np.inf), (3.0, 2.0, 1.5)])
def test_a_rule_without_loss_can_be_compared(model, rule, ratio):
    assert Comparison(SUNDAY, "backtest", 60, model, rule).ratio == ratio


def days_of(n: int, model: float = 3.0, rule: float = 2.0) -> pd.DataFrame:
    dates = pd.date_range(end=SUNDAY, periods=n)
    return pd.DataFrame({"date": dates, "pinball_loss": model, "four_week_pinball_loss": rule})


@pytest.mark.parametrize(("days", "weeks"), [(27, 0), (28, 1), (35, 2), (100, 11)])
def test_published_forecasts_are_compared_after_four_weeks_and_then_every_sunday(days, weeks):
    comparisons = weekly_comparisons(days_of(days), SUNDAY + dt.timedelta(days=1))
    assert len(comparisons) == weeks
    if comparisons:
        newest = comparisons[-1]
        assert (newest.last_day, newest.days, newest.ratio) == (SUNDAY, min(days, 56), 1.5)


def test_the_day_of_the_forecast_and_later_days_are_ignored():
    before = SUNDAY - dt.timedelta(days=7)
    then = weekly_comparisons(days_of(100), before)
    late = days_of(100)
    late.loc[late.date >= pd.Timestamp(before), "pinball_loss"] = 1e9
    assert weekly_comparisons(late, before) == then
    assert all(one.last_day < before for one in then)


def test_weeks_without_published_forecasts_have_no_comparison():
    comparisons = weekly_comparisons(days_of(60), SUNDAY + dt.timedelta(weeks=6))
    assert comparisons[-1].last_day == SUNDAY


def test_the_chosen_forecaster_makes_the_forecast():
    sales, days = cafe()
    by_model = ForecasterChoice(MODEL_NAME, "").forecast(sales, days, as_of=AS_OF, seed=1)
    by_rule = ForecasterChoice(RULE_NAME, "").forecast(sales, days, as_of=AS_OF, seed=1)
    assert (by_model.model_name, by_rule.model_name) == (MODEL_NAME, RULE_NAME)
    assert by_rule.rows.logic_trigger.str.contains("average of the last four .* nearer than the model lately").all()
