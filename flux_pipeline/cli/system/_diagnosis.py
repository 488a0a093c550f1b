"""Output of `flux doctor --database`. `store.diagnosis` decides what is examined and what counts as a problem."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from flux_pipeline.cli.console import say, show_table
from flux_pipeline.errors import FluxError
from flux_pipeline.store.diagnosis import looking as diagnosis
from flux_pipeline.store.diagnosis.findings import Thresholds
from flux_pipeline.store.door import Store

# Longer statements are cut off, so that they fit into a line of the table.
STATEMENT_WIDTH = 80


def show_diagnosis(store: Store) -> None:
    """Show everything that `store.diagnosis` examines, each part with what to do about it, or "fine".

    A part that can't be read (a table is locked, a right is missing) is reported, and the others follow.

    Raises:
        FluxError: the database does not answer at all.
    """
    limits = Thresholds()
    found = diagnosis.versions(store)
    _show_versions(found)
    parts: list[tuple[str, Callable[[Connection], None]]] = [
        ("extensions", _show_extensions),
        ("locks", lambda connection: _show_locks(connection, limits)),
        ("connections", lambda connection: _show_connections(connection, limits)),
        ("transactions", lambda connection: _show_transactions(connection, limits)),
        ("slow statements", lambda connection: _show_statements(connection, limits, _administrator(store))),
        ("tables", lambda connection: _show_tables(connection, limits)),
        ("indexes", lambda connection: _show_indexes(connection, limits, found)),
    ]
    for name, show in parts:
        try:
            with diagnosis.looking(store) as connection:
                show(connection)
        except FluxError as exc:
            say(f"The {name} could not be examined: {exc}\n")


def _show_versions(found: diagnosis.Versions) -> None:
    say(f"PostgreSQL {found.server}, Flux {found.flux}, schema {found.schema.current}")
    since = f"{found.counted_since:%Y-%m-%d %H:%M %Z}" if found.counted_since else "an unknown moment"
    say(f"Statistics are counted since {since}.")
    _conclude([found.todo])


def _show_extensions(connection: Connection) -> None:
    rows = diagnosis.extensions(connection)
    shown = [(row.name, row.installed or "no", row.available or "no") for row in rows]
    show_table("Extensions", ("extension", "in this database", "on the server"), shown)
    _conclude(row.todo for row in rows)


def _show_locks(connection: Connection, limits: Thresholds) -> None:
    waits = diagnosis.lock_waits(connection, limits)
    shown = [
        (
            f"{wait.waiting_pid} {wait.waiting_role}",
            f"{wait.blocking_pid} {wait.blocking_role or ''} ({wait.blocking_state})",
            wait.relation or wait.lock,
            _duration(wait.seconds),
            _short(wait.waiting_statement),
        )
        for wait in waits
    ]
    _table("Waits for locks", ("waiting", "blocked by", "for", "since", "statement"), shown)
    _conclude(wait.todo for wait in waits)


def _show_connections(connection: Connection, limits: Thresholds) -> None:
    found = diagnosis.connections(connection, limits)
    rows = [(group.role, group.state, group.count) for group in found.counts]
    title = f"Connections: {found.total} of {found.limit}"
    _table(title, ("role", "state", "connections"), rows, right=("connections",))
    idle = [
        (f"{row.pid} {row.role}", row.application, _duration(row.seconds), _short(row.last_statement))
        for row in found.idle_transactions
    ]
    if idle:
        _table("Idle in transaction", ("process", "application", "since", "last statement"), idle)
    _conclude(found.todo)


def _show_transactions(connection: Connection, limits: Thresholds) -> None:
    oldest = diagnosis.oldest_transaction(connection, limits)
    if oldest is None:
        say("Oldest transaction: none is open")
    else:
        say(f"Oldest transaction: {_duration(oldest.seconds)}, process {oldest.pid} ({oldest.role}, {oldest.state})")
    ids = diagnosis.transaction_ids(connection, limits)
    say(f"Transaction ids: the oldest is {ids.age:,} old, frozen by force from {ids.limit:,} on")
    _conclude([oldest.todo if oldest else None, ids.todo])


def _show_statements(connection: Connection, limits: Thresholds, administrator: str | None) -> None:
    found = diagnosis.slow_statements(connection, limits)
    rows = [
        (_short(row.text), row.role, row.calls, row.mean_ms, row.total_ms / 1000, row.rows) for row in found.statements
    ]
    if found.is_on:
        columns = ("statement", "role", "calls", "mean ms", "total s", "rows")
        _table("Statements by total time", columns, rows, right=columns[2:])
    else:
        say("Statements by total time: not counted")
    _conclude([found.todo, administrator if found.todo else None])


def _administrator(store: Store) -> str | None:
    """Return how to connect as the embedded server's administrator; None for a server of the user's own."""
    if store.settings.database_url is not None:
        return None
    # It has no password: anybody who may enter its folder may connect.
    url = store.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    return f'The embedded server\'s administrator: psql "{url}"; `flux db stop` and any command restart it.'


def _show_tables(connection: Connection, limits: Thresholds) -> None:
    found = diagnosis.tables(connection, limits)
    rows = [
        (
            row.name,
            _size(row.table_bytes),
            _size(row.index_bytes),
            row.rows,
            row.dead_rows,
            _day(row.last_vacuum),
            _day(row.last_analyze),
        )
        for row in found[: limits.top]
    ]
    total = sum(row.table_bytes + row.index_bytes for row in found)
    title = f"The largest of {len(found)} tables, {_size(total)} in all; partitions are summed, rows are estimates"
    columns = ("table", "data", "indexes", "rows", "dead rows", "last vacuum", "last analyze")
    _table(title, columns, rows, right=columns[1:5])
    _conclude(row.todo for row in found)


def _show_indexes(connection: Connection, limits: Thresholds, versions: diagnosis.Versions) -> None:
    found = diagnosis.indexes(connection, limits, versions.counted_days)
    if found.unused is None:
        say(f"Unused indexes: not reported until statistics are {limits.statistics_days:.0f} days old")
    else:
        unused = [(row.name, row.table_name, _size(row.bytes)) for row in found.unused]
        _table("Unused indexes", ("index", "table", "size"), unused, right=("size",))
        _conclude(row.todo for row in found.unused)
    missing = [(row.table_name, ", ".join(row.columns), row.parent_name, row.rows) for row in found.missing]
    _table("Foreign keys without an index", ("table", "columns", "refers to", "rows"), missing, right=("rows",))
    _conclude(row.todo for row in found.missing)
    columns = ("table", "scans", "rows each", "index scans")
    scanned = [(row.table_name, row.scans, row.rows_per_scan, row.index_scans) for row in found.scanned]
    _table("Large tables that are often read whole", columns, scanned, right=columns[1:])
    _conclude(row.todo for row in found.scanned)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, right: Sequence[str] = ()) -> None:
    """Show a table, or one line if it is empty."""
    if rows:
        show_table(title, columns, rows, right=right)
    else:
        say(f"{title}: none")


def _conclude(todos: Iterable[str | None]) -> None:
    """Print what to do, one sentence on each line, or "fine"."""
    lines = [f"-> {todo}" for todo in todos if todo]
    say("\n".join(lines or ["fine"]))
    say()


def _short(statement: str) -> str:
    line = " ".join(statement.split())
    return line if len(line) <= STATEMENT_WIDTH else f"{line[: STATEMENT_WIDTH - 1]}…"


def _duration(seconds: float | None) -> str:
    return "just now" if seconds is None else str(dt.timedelta(seconds=round(seconds)))


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def _day(moment: dt.datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
