"""Statements about what is stored, checked by reading it: each returns what it looked at and what is wrong."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from flux_pipeline.store.store import Tenant

UPLOAD_ACCOUNTING = """
SELECT u.file_name,
       u.loaded_count, (SELECT count(*) FROM transactions t
                        JOIN transaction_items i USING (restaurant_id, business_date)
                        WHERE t.data_upload_id = u.id AND i.transaction_id = t.id) AS lines,
       u.rejected_count, (SELECT count(*) FROM rejected_rows r WHERE r.data_upload_id = u.id) AS kept
FROM data_uploads u
WHERE u.kind = 'sales' AND u.status IN ('completed', 'completed_with_errors') AND u.superseded_by IS NULL
"""

FORECAST_COVERAGE = """
WITH newest AS (
    SELECT * FROM demand_forecasts
    WHERE is_current AND as_of = (SELECT max(as_of) FROM demand_forecasts WHERE is_current)
)
SELECT count(*) AS rows, count(DISTINCT menu_item_id) AS items, count(DISTINCT forecast_date) AS days,
       max(as_of)::text AS as_of, max(forecast_date)::text AS last_date
FROM newest
"""


@dataclass(frozen=True)
class Proof:
    """What was looked at, and each thing that is not as it should be, in a sentence."""

    looked_at: dict[str, Any]
    wrong: list[str]

    def as_metadata(self) -> dict[str, Any]:
        """For the UI."""
        return {**self.looked_at, "wrong": "\n".join(self.wrong) or "nothing"}


def upload_accounting(tx: Tenant) -> Proof:
    """Whether the lines that stand in the tables are as many as each upload's accounting says."""
    rows = tx.connection.execute(text(UPLOAD_ACCOUNTING)).all()
    wrong = [
        f"{r.file_name}: {r.loaded_count} loaded but {r.lines} lines stand; {r.rejected_count} rejected, {r.kept} kept"
        for r in rows
        if (r.loaded_count, r.rejected_count) != (r.lines, r.kept)
    ]
    return Proof({"uploads": len(rows), "lines": sum(r.lines for r in rows)}, wrong)


def forecast_coverage(tx: Tenant) -> Proof:
    """Whether the newest forecast has one row for every item and day."""
    row = tx.connection.execute(text(FORECAST_COVERAGE)).mappings().one()
    whole = row["rows"] == row["items"] * row["days"] and row["rows"] > 0
    expected = f"{row['rows']} rows stand for {row['items']} items and {row['days']} days"
    seen = {key: value if value is not None else "none" for key, value in row.items()}
    return Proof(seen, [] if whole else [expected])
