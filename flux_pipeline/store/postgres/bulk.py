"""A frame into a temporary table by COPY, which row-level security does not allow on a tenant's table itself.

From there one INSERT ... SELECT, which the policies check, takes the rows to where they belong.
"""

import io

import pandas as pd
from psycopg import sql
from sqlalchemy.engine import Connection


def stage(connection: Connection, table: str, columns: dict[str, str], frame: pd.DataFrame) -> None:
    """Make the temporary table `table`, gone at the transaction's end, and fill it.

    Args:
        connection: inside a transaction.
        table: its name.
        columns: PostgreSQL type by column name; the frame has these columns.
        frame: floats are written in their shortest exact form, NaN, NaT and None as NULL, aware times as UTC.
    """
    fields = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()
    )
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(sql.Identifier(table), fields))
    buffer = io.StringIO()
    _without_zones(frame[list(columns)]).to_csv(buffer, index=False, header=False, na_rep="")
    copy = sql.SQL("COPY {} FROM STDIN WITH (FORMAT csv)").format(sql.Identifier(table))
    with driver.cursor() as cursor, cursor.copy(copy) as stream:
        stream.write(buffer.getvalue())
    driver.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _without_zones(frame: pd.DataFrame) -> pd.DataFrame:
    """Aware times as naive UTC (their column is a `timestamp` and read AT TIME ZONE 'UTC'): faster to format."""
    aware = [name for name, kind in frame.dtypes.items() if isinstance(kind, pd.DatetimeTZDtype)]
    if not aware:
        return frame
    return frame.assign(**{str(name): frame[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in aware})
