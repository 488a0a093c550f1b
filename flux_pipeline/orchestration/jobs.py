"""The business acts: bring one restaurant up to date, bring the shared feeds up to date."""

import dagster as dg

from flux_pipeline.orchestration.assets.accuracy import backtests
from flux_pipeline.orchestration.assets.sales import daily_item_sales

FEEDS = dg.AssetSelection.groups("feeds")
# By far the longest computation; once a week is often enough.
WEEKLY = dg.AssetSelection.assets(backtests)

refresh_restaurant = dg.define_asset_job(
    "refresh_restaurant",
    selection=dg.AssetSelection.all() - FEEDS - WEEKLY,
    description="One restaurant, the whole chain: files in, sales, forecasts, audit. One run is one restaurant.",
)
backtest_restaurant = dg.define_asset_job(
    "backtest_restaurant",
    # What was uploaded since the last run counts too.
    selection=dg.AssetSelection.assets(daily_item_sales) | WEEKLY,
    description="One restaurant's own past: what the model would have said week after week, against what came.",
)
refresh_feeds = dg.define_asset_job(
    "refresh_feeds",
    selection=FEEDS,
    description="Weather and events, which all restaurants share.",
)
