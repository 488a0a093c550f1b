"""Tests of bootstrap: roles get the passwords of their URLs, and no plain password is ever sent to the server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.roles import Role, role_password
from flux_pipeline_tests.conftest import _administer

LOGINS = [role.value for role in Role if role is not Role.READER]


@pytest.fixture
def logged(database_server: URL) -> Iterator[Callable[[], str]]:
    """The server's log since the test began, with every statement that creates or changes something."""
    _administer(database_server, "ALTER SYSTEM SET log_statement = 'ddl'", "SELECT pg_reload_conf()")
    log = Path(str(database_server.query["host"])) / "log"
    began = log.stat().st_size

    def since() -> str:
        return log.read_bytes()[began:].decode()

    yield since
    _administer(database_server, "ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()")


@pytest.fixture
def sent(logged: Callable[[], str]) -> Callable[[], int]:
    """The number of passwords of Flux's roles that were sent to the server since the test began."""
    return lambda: sum(logged().count(f'ROLE "{role}" PASSWORD') for role in LOGINS)


def test_no_plain_password_is_sent_to_the_server(
    store: Store, logged: Callable[[], str], sent: Callable[[], int], second_admin: Callable[[str], URL]
) -> None:
    admin = second_admin("the admins").set(database=store.admin_url.database)
    bootstrap(admin)
    assert sent() == logged().count("PASSWORD 'SCRAM-SHA-256$") == len(LOGINS)
    assert [role for role in Role if str(role_password(admin, role)) in logged()] == []


def test_a_password_is_sent_only_if_the_server_refuses_it(
    store: Store, sent: Callable[[], int], second_admin: Callable[[str], URL]
) -> None:
    counts = []
    for password in ("first", "first", "second", "second"):
        bootstrap(second_admin(password).set(database=store.admin_url.database))
        counts.append(sent())
    assert counts == [len(LOGINS), len(LOGINS), 2 * len(LOGINS), 2 * len(LOGINS)]


def test_a_role_without_the_right_to_connect_keeps_its_password(
    store: Store, database_server: URL, sent: Callable[[], int]
) -> None:
    _administer(database_server, "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
    bootstrap(store.admin_url)
    _administer(database_server, "GRANT CONNECT ON DATABASE postgres TO PUBLIC")
    assert sent() == 0


def test_a_role_without_login_can_log_in_again(store: Store, database_server: URL) -> None:
    _administer(database_server, "ALTER ROLE flux_app NOLOGIN")
    bootstrap(store.admin_url)
    with store.transaction(Role.APP):
        pass
