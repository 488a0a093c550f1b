"""Schema changes from code: upgrade, downgrade, and the list of revisions. The migrations are in `alembic/`."""

import contextlib
import re
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, table, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import Settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.engine import plain_errors
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.schema.state import SchemaState, migrations_folder, schema_state

BASE = "base"
# The lock under which the schema changes, one at a time in a database.
MIGRATIONS = "flux migrations"
# After the server has refused PgBouncer, for example before the database exists, PgBouncer makes clients wait for 15 s.
ATTEMPTS_OF_10_S = 2
# Monthly partitions are created and dropped with their tables, so they are left out.
COLUMNS = """
SELECT c.relname AS table_name, a.attname AS column_name
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, a.attnum
"""


@dataclass(frozen=True)
class Revision:
    """One migration; `is_applied` if the database has it, `is_current` if it is the newest that the database has."""

    name: str
    summary: str
    is_applied: bool
    is_current: bool


@dataclass(frozen=True)
class Downgrade:
    """A plan to go back to `target`: migrations to undo, newest first; tables (with row counts) and columns lost."""

    current: str | None
    target: str
    undone: tuple[str, ...]
    tables: tuple[tuple[str, int], ...] = ()
    columns: tuple[str, ...] = ()


def list_revisions(store: Store) -> list[Revision]:
    """List all migrations, oldest first.

    Raises:
        PermanentError: the database has a revision that this version of Flux does not know.
    """
    state = schema_state(store)
    scripts = list(reversed(list(ScriptDirectory.from_config(_config(store.settings)).walk_revisions())))
    names = [script.revision for script in scripts]
    _refuse_unknown(state, names)
    applied = names.index(state.current) + 1 if state.current else 0
    return [
        Revision(script.revision, script.doc.splitlines()[0], place < applied, place == applied - 1)
        for place, script in enumerate(scripts)
    ]


def upgrade(store: Store) -> SchemaState:
    """Create missing roles and databases, then run every missing migration; return the state before.

    Idempotent: what exists is left unchanged. Each migration is logged in `operator_logs`, once that table exists.
    """
    config = _config(store.settings)
    bootstrap(store.admin_url)
    _wait_for_pooler(store)
    before = schema_state(store)
    _refuse_unknown(before, [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()])
    with plain_errors(store.url(Role.OWNER)), store.engine(Role.OWNER).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def plan_downgrade(store: Store, revision: str) -> Downgrade:
    """Find out what a downgrade would undo, by running it in a transaction that is rolled back.

    Args:
        store: the database.
        revision: a migration's name or its beginning, "base", or "-1" for one step back.

    Raises:
        PermanentError: the migration is unknown, or the database does not have it.
        TransientError: another transaction holds a table that the downgrade needs.
    """
    revisions = list_revisions(store)
    applied = [each.name for each in revisions if each.is_applied]
    target = _target(revision, [each.name for each in revisions], applied)
    undone = tuple(reversed(applied[applied.index(target) + 1 if target != BASE else 0 :]))
    current = applied[-1] if applied else None
    if not undone:
        return Downgrade(current, target, undone)
    with plain_errors(store.url(Role.OWNER)), store.engine(Role.OWNER).connect() as connection:
        before = _columns(connection)
        _downgrade(store, connection, target)
        after = _columns(connection)
        connection.rollback()
    return Downgrade(
        current,
        target,
        undone,
        tables=tuple(_count_rows(store, [name for name in before if name not in after])),
        columns=tuple(
            f"{name}.{column}" for name in after for column in before.get(name, []) if column not in after[name]
        ),
    )


def downgrade(store: Store, plan: Downgrade) -> None:
    """Undo migrations as planned, newest first, each in its own transaction; each is logged unless the log goes too.

    Raises:
        PermanentError: the schema has changed since the plan.
        TransientError: another transaction holds a table that the downgrade needs.
    """
    if schema_state(store).current != plan.current:
        raise PermanentError("The schema has changed since the plan was shown. Check it with `flux db current`.")
    with plain_errors(store.url(Role.OWNER)), store.engine(Role.OWNER).connect() as connection:
        _downgrade(store, connection, plan.target)


def _wait_for_pooler(store: Store) -> None:
    """Wait until the owner can connect to a database that may be new; the next connection raises what still fails."""
    for _ in range(ATTEMPTS_OF_10_S):
        with contextlib.suppress(OperationalError), store.engine(Role.OWNER).connect():
            return


def _downgrade(store: Store, connection: Connection, target: str) -> None:
    """Run a downgrade in the connection's open transaction; without one, each step runs in its own."""
    config = _config(store.settings)
    config.attributes["connection"] = connection
    command.downgrade(config, target)


def _target(given: str, known: list[str], applied: list[str]) -> str:
    """Return the full name of the revision that a person gave."""
    if given == BASE:
        return BASE
    if re.fullmatch(r"-\d+", given):
        steps = int(given[1:])
        if steps > len(applied):
            raise PermanentError(f"The database has {len(applied)} revisions, so {steps} can't be undone.")
        return [BASE, *applied][len(applied) - steps]
    found = [name for name in known if name == given] or [name for name in known if name.startswith(given)]
    if len(found) != 1:
        raise PermanentError(
            f"{'Ambiguous' if found else 'Unknown'} revision {given!r}. Choose one of: {', '.join([BASE, *known])}; or "
            "-1 for one step back."
        )
    if found[0] not in applied:
        raise PermanentError(f"The schema is already older than {found[0]}. To go forward, run `flux db upgrade`.")
    return found[0]


def _refuse_unknown(state: SchemaState, known: list[str]) -> None:
    if state.current is not None and state.current not in known:
        raise PermanentError(
            f"The database's schema is {state.current}, which this version of Flux does not know; it knows up to "
            f"{state.head}. Install the version of Flux that created it."
        )


def _columns(connection: Connection) -> dict[str, list[str]]:
    """Return the columns of each table except Alembic's own."""
    found: dict[str, list[str]] = {}
    for row in connection.execute(text(COLUMNS)):
        found.setdefault(row.table_name, []).append(row.column_name)
    found.pop("alembic_version", None)
    return found


def _count_rows(store: Store, names: list[str]) -> list[tuple[str, int]]:
    with store.fleet() as connection:
        counts = {name: connection.scalar(select(func.count()).select_from(table(name))) for name in names}
    return [(name, count or 0) for name, count in counts.items()]


def _config(settings: Settings) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder(settings)).replace("%", "%%"))
    config.attributes["settings"] = settings
    return config
