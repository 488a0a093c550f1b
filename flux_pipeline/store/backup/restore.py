"""Restore of a backup into an empty database, with a proof that the restored tables equal the ones backed up.

pg_restore turns the dump into SQL, and psql runs it in one transaction, whose COMMIT is sent last: a restore that is
killed at any point leaves an empty database.
"""

import contextlib
import json
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from alembic.script import ScriptDirectory
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access.bi_logins import Reader, list_readers
from flux_pipeline.store.backup._checksums import TableSum, list_tables, sum_tables
from flux_pipeline.store.backup._dump import Contents, leave_out
from flux_pipeline.store.backup.backup import CHUNK_BYTES, DUMP, FORMAT, MANIFEST, Manifest, as_manifest, refuse_pooled
from flux_pipeline.store.diagnosis.findings import NEEDED_EXTENSIONS
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.engine import plain_errors, where
from flux_pipeline.store.postgres.locks import one_at_a_time
from flux_pipeline.store.postgres.programs import Programs, Running, find_programs, major_of, running
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import list_restaurants
from flux_pipeline.store.schema.migrate import MIGRATIONS
from flux_pipeline.wording import count_of

# Extensions that the owner may create, and those that exist already.
EXTENSIONS = """
SELECT a.name, a.installed_version IS NOT NULL AS is_installed, v.trusted OR NOT v.superuser AS may_be_created
FROM pg_available_extensions a
JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
"""
# `flux db downgrade base` leaves this table, without rows.
BEGIN = b"BEGIN;\nDROP TABLE IF EXISTS public.alembic_version;\n"
COMMIT = b"\nCOMMIT;\n"
NAME_ANOTHER = "Name a file written by `flux db backup`."
# pg_restore 17 and newer sets this first, and an older server does not know it.
NEW_SETTING, NEW_SETTING_SINCE = b"\nSET transaction_timeout = 0;\n", 17


@dataclass(frozen=True)
class Restored:
    """The result of a restore: the backup's manifest, and the checksum of each restored table.

    `left_out`: what only an administrator may create. `shut_out`: logins of BI tools that can't connect here yet.
    """

    manifest: Manifest
    tables: tuple[TableSum, ...]
    left_out: tuple[str, ...]
    shut_out: tuple[Reader, ...]

    @property
    def differences(self) -> list[str]:
        """The names of tables that differ from the backup."""
        before = {each.name: each for each in self.manifest.tables}
        after = {each.name: each for each in self.tables}
        return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def read_manifest(path: Path) -> Manifest:
    """Read a backup's manifest.

    Raises:
        PermanentError: the file can't be read, or is not a backup by Flux.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            archive.getinfo(DUMP)
            values = json.loads(archive.read(MANIFEST))
        if values.get("format") != FORMAT:
            raise PermanentError(
                f"{path} has format {values.get('format')}; this version of Flux reads {FORMAT}. Restore it with Flux "
                f"{values.get('flux_version')}."
            )
        return as_manifest(values)
    except OSError as exc:
        raise PermanentError(f"{path} can't be read ({exc.strerror}). {NAME_ANOTHER}") from exc
    except (zipfile.BadZipFile, KeyError, TypeError, AttributeError, ValueError) as exc:
        raise PermanentError(f"{path} is not a complete backup. {NAME_ANOTHER}") from exc


def restore(store: Store, path: Path, report: Callable[[str], None]) -> Restored:
    """Restore a backup into the store's database, which must be missing or empty; create missing roles.

    No other command of Flux migrates the database meanwhile: it waits, and then finds the restored schema.

    Args:
        store: the database to restore into, connected without a pooler.
        path: a file that `back_up` wrote.
        report: called with a sentence on the progress.

    Raises:
        PermanentError: the file is damaged or not a backup, its schema is newer than this version of Flux, the database
            has tables, or pg_restore or psql fail or are missing. In these cases nothing is restored.
    """
    manifest = read_manifest(path)
    _refuse_newer(store, manifest)
    report("Creating roles and the database")
    bootstrap(store.admin_url)
    with plain_errors(store.url(Role.OWNER)), one_at_a_time(store.url(Role.OWNER), MIGRATIONS):
        major = _refuse_filled(store)
        programs = find_programs(major, oldest=max(major, major_of(manifest.dumped_by)))
        report(f"Reading the contents of {path}")
        contents = _contents(store, programs, path)
        _load(store, programs, path, contents, major, report)
        with store.transaction(Role.OWNER) as connection:
            # A dump holds no statistics; without them the plans of the first queries would be guesses.
            report("Gathering statistics")
            connection.execute(text("ANALYZE"))
        with store.fleet() as connection:
            sums = tuple(sum_tables(connection, report))
            has_readers = "reader_logins" in {each.name for each in sums}
            readers = list_readers(connection) if has_readers else []
    return Restored(
        manifest, sums, contents.left_out, tuple(each for each in readers if each.slugs and not each.may_connect)
    )


def _refuse_newer(store: Store, manifest: Manifest) -> None:
    known = [script.revision for script in ScriptDirectory(str(store.settings.migrations_dir)).walk_revisions()]
    if manifest.schema_revision not in known:
        raise PermanentError(
            f"The backup's schema is {manifest.schema_revision}, which this version of Flux does not know. Restore it "
            f"with Flux {manifest.flux_version}, which wrote it."
        )


def _refuse_filled(store: Store) -> int:
    """Return the server's major version; raise PermanentError if the database is not empty."""
    with store.transaction(Role.OWNER) as connection:
        refuse_pooled(connection, store.url(Role.OWNER))
        tables = [name for _schema, name in list_tables(connection)]
        if tables == ["alembic_version"] and not connection.scalar(text("SELECT count(*) FROM alembic_version")):
            tables = []
        major = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10000
    if not tables:
        return major
    contents = f"{len(tables)} tables"
    if "restaurants" in tables:
        with store.fleet() as connection:
            contents += f" with {count_of(len(list_restaurants(connection)), 'restaurant')}"
    raise PermanentError(
        f"The database at {where(store.admin_url)} has {contents}, and a backup needs an empty database. Name another "
        "in FLUX_DATABASE_URL (Flux creates it), or empty this one with `flux db downgrade base`."
    )


def _contents(store: Store, programs: Programs, path: Path) -> Contents:
    """Return the part of the dump that the owner can restore."""
    with running(programs, "pg_restore", "--list") as program:
        feeder = _Feeder(path, program, stop_early=True)
        feeder.start()
        listing = program.stdout.read().decode()
        _refuse_damaged(path, None, program.failure())
    with store.transaction(Role.OWNER) as connection:
        rows = connection.execute(text(EXTENSIONS)).all()
    return leave_out(
        listing,
        owner=Role.OWNER.value,
        installed={row.name for row in rows if row.is_installed},
        # A needed extension is never left out: if it is missing, the server's own error explains it best.
        may_be_created={row.name for row in rows if row.may_be_created} | set(NEEDED_EXTENSIONS),
    )


def _load(
    store: Store, programs: Programs, path: Path, contents: Contents, major: int, report: Callable[[str], None]
) -> None:
    """Run the dump's SQL in one transaction, as the owner role, so that it owns everything."""
    psql_options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-")
    with tempfile.NamedTemporaryFile("w") as listing:
        listing.write(contents.listing)
        listing.flush()
        restore_options = ("--no-owner", "--exit-on-error", f"--use-list={listing.name}", "--file=-")
        with (
            running(programs, "pg_restore", *restore_options) as script,
            running(programs, "psql", *psql_options, url=store.url(Role.OWNER)) as psql,
        ):
            feeder = _Feeder(path, script)
            feeder.start()
            try:
                _pass_on(script.stdout, psql.stdin, programs.major >= NEW_SETTING_SINCE > major, report)
            except BrokenPipeError:
                # psql ended early, and its error gives the reason.
                raise _refused(store, contents, psql.failure()) from None
            feeder.join()
            _refuse_damaged(path, feeder.problem, script.failure())
            with contextlib.suppress(BrokenPipeError):
                psql.stdin.write(COMMIT)
                psql.stdin.close()
            if (failure := psql.failure()) is not None:
                raise _refused(store, contents, failure)


def _refuse_damaged(path: Path, problem: str | None, failure: str | None) -> None:
    """Raise PermanentError if the file is damaged or pg_restore failed; a damaged file is the cause of both."""
    if problem is not None:
        raise PermanentError(f"{path} is damaged ({problem}). Nothing was restored. Use another backup.")
    if failure is not None:
        raise PermanentError(f"pg_restore can't read {path} ({failure}). Nothing was restored. Use another backup.")


class _Feeder(threading.Thread):
    """A thread that feeds the dump to pg_restore while the SQL is read from it; `problem` describes a damaged file."""

    def __init__(self, path: Path, script: Running, *, stop_early: bool = False) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._script = script
        self._stop_early = stop_early
        self.problem: str | None = None

    def run(self) -> None:
        try:
            with zipfile.ZipFile(self._path) as archive, archive.open(DUMP) as entry:
                # Reading to the end also checks the zip entry's checksum.
                while chunk := entry.read(CHUNK_BYTES):
                    if not self._give(chunk) and self._stop_early:
                        return
        except (OSError, zipfile.BadZipFile, EOFError) as exc:
            self.problem = str(exc)
        finally:
            self._give(None)

    def _give(self, chunk: bytes | None) -> bool:
        """Give pg_restore a chunk (None: the end); return False if it has ended, with or without an own error."""
        try:
            if chunk is None:
                self._script.stdin.close()
            else:
                self._script.stdin.write(chunk)
        except (BrokenPipeError, ValueError):
            return False
        return True


def _pass_on(script: IO[bytes], psql: IO[bytes], drop_new_setting: bool, report: Callable[[str], None]) -> None:
    """Pass the SQL from pg_restore to psql, in one transaction that is still open at the end."""
    psql.write(BEGIN)
    chunk, sent = script.read(CHUNK_BYTES), 0
    if drop_new_setting:
        chunk = chunk.replace(NEW_SETTING, b"\n", 1)
    while chunk:
        psql.write(chunk)
        sent += len(chunk)
        report(f"Restoring: {sent / 1e6:,.0f} MB")
        chunk = script.read(CHUNK_BYTES)
    psql.flush()


def _refused(store: Store, contents: Contents, failure: str | None) -> PermanentError:
    if failure is not None and "already exists" in failure:
        return PermanentError(
            f"Another process wrote to the database at {where(store.admin_url)} meanwhile ({failure}). Nothing was "
            "restored. Stop that process, empty the database with `flux db downgrade base`, and restore again."
        )
    missing = ""
    if contents.left_out:
        missing = f" Left out: {', '.join(contents.left_out)}; an administrator can create them before the restore."
    return PermanentError(
        f"The server at {where(store.admin_url)} refuses the backup ({failure}). Nothing was restored. Check that it "
        f"is no older than the backup's server, and that it has the roles and extensions named here.{missing}"
    )
