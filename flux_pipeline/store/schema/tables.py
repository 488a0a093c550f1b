"""Whole tables: synced with a SELECT of `dbt_like_sql/`, and measured for an asset's metadata.

Each file of that folder holds one SELECT with bound parameters; `read_select` returns its result as a frame.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Executable, func, select, text
from sqlalchemy.engine import Connection, Row

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.feeds import LocalEvent, WeatherData
from flux_pipeline.store.models.records import AlgorithmRun
from flux_pipeline.store.models.registry import METADATA
from flux_pipeline.store.models.sales import Transaction
from flux_pipeline.store.models.uploads import DataUpload
from flux_pipeline.store.schema.selects import select_text

# Rows of a large result that are Python objects at the same time; each takes half a kilobyte as such.
ROWS_AT_ONCE = 50_000
TIMESTAMPS = {"created_at", "updated_at"}

# The column that dates the rows of each table.
TIMES = {
    "data_uploads": DataUpload.received_at,
    "transactions": Transaction.business_date,
    "weather_data": WeatherData.valid_at,
    "local_events": LocalEvent.starts_at,
    "algorithm_runs": AlgorithmRun.started_at,
}


@dataclass(frozen=True)
class SyncedTable:
    """Result of syncing a table with its SELECT: rows written and removed, and rows in the table afterwards."""

    written: int
    removed: int
    rows: int


@dataclass(frozen=True)
class Window:
    """Number of rows in a table that the transaction may read, and the first and last time among them."""

    rows: int
    first: Any
    last: Any

    def as_metadata(self) -> dict[str, Any]:
        """Return row count and time window as metadata; the times of an empty table are None."""
        return {
            "rows": self.rows,
            "window_from": None if self.first is None else self.first.isoformat(),
            "window_to": None if self.last is None else self.last.isoformat(),
        }


def read_select(tx: Tenant, name: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    """Run a SELECT in the tenant's transaction, and so over its rows only; return the result as a frame."""
    result = tx.connection.execute(text(select_text(tx.settings, name)), dict(parameters))
    return _frame(result.all(), list(result.keys()))


def read_in_pieces(tx: Tenant, query: Executable, typed: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Run a query for many rows; return them as a frame, of which each piece is `typed` before the next one is read."""
    result = tx.connection.execute(query, execution_options={"stream_results": True})
    columns = list(result.keys())
    pieces = [typed(_frame(rows, columns)) for rows in result.partitions(ROWS_AT_ONCE)]
    return pd.concat(pieces, ignore_index=True) if pieces else typed(pd.DataFrame(columns=columns))


def _frame(rows: Sequence[Row[Any]], columns: list[str]) -> pd.DataFrame:
    """Return rows as a frame. pandas asks each of SQLAlchemy's rows for an attribute, which is slower than a copy."""
    return pd.DataFrame(list(map(tuple, rows)), columns=columns)


def id_texts(ids: pd.Series) -> pd.Series:
    """Return ids as texts, with one object for each id of many rows."""
    codes, found = pd.factorize(ids)
    return pd.Series(np.array([str(each) for each in found], dtype=object)[codes], index=ids.index, dtype="str")


def sync_table(tx: Tenant, name: str) -> SyncedTable:
    """Make the table `name` hold exactly the rows that the SELECT of that name returns; write only those that differ.

    Idempotent: if nothing changed, nothing is written. The SELECT returns the columns of the table without its
    timestamps; rows are matched by the table's primary key.
    """
    table = METADATA.tables[name]
    query = select_text(tx.settings, name).rstrip().rstrip(";")
    columns = [column.name for column in table.columns if column.name not in TIMESTAMPS]
    keys = [column.name for column in table.primary_key.columns]
    values = [column for column in columns if column not in keys]
    # Every name below comes from the models, none from data.
    listed = ", ".join(columns)
    same = " AND ".join(f"kept.{key} = fresh.{key}" for key in keys)
    stored = ", ".join(f"kept.{value}" for value in values)
    selected = ", ".join(f"excluded.{value}" for value in values)
    changes = ", ".join(f"{value} = excluded.{value}" for value in values)
    tx.connection.execute(text("DROP TABLE IF EXISTS pg_temp.fresh"))
    tx.connection.execute(text(f"CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS {query}"))
    removed = tx.connection.execute(
        text(f"DELETE FROM {name} kept WHERE NOT EXISTS (SELECT FROM fresh WHERE {same})")  # noqa: S608
    ).rowcount
    written = tx.connection.execute(
        text(
            f"INSERT INTO {name} AS kept ({listed}) SELECT {listed} FROM fresh "  # noqa: S608
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes} WHERE ({stored}) IS DISTINCT FROM ({selected})"
        )
    ).rowcount
    rows = tx.connection.scalar(text("SELECT count(*) FROM fresh"))
    return SyncedTable(written=written, removed=removed, rows=rows or 0)


def table_window(connection: Connection, table: str) -> Window:
    """Measure `table` (a key of TIMES): one restaurant's rows in its transaction, all rows in the fleet's."""
    time = TIMES[table]
    return Window(*connection.execute(select(func.count(), func.min(time), func.max(time))).one())
