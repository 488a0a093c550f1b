"""Runs the migrations: as `flux_owner`, one at a time, each noted in its own transaction, no long waits for locks.

The caller may hand in an open connection and settings (`config.attributes`); otherwise the environment says where.
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

# Long enough for a busy table, short enough that readers queueing behind the migration do not pile up.
LOCK_TIMEOUT = "10s"
MONTH_PARTITION = re.compile(r"_\d{4}_\d{2}$")


def include_object(_object: Any, name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:
    """Months are made at run time: what is only in the database and named like one is no difference."""
    made_at_run_time = reflected and compare_to is None and type_ == "table" and MONTH_PARTITION.search(name or "")
    return not made_at_run_time


def run(connection: Connection) -> None:
    """Run what was asked for over an open connection; a transaction that is open already is the caller's to end."""
    is_callers = connection.in_transaction()
    if is_callers:
        limit_lock_waits(connection)
    # A transaction each, and the limit set in each: a pooler in transaction mode keeps nothing of a session.
    event.listen(connection, "begin", limit_lock_waits)
    try:
        # Two operators who upgrade at once: the second waits, then finds nothing to do.
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
    """Give up rather than make others queue, until the transaction ends."""
    connection.execute(text("SELECT set_config('lock_timeout', :timeout, true)"), {"timeout": LOCK_TIMEOUT})


def note_step(*, ctx: Any, step: Any, **_: Any) -> None:
    """Note a migration in the transaction that makes it; the log itself may not be there yet, or not any more."""
    if ctx.connection.scalar(text("SELECT to_regclass('public.operator_logs')")) is None:
        return
    verb = "stamp" if step.is_stamp else "upgrade" if step.is_upgrade else "downgrade"
    before, after = (", ".join(ids) or None for ids in (step.source_revision_ids, step.destination_revision_ids))
    settings = context.config.attributes.get("settings") or load_settings()
    note_operator_act(ctx.connection, settings, f"schema.{verb}", "schema", before, after)


def main() -> None:
    """Run over the caller's connection, or over one of our own."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    store = Store.connect(load_settings())
    bootstrap(store.admin_url)
    with store.engine(Role.OWNER).connect() as connection:
        run(connection)
    store.dispose()


main()
