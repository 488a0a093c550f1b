"""Findings of the diagnosis, as values; the `todo` of each is a sentence with the remedy. Nothing is read here."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

NEEDED_EXTENSIONS = ("btree_gist",)
USEFUL_EXTENSIONS = ("pg_stat_statements",)
SEE_OTHER_ROLES = "GRANT pg_read_all_stats TO flux_fleet (an administrator's `flux db upgrade` does it)"


@dataclass(frozen=True)
class Thresholds:
    """The limits above which a finding is reported, each with its reason."""

    # The remaining connections are for a second worker, a backup and an administrator who comes to help.
    connection_share: float = 0.8
    # A run holds its restaurant's lock in an idle transaction and is ended after an hour; an older one is left over.
    idle_transaction_seconds: float = 3600
    # No transaction of Flux is open for longer than a run; vacuum can't remove rows that an older one may still see.
    transaction_seconds: float = 3600
    # Writes of one restaurant wait for seconds; after a minute the process that holds the lock is probably stuck.
    lock_wait_seconds: float = 60
    # Autovacuum starts at its threshold and checks every minute; at twice the threshold it does not keep up.
    dead_factor: float = 2
    # A table with fewer dead rows is read in a few milliseconds anyway.
    least_dead: int = 10_000
    # Reading this many rows takes about 10 ms; for fewer, an index or statistics gain nothing.
    least_rows: int = 100_000
    # Smaller indexes cost little time to maintain and little space.
    unused_index_bytes: int = 10_000_000
    # In a week every weekly job has run; a monthly one may not have, and the finding mentions that.
    statistics_days: float = 7
    # An hourly report makes a hundred scans in four days; a dump or a migration makes one.
    least_scans: int = 100
    # A step of a run takes about a second, so a statement that takes as long is the first to look at.
    slow_statement_ms: float = 1000
    # Autovacuum freezes a table at the limit, and is done long before half the limit more has passed.
    freeze_factor: float = 1.5
    top: int = 10


@dataclass(frozen=True)
class Extension:
    """An extension: its version on the server and in this database, None if it is missing."""

    name: str
    available: str | None
    installed: str | None

    @property
    def todo(self) -> str | None:
        """The remedy, for an extension that Flux's schema needs."""
        if self.installed or self.name not in NEEDED_EXTENSIONS:
            return None
        if self.available:
            return f"{self.name} is needed and missing: run `flux db upgrade`."
        return f"{self.name} is needed: install the server's contrib modules, then run `flux db upgrade`."


@dataclass(frozen=True)
class ConnectionCount:
    """The number of a role's open connections in a state; "not visible" without the right pg_read_all_stats."""

    role: str
    state: str
    count: int


@dataclass(frozen=True)
class IdleTransaction:
    """A transaction that has waited for its client for `seconds`."""

    pid: int
    role: str
    application: str
    last_statement: str
    seconds: float


@dataclass(frozen=True)
class Connections:
    """The open connections, their limit, and the idle transactions."""

    counts: Sequence[ConnectionCount]
    limit: int
    sees_all: bool
    idle_transactions: Sequence[IdleTransaction]
    share: float

    @property
    def total(self) -> int:
        """All open connections."""
        return sum(group.count for group in self.counts)

    @property
    def todo(self) -> list[str]:
        """The remedies for connections."""
        found = []
        if self.total > self.share * self.limit:
            found.append(
                f"{self.total} of {self.limit} connections are taken: lower FLUX_POOL_SIZE, put a pooler in front, or "
                "raise max_connections."
            )
        if not self.sees_all:
            found.append(f"Other roles' connections are not visible: {SEE_OTHER_ROLES}.")
        found += [
            f"Process {idle.pid} ({idle.role}) holds an idle transaction open: end its client, or "
            f"SELECT pg_terminate_backend({idle.pid})."
            for idle in self.idle_transactions
        ]
        return found


@dataclass(frozen=True)
class TableSize:
    """A table, partitions summed. `behind` and `never_analyzed` count tables or partitions; rows are an estimate."""

    name: str
    is_partitioned: bool
    table_bytes: int
    index_bytes: int
    rows: int
    dead_rows: int
    last_vacuum: dt.datetime | None
    last_analyze: dt.datetime | None
    behind: int
    never_analyzed: int
    whole_never_analyzed: bool
    is_large: bool

    @property
    def todo(self) -> str | None:
        """The remedy for what autovacuum has not done."""
        if self.behind:
            return (
                f"{self.name} has {self.dead_rows:,} dead rows that autovacuum has not removed: look for an old "
                f"transaction above, then VACUUM (ANALYZE) {self.name} as flux_owner."
            )
        if self.never_analyzed:
            return f"{self.name} has no statistics yet, so its plans are guesses: ANALYZE {self.name} as flux_owner."
        if self.whole_never_analyzed and self.is_large:
            return f"Autovacuum analyzes only partitions of {self.name}: ANALYZE it as flux_owner, once a month."
        return None


@dataclass(frozen=True)
class UnusedIndex:
    """An index, partitions summed, that no query used since statistics were reset, and that no constraint needs."""

    name: str
    table_name: str
    bytes: int

    @property
    def todo(self) -> str:
        """The remedy."""
        return f"Drop {self.name} in a migration, unless something rare needs it (a monthly report, a replica)."


@dataclass(frozen=True)
class MissingIndex:
    """A foreign key of a large table that no index serves, though rows of its parent are deleted."""

    constraint_name: str
    table_name: str
    parent_name: str
    rows: int
    parent_deletes: int
    columns: list[str]

    @property
    def todo(self) -> str:
        """The remedy."""
        return (
            f"Each deletion from {self.parent_name} reads all of {self.table_name} for {self.constraint_name}: add an "
            f"index on {self.table_name} ({', '.join(self.columns)}) in a migration."
        )


@dataclass(frozen=True)
class ScannedTable:
    """A table that is often read from end to end; a scan reads a table or one partition."""

    table_name: str
    scans: int
    rows_per_scan: int
    index_scans: int

    @property
    def todo(self) -> str:
        """The remedy."""
        return (
            f"{self.table_name} is read from end to end, {self.rows_per_scan:,} rows a scan: find the statement among "
            "the slow ones, examine it with EXPLAIN (ANALYZE, BUFFERS), and add the index that its filter needs."
        )


@dataclass(frozen=True)
class SlowStatement:
    """A statement with its total time since statistics were reset; `is_slow` if its mean time is long."""

    role: str
    calls: int
    total_ms: float
    mean_ms: float
    rows: int
    text: str
    is_slow: bool


@dataclass(frozen=True)
class SlowStatements:
    """The statements that pg_stat_statements counted in this database, and how to turn it on if it is off."""

    is_on: bool
    sees_all: bool
    statements: Sequence[SlowStatement]
    todo: str | None


@dataclass(frozen=True)
class LockWait:
    """A process that waits for a lock, and one that blocks it; None if that is a prepared transaction."""

    waiting_pid: int
    waiting_role: str
    waiting_statement: str
    blocking_pid: int
    blocking_role: str | None
    blocking_state: str
    blocking_statement: str | None
    lock: str
    relation: str | None
    seconds: float | None
    is_long: bool

    @property
    def todo(self) -> str | None:
        """The remedy for a long wait."""
        if not self.is_long:
            return None
        return (
            f"Process {self.waiting_pid} ({self.waiting_role}) waits for {self.blocking_pid} ({self.blocking_role}, "
            f"{self.blocking_state}): let that one finish, or SELECT pg_terminate_backend({self.blocking_pid})."
        )


@dataclass(frozen=True)
class OldTransaction:
    """The transaction that has been open longest."""

    pid: int
    role: str
    state: str
    statement: str
    seconds: float
    is_long: bool

    @property
    def todo(self) -> str | None:
        """The remedy for a long transaction."""
        if not self.is_long:
            return None
        return (
            f"The transaction of process {self.pid} ({self.role}, {self.state}) keeps vacuum from removing dead rows: "
            f"let it finish, or SELECT pg_terminate_backend({self.pid})."
        )


@dataclass(frozen=True)
class TransactionIds:
    """The age, in transactions, of the oldest unfrozen row, and the age from which autovacuum is forced to freeze."""

    age: int
    limit: int
    autovacuum: bool
    factor: float

    @property
    def todo(self) -> str | None:
        """The remedy if autovacuum is off or too late."""
        if not self.autovacuum:
            return "Autovacuum is off: ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf()."
        if self.age > self.factor * self.limit:
            return "Autovacuum does not freeze in time: end old transactions, then VACUUM (FREEZE) as flux_owner."
        return None
