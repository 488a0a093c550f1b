"""A frame into a temporary table by COPY, which row-level security does not allow on a tenant's table itself.

From there one INSERT ... SELECT, which the policies check, takes the rows to where they belong.
"""

import io
from collections.abc import Mapping
from typing import Any

import pandas as pd
from psycopg import sql
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

AWARE = "TIMESTAMP WITH TIME ZONE"


def stage(
    connection: Connection, table: str, columns: Mapping[str, str | TypeEngine[Any]], frame: pd.DataFrame
) -> None:
    """Make the temporary table `table` and fill it. An earlier one of that name is dropped, this one at the end of the
    transaction.

    Args:
        connection: inside a transaction.
        table: its name.
        columns: type by column name, a model's or as PostgreSQL writes it; the frame has these columns.
        frame: floats are written in their shortest exact form, NaN, NaT and None as NULL, aware times as UTC.
    """
    name = sql.Identifier(table)
    kinds = {
        column: kind if isinstance(kind, str) else kind.compile(dialect=connection.dialect)
        for column, kind in columns.items()
    }
    # Times travel without their zone, which is faster to format, and get it back at the end.
    fields = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL("timestamp" if kind == AWARE else kind))
        for column, kind in kinds.items()
    )
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(name))
    driver.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(name, fields))
    buffer = io.StringIO()
    _without_zones(frame[list(columns)]).to_csv(buffer, index=False, header=False, na_rep="")
    with driver.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN WITH (FORMAT csv)").format(name)) as stream:
        stream.write(buffer.getvalue())
    for column in (sql.Identifier(column) for column, kind in kinds.items() if kind == AWARE):
        zoned = sql.SQL("ALTER TABLE {} ALTER {} TYPE timestamptz USING {} AT TIME ZONE 'UTC'")
        driver.execute(zoned.format(name, column, column))
    driver.execute(sql.SQL("ANALYZE {}").format(name))


def _without_zones(frame: pd.DataFrame) -> pd.DataFrame:
    """Aware times as naive UTC."""
    aware = [name for name, kind in frame.dtypes.items() if isinstance(kind, pd.DatetimeTZDtype)]
    return frame.assign(**{str(name): frame[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in aware})
