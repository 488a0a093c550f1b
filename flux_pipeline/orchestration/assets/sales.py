"""Sales asset: what the forecasts read, one row for each item and business day."""

import dagster as dg

from flux_pipeline.orchestration.assets import uploads
from flux_pipeline.orchestration.resources import BusinessDay, StoreResource
from flux_pipeline.orchestration.step import step
from flux_pipeline.orchestration.work import current_work, restaurant_asset
from flux_pipeline.store.sales.history import sales_window
from flux_pipeline.store.schema.tables import sync_table
from flux_pipeline.store.schema.versions import sales_version


@restaurant_asset(deps=[uploads.transactions], kinds={"sql", "postgres"})
def daily_item_sales(
    context: dg.AssetExecutionContext, store: StoreResource, business_day: BusinessDay
) -> dg.MaterializeResult:
    """Sales of each item on each business day: the SELECT of dbt_like_sql/daily_item_sales.sql, kept up to date."""
    with step() as running:
        work = current_work(context, store, business_day)
        with work.store.tenant(work.restaurant) as tx:
            tx.lock()
            synced = sync_table(tx, "daily_item_sales")
            first, last = sales_window(tx)
            version = sales_version(tx)
    return running.result(
        {
            "rows": synced.rows,
            "rows_written": synced.written,
            "rows_removed": synced.removed,
            "window_from": first.isoformat() if first else None,
            "window_to": last.isoformat() if last else None,
        },
        version,
    )
