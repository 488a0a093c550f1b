"""Jobs: refresh one restaurant, run its backtest, plan its roster; refresh the shared feeds, average priors."""

import dagster as dg

from flux_pipeline.orchestration import algorithm
from flux_pipeline.orchestration.assets.priors import demand_priors
from flux_pipeline.orchestration.assets.sales import daily_item_sales
from flux_pipeline.orchestration.checks.fleet import FLEET_CHECKS

FEEDS = dg.AssetSelection.groups("feeds")
WEEKLY = dg.AssetSelection.tag(algorithm.RUNS_TAG, algorithm.WEEKLY)
PLANNED = dg.AssetSelection.tag(algorithm.RUNS_TAG, algorithm.PLANNED)
PRIORS = dg.AssetSelection.assets(demand_priors)

refresh_restaurant = dg.define_asset_job(
    "refresh_restaurant",
    selection=dg.AssetSelection.all() - FEEDS - WEEKLY - PLANNED - PRIORS - dg.AssetSelection.checks(*FLEET_CHECKS),
    description="Load one restaurant's files, sum up its sales, forecast, score. One run is one restaurant.",
)
backtest_restaurant = dg.define_asset_job(
    "backtest_restaurant",
    # The sales come first, so that a backtest uses what was uploaded since the last run.
    selection=dg.AssetSelection.assets(daily_item_sales) | WEEKLY,
    description="Compare forecasts that the model would have made for one restaurant with its actual sales.",
)
plan_rosters = dg.define_asset_job(
    "plan_rosters",
    selection=PLANNED,
    description="Draft one restaurant's shifts for the coming weeks. What was published or confirmed is kept.",
)
refresh_feeds = dg.define_asset_job(
    "refresh_feeds",
    selection=FEEDS,
    description="Load weather and events from files and services, and public holidays; all restaurants share them.",
)
average_priors = dg.define_asset_job(
    "average_priors",
    selection=PRIORS,
    description="Average what restaurants share of their demand, once a week, for new restaurants to start from.",
)
