"""Bulk copying into temporary tables by COPY, which row-level security does not allow on a tenant's own table.

From the temporary table one INSERT ... SELECT, which the policies check, moves the rows to the tenant's table. `stage`
copies any frame as text. Millions of sales rows are copied in PostgreSQL's binary format, which numpy builds a block at
a time: each field has a fixed width, so a block is one array, and a million lines take a fraction of a second instead
of several. Fields without a fixed width go through `text_rows`. The format is described in the server's documentation
of COPY.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from psycopg import Copy, sql
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

ROWS_OF_A_CHUNK = 1_000
AWARE = "TIMESTAMP WITH TIME ZONE"

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = struct.pack(">i", -1)

# PostgreSQL counts days and microseconds from 2000-01-01; its smallest timestamp is -infinity.
EPOCH_DAYS = np.datetime64("2000-01-01", "D").astype(np.int64)
EPOCH_MICROSECONDS = np.datetime64("2000-01-01", "us").astype(np.int64)
BEFORE_ALL_TIME = np.iinfo(np.int64).min

# A numeric is sent as base-10,000 digits: three before the point hold twelve decimal digits, one after it four.
NUMERIC = np.dtype([("digits", ">i2"), ("weight", ">i2"), ("sign", ">u2"), ("scale", ">i2"), ("digit", ">i2", (4,))])
NUMERIC_NEGATIVE, NUMERIC_NAN = 0x4000, 0xC000

Array = np.ndarray[Any, np.dtype[Any]]


def stage(
    connection: Connection, table: str, columns: Mapping[str, str | TypeEngine[Any]], frame: pd.DataFrame
) -> None:
    """Create the temporary table `table` and fill it from a frame.

    An earlier temporary table of that name is dropped first; this one is dropped at the end of the transaction.

    Args:
        connection: inside a transaction.
        table: its name.
        columns: type by column name, a model's or as PostgreSQL writes it; the frame has these columns.
        frame: the rows. Floats are written in their shortest exact form; NaN, NaT and None as NULL; aware times as UTC.
    """
    kinds = {
        column: kind if isinstance(kind, str) else kind.compile(dialect=connection.dialect)
        for column, kind in columns.items()
    }
    rows = _without_zones(frame[list(columns)])
    zoned = [column for column, kind in kinds.items() if kind == AWARE]
    with _copying(connection, table, kinds | dict.fromkeys(zoned, "timestamp"), "(FORMAT csv)", zoned) as stream:
        # In chunks, so that the text of all rows is never in memory and the server reads while the next are written.
        for first in range(0, len(rows), ROWS_OF_A_CHUNK):
            stream.write(rows.iloc[first : first + ROWS_OF_A_CHUNK].to_csv(index=False, header=False, na_rep=""))


def stage_rows(
    connection: Connection,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
    *,
    analyze: bool = True,
) -> None:
    """Create the temporary table `table` as `stage` does, and fill it from rows of Python's own values.

    Args:
        connection: inside a transaction.
        table: its name.
        columns: type by column name, as PostgreSQL writes it, in the order of the rows' values.
        rows: texts, numbers, dates, aware times and None.
        analyze: whether the server measures the values; rows that are only inserted elsewhere don't need it.
    """
    with _copying(connection, table, columns, analyze=analyze) as stream:
        for row in rows:
            stream.write_row(row)


@contextmanager
def _copying(
    connection: Connection,
    table: str,
    columns: Mapping[str, str],
    options: str = "",
    zoned: Sequence[str] = (),
    *,
    analyze: bool = True,
) -> Iterator[Copy]:
    """Create a temporary table in place of an earlier one, yield the COPY into it, and let the server measure it.

    Times are copied without their zone, which is faster to format; the columns `zoned` get that of UTC in the end.
    """
    name = sql.Identifier(table)
    fields = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns.items()
    )
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(name))
    driver.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(name, fields))
    statement = sql.SQL("COPY {} FROM STDIN {}").format(name, sql.SQL(options))
    with driver.cursor() as cursor, cursor.copy(statement) as stream:
        yield stream
    for column in map(sql.Identifier, zoned):
        changed = sql.SQL("ALTER TABLE {} ALTER {} TYPE timestamptz USING {} AT TIME ZONE 'UTC'")
        driver.execute(changed.format(name, column, column))
    if analyze:
        driver.execute(sql.SQL("ANALYZE {}").format(name))


def as_integers(values: Array) -> Array:
    """Encode an `integer` field from whole numbers, (n,)."""
    return values.astype(">i4")


def as_booleans(values: Array) -> Array:
    """Encode a `boolean` field from bools, (n,)."""
    return values.astype(np.uint8)


def as_dates(days: Array) -> Array:
    """Encode a `date` field from datetime64 without NaT, (n,)."""
    return (days.astype("datetime64[D]").astype(np.int64) - EPOCH_DAYS).astype(">i4")


def as_timestamps(moments: Array) -> Array:
    """Encode a `timestamptz` field from datetime64 in UTC, (n,). NaT becomes -infinity: NULL has another width."""
    microseconds = moments.astype("datetime64[us]").astype(np.int64)
    return np.where(np.isnat(moments), BEFORE_ALL_TIME, microseconds - EPOCH_MICROSECONDS).astype(">i8")


def as_numerics(values: Array, decimals: int) -> Array:
    """Encode a `numeric` field of up to four decimals from float64 below 10^12, (n,); NaN stays NaN (NULL is wider)."""
    empty = np.isnan(values)
    scaled = np.rint(np.where(empty, 0, np.abs(values)) * 10**decimals).astype(np.int64) * 10 ** (4 - decimals)
    field = np.zeros(len(values), dtype=NUMERIC)
    # The server reads the digits of NaN too, and drops them.
    field["digits"], field["weight"] = 4, 2
    field["sign"] = np.where(empty, NUMERIC_NAN, np.where(values < 0, NUMERIC_NEGATIVE, 0))
    field["scale"] = decimals
    for place in (3, 2, 1, 0):
        scaled, field["digit"][:, place] = np.divmod(scaled, 10_000)
    return field


def fixed_rows(fields: Mapping[str, Array]) -> bytes:
    """Encode rows of fixed-width fields, in the order of `fields`; each (n,) in its wire format, ids as (n,) `V16`."""
    count = len(next(iter(fields.values())))
    layout: list[tuple[str, Any]] = [("fields", ">i2")]
    for name, values in fields.items():
        layout += [(f"width of {name}", ">i4"), (name, values.dtype)]
    rows = np.empty(count, dtype=layout)
    rows["fields"] = len(fields)
    for name, values in fields.items():
        rows[f"width of {name}"] = values.dtype.itemsize
        rows[name] = values
    return rows.tobytes()


def text_rows(columns: Sequence[Sequence[bytes | None]]) -> bytes:
    """Encode rows of fields that are bytes already, None for NULL; for the few fields without a fixed width."""
    start = struct.pack(">h", len(columns))
    pack = struct.Struct(">i").pack
    sized = [[NULL if value is None else pack(len(value)) + value for value in column] for column in columns]
    return b"".join(start + b"".join(row) for row in zip(*sized, strict=True))


def copy_rows(connection: Connection, table: str, rows: bytes) -> None:
    """Copy encoded rows into a temporary table; row-level security allows COPY into no other."""
    driver = connection.connection.driver_connection
    assert driver is not None
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(HEADER)
        copy.write(rows)
        copy.write(TRAILER)


def _without_zones(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert aware times to naive UTC."""
    aware = [name for name, kind in frame.dtypes.items() if isinstance(kind, pd.DatetimeTZDtype)]
    return frame.assign(**{str(name): frame[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in aware})


def as_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries, missing values as None."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]
