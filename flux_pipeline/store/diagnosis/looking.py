"""Reads of the database's condition: sizes, indexes, statements, locks. They run as the fleet role and change nothing.

The SQL is in `_statements`, the results and their remedies are in `findings`, and `cli` shows them.
"""

import contextlib
import datetime as dt
import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import column, func, select, table, text
from sqlalchemy.engine import Connection

from flux_pipeline.store.diagnosis import _statements as statements
from flux_pipeline.store.diagnosis.findings import (
    NEEDED_EXTENSIONS,
    SEE_OTHER_ROLES,
    USEFUL_EXTENSIONS,
    ConnectionCount,
    Connections,
    Extension,
    IdleTransaction,
    LockWait,
    MissingIndex,
    OldTransaction,
    ScannedTable,
    SlowStatement,
    SlowStatements,
    TableSize,
    Thresholds,
    TransactionIds,
    UnusedIndex,
)
from flux_pipeline.store.door import Store
from flux_pipeline.store.schema.state import SchemaState, schema_state

# Reading a table's size needs a lock that conflicts with a stuck migration's; the diagnosis must not wait for it long.
LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "30s"
# Enough of a statement to recognise it.
TEXT_LENGTH = 200


@dataclass(frozen=True)
class Versions:
    """The versions of the server, Flux and the schema, and the time statistics were last reset (None: unknown)."""

    server: str
    flux: str
    schema: SchemaState
    counted_since: dt.datetime | None
    counted_days: float

    @property
    def todo(self) -> str | None:
        """The remedy for a schema that is behind."""
        if self.schema.is_current:
            return None
        current, head = self.schema.current, self.schema.head
        return f"The schema is {current}, but this version of Flux needs {head}. Run `flux db upgrade`."


@dataclass(frozen=True)
class Indexes:
    """Indexes to drop and to add. `unused` is None if statistics are too young to know."""

    unused: list[UnusedIndex] | None
    missing: list[MissingIndex]
    scanned: list[ScannedTable]


@contextlib.contextmanager
def looking(store: Store) -> Iterator[Connection]:
    """Open a read-only transaction of the fleet role that waits only briefly for locks."""
    with store.fleet() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        for setting, value in (("lock_timeout", LOCK_TIMEOUT), ("statement_timeout", STATEMENT_TIMEOUT)):
            connection.execute(text("SELECT set_config(:setting, :value, true)"), {"setting": setting, "value": value})
        yield connection


def versions(store: Store) -> Versions:
    """Read the versions, and the time since which statistics count."""
    state = schema_state(store)
    with looking(store) as connection:
        server = connection.scalar(text("SHOW server_version"))
        since = connection.scalar(text(statements.COUNTED_SINCE))
    days = 0.0 if since is None else (dt.datetime.now(dt.UTC) - since).total_seconds() / 86_400
    return Versions(str(server), importlib.metadata.version("flux-pipeline"), state, since, days)


def extensions(connection: Connection) -> list[Extension]:
    """Read the extensions that Flux needs or can use."""
    names = [*NEEDED_EXTENSIONS, *USEFUL_EXTENSIONS]
    return [Extension(**row) for row in _rows(connection, statements.EXTENSIONS, names=names)]


def connections(connection: Connection, limits: Thresholds) -> Connections:
    """Read the connections to the server, and the idle transactions in this database."""
    idle = _rows(
        connection,
        statements.IDLE_TRANSACTIONS,
        least_seconds=limits.idle_transaction_seconds,
        text_length=TEXT_LENGTH,
    )
    return Connections(
        counts=[ConnectionCount(**row) for row in _rows(connection, statements.CONNECTIONS)],
        limit=int(connection.scalar(text(statements.CONNECTION_LIMIT)) or 0),
        sees_all=_sees_all(connection),
        idle_transactions=[IdleTransaction(**row) for row in idle],
        share=limits.connection_share,
    )


def tables(connection: Connection, limits: Thresholds) -> list[TableSize]:
    """Read every table's size, with partitions summed, the largest first.

    Raises:
        TransientError: a table is locked exclusively, for example by a migration.
    """
    rows = _rows(
        connection,
        statements.TABLES,
        least_dead=limits.least_dead,
        dead_factor=limits.dead_factor,
        least_rows=limits.least_rows,
    )
    return [TableSize(**row, is_large=row["rows"] >= limits.least_rows) for row in rows]


def indexes(connection: Connection, limits: Thresholds, counted_days: float) -> Indexes:
    """Read the indexes that nothing uses, and find those that are missing.

    Args:
        connection: a connection from `looking`.
        limits: the limits above which one is reported.
        counted_days: the number of days since which statistics count.
    """
    unused = _rows(connection, statements.UNUSED_INDEXES, least_bytes=limits.unused_index_bytes)
    missing = _rows(connection, statements.MISSING_INDEXES, least_rows=limits.least_rows)
    scanned = _rows(
        connection, statements.SEQUENTIAL_SCANS, least_scans=limits.least_scans, least_rows=limits.least_rows
    )
    return Indexes(
        unused=[UnusedIndex(**row) for row in unused] if counted_days >= limits.statistics_days else None,
        missing=[MissingIndex(**row) for row in missing],
        scanned=[ScannedTable(**row) for row in scanned],
    )


def slow_statements(connection: Connection, limits: Thresholds) -> SlowStatements:
    """Read the statements that took most of this database's time, or how to count them if they are not counted."""
    state = connection.execute(text(statements.STATEMENTS_STATE)).one()
    sees_all = _sees_all(connection)
    if not state.is_available:
        return SlowStatements(False, sees_all, [], "Install the server's contrib modules to count statements.")
    if not state.is_loaded:
        return SlowStatements(
            False,
            sees_all,
            [],
            "Statements are not counted. As an administrator: ALTER SYSTEM SET shared_preload_libraries = "
            "'pg_stat_statements' (keep what is in it), restart the server, then CREATE EXTENSION pg_stat_statements "
            "in Flux's database.",
        )
    if state.schema is None:
        todo = "Statements are counted, but not shown: CREATE EXTENSION pg_stat_statements, as an administrator."
        return SlowStatements(False, sees_all, [], todo)
    rows = connection.execute(_statements_query(state.schema, limits.top)).mappings()
    found = [SlowStatement(**row, is_slow=row["mean_ms"] >= limits.slow_statement_ms) for row in rows]
    return SlowStatements(True, sees_all, found, _todo(found, sees_all, limits))


def lock_waits(connection: Connection, limits: Thresholds) -> list[LockWait]:
    """Read the processes that wait for a lock in this database now, and their blockers; the longest wait first."""
    rows = _rows(connection, statements.LOCK_WAITS, text_length=TEXT_LENGTH)
    return [LockWait(**row, is_long=(row["seconds"] or 0) >= limits.lock_wait_seconds) for row in rows]


def oldest_transaction(connection: Connection, limits: Thresholds) -> OldTransaction | None:
    """Read the oldest open transaction of this database; None if there is only this one."""
    rows = _rows(connection, statements.OLDEST_TRANSACTION, text_length=TEXT_LENGTH)
    return next((OldTransaction(**row, is_long=row["seconds"] >= limits.transaction_seconds) for row in rows), None)


def transaction_ids(connection: Connection, limits: Thresholds) -> TransactionIds:
    """Read how far this database is from running out of transaction ids."""
    (row,) = _rows(connection, statements.TRANSACTION_IDS)
    return TransactionIds(**row, factor=limits.freeze_factor)


def _rows(connection: Connection, statement: str, **parameters: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(text(statement), parameters).mappings()]


def _sees_all(connection: Connection) -> bool:
    return bool(connection.scalar(text(statements.SEES_OTHER_ROLES)))


def _statements_query(schema: str, top: int) -> Any:
    """Build the query: the view is in the extension's schema, and a schema's name can't be a bound parameter."""
    view = table(
        "pg_stat_statements",
        *(column(name) for name in ("userid", "dbid", "calls", "total_exec_time", "mean_exec_time", "rows", "query")),
        schema=schema,
    )
    one_line = func.regexp_replace(view.c.query, r"\s+", " ", "g")
    return (
        select(
            func.pg_get_userbyid(view.c.userid).label("role"),
            view.c.calls,
            view.c.total_exec_time.label("total_ms"),
            view.c.mean_exec_time.label("mean_ms"),
            view.c.rows,
            func.left(one_line, TEXT_LENGTH).label("text"),
        )
        .where(view.c.dbid == text("(SELECT oid FROM pg_database WHERE datname = current_database())"))
        .order_by(view.c.total_exec_time.desc())
        .limit(top)
    )


def _todo(found: list[SlowStatement], sees_all: bool, limits: Thresholds) -> str | None:
    if not sees_all:
        return f"Other roles' statements are hidden: {SEE_OTHER_ROLES}."
    slow = sum(statement.is_slow for statement in found)
    if slow:
        least = limits.slow_statement_ms / 1000
        return f"{slow} of them take {least:g} s or more each: examine them with EXPLAIN (ANALYZE, BUFFERS)."
    return None
