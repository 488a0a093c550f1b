"""How right Flux is: what was published against what came, and backtests against the four-week rule."""

import dagster as dg
from pydantic import Field

from flux_pipeline.demand.judging.backtest import backtest_demand
from flux_pipeline.demand.judging.losses import Accuracy
from flux_pipeline.demand.judging.published import judge_published
from flux_pipeline.orchestration import groups
from flux_pipeline.orchestration.assets.feeds import local_events, weather_data
from flux_pipeline.orchestration.assets.forecasts import demand_forecasts
from flux_pipeline.orchestration.assets.sales import daily_item_sales
from flux_pipeline.orchestration.inputs.backtest import BacktestInputs, accuracy_inputs, backtest_inputs
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.pictures import accuracy_chart, reliability_chart
from flux_pipeline.orchestration.provenance import code_version
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.orchestration.work import work_of
from flux_pipeline.records.plans import plan_run
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.accuracy import ACCURACY, keep_accuracy
from flux_pipeline.store.forecasts.backtests import publish_backtest
from flux_pipeline.store.forecasts.measures import judged_window, measured, measured_totals
from flux_pipeline.store.records.runs import finished_run, recorded_run, succeed_run

# The name under which `algorithm_runs` knows them.
BACKTEST = "backtest"
# What the UI shows is how it is lately.
DAYS_TOLD = 56


class BacktestConfig(dg.Config):
    """What one backtest may do differently from the restaurant's settings."""

    weeks: int | None = Field(
        default=None, ge=1, le=52, description="How many forecasts it looks back on; default: backtest_weeks."
    )


# After the forecasts and not before: what goes wrong here must not keep a restaurant from its forecast.
@dg.asset(
    partitions_def=restaurants_partitions,
    group_name=groups.ACCURACY,
    deps=[daily_item_sales, demand_forecasts],
    kinds={"numpy", "postgres"},
    retry_policy=RETRY_TRANSIENT,
)
def forecast_accuracy(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """How right each published forecast was, item by item and in total, once its day has come; corrected with sales."""
    with step() as this:
        work = work_of(context, store, business_day)
        # Forecasts are judged by all that is known by now, whatever day this run looks back from.
        last_day = work.restaurant.last_complete_business_day(work.started_at)
        with work.store.alone(work.restaurant, ACCURACY):
            with work.failure_recorded(ACCURACY), work.store.tenant(work.restaurant) as tx:
                inputs = accuracy_inputs(tx, last_day)
                params = inputs.settings.model_dump(mode="json")
                plan = plan_run(ACCURACY, code_version(), last_day, params, inputs.as_values())
                if inputs.unjudged.days.empty:
                    nothing = {"as_of": last_day.isoformat(), "rows_written": 0, **_told(tx)}
                    window = judged_window(tx, DAYS_TOLD)
            if inputs.unjudged.days.empty:
                return this.result(accuracy_chart(context, work, window) | nothing)
            with recorded_run(work.store, work.restaurant, plan, work.dagster_run_id) as run_id:
                unjudged = inputs.unjudged
                judged = judge_published(
                    unjudged.published, unjudged.actuals, inputs.sales, inputs.posteriors, inputs.settings
                )
                with work.store.tenant(work.restaurant) as tx:
                    written = keep_accuracy(tx, unjudged, judged)
                    summary = {"rows_written": written, **_told(tx)}
                    window = judged_window(tx, DAYS_TOLD)
                    succeed_run(tx, run_id, summary, len(judged))
    told = {"as_of": last_day.isoformat(), "algorithm_run_id": str(run_id), **summary}
    return this.result(accuracy_chart(context, work, window) | told)


def _told(tx: Tenant) -> dict[str, object]:
    """Rows, window and the measures of the newest weeks, item by item and of the day's total; how to see more."""
    judged = judged_window(tx, DAYS_TOLD)
    if judged is None:
        return {"rows": 0, "window_from": None, "window_to": None}
    of_items, of_total = (Accuracy.of(rows.iloc[0]) for rows in (measured(tx, judged), measured_totals(tx, judged)))
    return {
        "rows": of_items.row_count + of_total.row_count,
        "days_judged": judged.days,
        "window_from": judged.first.isoformat(),
        "window_to": judged.last.isoformat(),
        "made_in_hindsight": judged.look_backs,
        **of_items.as_metadata(),
        **{f"total_{name}": value for name, value in of_total.as_metadata().items()},
        "see": f"flux accuracy --restaurant {tx.restaurant.slug}",
    }


@dg.asset(
    partitions_def=restaurants_partitions,
    group_name=groups.ACCURACY,
    deps=[daily_item_sales, weather_data, local_events],
    kinds={"numpy", "postgres"},
    retry_policy=RETRY_TRANSIENT,
)
def backtests(
    context: dg.AssetExecutionContext, config: BacktestConfig, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """What the model would have said week after week, against what came and the mean of the last four same weekdays."""
    with step() as this:
        work = work_of(context, store, business_day)
        see = f"flux backtest --restaurant {work.restaurant.slug}"
        with work.store.alone(work.restaurant, BACKTEST):
            with work.failure_recorded(BACKTEST), work.store.tenant(work.restaurant) as tx:
                inputs = backtest_inputs(tx, work.as_of, config.weeks)
                plan = plan_run(BACKTEST, code_version(), inputs.last_day, inputs.params, inputs.as_values())
                published = finished_run(tx, plan)
            if not inputs.known:
                return this.result({"as_of": work.as_of.isoformat(), "rows": 0, "skipped": _too_young(inputs)})
            if published is not None:
                return this.result(reliability_chart(context, work) | published.as_metadata())
            with recorded_run(work.store, work.restaurant, plan, work.dagster_run_id) as run_id:
                backtest = backtest_demand(
                    inputs.known.__getitem__,
                    inputs.sales,
                    origins=list(inputs.known),
                    settings=inputs.settings,
                    sales_known="as corrected since",
                )
                with work.store.tenant(work.restaurant) as tx:
                    count = publish_backtest(tx, backtest, run_id)
                    summary = {**backtest.as_metadata(), "see": see}
                    succeed_run(tx, run_id, summary, count)
    told = {"as_of": work.as_of.isoformat(), "rows": count, "algorithm_run_id": str(run_id), **summary}
    return this.result(reliability_chart(context, work) | told)


def _too_young(inputs: BacktestInputs) -> str:
    params = inputs.params
    least = params["backtest_min_history_days"] + params["forecast_horizon_days"]
    return f"{inputs.history_days} days with sales; a backtest needs {least}: history, and a horizon to judge"
