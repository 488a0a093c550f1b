"""Opening hours of a restaurant by day of the week, in and out."""

from typing import Any

import pandas as pd
from sqlalchemy import insert, select, text

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.staffing.week import check_week
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.known import OperatingHours
from flux_pipeline.store.uploads.registry import Upload, accounting_of
from flux_pipeline.wording import count_of

HOURS = ["day_of_week", "open_time", "close_time", "is_closed"]


def opening_hours(tx: Tenant) -> pd.DataFrame:
    """The declared hours: day_of_week (0 = Monday), open_time, close_time (may cross midnight), is_closed."""
    query = select(*[getattr(OperatingHours, name) for name in HOURS]).order_by(
        OperatingHours.day_of_week, OperatingHours.open_time
    )
    return pd.DataFrame(tx.connection.execute(query).all(), columns=HOURS)


def set_opening_hours(tx: Tenant, hours: pd.DataFrame) -> None:
    """Replace the declared hours by `hours` (day_of_week, open_time, close_time, is_closed).

    Raises:
        PermanentError: they contradict each other.
    """
    check_week(hours)
    tx.lock()
    tx.connection.execute(text("DELETE FROM operating_hours"))
    rows = [{"restaurant_id": tx.restaurant.id, **row} for row in _records(hours)]
    if rows:
        tx.connection.execute(insert(OperatingHours), rows)


def load_opening_hours(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Replace the declared hours by a file's; a file that says what stands changes nothing.

    Raises:
        PermanentError: a row was rejected. A week with a row missing would close that day.
    """
    if parsed.rejected_count:
        first = parsed.rejected.iloc[0]
        raise PermanentError(
            f"{parsed.rejected_count} of {count_of(parsed.read_count, 'row')} can't be read, and opening hours are "
            f"replaced as a whole. Line {first.line_number}: {first.message} Correct the file and send it again."
        )
    rows = parsed.rows[HOURS]
    if _week(rows) == _week(opening_hours(tx)):
        return accounting_of(parsed, written=0)
    set_opening_hours(tx, rows)
    return accounting_of(parsed)


def _week(hours: pd.DataFrame) -> set[tuple[Any, ...]]:
    return {tuple(row.values()) for row in _records(hours)}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries, missing values as None."""
    return [
        {str(key): value for key, value in row.items()}
        for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
    ]
