"""Sales as the forecasts read them: one row an item and business day."""

import dagster as dg

from flux_pipeline.orchestration import groups
from flux_pipeline.orchestration.assets.uploads import transactions
from flux_pipeline.orchestration.partitions import restaurants_partitions
from flux_pipeline.orchestration.resources import StoreResource
from flux_pipeline.orchestration.step import RETRY_TRANSIENT, step
from flux_pipeline.store.sales.history import sales_window
from flux_pipeline.store.schema.tables import sync_table


@dg.asset(
    partitions_def=restaurants_partitions,
    group_name=groups.SALES,
    deps=[transactions],
    kinds={"sql", "postgres"},
    retry_policy=RETRY_TRANSIENT,
)
def daily_item_sales(context: dg.AssetExecutionContext, store: StoreResource) -> dg.MaterializeResult:
    """What each item sold on each business day: the SELECT of dbt_like_sql/daily_item_sales.sql, kept up to date."""
    with step() as this, store.open().tenant(context.partition_key) as tx:
        tx.lock()
        kept = sync_table(tx, "daily_item_sales")
        first, last = sales_window(tx)
    return this.result(
        {
            "rows": kept.rows,
            "rows_written": kept.written,
            "rows_removed": kept.removed,
            "window_from": first.isoformat() if first else None,
            "window_to": last.isoformat() if last else None,
        }
    )
