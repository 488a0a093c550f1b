"""Dagster's storage in PostgreSQL with a connection pool and leaner events; `dagster.yaml` names it.

dagster-postgres opens a connection for every statement: some 240 in a run of one restaurant, of 4.5 ms each, and the
server starts a process for each.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dagster import EventLogEntry
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.storage import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine

from flux_pipeline.settings import load_settings

if TYPE_CHECKING:
    from flux_pipeline.store.door import Store

# A process rarely needs more at once. Those beyond are closed after use, so that idle processes hold few.
KEPT_CONNECTIONS = 1
MOST_CONNECTIONS = 20


class LeanEvents(PostgresEventLogStorage):
    """Event log that keeps nothing twice: Dagster reads what is left out from elsewhere in the event, or nowhere.

    That is a third of what a run leaves for ever.
    """

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event, unless it says that a check has an outcome: the outcome itself is an event too."""
        happened = event.dagster_event
        if happened is None or not happened.is_successful_output or happened.step_output_data.output_name == "result":
            super().store_event(event)

    def _event_to_row(self, event: EventLogEntry) -> dict[str, Any]:
        happened = event.dagster_event
        if happened is not None and happened.message:
            # The message is the event's, the node is that of the step's handle, and the tags are of the log record.
            lean = happened._replace(logging_tags={}, node_handle=None)
            event = event._replace(dagster_event=lean, user_message="")
        row = super()._event_to_row(event)
        return row | {"event": json.dumps(json.loads(row["event"]), separators=(",", ":"))}


class PooledStorage(DagsterPostgresStorage):
    """Storage whose runs, events and schedules share one pool."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Make the storage and give it the pool."""
        super().__init__(*arguments, **options)
        # The one that it replaces has made the tables.
        self._event_log_storage = LeanEvents(self.postgres_url, should_autocreate_tables=False)
        engine = create_pg_engine(
            self.postgres_url,
            None,
            isolation_level="AUTOCOMMIT",
            pool_size=KEPT_CONNECTIONS,
            max_overflow=MOST_CONNECTIONS - KEPT_CONNECTIONS,
            # A server that was restarted has closed the connection.
            pool_pre_ping=True,
        )
        # Dagster's web server replaces the same attributes by pools of its own (optimize_for_webserver).
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = engine

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return what `dagster.yaml` says: the home of Flux."""
        return {"home": str}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> PooledStorage:
        """Make the storage from `dagster.yaml`, also in a process that Flux has not started."""
        settings = load_settings(home=config_value["home"])
        if settings.dagster_url is not None:
            return cls(postgres_url=settings.dagster_url.get_secret_value(), inst_data=inst_data)
        # Dagster's web server and daemon need no more of Flux than this module.
        from flux_pipeline.store.door import Store  # noqa: PLC0415

        return cls(postgres_url=dagster_url(Store.connect(settings)), inst_data=inst_data)


def dagster_url(store: Store) -> str:
    """Return the URL of Dagster's database.

    dagster-postgres needs psycopg2, but SQLAlchemy's bare postgresql:// means psycopg 3, so the URL names the driver.
    """
    from flux_pipeline.store.postgres.roles import Role  # noqa: PLC0415

    return store.url(Role.DAGSTER, driver="psycopg2").render_as_string(hide_password=False)
