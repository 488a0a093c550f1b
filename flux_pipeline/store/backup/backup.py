"""A backup: one file with the whole database and a manifest of its contents, both of the same moment.

The file is a zip of two entries: `database.dump`, as pg_dump writes it, and `manifest.json`. `restore` reads it.
"""

import contextlib
import importlib.metadata
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import URL, Connection

from flux_pipeline.errors import FluxError, PermanentError, TransientError
from flux_pipeline.store.backup._checksums import TableSum, list_tables, sum_tables
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.engine import NO_TIME_LIMIT, is_pooled, plain_errors, reason_of, where
from flux_pipeline.store.postgres.programs import Programs, find_programs, major_of, running
from flux_pipeline.store.postgres.roles import Role

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"
CHUNK_BYTES = 1 << 20
# Long enough to wait for a migration; while the backup waits for a lock, later transactions queue behind it.
LOCK_WAIT = "60s"
# Flux has none; those of another role, which this one may not read, must not keep it from making a backup.
NO_LARGE_OBJECTS = "--no-large-objects"
# The rights that pg_dump needs and the role lacks; partitions too, because it reads each by itself.
MISSING_GRANTS = """
SELECT format('GRANT SELECT ON %s %I.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname,
              c.relname) AS right
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'S') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT has_table_privilege(c.oid, 'SELECT')
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT format('GRANT USAGE ON SCHEMA %I', nspname) FROM pg_namespace
WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' AND NOT has_schema_privilege(oid, 'USAGE')
ORDER BY 1
"""


@dataclass(frozen=True)
class Manifest:
    """The description of a backup. `created_at` is in ISO 8601; `dumped_by` is pg_dump's version."""

    flux_version: str
    schema_revision: str
    server_version: str
    dumped_by: str
    database: str
    created_at: str
    tables: tuple[TableSum, ...]
    format: int = FORMAT


@dataclass(frozen=True)
class Backup:
    """A backup that was written: the file, its size in bytes, and its manifest."""

    path: Path
    size: int
    manifest: Manifest


def back_up(store: Store, path: Path, report: Callable[[str], None], *, overwrite: bool = False) -> Backup:
    """Write the whole database into one file; either the complete file exists afterwards, or none.

    Others can read and write meanwhile, because dump and manifest are of one snapshot. Changes to a table's definition
    wait, because a snapshot covers only rows. A killed process may leave `.<file>.*.part` beside it.

    Args:
        store: the database, connected without a pooler.
        path: the file.
        report: called with a sentence on the progress.
        overwrite: replace an existing file.

    Raises:
        PermanentError: the file exists or can't be written, there is no schema yet, the fleet role may not read all
            of it, or pg_dump fails or is missing.
        TransientError: another transaction holds a table, for example a migration.
    """
    if path.exists() and not overwrite:
        raise PermanentError(f"{path} exists already. Name another file, or replace it with --force.")
    with _replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        with _snapshot(store) as connection:
            version = int(connection.scalar(text("SHOW server_version_num")) or 0)
            programs = find_programs(version // 10000, oldest=version // 10000)
            with archive.open(DUMP, "w", force_zip64=True) as entry:
                _dump(store.url(Role.FLEET), programs, connection, entry, report)
            manifest = _manifest(connection, programs, sum_tables(connection, report))
        archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    return Backup(path, path.stat().st_size, manifest)


def refuse_pooled(connection: Connection, url: URL) -> None:
    """Raise PermanentError behind a pooler: pg_dump and psql change their sessions' settings and do not reset them."""
    if is_pooled(connection):
        raise PermanentError(
            f"A pooler answers at {where(url)}, and pg_dump and psql would change sessions that others use afterwards. "
            "Name the server itself in FLUX_DATABASE_URL for this command."
        )


def as_manifest(values: dict[str, Any]) -> Manifest:
    """Build a manifest from its JSON; raise KeyError, TypeError, AttributeError or ValueError if it is not one."""
    tables = tuple(TableSum(**each) for each in values.pop("tables"))
    manifest = Manifest(tables=tables, **values)
    major_of(manifest.dumped_by)
    return manifest


@contextlib.contextmanager
def _snapshot(store: Store) -> Iterator[Connection]:
    """Open a transaction that sees everything as of now, and during which no table's definition changes."""
    url = store.url(Role.FLEET)
    with plain_errors(url), store.engine(Role.FLEET).connect() as pooled:
        refuse_pooled(pooled, url)
        _refuse_unreadable(pooled, url)
        tables = list_tables(pooled)
        pooled.rollback()
        connection = pooled.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        _lock_tables(connection, tables)
        # The first SELECT takes the snapshot, so it must follow the locks.
        connection.execute(NO_TIME_LIMIT)
        if list_tables(connection) != tables:
            raise TransientError(f"The schema of {where(url)} changed while the backup began. Try again.")
        yield connection


def _refuse_unreadable(connection: Connection, url: URL) -> None:
    if connection.scalar(text("SELECT to_regclass('public.restaurants')")) is None:
        raise PermanentError(
            f"The database at {where(url)} has none of Flux's tables, so there is nothing to back up. Correct "
            "FLUX_DATABASE_URL, or run `flux db upgrade` first."
        )
    missing = list(connection.scalars(text(MISSING_GRANTS)))
    if missing:
        raise PermanentError(
            f"{Role.FLEET.value} makes the backup and may not read all of {where(url)}. No backup was written. Run as "
            f"the owner: {'; '.join(f'{right} TO {Role.FLEET.value}' for right in missing)}."
        )


def _lock_tables(connection: Connection, tables: list[tuple[str, str]]) -> None:
    """Lock every table's definition until the transaction ends; partitions are locked with their table."""
    # SQLAlchemy begins the transaction and psycopg runs in it: LOCK takes names, and SET takes no bound parameter.
    connection.begin()
    driver = connection.connection.driver_connection
    assert driver is not None
    names = sql.SQL(", ").join(sql.Identifier(schema, name) for schema, name in tables)
    try:
        driver.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_WAIT)))
        driver.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as exc:
        raise _held(connection.engine.url, reason_of(exc)) from exc


def _dump(url: URL, programs: Programs, snapshot: Connection, entry: IO[bytes], report: Callable[[str], None]) -> None:
    name = str(snapshot.scalar(text("SELECT pg_export_snapshot()")))
    options = ("--format=custom", f"--snapshot={name}", f"--lock-wait-timeout={LOCK_WAIT}", NO_LARGE_OBJECTS)
    report(f"Dumping with pg_dump {programs.version}")
    with running(programs, "pg_dump", *options, url=url) as dump:
        written = 0
        while chunk := dump.stdout.read(CHUNK_BYTES):
            written += len(chunk)
            entry.write(chunk)
            report(f"Dumping with pg_dump {programs.version}: {written / 1e6:,.0f} MB")
        failure = dump.failure()
    if failure is not None:
        raise _dump_error(url, failure)


def _dump_error(url: URL, failure: str) -> FluxError:
    """Convert a failure of pg_dump into an error."""
    # pg_dump limits its wait for locks with the server's statement timeout.
    if re.search(r"canceling statement due to|could not obtain lock|deadlock detected", failure):
        return _held(url, failure)
    todo = f" Grant {Role.FLEET.value} the right to read it." if "permission denied" in failure else ""
    return PermanentError(f"pg_dump can't read all of {where(url)} ({failure}). No backup was written.{todo}")


def _held(url: URL, reason: str) -> TransientError:
    return TransientError(
        f"Another process holds a table of {where(url)}, perhaps for a migration ({reason}). No backup was written. "
        "`flux doctor --database` shows the process; try again when it has finished."
    )


def _manifest(connection: Connection, programs: Programs, tables: list[TableSum]) -> Manifest:
    return Manifest(
        flux_version=importlib.metadata.version("flux-pipeline"),
        schema_revision=str(connection.scalar(text("SELECT version_num FROM alembic_version"))),
        server_version=str(connection.scalar(text("SHOW server_version"))),
        dumped_by=programs.version,
        database=str(connection.scalar(text("SELECT current_database()"))),
        created_at=connection.execute(text("SELECT now()")).scalar_one().isoformat(),
        tables=tuple(tables),
    )


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that replaces `path` if the block succeeds, and is removed if it fails."""
    try:
        # In the same folder, so that renaming is atomic; readable only by its owner, because it holds everything.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as exc:
        raise PermanentError(
            f"{path} can't be written ({exc.strerror}). Name a file in a folder that you may write to."
        ) from exc
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        free = shutil.disk_usage(path.parent).free
        raise PermanentError(
            f"{path} can't be written ({exc.strerror or exc}); {free / 1e9:.1f} GB are free there. Name a file "
            "elsewhere, or make room."
        ) from exc
    finally:
        part.unlink(missing_ok=True)
