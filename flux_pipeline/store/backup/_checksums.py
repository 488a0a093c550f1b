"""Checksums of tables: row count and sum, which do not depend on the server, the order of rows or partitions.

They compare a restored database with the one that was backed up.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Text, cast, func, literal_column, select, table, text
from sqlalchemy.engine import Connection

from flux_pipeline.store.postgres.engine import NO_TIME_LIMIT

# Partitions are read through their table; tables of extensions belong to the server and are left out.
TABLES = """
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname <> 'public', 1, 2
"""
# Settings that fix a row's text form, whatever the settings of the server and the role.
TEXT_FORM = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "lc_monetary": "C",
}
# A sum does not depend on the order and, unlike XOR, changes if a row is stored twice. SHA-256 and not MD5,
# which some servers forbid; its first 7 bytes, so that the number can't be negative.
ROW_CHECKSUM = "('x' || encode(substr(sha256(convert_to(flux_row::text, 'UTF8')), 1, 7), 'hex'))::bit(56)::bigint"


@dataclass(frozen=True)
class TableSum:
    """A table, how many rows it has, and the sum of its rows' checksums as a decimal number."""

    name: str
    rows: int
    checksum: str


def list_tables(connection: Connection) -> list[tuple[str, str]]:
    """Return (schema, name) of each table, those of `public` first; partitions are left out."""
    return [(row.schema, row.name) for row in connection.execute(text(TABLES))]


def sum_tables(connection: Connection, report: Callable[[str], None]) -> list[TableSum]:
    """Count and sum every table.

    Args:
        connection: a transaction that sees all rows. Its settings for text and time limits change until its end.
        report: called with a sentence on the progress.
    """
    connection.execute(NO_TIME_LIMIT)
    for name, value in TEXT_FORM.items():
        connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
    tables = list_tables(connection)
    found = []
    for number, (schema, name) in enumerate(tables, start=1):
        report(f"Counting and summing {number} of {len(tables)} tables ({name})")
        total = cast(func.coalesce(func.sum(literal_column(ROW_CHECKSUM)), 0), Text)
        rows, checksum = connection.execute(
            select(func.count(), total).select_from(table(name, schema=schema).alias("flux_row"))
        ).one()
        found.append(TableSum(name if schema == "public" else f"{schema}.{name}", rows, checksum))
    return found
