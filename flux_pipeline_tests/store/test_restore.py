"""Tests of restores: rows, rights and policies equal the backup's, and a failed restore changes nothing."""

import datetime as dt
import io
import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.backup import backup
from flux_pipeline.store.backup.backup import back_up
from flux_pipeline.store.backup.restore import NEW_SETTING, Restored, _pass_on, restore
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.migrate import downgrade, plan_downgrade
from flux_pipeline.store.schema.months import make_months
from flux_pipeline.store.schema.ready import make_ready
from flux_pipeline.store.schema.state import schema_state
from flux_pipeline_tests.store.backups import close, quiet
from flux_pipeline_tests.store.diagnosing import administer
from flux_pipeline_tests.store.test_migrations import alembic_config, catalog

# Compared in addition to what test_migrations compares.
OWNERS = """
SELECT c.relname::text AS name, c.relowner::regrole::text AS owner, pg_get_expr(c.relpartbound, c.oid) AS detail
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT p.proname, p.proowner::regrole::text, NULL FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT nspname, nspowner::regrole::text, nspacl::text FROM pg_namespace WHERE nspname = 'public'
UNION ALL SELECT extname, extowner::regrole::text, extversion FROM pg_extension
ORDER BY 1, 2, 3
"""


def rows_of(restored: Restored) -> dict[str, int]:
    return {each.name: each.rows for each in restored.tables}


def owners(store: Store) -> list[tuple[str, ...]]:
    with store.transaction(Role.OWNER) as connection:
        return [tuple(row) for row in connection.execute(text(OWNERS))]


def test_a_restored_database_has_the_same_rows_rights_and_policies(
    filled: Store, elsewhere: Store, tmp_path: Path, bistro: Restaurant
) -> None:
    made = back_up(filled, tmp_path / "flux.backup", quiet)
    assert made.size == (tmp_path / "flux.backup").stat().st_size
    restored = restore(elsewhere, made.path, quiet)
    assert restored.differences == []
    assert rows_of(restored)["closures"] == 3 and rows_of(restored)["local_events"] == 1
    assert catalog(elsewhere) == catalog(filled)
    assert owners(elsewhere) == owners(filled)
    assert schema_state(elsewhere).is_current
    with elsewhere.engine(Role.OWNER).connect() as connection:
        command.check(alembic_config(elsewhere, connection))
    # The restored database works for the pipeline's roles, each within its rights.
    close(elsewhere, bistro, dt.date(2027, 1, 1))
    with elsewhere.tenant("cafe") as tx:
        assert tx.connection.scalar(text("SELECT count(*) FROM closures")) == 1
    make_months(elsewhere, ("transactions",), [dt.date(2031, 1, 1)])
    with elsewhere.transaction(Role.OWNER) as connection:
        assert connection.scalar(text("SELECT count(*) FROM closures")) == 0, "FORCE holds for the owner too"


def test_a_backup_is_restored_into_an_emptied_schema(filled: Store, tmp_path: Path) -> None:
    before = catalog(filled)
    made = back_up(filled, tmp_path / "flux.backup", quiet)
    downgrade(filled, plan_downgrade(filled, "base"))
    assert restore(filled, made.path, quiet).differences == []
    assert catalog(filled) == before


def test_an_older_schema_is_backed_up_and_restored_unchanged(filled: Store, elsewhere: Store, tmp_path: Path) -> None:
    downgrade(filled, plan_downgrade(filled, "003"))
    made = back_up(filled, tmp_path / "flux.backup", quiet)
    restore(elsewhere, made.path, quiet)
    assert schema_state(elsewhere).current == "003_comprehensive_schema"


def test_a_backup_is_not_restored_into_a_database_with_tables(filled: Store, tmp_path: Path) -> None:
    made = back_up(filled, tmp_path / "flux.backup", quiet)
    before = catalog(filled)
    with pytest.raises(PermanentError, match=r"tables with 2 restaurants, .* `flux db downgrade base`"):
        restore(filled, made.path, quiet)
    assert catalog(filled) == before


def damage(path: Path, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, change(content) if name == backup.DUMP else content)


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), "can't be read"),
        (lambda path: path.write_text("PGDMP"), "is not a complete backup"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1000]), "is not a complete backup"),
        (flip_a_byte, "damaged|can't read"),
        (lambda path: damage(path, lambda dump: dump[: len(dump) // 2]), "can't read"),
    ],
    ids=["missing", "something else", "cut off", "one byte flipped", "half a dump"],
)
def test_a_file_that_is_not_a_complete_backup_restores_nothing(
    filled: Store, elsewhere: Store, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    path = back_up(filled, tmp_path / "flux.backup", quiet).path
    spoil(path)
    with pytest.raises(PermanentError, match=message):
        restore(elsewhere, path, quiet)
    assert schema_state(elsewhere).current is None


def rewrite_manifest(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    with zipfile.ZipFile(path) as archive:
        dump, manifest = archive.read(backup.DUMP), json.loads(archive.read(backup.MANIFEST))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(backup.DUMP, dump)
        archive.writestr(backup.MANIFEST, json.dumps(change(manifest)))


def test_a_table_that_differs_from_the_backup_is_named(filled: Store, elsewhere: Store, tmp_path: Path) -> None:
    path = back_up(filled, tmp_path / "flux.backup", quiet).path

    def change(manifest: dict[str, Any]) -> dict[str, Any]:
        tables = [each | ({"checksum": "1"} if each["name"] == "closures" else {}) for each in manifest["tables"]]
        return manifest | {"tables": tables}

    rewrite_manifest(path, change)
    assert restore(elsewhere, path, quiet).differences == ["closures"]


def test_a_backup_of_a_newer_flux_is_refused(filled: Store, elsewhere: Store, tmp_path: Path) -> None:
    with filled.transaction(Role.OWNER) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '999_later'"))
    path = back_up(filled, tmp_path / "flux.backup", quiet).path
    with pytest.raises(PermanentError, match="999_later, which this version of Flux does not know"):
        restore(elsewhere, path, quiet)


def test_a_setting_unknown_to_an_older_server_is_removed_and_a_row_like_it_is_kept() -> None:
    script = b"SET client_min_messages = warning;" + NEW_SETTING + b"COPY t FROM stdin;" + NEW_SETTING
    for drop, count in ((True, 1), (False, 2)):
        taken = io.BytesIO()
        _pass_on(io.BytesIO(script), taken, drop, quiet)
        assert taken.getvalue().count(NEW_SETTING) == count


def test_objects_that_only_an_administrator_may_create_are_left_out_and_named(
    filled: Store, elsewhere: Store, tmp_path: Path
) -> None:
    for statement in (
        "CREATE SCHEMA aside",
        "CREATE EXTENSION pg_stat_statements SCHEMA aside",
        "GRANT EXECUTE ON FUNCTION aside.pg_stat_statements_reset TO flux_fleet",
        "GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO flux_fleet",
        "CREATE EXTENSION pg_trgm",
        "CREATE TABLE notes (note text)",
        "GRANT SELECT ON notes TO flux_fleet",
        "CREATE INDEX ON notes USING gin (note gin_trgm_ops)",
        "GRANT USAGE ON SCHEMA aside TO flux_fleet",
    ):
        administer(filled, statement)
    restored = restore(elsewhere, back_up(filled, tmp_path / "flux.backup", quiet).path, quiet)
    assert restored.differences == [] and "notes" in rows_of(restored)
    assert restored.left_out[0] == "the extension pg_stat_statements"
    assert [words.partition("(")[0] for words in restored.left_out[1:]] == [
        "the rights on FUNCTION pg_stat_statements_reset",
        "the rights on FUNCTION pg_ls_dir",
    ]
    with elsewhere.fleet() as connection:
        made = connection.scalars(text("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")).all()
    assert made == ["btree_gist", "pg_trgm"]


def test_a_command_that_would_fill_the_database_waits_for_the_restore(
    filled: Store, elsewhere: Store, tmp_path: Path
) -> None:
    path = back_up(filled, tmp_path / "flux.backup", quiet).path
    other = Store(elsewhere.settings, elsewhere.admin_url)
    waiting = threading.Thread(target=make_ready, args=(other,))

    def interfere(words: str) -> None:
        if words.startswith("Reading the contents of"):
            waiting.start()
            waiting.join(0.5)

    restored = restore(elsewhere, path, interfere)
    waiting.join()
    other.dispose()
    assert restored.differences == []
    assert schema_state(elsewhere).is_current


def test_a_table_created_meanwhile_is_reported_as_another_processs(
    filled: Store, elsewhere: Store, tmp_path: Path
) -> None:
    path = back_up(filled, tmp_path / "flux.backup", quiet).path

    def interfere(words: str) -> None:
        if words.startswith("Reading the contents of"):
            administer(elsewhere, "CREATE TABLE users ()")

    with pytest.raises(PermanentError, match=r"Another process wrote to .* already exists\)\. Nothing was restored"):
        restore(elsewhere, path, interfere)


def test_a_backup_by_a_beta_version_is_restored_and_one_without_a_version_is_refused(
    filled: Store, elsewhere: Store, tmp_path: Path
) -> None:
    path = back_up(filled, tmp_path / "flux.backup", quiet).path
    rewrite_manifest(path, lambda manifest: manifest | {"dumped_by": "unknown"})
    with pytest.raises(PermanentError, match="is not a complete backup"):
        restore(elsewhere, path, quiet)
    rewrite_manifest(path, lambda manifest: manifest | {"dumped_by": "18beta1"})
    assert restore(elsewhere, path, quiet).differences == []
