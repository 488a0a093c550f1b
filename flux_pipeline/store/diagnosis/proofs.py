"""Proofs about stored rows: each reads them, and returns what it compared and what is wrong."""

from sqlalchemy import text

from flux_pipeline.records.algorithms import AlgorithmName
from flux_pipeline.records.proof import Proof
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.uploads import LOADED, UploadStatus
from flux_pipeline.store.records.runs import skip_reason

UPLOAD_ACCOUNTING = """
SELECT u.file_name,
       u.loaded_count, coalesce(d.brought, 0) AS brought, coalesce(d.current, 0) AS current,
       (SELECT count(*) FROM transactions t
        JOIN transaction_items i USING (restaurant_id, business_date)
        WHERE t.data_upload_id = u.id AND i.transaction_id = t.id) AS lines,
       u.rejected_count, (SELECT count(*) FROM rejected_rows r WHERE r.data_upload_id = u.id) AS kept
FROM data_uploads u
LEFT JOIN (
    SELECT data_upload_id, sum(line_count) AS brought, sum(line_count) FILTER (WHERE status = 'current') AS current
    FROM upload_days GROUP BY data_upload_id
) d ON d.data_upload_id = u.id
WHERE u.kind = 'sales' AND u.status = ANY(:counted)
"""

FORECAST_COVERAGE = """
WITH run AS (
    SELECT as_of, (output_summary ->> 'items')::integer AS items,
           (output_summary ->> 'forecast_to')::date - (output_summary ->> 'forecast_from')::date + 1 AS days
    FROM algorithm_runs
    WHERE algorithm = :algorithm AND status = 'succeeded'
    ORDER BY finished_at DESC LIMIT 1
)
SELECT run.as_of::text AS as_of, run.items, run.days, count(f.id) AS rows,
       count(DISTINCT f.menu_item_id) AS items_there, count(DISTINCT f.forecast_date) AS days_there
FROM run LEFT JOIN demand_forecasts f ON f.as_of = run.as_of AND f.is_current
GROUP BY run.as_of, run.items, run.days
"""


def upload_accounting(tx: Tenant) -> Proof:
    """Check that the stored lines are those that each upload brought and no later one superseded."""
    rows = tx.connection.execute(text(UPLOAD_ACCOUNTING), {"counted": [*LOADED, UploadStatus.WITHDRAWN]}).all()
    wrong = [
        f"{r.file_name}: {r.loaded_count} loaded but {r.brought} counted by day; {r.current} of them current but "
        f"{r.lines} lines stored; {r.rejected_count} rejected, {r.kept} rejected rows stored"
        for r in rows
        if (r.loaded_count, r.current, r.rejected_count) != (r.brought, r.lines, r.kept)
    ]
    return Proof({"uploads": len(rows), "lines": sum(r.lines for r in rows)}, wrong)


def forecast_coverage(tx: Tenant) -> Proof:
    """Check that the last run's forecasts are stored: each item on each day of its horizon, once and current."""
    row = tx.connection.execute(text(FORECAST_COVERAGE), {"algorithm": AlgorithmName.DEMAND}).mappings().one_or_none()
    if row is None:
        # Without sales there is nothing to forecast, and the run says so.
        is_skipped = skip_reason(tx, AlgorithmName.DEMAND) is not None
        return Proof({"rows": 0}, [] if is_skipped else ["no demand forecast was published yet"])
    is_complete = row["rows"] == row["items"] * row["days"] and (row["items_there"], row["days_there"]) == (
        row["items"],
        row["days"],
    )
    found = (
        f"{row['rows']} current rows as of {row['as_of']} for {row['items_there']} items and {row['days_there']} days; "
        f"expected {row['items']} items on {row['days']} days"
    )
    return Proof({str(key): value for key, value in row.items()}, [] if is_complete else [found])
