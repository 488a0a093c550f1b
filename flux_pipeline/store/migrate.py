"""Brings the schema up to date from code, and says how far it is. The migrations themselves stand in `alembic/`."""

from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import Settings
from flux_pipeline.store.bootstrap import bootstrap
from flux_pipeline.store.engine import is_refused, plain_errors
from flux_pipeline.store.roles import Role
from flux_pipeline.store.store import Store


@dataclass(frozen=True)
class SchemaState:
    """The revision that the database has (None: nothing yet) and the newest one there is."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to migrate."""
        return self.current == self.head


def schema_state(store: Store) -> SchemaState:
    """How far the schema is; a database or role that isn't there yet counts as nothing yet."""
    head = ScriptDirectory.from_config(_config(store.settings)).get_current_head()
    assert head is not None
    try:
        with store.engine(Role.OWNER).connect() as connection:
            return SchemaState(MigrationContext.configure(connection).get_current_revision(), head)
    except DBAPIError as exc:
        if is_refused(exc):
            return SchemaState(None, head)
        with plain_errors(store.url(Role.OWNER)):
            raise


def upgrade(store: Store) -> SchemaState:
    """Make roles and databases that are missing, then run every migration that is; returns the state before.

    Idempotent: what is there is left as it is.
    """
    before = schema_state(store)
    bootstrap(store.admin_url)
    config = _config(store.settings)
    with plain_errors(store.url(Role.OWNER)), store.engine(Role.OWNER).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def make_ready(store: Store) -> None:
    """Make sure that the schema is the one this code was written for.

    An empty database is filled, and the embedded one is brought up to date; a server of the user's own that is behind
    is left alone, because its operator decides when it changes.

    Raises:
        PermanentError: the schema of a server of the user's own is behind.
    """
    state = schema_state(store)
    if state.is_current:
        return
    if state.current is not None and store.settings.database_url is not None:
        raise PermanentError(
            f"The database's schema is {state.current}, this version of Flux needs {state.head}. "
            "Make a backup, then run `flux db upgrade`."
        )
    upgrade(store)


def _config(settings: Settings) -> Config:
    if not (settings.migrations_dir / "env.py").is_file():
        raise PermanentError(
            f"The migrations are not in {settings.migrations_dir}. Name their folder with FLUX_MIGRATIONS_DIR: it is "
            "`alembic/` of the Flux checkout."
        )
    config = Config()
    config.set_main_option("script_location", str(settings.migrations_dir).replace("%", "%%"))
    return config
