"""Accuracy assets: published forecasts compared with actual sales, and backtests compared with the four-week rule."""

from dataclasses import replace
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import Field

from flux_pipeline.demand.judging.backtest import Backtest, backtest_demand
from flux_pipeline.demand.judging.losses import Accuracy
from flux_pipeline.demand.judging.published import judge_published
from flux_pipeline.demand.settings import BacktestSettings, CalendarSettings, DemandSettings
from flux_pipeline.errors import PermanentError
from flux_pipeline.orchestration.algorithm import WEEKLY, Algorithm, Published, Run, algorithm_asset, published_before
from flux_pipeline.orchestration.assets import feeds, forecasts, sales, uploads
from flux_pipeline.orchestration.inputs.accuracy import AccuracyInputs, accuracy_inputs
from flux_pipeline.orchestration.inputs.backtest import BacktestInputs, backtest_inputs
from flux_pipeline.orchestration.pictures import accuracy_chart, reliability_chart
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import current_work
from flux_pipeline.records.algorithms import AlgorithmName, PlannedRun
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.accuracy import keep_accuracy
from flux_pipeline.store.forecasts.backtests import publish_backtest
from flux_pipeline.store.forecasts.measures import ScoredWindow, measured, measured_totals, scored_window
from flux_pipeline.store.schema.versions import result_version

# The UI shows the accuracy of the newest eight weeks.
DAYS_SHOWN = 56
MOST_WEEKS = 52


def _score(inputs: AccuracyInputs) -> pd.DataFrame:
    unjudged = inputs.unjudged
    return judge_published(unjudged.published, unjudged.actuals, inputs.sales, inputs.posteriors, inputs.settings)


def _publish_scores(tx: Tenant, scores: pd.DataFrame, run: Run[AccuracyInputs]) -> Published:
    return _recent_accuracy(tx, len(scores), written=keep_accuracy(tx, run.inputs.unjudged, scores))


def _accuracy_if_all_scored(tx: Tenant, _plan: PlannedRun, inputs: AccuracyInputs) -> Published | None:
    """Return the newest accuracy if every day is scored already, else None.

    Inputs that are the same as before are scored again, because a later run for the same day has published rows that
    have no actual yet.
    """
    if not inputs.unjudged.days.empty:
        return None
    return replace(_recent_accuracy(tx, 0, written=0), version=result_version(tx, AlgorithmName.ACCURACY))


def _recent_accuracy(tx: Tenant, rows: int, *, written: int) -> Published:
    """Sum up the newest days that are scored."""
    window = scored_window(tx, DAYS_SHOWN)
    return Published(rows, {"rows_written": written, **_measures(tx, window)}, window)


def _measures(tx: Tenant, window: ScoredWindow | None) -> dict[str, Any]:
    """Return rows, window and measures, item by item and for the day's total, and the command that shows more."""
    if window is None:
        return {"rows": 0, "window_from": None, "window_to": None}
    of_items, of_total = (Accuracy.of(rows.iloc[0]) for rows in (measured(tx, window), measured_totals(tx, window)))
    return {
        "rows": of_items.row_count + of_total.row_count,
        "days_judged": window.days,
        "window_from": window.first.isoformat(),
        "window_to": window.last.isoformat(),
        "made_in_hindsight": window.look_backs,
        **of_items.as_metadata(),
        **{f"total_{name}": value for name, value in of_total.as_metadata().items()},
        "see": f"flux accuracy --restaurant {tx.restaurant.slug}",
    }


ACCURACY = Algorithm(
    name=AlgorithmName.ACCURACY,
    settings=(DemandSettings,),
    read=accuracy_inputs,
    compute=_score,
    publish=_publish_scores,
    published=_accuracy_if_all_scored,
)


# It runs after the forecasts, so that its failure does not keep a restaurant from its forecast.
@algorithm_asset(deps=[sales.daily_item_sales, forecasts.demand_forecasts])
def forecast_accuracy(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Accuracy of each published forecast, by item and in total, once its day is over.

    A day is scored again when its sales are corrected.
    """
    with step() as running:
        # Forecasts are scored by all sales that are known now, also in a look back.
        work = current_work(context, store, business_day).up_to_now()
        published = ACCURACY.run(work)
        return running.result(accuracy_chart(context, work, published) | published.metadata, published.version)


def _backtest(inputs: BacktestInputs) -> Backtest:
    return backtest_demand(
        inputs.known.__getitem__,
        inputs.sales,
        origins=list(inputs.known),
        settings=inputs.settings,
        sales_known="as corrected since",
    )


def _publish_backtest(tx: Tenant, backtest: Backtest, run: Run[BacktestInputs]) -> Published:
    see = {"see": f"flux backtest --restaurant {tx.restaurant.slug}"}
    return Published(publish_backtest(tx, backtest, run.id), backtest.as_metadata() | see)


def _published_or_skipped(tx: Tenant, plan: PlannedRun, inputs: BacktestInputs) -> Published | None:
    if inputs.known:
        return published_before(tx, plan, inputs)
    found, least = inputs.history_days, inputs.least_days
    return Published(
        0, {"skipped": f"{found} days with sales; a backtest needs {least}, for history and a horizon to score"}
    )


BACKTEST = Algorithm(
    name=AlgorithmName.BACKTEST,
    settings=(DemandSettings, CalendarSettings, BacktestSettings),
    read=backtest_inputs,
    compute=_backtest,
    publish=_publish_backtest,
    published=_published_or_skipped,
)


class BacktestConfig(dg.Config):
    """Values of one backtest that differ from the restaurant's settings."""

    weeks: int | None = Field(
        default=None, description="The number of weekly forecasts to score, 1 to 52; default: backtest_weeks."
    )


# By far the longest computation; once a week is often enough.
@algorithm_asset(
    deps=[uploads.transactions, sales.daily_item_sales, feeds.weather_data, feeds.local_events], runs=WEEKLY
)
def backtests(
    context: dg.AssetExecutionContext, config: BacktestConfig, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Weekly forecasts that the model would have made, compared with actual sales and with the four-week rule."""
    with step() as running:
        work = current_work(context, store, business_day)
        # Dagster would retry a step whose config a field refuses, and show no sentence.
        if config.weeks is not None and not 1 <= config.weeks <= MOST_WEEKS:
            raise PermanentError(f"weeks is {config.weeks}; expected a number from 1 to {MOST_WEEKS}.")
        published = BACKTEST.run(work, **({} if config.weeks is None else {"backtest_weeks": config.weeks}))
        picture = {} if "skipped" in published.metadata else reliability_chart(context, work, published)
        return running.result(picture | published.metadata, published.version)
