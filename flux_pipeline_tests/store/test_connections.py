"""Tests of connections: servers, roles and passwords, the embedded server, and the meaning of a database's errors."""

import base64
import hashlib
import hmac
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from flux_pipeline.errors import PermanentError, TransientError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import server
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.copying import stage
from flux_pipeline.store.postgres.engine import check_version
from flux_pipeline.store.postgres.roles import Role, role_password, role_url
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline_tests.conftest import folder_for_servers
from flux_pipeline_tests.ports import free_port

ADMIN = make_url("postgresql://admin:hunter2@db.example:5432/flux")


def test_an_old_server_is_refused_in_one_sentence() -> None:
    with pytest.raises(PermanentError, match=r"PostgreSQL 15\.18; Flux needs 16 or newer"):
        check_version(150018)
    check_version(160000)


def test_each_role_has_its_own_password_and_none_is_the_admins() -> None:
    passwords = {role_password(ADMIN, role) for role in Role}
    assert len(passwords) == len(Role)
    assert not any("hunter2" in str(password) for password in passwords)
    assert role_password(ADMIN, Role.APP) == role_password(ADMIN, Role.APP)
    assert role_password(make_url("postgresql://postgres@/flux"), Role.APP) is None


def test_dagsters_tables_live_in_a_database_of_their_own() -> None:
    assert role_url(ADMIN, Role.DAGSTER, driver="psycopg2").database == "flux_dagster"
    assert role_url(ADMIN, Role.APP).drivername == "postgresql+psycopg"


def scram_proves(stored: str, password: str) -> bool:
    """Return whether a stored SCRAM-SHA-256 secret belongs to that password (RFC 5802)."""
    _, iterations_salt, keys = stored.split("$")
    iterations, salt = iterations_salt.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    client_key = hmac.new(salted, b"Client Key", "sha256").digest()
    return keys.split(":")[0] == base64.b64encode(hashlib.sha256(client_key).digest()).decode()


def test_each_role_gets_the_password_that_its_url_carries(
    database_server: URL, store: Store, second_admin: Callable[[str], URL]
) -> None:
    admin = second_admin("first").set(database=store.admin_url.database)
    bootstrap(admin)
    engine = create_engine(database_server.set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        query = "SELECT rolname, rolpassword, rolcanlogin FROM pg_authid WHERE rolname ~ '^flux_'"
        rows = connection.execute(text(query)).all()
        stored = {row.rolname: (row.rolpassword, row.rolcanlogin) for row in rows}
    engine.dispose()
    assert stored.pop(Role.READER) == (None, False), "nobody logs in as it"
    assert set(stored) == set(Role) - {Role.READER}
    for name, (password, can_login) in stored.items():
        assert scram_proves(password, str(role_url(admin, Role(name)).password))
        assert not scram_proves(password, "first")
        assert can_login


def test_a_busy_server_is_not_mistaken_for_a_missing_right(database_server: URL, store: Store) -> None:
    impatient = store.admin_url.update_query_dict({"options": "-c lock_timeout=50ms"})
    engine = create_engine(database_server.set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.execute(text(f'REVOKE TEMPORARY ON DATABASE "{store.admin_url.database}" FROM flux_app'))
        with pytest.raises(TransientError, match="lock timeout"):
            bootstrap(impatient)
        connection.rollback()
    engine.dispose()
    bootstrap(impatient)


def test_bootstrap_adds_rights_that_a_killed_one_left_out(database_server: URL, store: Store) -> None:
    engine = create_engine(database_server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'REVOKE ALL ON DATABASE "{store.admin_url.database}" FROM PUBLIC, flux_app'))
    engine.dispose()
    store.dispose()
    with pytest.raises(PermanentError, match="permission denied"), store.transaction(Role.APP):
        pass
    bootstrap(store.admin_url)
    with store.transaction(Role.APP) as connection:
        assert connection.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize("name", ["payroll", "postgres"])
def test_a_database_of_another_role_is_not_taken_over(database_server: URL, empty_database: URL, name: str) -> None:
    url = database_server.set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if name == "payroll":
            connection.execute(text("CREATE DATABASE payroll"))
    engine.dispose()
    if name == "payroll":
        theirs = create_engine(url.set(database="payroll"))
        with theirs.begin() as connection:
            connection.execute(text("CREATE TABLE salaries (amount numeric)"))
        theirs.dispose()
    with pytest.raises(PermanentError, match=f"'{name}' belongs to another role"):
        bootstrap(database_server.set(database=name))


def test_a_database_that_is_down_is_a_transient_error_without_the_password() -> None:
    port = free_port()
    down = Store(load_settings(), make_url(f"postgresql://admin:hunter2@127.0.0.1:{port}/flux"))
    with pytest.raises(TransientError, match=rf"127.0.0.1:{port}/flux does not answer") as caught, down.fleet():
        pass
    assert "hunter2" not in str(caught.value)
    with pytest.raises(TransientError, match=rf"127.0.0.1:{port}/flux does not answer"):
        bootstrap(down.admin_url)


def test_a_login_without_rights_gets_the_names_of_those_it_needs(empty_database: URL, database_server: URL) -> None:
    engine = create_engine(database_server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE plain_login LOGIN PASSWORD 'plain'"))
        connection.execute(text("GRANT CONNECT ON DATABASE postgres TO plain_login"))
        try:
            with pytest.raises(PermanentError, match=r"'plain_login' can't prepare the server \(permission denied to"):
                bootstrap(empty_database.set(username="plain_login", password="plain"))
        finally:
            connection.execute(text("DROP OWNED BY plain_login"))
            connection.execute(text("DROP ROLE plain_login"))
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", TransientError),
        ("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", TransientError),
        ("SET LOCAL statement_timeout = 1|SELECT pg_sleep(1)", TransientError),
        ("SELECT 1/0", PermanentError),
        ("SELECT * FROM nowhere", PermanentError),
    ],
)
def test_a_database_error_is_transient_only_if_trying_again_helps(
    store: Store, statement: str, kind: type[Exception]
) -> None:
    with pytest.raises(kind), store.fleet() as connection:
        for part in statement.split("|"):
            connection.exec_driver_sql(part)


# Disk full, out of memory, too many connections, a limit of the configuration; a server that ends; errors of its disk.
SHORTAGES = ("53100", "53200", "53300", "53400", "57P05", "58000", "58030", "25P03")


def test_a_shortage_of_the_server_is_transient(store: Store) -> None:
    for sqlstate in SHORTAGES:
        with pytest.raises(TransientError, match=sqlstate), store.fleet() as connection:
            connection.exec_driver_sql(f"DO $$ BEGIN RAISE SQLSTATE '{sqlstate}'; END $$")


def test_the_embedded_server_stops_with_its_last_user_and_its_process_is_found(tmp_path: Path) -> None:
    home = folder_for_servers("flux-server-")
    assert server.running_process(home) is None
    assert server.stop(home) is False
    server.start(home)
    assert server.running_process(home) is not None
    other = tmp_path / "other"
    (other / "pgdata").mkdir(parents=True)
    (other / "pgdata" / "postmaster.pid").write_text((home / "pgdata" / "postmaster.pid").read_text())
    assert server.running_process(other) is None, "the number of another home's server is not ours"
    assert server.stop(home) is True
    assert server.running_process(home) is None
    shutil.rmtree(home)


def test_a_home_that_can_not_be_created_is_a_plain_error() -> None:
    with pytest.raises(PermanentError, match="does not start"):
        server.start(Path("/proc/nowhere"))


def test_a_row_that_copy_refuses_is_a_plain_error_too(store: Store) -> None:
    with pytest.raises(PermanentError, match="numeric field overflow"), store.feeds() as connection:
        stage(connection, "small", {"n": "numeric(3,0)"}, pd.DataFrame({"n": [1.0, 10_000.0]}))


def test_staged_values_are_read_back_exactly(store: Store) -> None:
    frame = pd.DataFrame(
        {
            "amount": [0.1, 12.34, 9_999_999_999.99],
            "name": ["plain", 'quotes " and, commas', "two\nlines"],
            "at": pd.to_datetime(["2026-03-29T01:30Z", None, "2026-03-29T12:00Z"], utc=True),
        }
    )
    columns = {"amount": "numeric(12,2)", "name": "text", "at": "timestamp"}
    with store.feeds() as connection:
        stage(connection, "staged", columns, frame)
        rows = connection.execute(text("SELECT amount::text, name, at::text FROM staged")).all()
    assert [tuple(row) for row in rows] == [
        ("0.10", "plain", "2026-03-29 01:30:00"),
        ("12.34", 'quotes " and, commas', None),
        ("9999999999.99", "two\nlines", "2026-03-29 12:00:00"),
    ]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("SELECT 99999999999.5::numeric(12, 2)", "A number or a sum is too large to be stored"),
        (
            "INSERT INTO menu_categories (restaurant_id, name) "
            "SELECT :id, string_agg(md5(n::text), '') FROM generate_series(1, 300) n",
            "A text is too long to be stored",
        ),
    ],
    ids=["number", "text"],
)
def test_a_value_that_can_not_be_stored_is_explained_in_words_of_the_file(
    store: Store, bistro: Restaurant, statement: str, says: str
) -> None:
    with pytest.raises(PermanentError, match=says) as refused, store.tenant(bistro) as tx:
        tx.connection.execute(text(statement), {"id": bistro.id} if ":id" in statement else {})
    assert "The database at" not in str(refused.value)
