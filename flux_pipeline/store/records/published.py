"""Rows that an algorithm publishes: a run adds its rows and makes them the current ones of their day."""

import datetime as dt
import uuid
from typing import Any

import pandas as pd
from sqlalchemy import bindparam, text, update
from sqlalchemy.dialects.postgresql import JSONB

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.base import Base
from flux_pipeline.store.postgres.copying import as_records


def publish_rows(
    tx: Tenant, model: type[Base], rows: pd.DataFrame, *, as_of: dt.date, run_id: uuid.UUID, **constants: Any
) -> int:
    """Add a run's rows to a table and make them the current ones of their day; return how many.

    Idempotent because its caller, a run, publishes once, in the transaction that closes its audit row.

    Args:
        tx: the restaurant's transaction.
        model: a model with the columns as_of, is_current and algorithm_run_id.
        rows: the rows, named like the model's columns; dates as datetime64.
        as_of: the last business day whose data was used. Its rows of earlier runs are no longer current.
        run_id: the id of the run's audit row.
        constants: values that all rows have, by column.
    """
    table = model.__table__
    dates = rows.select_dtypes("datetime64")
    written = rows.assign(**{str(name): dates[name].dt.strftime("%Y-%m-%d") for name in dates})
    constants |= {"restaurant_id": tx.restaurant.id, "as_of": as_of, "algorithm_run_id": run_id}
    tx.connection.execute(update(model).where(table.c.as_of == as_of, table.c.is_current).values(is_current=False))
    # Every name comes from the model or the algorithm, none from data. The table itself types the values.
    own, shared = (", ".join(names) for names in (map(str, rows.columns), constants))
    given = ", ".join(f":{name}" for name in constants)
    publish = text(
        f"INSERT INTO {table} ({shared}, {own}) SELECT {given}, {own} "  # noqa: S608
        f"FROM jsonb_populate_recordset(CAST(NULL AS {table}), :rows)"
    ).bindparams(bindparam("rows", type_=JSONB))
    return tx.connection.execute(publish, {**constants, "rows": as_records(written)}).rowcount
