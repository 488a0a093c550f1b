"""State of the schema: the revision that the database has, and the newest one among the migrations.

Every command asks for it, so this module does without Alembic, which takes as long to import as SQLAlchemy.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import Settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.engine import is_refused, plain_errors
from flux_pipeline.store.postgres.roles import Role

# The two lines of a migration that Alembic's template writes: its own name, and that of the one before it.
NAMES = re.compile(r"""^revision = ["'](\w+)["']\ndown_revision = (?:["'](\w+)["']|None)$""", re.MULTILINE)
HAS_SCHEMA = "SELECT to_regclass('alembic_version') IS NOT NULL"
CURRENT = "SELECT version_num FROM alembic_version"


@dataclass(frozen=True)
class SchemaState:
    """The revision that the database has (None: no schema yet) and the newest revision of this version of Flux."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to migrate."""
        return self.current == self.head


def schema_state(store: Store) -> SchemaState:
    """Return the schema's current and newest revision; a missing database or role counts as no schema yet."""
    head = newest_revision(migrations_folder(store.settings))
    try:
        with store.engine(Role.OWNER).connect() as connection:
            has_schema = connection.scalar(text(HAS_SCHEMA))
            return SchemaState(connection.scalars(text(CURRENT)).one_or_none() if has_schema else None, head)
    except DBAPIError as exc:
        if is_refused(exc):
            return SchemaState(None, head)
        with plain_errors(store.url(Role.OWNER)):
            raise


def migrations_folder(settings: Settings) -> Path:
    """Return the folder of the migrations; raise PermanentError if it holds none."""
    if not (settings.migrations_dir / "env.py").is_file():
        raise PermanentError(
            f"The folder {settings.migrations_dir} holds no migrations. Set FLUX_MIGRATIONS_DIR to their folder: it is "
            "`alembic/` of the Flux checkout."
        )
    return settings.migrations_dir


def newest_revision(folder: Path) -> str:
    """Return the name of the migration that no other migration of the folder comes after.

    Raises:
        PermanentError: there is none, there are several, or a migration does not give its name.
    """
    names, earlier = set(), set()
    for path in (folder / "versions").glob("*.py"):
        found = NAMES.search(path.read_text())
        if found is None:
            raise PermanentError(
                f'The migration {path} does not give its name. Expected the lines `revision = "..."` and '
                '`down_revision = "..."`, one after the other.'
            )
        names.add(found[1])
        earlier.add(found[2])
    newest = sorted(names - earlier)
    if len(newest) != 1:
        raise PermanentError(
            f"The folder {folder} has {len(newest)} newest migrations{': ' if newest else ''}{', '.join(newest)}; "
            "expected one. Set FLUX_MIGRATIONS_DIR to the folder `alembic/` of one version of Flux."
        )
    return newest[0]
