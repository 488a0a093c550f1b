"""The record of what ran. Each algorithm writes its own row, also when it fails; here a run's rows are looked at."""

import dagster as dg

from flux_pipeline.orchestration import groups
from flux_pipeline.orchestration.assets.accuracy import forecast_accuracy
from flux_pipeline.orchestration.assets.forecasts import demand_forecasts, staffing_forecasts
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.orchestration.work import work_of
from flux_pipeline.store.records.runs import list_runs
from flux_pipeline.store.schema.tables import table_window


@dg.asset(
    partitions_def=restaurants_partitions,
    group_name=groups.AUDIT,
    deps=[demand_forecasts, staffing_forecasts, forecast_accuracy],
    kinds={"postgres"},
    retry_policy=RETRY_TRANSIENT,
)
def algorithm_runs(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """The audit rows of this run: algorithm, status, rows, seconds. Written by each algorithm, gathered here."""
    with step() as this:
        work = work_of(context, store, business_day)
        with work.store.tenant(work.restaurant) as tx:
            runs = list_runs(tx, dagster_run_id=work.dagster_run_id)
            window = table_window(tx.connection, "algorithm_runs")
    lines = [f"| {r.algorithm} | {r.status} | {r.row_count} | {r.seconds or 0:.2f} | `{r.id}` |" for r in runs]
    table = "\n".join(["| algorithm | status | rows | seconds | id |", "|---|---|---|---|---|", *lines])
    return this.result(
        {
            "as_of": work.as_of.isoformat(),
            **window.as_metadata(),
            "runs_recorded": len(runs),
            "runs": dg.MetadataValue.md(table if runs else "Nothing new: the results of an earlier run stand."),
        }
    )
