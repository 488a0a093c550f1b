"""Accuracy and backtests: forecasts are scored when their days are over, and backtests choose the forecaster."""

import csv
import datetime as dt
import io

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from flux_pipeline.cli.main import main
from flux_pipeline.demand.forecast import MODEL_NAME
from flux_pipeline.demand.rule.four_weeks import RULE_NAME
from flux_pipeline.orchestration.build import build_defs
from flux_pipeline.orchestration.commands.launch import load_uploads, run_backtest, run_restaurant
from flux_pipeline.orchestration.partitions import add_partitions
from flux_pipeline.store.door import Store
from flux_pipeline.store.forecasts.demand import read_forecasts
from flux_pipeline.store.loading.withdraw import withdraw_upload
from flux_pipeline.store.records.runs import list_runs, run_summary
from flux_pipeline.store.records.settings import store_setting
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.uploads.registry import list_uploads
from flux_pipeline_tests.orchestration.conftest import FORECAST, LAST, drop, load_quai_nord
from flux_pipeline_tests.store.judging import publish_loss_ratio, rows_of

BEFORE = LAST - dt.timedelta(days=14)
JUDGED = (*FORECAST, "forecast_accuracy")
BEGINNINGS = {"loaded": load_quai_nord}


def metadata_of(
    instance: dg.DagsterInstance, restaurant: Restaurant, as_of: dt.date, *, only: tuple[str, ...] | None = JUDGED
) -> dict[str, dict[str, object]]:
    result = run_restaurant(instance, restaurant.slug, as_of, only=only)
    assert result.succeeded, result.failures
    return result.metadata


def models(store: Store, restaurant: Restaurant, as_of: dt.date) -> set[str]:
    query = "SELECT DISTINCT model_name FROM demand_forecasts WHERE as_of = :day AND is_current"
    return {name for (name,) in rows_of(store, restaurant, query, day=as_of)}


def command(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_a_run_scores_forecasts_once(store: Store, instance: dg.DagsterInstance, loaded: Restaurant) -> None:
    metadata = metadata_of(instance, loaded, BEFORE)["forecast_accuracy"]
    ((items, days),) = rows_of(
        store, loaded,
        "SELECT count(DISTINCT menu_item_id), count(DISTINCT forecast_date) FROM forecast_accuracy",
    )  # fmt: skip
    assert metadata["rows"] == days * (items + 1) and metadata["days_judged"] == days == 12
    assert metadata["made_in_hindsight"] is True
    assert 0 < metadata["wape"] < 0.6 and 0.7 < metadata["coverage_p10_p90"] <= 1 and metadata["four_week_wape"] > 0
    assert metadata["total_row_count"] == days
    ((unfilled,),) = rows_of(
        store, loaded,
        "SELECT count(*) FROM demand_forecasts f WHERE actual_quantity IS NULL"
        " AND EXISTS (SELECT FROM daily_item_sales s WHERE s.business_date = f.forecast_date)",
    )  # fmt: skip
    assert unfilled == 0
    with store.tenant(loaded) as tx:
        assert [(r.status, r.row_count) for r in list_runs(tx) if r.algorithm == "forecast_accuracy"] == [
            ("succeeded", metadata["rows"])
        ]
    again = metadata_of(instance, loaded, BEFORE)["forecast_accuracy"]
    assert again["rows_written"] == 0 and again["wape"] == metadata["wape"]
    with store.tenant(loaded) as tx:
        assert len([r for r in list_runs(tx) if r.algorithm == "forecast_accuracy"]) == 1
    out = command("accuracy", "--restaurant", loaded.slug, "--by", "days_ahead", "--csv")
    lines = list(csv.DictReader(io.StringIO(out[: out.rindex("\n")])))
    assert {line["scope"] for line in lines} == {"items", "total"}
    shown = command("accuracy", "--restaurant", loaded.slug)
    assert "12 days judged" in shown and "look backs" in shown and "each item" in shown


def test_a_corrected_upload_corrects_the_accuracy(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    metadata_of(instance, loaded, BEFORE)
    day = LAST
    query = (
        "SELECT sum(actual_quantity)::float8 FROM forecast_accuracy WHERE forecast_date = :day AND menu_item_id IS NULL"
    )
    ((before,),) = rows_of(store, loaded, query, day=day)
    late = f"date,time,ticket,item,quantity,price\n{day},13:00,X1,Espresso,900,2\n"
    drop(store, loaded.slug, "sales", "late.csv", late)
    metadata = metadata_of(instance, loaded, BEFORE)["forecast_accuracy"]
    ((after,),) = rows_of(store, loaded, query, day=day)
    assert after == before + 900
    assert metadata["rows_written"] == 3
    with store.fleet() as fleet:
        (upload,) = (found for _, found in list_uploads(fleet) if found.file_name == "late.csv")
    with store.tenant(loaded) as tx:
        # Pretend that the scoring was a day later than the load, so that only changes from now on are considered.
        tx.connection.execute(text("UPDATE algorithm_runs SET started_at = started_at + interval '1 day'"))
        withdraw_upload(tx, upload.id)
    metadata = metadata_of(instance, loaded, BEFORE)["forecast_accuracy"]
    assert metadata["rows_written"] == 3
    assert rows_of(store, loaded, query, day=day) == [(before,)]


def test_a_backtest_is_recorded_once_with_its_measures(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    result = run_backtest(instance, loaded.slug, LAST, weeks=3)
    assert result.succeeded, result.failures
    metadata = result.metadata["backtests"]
    assert len(metadata["origins"]) == 3 and metadata["origins"][-1] == (LAST - dt.timedelta(days=14)).isoformat()
    assert metadata["window"].endswith(f" to {LAST}") and metadata["sales_known"] == "as corrected since"
    assert 0 < metadata["wape"] < 0.6 and 0.5 < metadata["total_coverage_p10_p90"] <= 1
    ((rows, items),) = rows_of(store, loaded, "SELECT count(*), count(menu_item_id) FROM backtests")
    assert metadata["rows"] == rows == items + 2
    again = run_backtest(instance, loaded.slug, LAST, weeks=3).metadata["backtests"]
    assert again["unchanged_since_run"] == metadata["algorithm_run_id"]
    assert rows_of(store, loaded, "SELECT count(*) FROM backtests") == [(rows,)]


def test_sales_after_a_backtests_last_day_do_not_change_it(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    before = run_backtest(instance, loaded.slug, BEFORE, weeks=2).metadata["backtests"]
    later = f"date,time,ticket,item,quantity,price\n{LAST},13:00,X1,Espresso,9000,2\n"
    drop(store, loaded.slug, "sales", "late.csv", later)
    assert load_uploads(instance, loaded.slug).succeeded
    after = run_backtest(instance, loaded.slug, BEFORE, weeks=2).metadata["backtests"]
    assert after["unchanged_since_run"] == before["algorithm_run_id"]


def test_a_young_restaurant_has_no_backtest_yet(store: Store, instance: dg.DagsterInstance, bistro: Restaurant) -> None:
    days = [LAST - dt.timedelta(days=n) for n in range(30)]
    lines = "".join(f"{day},Soup,{5 + day.day % 3},4.50\n" for day in days)
    drop(store, bistro.slug, "sales", "s.csv", f"date,item,quantity,price\n{lines}")
    assert load_uploads(instance, bistro.slug).succeeded
    # There is no forecast yet: a loaded file is enough.
    result = run_backtest(instance, bistro.slug, LAST)
    assert result.succeeded
    assert "30 days with sales; a backtest needs 70" in result.metadata["backtests"]["skipped"]
    assert rows_of(store, bistro, "SELECT count(*) FROM backtests") == [(0,)]


def test_the_rule_is_published_with_a_reason_if_the_model_was_worse(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    first = metadata_of(instance, loaded, LAST)["demand_forecasts"]
    assert "fallback" not in first and models(store, loaded, LAST) == {MODEL_NAME}
    publish_loss_ratio(store, loaded, 1.4, LAST)
    metadata = metadata_of(instance, loaded, LAST, only=None)
    assert "40% worse than the average of the last four same weekdays" in metadata["demand_forecasts"]["fallback"]
    assert metadata["demand_forecasts"]["rows"] == first["rows"]
    assert metadata["staffing_forecasts"]["rows"] > 0
    assert models(store, loaded, LAST) == {RULE_NAME}
    with store.tenant(loaded) as tx:
        rows = read_forecasts(tx)
        assert run_summary(tx, "demand_forecast", LAST)["fallback"] == metadata["demand_forecasts"]["fallback"]
    is_open = rows[rows.p99 > 0]
    assert is_open.logic_trigger.str.endswith("nearer than the model lately").all()
    assert is_open.logic_trigger.str.startswith("average of the last four ").mean() > 0.9
    for row in is_open.itertuples():
        product = np.prod([factor.get("multiplier", factor.get("value")) for factor in row.factors])
        assert product == pytest.approx(row.predicted_quantity, rel=0.01)
    assert "unchanged_since_run" in metadata_of(instance, loaded, LAST)["demand_forecasts"]
    # A restaurant can keep the model despite worse backtests.
    with store.tenant(loaded) as tx:
        store_setting(tx, "forecast_fallback", False)
    assert "fallback" not in metadata_of(instance, loaded, LAST)["demand_forecasts"]
    assert models(store, loaded, LAST) == {MODEL_NAME}


def test_a_look_back_chooses_the_forecaster_as_known_then(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    metadata_of(instance, loaded, BEFORE)
    with store.tenant(loaded) as tx:
        first = read_forecasts(tx, as_of=BEFORE)
    publish_loss_ratio(store, loaded, 1.4, BEFORE + dt.timedelta(days=1))
    metadata = metadata_of(instance, loaded, BEFORE)
    assert "unchanged_since_run" in metadata["demand_forecasts"]
    with store.tenant(loaded) as tx:
        pd.testing.assert_frame_equal(first, read_forecasts(tx, as_of=BEFORE))
    assert "fallback" in metadata_of(instance, loaded, LAST)["demand_forecasts"]


def test_the_check_names_the_restaurant_where_the_rule_is_better(
    store: Store, instance: dg.DagsterInstance, loaded: Restaurant, cafe: Restaurant
) -> None:
    publish_loss_ratio(store, cafe, 1.4, LAST)
    assert run_backtest(instance, loaded.slug, LAST, weeks=1).succeeded
    add_partitions(instance, [loaded.slug])
    checks = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("backtests"), "model_beats_the_four_week_rule"))
    job = dg.define_asset_job("only_the_check", selection=checks)
    only_the_check = dg.Definitions.merge(build_defs(), dg.Definitions(jobs=[job])).resolve_job_def("only_the_check")
    for days, ratio, passed in ((1, 0.9, True), (2, 1.4, False)):
        publish_loss_ratio(store, loaded, ratio, LAST + dt.timedelta(days=days))
        done = only_the_check.execute_in_process(instance=instance, tags={"dagster/partition": loaded.slug})
        (check,) = done.get_asset_check_evaluations()
        assert (check.passed, check.severity) == (passed, dg.AssetCheckSeverity.WARN)
        assert check.partition == loaded.slug
        assert (check.metadata["wrong"].value == "nothing") == passed


def test_the_command_runs_a_backtest_and_compares_with_the_rule(
    store: Store, dagster_database: None, instance: dg.DagsterInstance, loaded: Restaurant
) -> None:
    shown = command("backtest", "--restaurant", loaded.slug, "--weeks", "2", "--as-of", LAST.isoformat())
    assert "2 forecasts from 2026-06-09 to 2026-06-16, judged on" in shown
    assert "the day's total" in shown and "Over all items" in shown
    with store.tenant(loaded) as tx:
        assert tx.connection.scalar(text("SELECT count(DISTINCT algorithm_run_id) FROM backtests")) == 1
