"""How much stands in a table, and from when to when: what every asset tells of the table that it fills."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from flux_pipeline.store.models.feeds import LocalEvent, WeatherData
from flux_pipeline.store.models.records import AlgorithmRun
from flux_pipeline.store.models.sales import Transaction
from flux_pipeline.store.models.uploads import DataUpload

# The time by which each table's rows are ordered in the reader's mind.
TIMES = {
    "data_uploads": DataUpload.received_at,
    "transactions": Transaction.business_date,
    "weather_data": WeatherData.valid_at,
    "local_events": LocalEvent.starts_at,
    "algorithm_runs": AlgorithmRun.started_at,
}


@dataclass(frozen=True)
class Window:
    """What the reader of the transaction sees of a table."""

    rows: int
    first: Any
    last: Any

    def as_metadata(self) -> dict[str, Any]:
        """Row count and time window, None where the table is empty."""
        return {
            "rows": self.rows,
            "window_from": None if self.first is None else self.first.isoformat(),
            "window_to": None if self.last is None else self.last.isoformat(),
        }


def table_window(connection: Connection, table: str) -> Window:
    """Rows and time window of `table` (a key of TIMES): of one restaurant in its transaction, else of all."""
    time = TIMES[table]
    return Window(*connection.execute(select(func.count(), func.min(time), func.max(time))).one())
