"""Helpers for tests of the diagnosis: limits that everything exceeds, and statements as owner and superuser."""

from sqlalchemy import create_engine

from flux_pipeline.store.diagnosis.findings import Thresholds
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.engine import plain_errors
from flux_pipeline.store.postgres.roles import Role

AT_ONCE = Thresholds(
    idle_transaction_seconds=0,
    transaction_seconds=0,
    lock_wait_seconds=0,
    least_dead=1,
    dead_factor=0,
    least_rows=1,
    unused_index_bytes=1,
    statistics_days=0,
    least_scans=1,
    slow_statement_ms=100,
)


def do(store: Store, statements: str) -> None:
    """Run statements as the owner, and have the server count them now."""
    with store.transaction(Role.OWNER) as connection:
        connection.exec_driver_sql(statements)
        connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")


def administer(store: Store, statement: str) -> None:
    """Run a statement as the server's superuser, in Flux's database."""
    engine = create_engine(store.admin_url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with plain_errors(store.admin_url), engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
