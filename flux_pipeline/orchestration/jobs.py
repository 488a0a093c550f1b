"""The business acts: bring one restaurant up to date, bring the shared feeds up to date."""

import dagster as dg

from flux_pipeline.orchestration.assets.accuracy import backtests, forecast_accuracy
from flux_pipeline.orchestration.assets.feeds import local_events, weather_data
from flux_pipeline.orchestration.assets.forecasts import demand_forecasts, staffing_forecasts
from flux_pipeline.orchestration.assets.records import algorithm_runs
from flux_pipeline.orchestration.assets.sales import daily_item_sales
from flux_pipeline.orchestration.assets.uploads import data_uploads, transactions

RESTAURANT_ASSETS = (
    data_uploads,
    transactions,
    daily_item_sales,
    demand_forecasts,
    staffing_forecasts,
    forecast_accuracy,
    algorithm_runs,
)
BACKTEST_ASSETS = (backtests,)
FEED_ASSETS = (weather_data, local_events)

refresh_restaurant = dg.define_asset_job(
    "refresh_restaurant",
    selection=dg.AssetSelection.assets(*RESTAURANT_ASSETS),
    description="One restaurant, the whole chain: files in, sales, forecasts, audit. One run is one restaurant.",
)
backtest_restaurant = dg.define_asset_job(
    "backtest_restaurant",
    # What was uploaded since the last run counts too.
    selection=dg.AssetSelection.assets(daily_item_sales, *BACKTEST_ASSETS),
    description="One restaurant's own past: what the model would have said week after week, against what came.",
)
refresh_feeds = dg.define_asset_job(
    "refresh_feeds",
    selection=dg.AssetSelection.assets(*FEED_ASSETS),
    description="Weather and events, which all restaurants share.",
)
