"""Tests of the diagnosis of connections, locks and statements: each problem is found and named, with both sides."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from flux_pipeline.cli.system._diagnosis import show_diagnosis
from flux_pipeline.errors import TransientError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.diagnosis import looking as diagnosis
from flux_pipeline.store.diagnosis.findings import Thresholds
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import server
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline_tests.conftest import folder_for_servers
from flux_pipeline_tests.store.diagnosing import AT_ONCE, administer


@contextmanager
def held_lock(store: Store, restaurant: Restaurant) -> Iterator[threading.Thread]:
    """One transaction has locked a row and is idle; a thread of another role waits for it."""

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


def test_a_waiting_process_and_its_blocker_are_named(store: Store, bistro: Restaurant) -> None:
    assert waits_of(store) == []
    with held_lock(store, bistro):
        (wait,) = waits_of(store)
        assert (wait.waiting_role, wait.blocking_role) == ("flux_owner", "flux_app")
        assert wait.relation == "restaurants"
        assert wait.waiting_statement.startswith("LOCK TABLE restaurants")
        assert wait.blocking_state == "idle in transaction"
        assert wait.seconds is not None and 0 <= wait.seconds < 10
        assert f"pg_terminate_backend({wait.blocking_pid})" in str(wait.todo)
        assert waits_of(store, Thresholds())[0].todo is None, "a short wait is shown and needs no action"
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


def test_a_fleet_role_without_the_right_reports_hidden_statements_and_bootstrap_grants_it(store: Store) -> None:
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


def test_a_fresh_database_has_no_findings(store: Store, bistro: Restaurant, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_the_diagnosis_can_change_nothing(store: Store) -> None:
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
    assert "The tables could not be examined" in shown
    assert "Connections: " in shown


SWITCH_ON = """
import pathlib, sys, psycopg
from flux_pipeline.store.postgres import server
url = server.start(pathlib.Path(sys.argv[1])).render_as_string(hide_password=False)
with psycopg.connect(url, autocommit=True) as connection:
    connection.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
"""


@pytest.fixture
def counting_store() -> Iterator[Store]:
    """A separate server that counts statements."""
    home = folder_for_servers("flux-counting-")
    # The library is loaded when the server starts, and a process starts the server of a home once.
    subprocess.run([sys.executable, "-c", SWITCH_ON, str(home)], check=True)
    store = Store(load_settings(home=home, database_url=None), server.start(home).set(database="flux"))
    upgrade(store)
    yield store
    store.dispose()
    server.stop(home)
    shutil.rmtree(home, ignore_errors=True)


def test_a_slow_statement_is_shown_by_its_text(counting_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
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
