"""A backup is whole or not there, and what is restored from it is what was backed up: rows, rights and policies."""

import datetime as dt
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from flux_pipeline.errors import PermanentError
from flux_pipeline.store import backup, pg_programs, server
from flux_pipeline.store.backup import back_up
from flux_pipeline.store.checksums import sum_tables
from flux_pipeline.store.migrate import downgrade, plan_downgrade, schema_state
from flux_pipeline.store.months import make_months
from flux_pipeline.store.pg_programs import find_programs, telling_line
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.restore import NEW_SETTING, Restored, _pass_on, read_manifest, restore
from flux_pipeline.store.roles import Role
from flux_pipeline.store.store import Store
from flux_pipeline_tests.store.test_migrations import alembic_config, catalog

NUMBERS = itertools.count(1)
# Beside what test_migrations compares.
OWNERS = """
SELECT c.relname::text AS name, c.relowner::regrole::text AS owner, pg_get_expr(c.relpartbound, c.oid) AS detail
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
UNION ALL SELECT p.proname, p.proowner::regrole::text, NULL FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT nspname, nspowner::regrole::text, nspacl::text FROM pg_namespace WHERE nspname = 'public'
UNION ALL SELECT extname, extowner::regrole::text, extversion FROM pg_extension
ORDER BY 1, 2, 3
"""
CLOSE = "INSERT INTO closures (restaurant_id, date, reason) VALUES (:restaurant, :date, :reason)"


def quiet(_text: str) -> None:
    """Nobody watches."""


def close(store: Store, restaurant: Restaurant, *dates: dt.date, reason: str = "Inventur, für alle · 棚卸し") -> None:
    with store.tenant(restaurant) as tx:
        for date in dates:
            tx.connection.execute(text(CLOSE), {"restaurant": restaurant.id, "date": date, "reason": reason})


@pytest.fixture
def filled(store: Store, bistro: Restaurant, cafe: Restaurant) -> Store:
    """Two restaurants with rows, and months made at run time, one of them with a sale."""
    close(store, bistro, dt.date(2026, 1, 1), dt.date(2026, 12, 25))
    close(store, cafe, dt.date(2026, 7, 4))
    make_months(store, ("transactions", "transaction_items", "demand_forecasts"), [dt.date(2026, 5, 1)])
    with store.feeds() as connection:
        connection.execute(
            text(
                "INSERT INTO local_events (name, kind, starts_at, ends_at, known_at, source, external_id) VALUES"
                " ('Fair', 'fair', '2026-05-01 10:00+02', '2026-05-01 18:00+02', '2026-01-01', 'test', '1')"
            )
        )
    return store


@pytest.fixture
def elsewhere(filled: Store, database_server: URL) -> Iterator[Store]:
    """A store over another database of the same server, which is not there yet."""
    name = f"flux_restored_{next(NUMBERS)}"
    other = Store(filled.settings, filled.admin_url.set(database=name))
    yield other
    other.dispose()
    engine = create_engine(
        database_server.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for database in (name, f"{name}_dagster"):
            connection.execute(text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))
    engine.dispose()


def rows_of(restored: Restored) -> dict[str, int]:
    return {each.name: each.rows for each in restored.tables}


def owners(store: Store) -> list[tuple[str, ...]]:
    with store.transaction(Role.OWNER) as connection:
        return [tuple(row) for row in connection.execute(text(OWNERS))]


def is_empty(store: Store) -> bool:
    with store.transaction(Role.OWNER) as connection:
        return not connection.scalar(
            text("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")
        )


def test_what_is_restored_has_the_same_rows_rights_and_policies(
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
    # The restored database works for the roles that the pipeline uses, each within its rights.
    close(elsewhere, bistro, dt.date(2027, 1, 1))
    with elsewhere.tenant("cafe") as tx:
        assert tx.connection.scalar(text("SELECT count(*) FROM closures")) == 1
    make_months(elsewhere, ("transactions",), [dt.date(2031, 1, 1)])
    with elsewhere.transaction(Role.OWNER) as connection:
        assert connection.scalar(text("SELECT count(*) FROM closures")) == 0, "FORCE holds for the owner too"


def test_an_emptied_schema_is_restored_into(filled: Store, tmp_path: Path) -> None:
    before = catalog(filled)
    made = back_up(filled, tmp_path / "flux.backup", quiet)
    downgrade(filled, plan_downgrade(filled, "base"))
    assert restore(filled, made.path, quiet).differences == []
    assert catalog(filled) == before


def test_an_older_schema_is_backed_up_and_restored_as_it_is(filled: Store, elsewhere: Store, tmp_path: Path) -> None:
    downgrade(filled, plan_downgrade(filled, "003"))
    made = back_up(filled, tmp_path / "flux.backup", quiet)
    restore(elsewhere, made.path, quiet)
    assert schema_state(elsewhere).current == "003_comprehensive_schema"


def test_a_database_with_tables_is_not_restored_into(filled: Store, tmp_path: Path) -> None:
    made = back_up(filled, tmp_path / "flux.backup", quiet)
    before = catalog(filled)
    with pytest.raises(PermanentError, match=r"tables with 2 restaurants, .* `flux db downgrade base`"):
        restore(filled, made.path, quiet)
    assert catalog(filled) == before


def test_the_manifest_is_of_the_dumps_moment(
    filled: Store, elsewhere: Store, tmp_path: Path, bistro: Restaurant
) -> None:
    dates = (dt.date(2030, 1, 1) + dt.timedelta(days=n) for n in itertools.count())
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            close(filled, bistro, next(dates))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        # Written to between the dump and the counting too, which come one after the other.
        made = back_up(filled, tmp_path / "flux.backup", lambda _text: time.sleep(0.01))
    finally:
        done.set()
        writer.join()
    assert next(dates) > dt.date(2030, 1, 3)
    assert restore(elsewhere, made.path, quiet).differences == []


def test_a_file_that_is_there_is_replaced_only_when_asked_to(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "flux.backup"
    path.write_text("precious")
    with pytest.raises(PermanentError, match="--force"):
        back_up(filled, path, quiet)
    assert path.read_text() == "precious"
    back_up(filled, path, quiet, overwrite=True)
    assert read_manifest(path).schema_revision == schema_state(filled).head
    assert path.stat().st_mode & 0o077 == 0, "it holds everything, so only its owner reads it"


def test_a_backup_that_fails_leaves_nothing_behind(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.transaction(Role.OWNER) as connection:
        connection.execute(text("CREATE TABLE hidden (id integer)"))
        connection.execute(text("REVOKE ALL ON hidden FROM flux_fleet"))
    with pytest.raises(PermanentError, match=r"permission denied for table hidden\). No backup was written"):
        back_up(filled, tmp_path / "flux.backup", quiet)
    assert list(tmp_path.glob("*backup*")) == list(tmp_path.glob(".*backup*")) == []


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_a_killed_command_leaves_no_half_result(filled: Store, elsewhere: Store, tmp_path: Path, verb: str) -> None:
    """Killed without warning, in the middle: by a pause in the work that the parent ends."""
    path = tmp_path / "flux.backup"
    if verb == "restore":
        back_up(filled, path, quiet)
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from flux_pipeline.settings import load_settings\n"
        "from flux_pipeline.store.backup import back_up\n"
        "from flux_pipeline.store.restore import restore\n"
        "from flux_pipeline.store.store import Store\n"
        "def tell(text):\n"
        "    if 'MB' in text: print('in the middle', flush=True); time.sleep(60)\n"
        f"{'back_up' if verb == 'backup' else 'restore'}(Store.connect(load_settings()), Path(sys.argv[1]), tell)\n"
    )
    target = filled if verb == "backup" else elsewhere
    environment = os.environ | {"FLUX_DATABASE_URL": target.admin_url.render_as_string(hide_password=False)}
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in the middle\n"
    children = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not psutil.wait_procs(children, timeout=20)[1], "PostgreSQL's programs end with it"
    if verb == "backup":
        assert not path.exists()
    else:
        assert is_empty(elsewhere)
        assert restore(elsewhere, path, quiet).differences == []


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
        (lambda path: path.write_text("PGDMP"), "is no backup"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1000]), "is no backup"),
        (flip_a_byte, "damaged|can't read"),
        (lambda path: damage(path, lambda dump: dump[: len(dump) // 2]), "can't read"),
    ],
    ids=["missing", "something else", "cut off", "one byte flipped", "half a dump"],
)
def test_a_file_that_is_not_a_whole_backup_restores_nothing(
    filled: Store, elsewhere: Store, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    path = back_up(filled, tmp_path / "flux.backup", quiet).path
    spoil(path)
    with pytest.raises(PermanentError, match=message):
        restore(elsewhere, path, quiet)
    assert schema_state(elsewhere).current is None


def test_a_table_that_is_not_what_was_backed_up_is_named(filled: Store, elsewhere: Store, tmp_path: Path) -> None:
    path = back_up(filled, tmp_path / "flux.backup", quiet).path
    with zipfile.ZipFile(path) as archive:
        dump, manifest = archive.read(backup.DUMP), json.loads(archive.read(backup.MANIFEST))
    for table in manifest["tables"]:
        if table["name"] == "closures":
            table["checksum"] = "1"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(backup.DUMP, dump)
        archive.writestr(backup.MANIFEST, json.dumps(manifest))
    assert restore(elsewhere, path, quiet).differences == ["closures"]


def test_a_backup_of_a_newer_flux_is_refused(filled: Store, elsewhere: Store, tmp_path: Path) -> None:
    with filled.transaction(Role.OWNER) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '999_later'"))
    path = back_up(filled, tmp_path / "flux.backup", quiet).path
    with pytest.raises(PermanentError, match="999_later, which this version of Flux does not know"):
        restore(elsewhere, path, quiet)


@pytest.mark.parametrize(
    "settings",
    [
        {"timezone": "Asia/Tokyo", "datestyle": "German", "extra_float_digits": "-5"},
        {"intervalstyle": "iso_8601", "bytea_output": "escape", "statement_timeout": "1ms"},
    ],
)
def test_checksums_do_not_depend_on_the_sessions_settings(filled: Store, settings: dict[str, str]) -> None:
    with filled.fleet() as connection:
        before = sum_tables(connection, quiet)
    with filled.fleet() as connection:
        for name, value in settings.items():
            connection.execute(text("SELECT set_config(:name, :value, false)"), {"name": name, "value": value})
        assert sum_tables(connection, quiet) == before
        connection.rollback()


def test_a_checksum_sees_a_changed_row_and_not_the_order(filled: Store, bistro: Restaurant) -> None:
    def closures() -> tuple[int, str]:
        with filled.fleet() as connection:
            return next((each.rows, each.checksum) for each in sum_tables(connection, quiet) if each.name == "closures")

    before = closures()
    with filled.tenant(bistro) as tx:
        tx.connection.execute(text("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM closures"))
        tx.connection.execute(text("DELETE FROM closures"))
        tx.connection.execute(text("INSERT INTO closures SELECT * FROM kept ORDER BY date DESC"))
    assert closures() == before
    with filled.tenant(bistro) as tx:
        tx.connection.execute(text("UPDATE closures SET reason = reason || '.' WHERE date = '2026-01-01'"))
    assert closures()[0] == before[0] and closures()[1] != before[1]


def test_no_password_stands_on_a_command_line(filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, dict[str, str] | None]] = []
    popen = subprocess.Popen

    def watched(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        seen.append((" ".join(command), options.get("env")))
        return popen(command, **options)

    monkeypatch.setattr(pg_programs.subprocess, "Popen", watched)
    url = filled.admin_url.set(password="hunter2").update_query_dict({"sslpassword": "hunter3"})
    protected = Store(filled.settings, url)
    back_up(protected, tmp_path / "flux.backup", quiet)
    protected.dispose()
    password = str(protected.url(Role.FLEET).password)
    (environment,) = [given for command_line, given in seen if "--format=custom" in command_line]
    assert environment is not None and environment["PGPASSWORD"] == password
    assert not any(secret in command_line for secret in ("hunter2", "hunter3", password) for command_line, _ in seen)


def test_the_servers_own_version_is_preferred_and_an_older_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = find_programs(18, 18)
    for major in (15, 17):
        folder = tmp_path / str(major) / "bin"
        folder.mkdir(parents=True)
        for name in pg_programs.PROGRAMS:
            (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.4 (Debian)'\n")
            (folder / name).chmod(0o755)
    monkeypatch.setattr(pg_programs, "DEBIAN_DIR", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "15" / "bin"), prepend=os.pathsep)
    assert find_programs(17, 17).folder == tmp_path / "17" / "bin"
    assert find_programs(16, 16) == brought, "newer programs read an older server"
    monkeypatch.setattr(server, "programs_dir", lambda: tmp_path / "17" / "bin")
    with pytest.raises(PermanentError, match=r"18 or newer; here they are 15\.4, 17\.4\. .*postgresql-client-18"):
        find_programs(18, 18)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("pg_dump: warning: x\npg_dump: error: connection refused\nhint\n", "connection refused"),
        ('psql:<stdin>:12: ERROR:  role "bi" does not exist\nDETAIL: x\n', 'role "bi" does not exist'),
        ("Killed\n", "Killed"),
        ("", ""),
    ],
)
def test_the_telling_line_is_found(said: str, line: str) -> None:
    assert telling_line(said) == line


def test_a_setting_that_an_older_server_does_not_know_is_left_out_and_a_row_like_it_is_not() -> None:
    script = b"SET client_min_messages = warning;" + NEW_SETTING + b"COPY t FROM stdin;" + NEW_SETTING
    for drop, count in ((True, 1), (False, 2)):
        taken = io.BytesIO()
        _pass_on(io.BytesIO(script), taken, drop, quiet)
        assert taken.getvalue().count(NEW_SETTING) == count
