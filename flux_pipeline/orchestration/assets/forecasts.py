"""What Flux publishes: how much of each item, and how many heads an hour. Each with its audit row."""

import dagster as dg
import numpy as np

from flux_pipeline.demand.distribution.posterior import sample_demand
from flux_pipeline.demand.distribution.totals import total_demand
from flux_pipeline.demand.inputs.days import CalendarSettings
from flux_pipeline.demand.settings import DemandSettings
from flux_pipeline.orchestration import groups
from flux_pipeline.orchestration.assets.feeds import local_events, weather_data
from flux_pipeline.orchestration.assets.sales import daily_item_sales
from flux_pipeline.orchestration.inputs.backtest import forecaster_choice
from flux_pipeline.orchestration.inputs.demand import demand_inputs, staffing_inputs
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.pictures import fan_charts
from flux_pipeline.orchestration.provenance import code_version
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.orchestration.work import work_of
from flux_pipeline.records.plans import plan_run
from flux_pipeline.staffing.forecast import forecast_staffing
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.store.forecasts.demand import publish_forecasts
from flux_pipeline.store.forecasts.staffing import publish_staffing
from flux_pipeline.store.records.runs import finished_run, recorded_run, succeed_run
from flux_pipeline.store.records.settings import read_settings
from flux_pipeline.store.schema.months import make_months

# The names under which `algorithm_runs` knows them.
DEMAND = "demand_forecast"
STAFFING = "staffing_forecast"


@dg.asset(
    partitions_def=restaurants_partitions,
    group_name=groups.FORECASTS,
    deps=[daily_item_sales, weather_data, local_events],
    kinds={"numpy", "postgres"},
    retry_policy=RETRY_TRANSIENT,
)
def demand_forecasts(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Every item of the menu on every day of the horizon: mean, quantiles, factors and the reason in a line."""
    with step() as this:
        work = work_of(context, store, business_day)
        make_months(work.store, ("demand_forecasts",), [work.as_of])
        with work.store.alone(work.restaurant, DEMAND):
            with work.failure_recorded(DEMAND), work.store.tenant(work.restaurant) as tx:
                settings, calendar = read_settings(tx, DemandSettings), read_settings(tx, CalendarSettings)
                inputs = demand_inputs(tx, work.as_of, work.known_at, settings, calendar)
                params = settings.model_dump(mode="json") | calendar.model_dump(mode="json")
                # Who forecasts is part of what goes in: the model, or the four-week rule where it was nearer lately.
                chosen = forecaster_choice(tx, work.as_of)
                values = {**inputs.as_values(), "forecaster": chosen.model_name}
                plan = plan_run(DEMAND, code_version(), work.as_of, params, values)
                published = finished_run(tx, plan)
            if published is not None:
                return this.result(fan_charts(context, work) | published.as_metadata())
            with recorded_run(work.store, work.restaurant, plan, work.dagster_run_id) as run_id:
                forecast = chosen.forecast(
                    inputs.sales,
                    inputs.days,
                    as_of=work.as_of,
                    items=inputs.items,
                    item_days=inputs.item_days,
                    settings=settings,
                    seed=inputs.seed,
                )
                totals = total_demand(forecast, inputs.items)
                with work.store.tenant(work.restaurant) as tx:
                    done = publish_forecasts(
                        tx,
                        forecast,
                        totals,
                        work.as_of,
                        run_id,
                        approve_from=settings.forecast_confidence_threshold,
                        is_retrospective=work.is_retrospective,
                    )
                    summary = forecast.as_metadata() | done.as_metadata() | inputs.warnings() | chosen.as_metadata()
                    succeed_run(tx, run_id, summary, done.rows)
    told = {"as_of": work.as_of.isoformat(), "rows": done.rows, "algorithm_run_id": str(run_id), **summary}
    return this.result(fan_charts(context, work) | told)


@dg.asset(
    partitions_def=restaurants_partitions,
    group_name=groups.FORECASTS,
    deps=[demand_forecasts],
    kinds={"numpy", "postgres"},
    retry_policy=RETRY_TRANSIENT,
)
def staffing_forecasts(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Heads of each role for each open hour of the horizon, p50 and p90, from the demand forecast's joint samples."""
    with step() as this:
        work = work_of(context, store, business_day)
        with work.store.alone(work.restaurant, STAFFING):
            with work.failure_recorded(STAFFING), work.store.tenant(work.restaurant) as tx:
                settings = read_settings(tx, StaffingSettings)
                inputs = staffing_inputs(tx, work.as_of, work.known_at, settings)
                params = settings.model_dump(mode="json")
                plan = plan_run(STAFFING, code_version(), work.as_of, params, inputs.as_values())
                published = finished_run(tx, plan)
            if published is not None:
                return this.result(published.as_metadata())
            with recorded_run(work.store, work.restaurant, plan, work.dagster_run_id) as run_id:
                samples = sample_demand(inputs.posterior)
                forecast = forecast_staffing(
                    samples.quantity.sum(axis=1),
                    samples.dates,
                    inputs.is_open,
                    inputs.profile,
                    inputs.hours(samples.dates, settings),
                    inputs.roles,
                    settings,
                    np.random.default_rng(inputs.posterior.seed),
                )
                with work.store.tenant(work.restaurant) as tx:
                    count = publish_staffing(tx, forecast, work.as_of, run_id)
                    summary = forecast.as_metadata() | inputs.as_metadata()
                    succeed_run(tx, run_id, summary, count)
    return this.result({"as_of": work.as_of.isoformat(), "rows": count, "algorithm_run_id": str(run_id), **summary})
