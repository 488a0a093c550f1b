"""Forecast assets: the demand for each item, and the heads needed in each hour. Each run leaves an audit row."""

from dataclasses import dataclass

import dagster as dg
import numpy as np
import pandas as pd

from flux_pipeline.demand.distribution.totals import DemandTotals, total_demand
from flux_pipeline.demand.forecast import parameters_to_share
from flux_pipeline.demand.result import DemandForecast
from flux_pipeline.demand.settings import CalendarSettings, DemandSettings, SharingSettings
from flux_pipeline.orchestration.algorithm import Algorithm, Published, Run, algorithm_asset
from flux_pipeline.orchestration.assets import feeds, inventory, sales, uploads
from flux_pipeline.orchestration.inputs.demand import ForecastInputs, forecast_inputs
from flux_pipeline.orchestration.inputs.staffing import StaffingInputs, staffing_inputs
from flux_pipeline.orchestration.pictures import Metadata, driver_table, fan_charts, next_day_table
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import Work, current_work
from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.staffing.forecast import StaffingForecast, forecast_staffing
from flux_pipeline.staffing.settings import StaffingSettings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.forecasts.demand import publish_forecasts
from flux_pipeline.store.forecasts.priors import keep_parameters
from flux_pipeline.store.forecasts.staffing import publish_staffing
from flux_pipeline.store.schema.months import make_months


@dataclass(frozen=True)
class _Forecast:
    """A demand forecast with its totals by category and for the restaurant, and the parameters that it shares."""

    items: DemandForecast
    totals: DemandTotals
    shared: pd.DataFrame | None


def _forecast_demand(inputs: ForecastInputs) -> _Forecast:
    known = inputs.demand
    forecast = inputs.forecaster.forecast(
        known.sales,
        known.days,
        as_of=known.as_of,
        items=known.items,
        item_days=known.item_days,
        settings=inputs.settings,
        seed=known.seed,
        calibration=inputs.calibration,
        priors=known.priors,
    )
    shared = None
    if inputs.shares:
        shared = parameters_to_share(
            known.sales,
            known.days,
            as_of=known.as_of,
            items=known.items,
            item_days=known.item_days,
            settings=inputs.settings,
        )
    return _Forecast(forecast, total_demand(forecast.posterior, forecast.rows, known.items), shared)


def _publish_demand(tx: Tenant, forecast: _Forecast, run: Run[ForecastInputs]) -> Published:
    added = publish_forecasts(
        tx,
        forecast.items,
        forecast.totals,
        run.work.as_of,
        run.id,
        approve_from=run.inputs.settings.forecast_confidence_threshold,
        is_retrospective=run.work.is_retrospective,
    )
    kept = keep_parameters(tx, forecast.shared, run.work.as_of)
    shared = {"parameters_shared": kept} if run.inputs.shares else {}
    known, forecaster = run.inputs.demand, run.inputs.forecaster
    used = {} if forecaster.is_fallback else known.priors.as_metadata()
    notes = known.warnings() | forecaster.as_metadata() | run.inputs.calibration.as_metadata() | used | shared
    return Published(added.rows, forecast.items.as_metadata() | added.as_metadata() | notes)


# Stock that ran out explains why a dish was not sold.
KNOWN = (
    uploads.transactions,
    sales.daily_item_sales,
    inventory.inventory_movements,
    feeds.weather_data,
    feeds.local_events,
)
DEMAND = Algorithm(
    name=AlgorithmName.DEMAND,
    settings=(DemandSettings, CalendarSettings, SharingSettings),
    read=forecast_inputs,
    compute=_forecast_demand,
    publish=_publish_demand,
)


@algorithm_asset(deps=KNOWN)
def demand_forecasts(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Each item of the menu on each day of the horizon: mean, quantiles, factors and the reason in a line."""
    with step() as running:
        work = current_work(context, store, business_day)
        make_months(work.store, ("demand_forecasts",), [work.as_of])
        published = DEMAND.run(work)
        shown = {} if "skipped" in published.metadata else _shown(context, work, published)
        return running.result(published.metadata | shown, published.version)


def _shown(context: dg.AssetExecutionContext, work: Work, published: Published) -> Metadata:
    """Return what shows a forecast at a glance."""
    found = published.metadata.get("drivers")
    drivers: Metadata = {"drivers": driver_table(found)} if found else {}
    return drivers | next_day_table(work, published) | fan_charts(context, work, published)


def _forecast_staffing(inputs: StaffingInputs) -> StaffingForecast:
    return forecast_staffing(
        inputs.demand(),
        inputs.profile,
        inputs.periods(),
        inputs.roles,
        inputs.settings,
        np.random.default_rng(inputs.posterior.seed),
        inputs.cutoff,
    )


def _publish_staffing(tx: Tenant, forecast: StaffingForecast, run: Run[StaffingInputs]) -> Published:
    rows = publish_staffing(tx, forecast, run.work.as_of, run.id)
    return Published(rows, forecast.as_metadata() | run.inputs.as_metadata())


STAFFING = Algorithm(
    name=AlgorithmName.STAFFING,
    settings=(StaffingSettings,),
    read=staffing_inputs,
    compute=_forecast_staffing,
    publish=_publish_staffing,
)


@algorithm_asset(deps=[uploads.transactions, demand_forecasts])
def staffing_forecasts(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Heads of each role for each open hour of the horizon, p50 and p90, from the demand forecast's joint samples."""
    with step() as running:
        published = STAFFING.run(current_work(context, store, business_day))
        return running.result(published.metadata, published.version)
