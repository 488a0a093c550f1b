"""Runs the migrations: as `flux_owner`, one at a time, each in its own transaction, never waiting long for a lock.

The caller may hand in an open connection (`config.attributes["connection"]`); otherwise the settings say where.
"""

import re
from typing import Any

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection

from flux_pipeline.settings import load_settings
from flux_pipeline.store.bootstrap import bootstrap
from flux_pipeline.store.models import Base
from flux_pipeline.store.roles import Role
from flux_pipeline.store.store import Store

# Long enough for a busy table, short enough that readers queueing behind the migration do not pile up.
LOCK_TIMEOUT = "10s"
MONTH_PARTITION = re.compile(r"_\d{4}_\d{2}$")


def include_object(_object: Any, name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:
    """Months are made at run time: what is only in the database and named like one is no difference."""
    made_at_run_time = reflected and compare_to is None and type_ == "table" and MONTH_PARTITION.search(name or "")
    return not made_at_run_time


def run(connection: Connection) -> None:
    """Run what was asked for over an open connection."""
    # Two operators who upgrade at once: the second waits, then finds nothing to do.
    connection.execute(text("SELECT pg_advisory_lock(hashtext('flux migrations'))"))
    connection.execute(text("SELECT set_config('lock_timeout', :timeout, false)"), {"timeout": LOCK_TIMEOUT})
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=include_object,
            compare_server_default=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(hashtext('flux migrations'))"))
        connection.commit()


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
