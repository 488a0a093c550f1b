"""Alembic's environment: it runs migrations as `flux_owner`, one at a time, with short waits for locks.

Each migration is logged in its own transaction. A caller can pass an open connection and settings in
`config.attributes`; without them, the settings come from the process's environment.
"""

import re
from typing import Any

from alembic import context
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from flux_pipeline.settings import load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.models.registry import METADATA
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.locks import one_at_a_time
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import note_operator_act
from flux_pipeline.store.schema.migrate import MIGRATIONS

# Long enough for a busy table, short enough that few readers queue behind the migration.
LOCK_TIMEOUT = "10s"
MONTH_PARTITION = re.compile(r"_\d{4}_\d{2}$")


def include_object(_object: Any, name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:
    """Return whether Alembic compares an object: monthly partitions, created at run time, are left out."""
    is_partition = reflected and compare_to is None and type_ == "table" and MONTH_PARTITION.search(name or "")
    return not is_partition


def run(connection: Connection) -> None:
    """Run the requested migrations over an open connection; the caller ends a transaction that is open already."""
    is_callers = connection.in_transaction()
    if is_callers:
        limit_lock_waits(connection)
    # Each migration has its own transaction, and sets the limit in it: a pooler in transaction mode keeps no session.
    event.listen(connection, "begin", limit_lock_waits)
    try:
        # If two operators upgrade at once, the second waits and then finds nothing to do.
        with one_at_a_time(connection.engine.url, MIGRATIONS):
            context.configure(
                connection=connection,
                target_metadata=METADATA,
                include_object=include_object,
                compare_server_default=True,
                transaction_per_migration=True,
                on_version_apply=note_step,
            )
            with context.begin_transaction():
                context.run_migrations()
            if not is_callers:
                connection.rollback()
    finally:
        event.remove(connection, "begin", limit_lock_waits)


def limit_lock_waits(connection: Connection) -> None:
    """Limit waits for locks until the transaction ends: the migration gives up rather than make others queue."""
    connection.execute(text("SELECT set_config('lock_timeout', :timeout, true)"), {"timeout": LOCK_TIMEOUT})


def note_step(*, ctx: Any, step: Any, **_: Any) -> None:
    """Log a migration in its own transaction; skip it while the log does not exist."""
    if ctx.connection.scalar(text("SELECT to_regclass('public.operator_logs')")) is None:
        return
    verb = "stamp" if step.is_stamp else "upgrade" if step.is_upgrade else "downgrade"
    before, after = (", ".join(ids) or None for ids in (step.source_revision_ids, step.destination_revision_ids))
    settings = context.config.attributes.get("settings") or load_settings()
    note_operator_act(ctx.connection, settings, f"schema.{verb}", "schema", before, after)


def main() -> None:
    """Run over the caller's connection, or over a new one."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    store = Store.connect(load_settings())
    bootstrap(store.admin_url)
    with store.engine(Role.OWNER).connect() as owner:
        run(owner)
    store.dispose()


main()
