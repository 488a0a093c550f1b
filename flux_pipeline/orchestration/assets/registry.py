"""Registry of the assets: the modules of each group of the asset graph, in the order in which data flows through them.

A new asset belongs in a module of its group and needs no entry here; a new module or group needs one.
"""

import dagster as dg

from flux_pipeline.orchestration.assets import (
    accuracy,
    costs,
    feeds,
    forecasts,
    inventory,
    priors,
    purchases,
    records,
    rosters,
    sales,
    uploads,
)

GROUPS = {
    "uploads": [uploads],
    "feeds": [feeds],
    "sales": [sales],
    "costs": [costs],
    "inventory": [inventory, purchases],
    "forecasts": [forecasts, priors],
    "rosters": [rosters],
    "accuracy": [accuracy],
    "audit": [records],
}
ASSETS = [
    asset for group, modules in GROUPS.items() for asset in dg.load_assets_from_modules(modules, group_name=group)
]
