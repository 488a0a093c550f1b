"""Readiness of the schema: commands and runs make sure of it before they use the database."""

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.store.schema.state import schema_state


def make_ready(store: Store) -> None:
    """Make sure that the schema is the one that this version of Flux needs.

    An empty database gets its schema, and an embedded one is upgraded. An older schema on the user's own server is left
    alone, because its operator decides when it changes.

    Raises:
        PermanentError: the schema on the user's own server is older.
    """
    state = schema_state(store)
    if state.is_current:
        return
    if state.current is not None and store.settings.database_url is not None:
        raise PermanentError(
            f"The database's schema is {state.current}; this version of Flux needs {state.head}. "
            "Make a backup, then run `flux db upgrade`."
        )
    # It imports Alembic, for which no command need wait once the schema is current.
    from flux_pipeline.store.schema.migrate import upgrade  # noqa: PLC0415

    upgrade(store)
