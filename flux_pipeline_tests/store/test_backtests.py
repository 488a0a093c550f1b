"""Tests of backtests: they are read as written, and choose model or rule only from days that had ended by then."""

import datetime as dt
import uuid

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from flux_pipeline.demand.forecast import MODEL_NAME
from flux_pipeline.demand.judging.backtest import Backtest, KnownThen, backtest_demand
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.orchestration.inputs.demand import forecaster_choice
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.backtests import (
    backtest_comparisons,
    model_beats_the_rule,
    publish_backtest,
    published_losses,
    read_backtest,
    reliability_frame,
)
from flux_pipeline.store.records.runs import recorded_run, succeed_run
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.store.judging import add_items, publish_loss_ratio, rows_of

END = dt.date(2026, 3, 15)
DAYS = pd.date_range("2025-12-01", END)
ORIGINS = [END - dt.timedelta(days=21), END - dt.timedelta(days=14)]


def made(items: dict[str, str]) -> Backtest:
    rng = np.random.default_rng(3)
    level = {"Tea": 12.0, "Cake": 3.0}
    sales = pd.concat(
        [
            pd.DataFrame({"item": item, "date": DAYS, "quantity": rng.poisson(level[name], len(DAYS)).astype(float)})
            for name, item in items.items()
        ]
    )
    days = pd.DataFrame({"date": DAYS, "is_open": True})
    return backtest_demand(
        lambda origin: KnownThen(sales[sales.date <= pd.Timestamp(origin)], days), sales, origins=ORIGINS,
        settings=DemandSettings(), sales_known="as corrected since",
    )  # fmt: skip


def write(store: Store, restaurant: Restaurant, backtest: Backtest) -> uuid.UUID:
    plan = plan_run("backtest", "1", END, {}, {"now": str(uuid.uuid4())})
    with recorded_run(store, restaurant, plan, None) as run_id, store.tenant(restaurant) as tx:
        count = publish_backtest(tx, backtest, run_id)
        succeed_run(tx, run_id, backtest.as_metadata(), count)
    return run_id


@pytest.fixture
def items(store: Store, bistro: Restaurant) -> dict[str, str]:
    return add_items(store, bistro, "Tea", "Cake")


def test_a_backtest_is_read_as_it_was_written(store: Store, bistro: Restaurant, items: dict[str, str]) -> None:
    backtest = made(items)
    write(store, bistro, backtest)
    with store.tenant(bistro) as tx:
        rows = read_backtest(tx)
        shares = reliability_frame(tx, "items")
    assert rows.scope.tolist() == ["items", "total", "item", "item"]
    assert rows["item"].tolist()[2:] == ["Tea", "Cake"]
    assert rows.origins[0] == ORIGINS and rows.last_date[0] == END and rows.day_count[0] == 21
    measures = backtest.measures()
    for name in ("wape", "bias", "wql", "coverage_p10_p90", "four_week_wape", "skill"):
        assert rows[name][:2].tolist() == pytest.approx(measures[name][:2].tolist())
    pd.testing.assert_frame_equal(shares, backtest.reliability["items"].round(6))


def test_the_newest_backtest_is_read_and_an_older_one_by_its_run(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    first = write(store, bistro, made(items))
    publish_loss_ratio(store, bistro, 0.5)
    with store.tenant(bistro) as tx:
        assert len(read_backtest(tx)) == 1
        assert len(read_backtest(tx, str(first))) == 4


def test_without_a_backtest_there_is_nothing_to_read(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        assert read_backtest(tx).empty
        assert reliability_frame(tx).empty
        assert model_beats_the_rule(tx).wrong == []


@pytest.mark.parametrize(("ratio", "is_wrong"), [(0.9, False), (1.0, False), (1.01, True)])
def test_the_proof_names_a_restaurant_whose_rule_is_better_than_the_model(
    store: Store, bistro: Restaurant, ratio: float, is_wrong: bool
) -> None:
    publish_loss_ratio(store, bistro, ratio)
    with store.tenant(bistro) as tx:
        wrong = model_beats_the_rule(tx).wrong
    assert bool(wrong) == is_wrong
    assert all("bistro" in sentence and "0.202" in sentence for sentence in wrong)


def test_model_or_rule_is_chosen_by_backtests_that_had_ended_by_then(store: Store, bistro: Restaurant) -> None:
    publish_loss_ratio(store, bistro, 0.8, END - dt.timedelta(days=7))
    publish_loss_ratio(store, bistro, 1.4, END)
    publish_loss_ratio(store, bistro, 9.0, END, model="a model of the past")
    with store.tenant(bistro) as tx:
        assert [c.ratio for c in backtest_comparisons(tx, END)] == pytest.approx([0.8, 1.4])
        assert forecaster_choice(tx, END).is_fallback
        assert not forecaster_choice(tx, END - dt.timedelta(days=1)).is_fallback
        store_setting(tx, "forecast_fallback", False)
        assert not forecaster_choice(tx, END).is_fallback


def test_the_later_of_two_backtests_of_a_day_counts(store: Store, bistro: Restaurant) -> None:
    publish_loss_ratio(store, bistro, 1.4)
    publish_loss_ratio(store, bistro, 0.9)
    with store.tenant(bistro) as tx:
        assert not forecaster_choice(tx, END).is_fallback


def losses(store: Store, bistro: Restaurant, item: str | None, ratio: float, **others: object) -> None:
    """Six weeks of scored forecasts in which the model's loss was `ratio` times the rule's."""
    plan = plan_run("demand_forecast", "1", END, {}, {"now": str(uuid.uuid4())})
    with recorded_run(store, bistro, plan, None) as run_id, store.tenant(bistro) as tx:
        tx.connection.execute(
            text(
                "INSERT INTO forecast_accuracy (restaurant_id, forecast_date, days_ahead, menu_item_id,"
                " actual_quantity, predicted_quantity, p10_quantity, p50_quantity, p90_quantity, p99_quantity,"
                " absolute_error, error, pinball_loss, is_within_p10_p90, is_within_p99, four_week_quantity,"
                " four_week_absolute_error, four_week_pinball_loss, model_name, is_retrospective, algorithm_run_id)"
                " SELECT :restaurant, CAST(:last AS date) - n, 1, :item, 10, 10, 8, 10, 12, 14, 1, 0, :ratio, true,"
                " true, 10, 1, 1, :model, :late, :run FROM generate_series(0, 41) AS n"
            ),
            {"restaurant": bistro.id, "last": END, "item": item, "ratio": ratio, "run": run_id}
            | {"model": MODEL_NAME, "late": False}
            | others,
        )
        succeed_run(tx, run_id, {}, 1)


def test_forecasts_published_in_time_choose_after_four_weeks(
    store: Store, bistro: Restaurant, items: dict[str, str]
) -> None:
    losses(store, bistro, items["Tea"], 1.5)
    losses(store, bistro, None, 0.1)
    publish_loss_ratio(store, bistro, 0.8, END - dt.timedelta(days=7))
    with store.tenant(bistro) as tx:
        assert published_losses(tx, END).pinball_loss.tolist() == [1.5] * 41
        choice = forecaster_choice(tx, END + dt.timedelta(days=1))
        before = forecaster_choice(tx, END - dt.timedelta(days=20))
    assert choice.is_fallback and "published forecasts" in choice.reason
    assert not before.is_fallback


@pytest.mark.parametrize("others", [{"late": True}, {"model": "flux-four-weeks-1"}], ids=["look backs", "the rule's"])
def test_look_backs_and_the_rules_own_forecasts_do_not_count_for_the_model(
    store: Store, bistro: Restaurant, items: dict[str, str], others: dict[str, object]
) -> None:
    losses(store, bistro, items["Tea"], 9.0, **others)
    with store.tenant(bistro) as tx:
        assert published_losses(tx, END).empty
        assert not forecaster_choice(tx, END).is_fallback


def test_another_restaurants_backtest_decides_nothing_here(store: Store, bistro: Restaurant, cafe: Restaurant) -> None:
    publish_loss_ratio(store, cafe, 9.0)
    with store.tenant(bistro) as tx:
        assert not forecaster_choice(tx, END).is_fallback
    assert rows_of(store, bistro, "SELECT count(*) FROM backtests") == [(0,)]
