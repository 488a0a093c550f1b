"""Asset of the audit rows. Each algorithm writes its own row, also when it fails; this asset lists those of a run."""

import dagster as dg

from flux_pipeline.orchestration.algorithm import NIGHTLY, RUNS_TAG
from flux_pipeline.orchestration.assets import accuracy, costs, forecasts, inventory, purchases, sales
from flux_pipeline.orchestration.pictures import markdown_table
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import current_work, restaurant_asset
from flux_pipeline.store.records.runs import list_runs


def _nightly_algorithms() -> list[dg.AssetsDefinition]:
    assets = dg.load_assets_from_modules([sales, costs, inventory, forecasts, purchases, accuracy])
    return [
        asset
        for asset in assets
        if isinstance(asset, dg.AssetsDefinition)
        and any(tags.get(RUNS_TAG) == NIGHTLY for tags in asset.tags_by_key.values())
    ]


@restaurant_asset(deps=_nightly_algorithms(), kinds={"postgres"}, docs="operations.md")
def algorithm_runs(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Audit rows of this run: algorithm, status, rows and seconds. Each algorithm writes its own row."""
    with step() as running:
        work = current_work(context, store, business_day)
        with work.store.tenant(work.restaurant) as tx:
            runs = list_runs(tx, dagster_run_id=work.dagster_run_id)
    lines = [(r.algorithm, r.status, r.row_count, f"{r.seconds or 0:.2f}", str(r.id)[:8]) for r in runs]
    table = markdown_table(("algorithm", "status", "rows", "seconds", "id"), lines)
    return running.result(
        {
            "as_of": work.as_of.isoformat(),
            "rows": len(runs),
            "runs": table if runs else "Nothing new: the results of an earlier run are still current.",
        }
    )
