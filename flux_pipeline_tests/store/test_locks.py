"""Tests of locks: a waiting process learns who holds the lock, and no other login can take a lock of Flux."""

import datetime as dt
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from flux_pipeline.errors import TransientError
from flux_pipeline.store.access.bi_logins import add_reader
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import locks
from flux_pipeline.store.postgres.locks import one_at_a_time
from flux_pipeline.store.postgres.roles import Role, lock_key
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.months import make_months
from flux_pipeline_tests.conftest import _administer
from flux_pipeline_tests.store.readers.sessions import connect

ADMIN = make_url("postgresql://admin:hunter2@db.example:5432/flux")
BY_NAME = "SELECT pg_advisory_lock(hashtextextended(%s, 0)), pg_advisory_lock(hashtext(%s))"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "SOON_SECONDS", 0.1)
    monkeypatch.setattr(locks, "LONGEST_SECONDS", 0.3)
    monkeypatch.setattr(locks, "RETRY_SECONDS", 0.02)


def test_a_locks_number_depends_only_on_its_name_and_the_password() -> None:
    key = lock_key(ADMIN, "flux bootstrap")
    assert key == lock_key(ADMIN.set(database="other", host="elsewhere"), "flux bootstrap")
    assert -(2**63) <= key < 2**63
    assert (
        len({key, lock_key(ADMIN, "flux migrations"), lock_key(ADMIN.set(password="hunter3"), "flux bootstrap")}) == 3
    )


@pytest.mark.usefixtures("impatient")
def test_a_readers_login_can_not_take_a_lock_of_fluxs(store: Store, bistro: Restaurant, database_server: URL) -> None:
    login = f"bi_{uuid.uuid4().hex[:12]}"
    add_reader(store, login, ["bistro"])
    with connect(store, login) as reader:
        with pytest.raises(
            psycopg.errors.InsufficientPrivilege, match="permission denied for function pg_advisory_lock"
        ):
            reader.execute(BY_NAME, ["flux migrations", "flux migrations"])
        with store.tenant(bistro) as tx, store.alone(bistro, "x"):
            tx.lock()
        for task, role in (("flux migrations", Role.OWNER), ("flux bootstrap", Role.OWNER)):
            with one_at_a_time(store.url(role), task):
                pass
        with store.transaction(Role.OWNER) as owner:
            owner.execute(text("SET LOCAL lock_timeout = '300ms'"))
            assert owner.scalar(text("SELECT flux_ensure_months('transactions', ARRAY[date '2031-01-01'])")) == 1
    store.dispose()
    revoke = f'REVOKE ALL ON DATABASE "{store.admin_url.database}" FROM "{login}"'
    _administer(database_server, revoke, f'DROP ROLE "{login}"')


@pytest.mark.usefixtures("impatient")
def test_a_waiting_transaction_names_the_holder_and_gives_up_in_the_end(
    store: Store, bistro: Restaurant, caplog: pytest.LogCaptureFixture
) -> None:
    with store.tenant(bistro) as tx:
        tx.lock()
        pid = tx.connection.scalar(text("SELECT pg_backend_pid()"))
        expected = rf"lock on bistro, held by flux_app \(process {pid} .*\) since 2"
        with pytest.raises(TransientError, match=expected), store.tenant(bistro) as other:
            other.lock()
    assert f"Waiting for the lock on bistro, held by flux_app (process {pid}" in caplog.text


@pytest.mark.usefixtures("impatient")
def test_a_waiting_task_names_the_holder_and_gives_up_in_the_end(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    url = store.url(Role.OWNER)
    expected = "lock on a task, held by flux_owner"
    with one_at_a_time(url, "a task"), pytest.raises(TransientError, match=expected), one_at_a_time(url, "a task"):
        pass
    assert caplog.text.count("Waiting for the lock on a task") == 1


def test_a_lock_taken_after_a_wait_leaves_the_transactions_settings_unchanged(
    store: Store, bistro: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "SOON_SECONDS", 0.05)
    held = threading.Event()

    def hold() -> None:
        with store.tenant(bistro) as tx:
            tx.lock()
            held.set()
            time.sleep(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with store.tenant(bistro) as tx:
        tx.connection.execute(text("SET LOCAL lock_timeout = '7s'"))
        tx.lock()
        assert tx.connection.scalar(text("SHOW lock_timeout")) == "7s"
        assert tx.connection.scalar(text("SELECT count(*) FROM restaurants")) == 1
        with store.transaction(Role.APP) as other:
            key = lock_key(store.url(Role.APP), f"flux {bistro.id}")
            assert other.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}) is False
    thread.join()


def test_months_are_created_one_after_the_other(store: Store) -> None:
    days = [dt.date(2031, month, 1) for month in range(1, 4)]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda _: make_months(store, ("transactions",), days), range(3)))
    with store.fleet() as fleet:
        query = "SELECT count(*) FROM pg_inherits WHERE inhrelid::regclass::text LIKE 'transactions_2031_0_'"
        assert fleet.scalar(text(query)) == len(days) + 1, "and the month after the last"
