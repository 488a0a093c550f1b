"""What is wrong with a database is found, by name and with both sides, and nothing is found where nothing is wrong."""

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from flux_pipeline.cli.diagnosis import show_diagnosis
from flux_pipeline.errors import TransientError
from flux_pipeline.settings import load_settings
from flux_pipeline.store import diagnosis, server
from flux_pipeline.store.bootstrap import bootstrap
from flux_pipeline.store.diagnosis_findings import Thresholds
from flux_pipeline.store.engine import plain_errors
from flux_pipeline.store.migrate import upgrade
from flux_pipeline.store.months import make_months
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.roles import Role
from flux_pipeline.store.store import Store

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
PARENT_AND_CHILD = """
CREATE TABLE parents (id integer PRIMARY KEY);
CREATE TABLE children (id integer PRIMARY KEY, day date, note text, parent_id integer REFERENCES parents);
INSERT INTO parents SELECT generate_series(1, 100);
INSERT INTO children SELECT n, '2026-01-01', 'x', mod(n, 50) + 1 FROM generate_series(1, 2000) AS n;
DELETE FROM parents WHERE id > 99;
"""


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


def found_indexes(store: Store, limits: Thresholds = AT_ONCE) -> diagnosis.Indexes:
    with diagnosis.looking(store) as connection:
        return diagnosis.indexes(connection, limits, counted_days=1)


def test_a_foreign_key_without_an_index_is_found_once_its_parents_are_deleted(store: Store) -> None:
    do(store, PARENT_AND_CHILD)
    (missing,) = [row for row in found_indexes(store).missing if row.table_name == "children"]
    assert (missing.parent_name, missing.columns, missing.rows, missing.parent_deletes) == (
        "parents",
        ["parent_id"],
        2000,
        1,
    )
    assert "index on children (parent_id)" in missing.todo
    assert not found_indexes(store, replace(AT_ONCE, least_rows=2001)).missing


@pytest.mark.parametrize(
    ("definition", "serves"),
    [
        ("(parent_id)", True),
        ("(parent_id, day)", True),
        ("(parent_id) WHERE parent_id IS NOT NULL", True),
        ("(parent_id) WHERE day > '2026-01-01'", False),
        ("(day, parent_id)", False),
    ],
)
def test_an_index_serves_a_foreign_key_if_it_begins_with_it(store: Store, definition: str, serves: bool) -> None:
    do(store, PARENT_AND_CHILD + f"CREATE INDEX ix_children ON children {definition}")
    found = found_indexes(store)
    assert (found.missing == []) is serves
    assert ("ix_children" in [row.name for row in found.unused or []]) is (
        definition == "(day, parent_id)" or not serves
    )


def test_an_index_that_nothing_uses_is_found_and_a_used_one_is_not(store: Store) -> None:
    do(store, PARENT_AND_CHILD + "CREATE INDEX ix_day ON children (day); CREATE INDEX ix_note ON children (note)")
    do(store, "SET enable_seqscan = off; SELECT id FROM children WHERE note = 'y'")
    names = [row.name for row in found_indexes(store).unused or []]
    assert "ix_day" in names
    assert "ix_note" not in names
    assert "children_pkey" not in names, "a unique index is there for its rule"


def test_partitions_count_as_the_table_and_the_index_that_they_belong_to(store: Store) -> None:
    make_months(store, ("transaction_items",), [dt.date(2026, 1, 1)])
    do(store, "CREATE INDEX ix_spare ON transaction_items (menu_item_name)")
    (spare,) = [row for row in found_indexes(store).unused or [] if "spare" in row.name or "menu_item_name" in row.name]
    assert (spare.name, spare.table_name) == ("ix_spare", "transaction_items")
    with diagnosis.looking(store) as connection:
        tables = {row.name: row for row in diagnosis.tables(connection, AT_ONCE)}
    assert tables["transaction_items"].is_partitioned
    assert tables["transaction_items"].index_bytes >= 3 * 2 * 8192, "two months of three indexes"
    assert not [name for name in tables if "2026" in name]


def test_unused_indexes_are_not_told_before_statistics_mean_something(store: Store) -> None:
    assert found_indexes(store, Thresholds()).unused is None


def test_a_large_table_that_is_read_whole_is_found(store: Store) -> None:
    do(store, PARENT_AND_CHILD)
    do(store, "SELECT count(*) FROM children WHERE note = 'y'")
    (row,) = [row for row in found_indexes(store).scanned if row.table_name == "children"]
    assert row.rows_per_scan >= 1000
    assert not found_indexes(store, replace(AT_ONCE, least_scans=1000)).scanned


def test_a_table_with_dead_rows_and_no_statistics_is_found(store: Store) -> None:
    do(store, "CREATE TABLE heap (n integer) WITH (autovacuum_enabled = off)")
    do(store, "INSERT INTO heap SELECT generate_series(1, 500)")
    sizes = {}
    for change in ("ANALYZE heap", "DELETE FROM heap WHERE n > 100"):
        with diagnosis.looking(store) as connection:
            sizes[change] = next(row for row in diagnosis.tables(connection, AT_ONCE) if row.name == "heap")
        do(store, change)
    with diagnosis.looking(store) as connection:
        after = next(row for row in diagnosis.tables(connection, AT_ONCE) if row.name == "heap")
    assert "no statistics" in str(sizes["ANALYZE heap"].todo)
    assert sizes["DELETE FROM heap WHERE n > 100"].todo is None
    assert (after.dead_rows, after.rows) == (400, 500)
    assert "400 dead rows" in str(after.todo)


def test_a_partitioned_table_that_only_its_partitions_have_statistics_of_is_found(store: Store) -> None:
    def judge() -> str | None:
        with diagnosis.looking(store) as connection:
            return next(row for row in diagnosis.tables(connection, AT_ONCE) if row.name == "parted").todo

    do(store, "CREATE TABLE parted (n integer) PARTITION BY RANGE (n)")
    do(store, "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100)")
    do(store, "INSERT INTO parted SELECT generate_series(1, 99)")
    do(store, "ANALYZE parted_1")
    assert "only partitions of parted" in str(judge())
    do(store, "ANALYZE parted")
    assert judge() is None


@contextmanager
def held_lock(store: Store, restaurant: Restaurant) -> Iterator[threading.Thread]:
    """One transaction has locked a row and does nothing; a thread of another role waits for it."""

    def wait() -> None:
        with store.transaction(Role.OWNER) as connection:
            connection.exec_driver_sql("LOCK TABLE restaurants IN EXCLUSIVE MODE")

    with store.tenant(restaurant) as tx:
        tx.connection.execute(text("UPDATE restaurants SET name = 'Held'"))
        thread = threading.Thread(target=wait)
        thread.start()
        try:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and not waits_of(store):
                time.sleep(0.02)
            yield thread
        finally:
            tx.connection.rollback()
            thread.join()


def waits_of(store: Store, limits: Thresholds = AT_ONCE) -> list[diagnosis.LockWait]:
    with diagnosis.looking(store) as connection:
        return diagnosis.lock_waits(connection, limits)


def test_who_waits_and_whom_for_are_named(store: Store, bistro: Restaurant) -> None:
    assert waits_of(store) == []
    with held_lock(store, bistro):
        (wait,) = waits_of(store)
        assert (wait.waiting_role, wait.blocking_role) == ("flux_owner", "flux_app")
        assert wait.relation == "restaurants"
        assert wait.waiting_statement.startswith("LOCK TABLE restaurants")
        assert wait.blocking_state == "idle in transaction"
        assert wait.seconds is not None and 0 <= wait.seconds < 10
        assert f"pg_terminate_backend({wait.blocking_pid})" in str(wait.todo)
        assert waits_of(store, Thresholds())[0].todo is None, "a short wait is shown and nothing is to be done"
    assert waits_of(store) == []


def test_a_transaction_left_open_is_found(store: Store, bistro: Restaurant) -> None:
    with store.tenant(bistro) as tx:
        pid = tx.connection.scalar(text("SELECT pg_backend_pid()"))
        with diagnosis.looking(store) as connection:
            found = diagnosis.connections(connection, AT_ONCE)
            oldest = diagnosis.oldest_transaction(connection, AT_ONCE)
            healthy = diagnosis.connections(connection, Thresholds())
    assert [(idle.pid, idle.role, idle.last_statement) for idle in found.idle_transactions] == [
        (pid, "flux_app", "SELECT pg_backend_pid()")
    ]
    assert any(str(pid) in todo for todo in found.todo)
    assert oldest is not None and (oldest.pid, oldest.role) == (pid, "flux_app")
    assert healthy.todo == []
    assert 0 < healthy.total < healthy.limit
    assert replace(healthy, share=0.0).todo[0].startswith(f"{healthy.total} of {healthy.limit} connections are taken")


def test_without_the_right_the_fleet_role_says_what_it_can_not_see_and_bootstrap_grants_it(store: Store) -> None:
    def look() -> diagnosis.Connections:
        with diagnosis.looking(store) as connection:
            return diagnosis.connections(connection, Thresholds())

    assert look().sees_all, "the server's first bootstrap has granted it"
    administer(store, "REVOKE pg_read_all_stats FROM flux_fleet")
    with store.transaction(Role.APP):
        blind = look()
    assert not blind.sees_all
    assert "GRANT pg_read_all_stats TO flux_fleet" in blind.todo[0]
    assert "not visible" in {group.state for group in blind.counts}
    bootstrap(store.admin_url)
    bootstrap(store.admin_url)
    assert look().sees_all


def test_a_fresh_database_is_fine(store: Store, bistro: Restaurant, capsys: pytest.CaptureFixture[str]) -> None:
    found = diagnosis.versions(store)
    assert found.todo is None
    assert found.counted_since is not None and 0 <= found.counted_days < 1
    with diagnosis.looking(store) as connection:
        assert [row.name for row in diagnosis.extensions(connection) if row.installed] == ["btree_gist"]
        assert not any(row.todo for row in diagnosis.extensions(connection))
        assert diagnosis.transaction_ids(connection, Thresholds()).todo is None
        assert not diagnosis.slow_statements(connection, Thresholds()).is_on
    show_diagnosis(store)
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if line.startswith("->")] == [
        line for line in shown.splitlines() if "shared_preload_libraries" in line
    ], "only the statements are to be switched on"


def test_looking_changes_nothing(store: Store) -> None:
    with pytest.raises(Exception, match="read-only transaction"), diagnosis.looking(store) as connection:
        connection.execute(text("CREATE TEMPORARY TABLE trace (n integer)"))
        connection.execute(text("INSERT INTO restaurants (slug) VALUES ('x')"))


def test_a_locked_table_hides_no_more_than_the_sizes(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diagnosis, "LOCK_TIMEOUT", "50ms")
    with store.transaction(Role.OWNER) as connection:
        connection.exec_driver_sql("LOCK TABLE closures IN ACCESS EXCLUSIVE MODE")
        show_diagnosis(store)
        with pytest.raises(TransientError), diagnosis.looking(store) as looking:
            diagnosis.tables(looking, Thresholds())
    shown = capsys.readouterr().out
    assert "The tables could not be looked at" in shown
    assert "Connections: " in shown


SWITCH_ON = """
import pathlib, sys, psycopg
from flux_pipeline.store import server
url = server.start(pathlib.Path(sys.argv[1])).render_as_string(hide_password=False)
with psycopg.connect(url, autocommit=True) as connection:
    connection.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
"""


@pytest.fixture
def counting_store() -> Iterator[Store]:
    """A server of its own that counts statements."""
    home = Path(tempfile.mkdtemp(prefix="flux-counting-"))
    # The library joins the server at its start, and a process starts the server of a home once.
    subprocess.run([sys.executable, "-c", SWITCH_ON, str(home)], check=True)
    store = Store(load_settings(home=home, database_url=None), server.start(home).set(database="flux"))
    upgrade(store)
    yield store
    store.dispose()
    server.stop(home)
    shutil.rmtree(home, ignore_errors=True)


def test_a_slow_statement_is_told_by_its_text(counting_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    def look() -> diagnosis.SlowStatements:
        with diagnosis.looking(counting_store) as connection:
            return diagnosis.slow_statements(connection, AT_ONCE)

    assert "CREATE EXTENSION" in str(look().todo)
    administer(counting_store, "CREATE SCHEMA aside")
    administer(counting_store, "CREATE EXTENSION pg_stat_statements SCHEMA aside")
    administer(counting_store, "GRANT USAGE ON SCHEMA aside TO PUBLIC")
    with counting_store.transaction(Role.APP) as connection:
        connection.exec_driver_sql("SELECT  pg_sleep(0.2)")
    found = look()
    slow = next(row for row in found.statements if "pg_sleep" in row.text)
    assert (slow.text, slow.role, slow.calls, slow.rows, slow.is_slow) == (
        "SELECT pg_sleep($1)",
        "flux_app",
        1,
        1,
        True,
    )
    assert 200 <= slow.mean_ms < 5000
    assert "EXPLAIN" in str(found.todo)
    show_diagnosis(counting_store)
    assert "SELECT pg_sleep($1)" in capsys.readouterr().out
    administer(counting_store, "REVOKE pg_read_all_stats FROM flux_fleet")
    hidden = look()
    assert "pg_read_all_stats" in str(hidden.todo)
    assert not [row for row in hidden.statements if "pg_sleep" in row.text]
