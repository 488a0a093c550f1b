"""Registry of the assets: a module for each group of the asset graph, in the order in which data flows through them.

A new asset belongs in the module of its group and needs no entry here; a new group needs one.
"""

import dagster as dg

from flux_pipeline.orchestration.assets import accuracy, costs, feeds, forecasts, records, rosters, sales, uploads

GROUPS = {
    "uploads": uploads,
    "feeds": feeds,
    "sales": sales,
    "costs": costs,
    "forecasts": forecasts,
    "rosters": rosters,
    "accuracy": accuracy,
    "audit": records,
}
ASSETS = [
    asset for group, module in GROUPS.items() for asset in dg.load_assets_from_modules([module], group_name=group)
]
