"""Asset of priors: what restaurants that share their parameters have in common, from which new ones start."""

import datetime as dt

import dagster as dg

from flux_pipeline.orchestration.assets.forecasts import demand_forecasts
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.orchestration.work import described_asset
from flux_pipeline.store.forecasts.priors import average_priors


@described_asset(docs="forecasts.md", kinds={"postgres"}, deps=[demand_forecasts], retry_policy=RETRY_TRANSIENT)
def demand_priors(store: StoreResource) -> dg.MaterializeResult:
    """Averages of effects and spread over at least 20 restaurants that share theirs, by country and category."""
    with step() as running:
        now = dt.datetime.now(dt.UTC)
        with store.open().fleet() as fleet:
            averaging = average_priors(fleet, now)
        return running.result(averaging.as_metadata(), averaging.averaged_at.isoformat())
