"""Tests of bootstrap: roles get the passwords of their URLs, and no plain password is ever sent to the server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.roles import Role, role_password
from flux_pipeline_tests.conftest import _administer

LOGINS = [role.value for role in Role if role is not Role.READER]


@pytest.fixture
def folder(database_server: URL) -> Path:
    """The server's data directory."""
    with psycopg.connect(database_server.render_as_string(hide_password=False)) as admin:
        row = admin.execute("SHOW data_directory").fetchone()
    assert row is not None
    return Path(row[0])


@pytest.fixture
def logged(database_server: URL, folder: Path) -> Iterator[Callable[[], str]]:
    """The server's log since the test began, with every statement of the admin that creates or changes something."""
    _administer(database_server, f"ALTER ROLE {database_server.username} SET log_statement = 'ddl'")
    began = (folder / "log").stat().st_size

    def since() -> str:
        return (folder / "log").read_bytes()[began:].decode()

    yield since
    _administer(database_server, f"ALTER ROLE {database_server.username} RESET log_statement")


@pytest.fixture
def asking(database_server: URL, folder: Path) -> Iterator[None]:
    """A server that asks Flux's roles for passwords in the database where bootstrap tries them."""
    rules = folder / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local postgres {','.join(LOGINS)} scram-sha-256\n{before}")
    url = database_server.set(username=Role.APP.value, password="wrong", database="postgres")
    _administer(database_server, "SELECT pg_reload_conf()")
    for _ in range(200):
        try:
            psycopg.connect(url.render_as_string(hide_password=False)).close()
        except psycopg.OperationalError:
            break
        time.sleep(0.02)
    else:
        pytest.fail("the server still asks for no passwords")
    yield
    rules.write_text(before)
    _administer(database_server, "SELECT pg_reload_conf()")


def test_no_plain_password_is_sent_to_the_server(store: Store, logged: Callable[[], str]) -> None:
    admin = store.admin_url.set(password="the admin's")
    bootstrap(admin)
    statements = logged()
    assert statements.count("PASSWORD 'SCRAM-SHA-256$") == len(LOGINS)
    assert [role for role in Role if str(role_password(admin, role)) in statements] == []


@pytest.mark.usefixtures("asking")
def test_a_password_is_sent_only_if_the_server_refuses_it(store: Store, logged: Callable[[], str]) -> None:
    sent = []
    for password in ("first", "first", "second", "second"):
        bootstrap(store.admin_url.set(password=password))
        sent.append(logged().count("PASSWORD"))
    assert sent == [len(LOGINS), len(LOGINS), 2 * len(LOGINS), 2 * len(LOGINS)]


@pytest.mark.usefixtures("asking")
def test_a_role_without_the_right_to_connect_keeps_its_password(
    store: Store, database_server: URL, logged: Callable[[], str]
) -> None:
    admin = store.admin_url.set(password="third")
    bootstrap(admin)
    sent = logged().count("PASSWORD")
    _administer(database_server, "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
    bootstrap(admin)
    _administer(database_server, "GRANT CONNECT ON DATABASE postgres TO PUBLIC")
    assert logged().count("PASSWORD") == sent


def test_a_role_without_login_can_log_in_again(store: Store, database_server: URL) -> None:
    _administer(database_server, "ALTER ROLE flux_app NOLOGIN")
    bootstrap(store.admin_url)
    with store.transaction(Role.APP):
        pass
