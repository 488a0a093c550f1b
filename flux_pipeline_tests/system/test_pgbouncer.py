"""Commands through a pooler in transaction mode, which gives each transaction to any session."""

import datetime as dt
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.errors import PermanentError
from flux_pipeline.settings import load_settings
from flux_pipeline.store.backup.backup import back_up
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role, role_password
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline.store.schema.state import schema_state
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant
from flux_pipeline_tests.conftest import TOOL_PATH
from flux_pipeline_tests.ports import free_port
from flux_pipeline_tests.system.conftest import FLUX, clean_environment

pytestmark = pytest.mark.tool("pgbouncer")

# Two sessions for each role and database: every command below has more connections than that.
POOL_SIZE = 2
CONFIGURATION = """
[databases]
* = host={socket_dir} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 200
query_wait_timeout = 30
"""
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def pooler(database_server: URL) -> Iterator[URL]:
    """Start PgBouncer in transaction mode in front of the session's server; the URL is that of the admin login."""
    folder = Path(tempfile.mkdtemp(prefix="flux-pgbouncer-"))
    folder.chmod(0o755)
    port = free_port()
    command = configured(folder, database_server, port)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(port, folder / "log")
        yield database_server.set(host="127.0.0.1", port=port).difference_update_query(["host"])
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def configured(folder: Path, database_server: URL, port: int) -> list[str]:
    """Write PgBouncer's files into the folder and return its command line."""
    socket_dir = Path(str(database_server.query["host"]))
    passwords = {role.value: role_password(database_server, role) for role in Role}
    passwords[str(database_server.username)] = str(database_server.password)
    users = folder / "users.txt"
    users.write_text("".join(f'"{login}" "{password}"\n' for login, password in passwords.items()))
    configuration = CONFIGURATION.format(
        socket_dir=socket_dir,
        server_port=database_server.port or 5432,
        port=port,
        users=users,
        pool_size=POOL_SIZE,
    )
    program = str(shutil.which("pgbouncer", path=TOOL_PATH))
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) >= (1, 21):
        # Older versions know neither the setting nor prepared statements.
        configuration += "max_prepared_statements = 0\n"
    (folder / "pgbouncer.ini").write_text(configuration)
    # PgBouncer refuses to run as root, and only the owner of the server's socket may use it.
    socket_dir.parent.chmod(0o711)
    owner = pwd.getpwuid(socket_dir.stat().st_uid).pw_name
    return [program, *(["--user", owner] if os.geteuid() == 0 else []), str(folder / "pgbouncer.ini")]


def wait_for(port: int, log: Path) -> None:
    """Wait until the port answers; fail with the log if it does not."""
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(log.read_text())


@pytest.fixture
def pooled(pooler: URL, empty_database: URL, monkeypatch: pytest.MonkeyPatch) -> URL:
    """Return the URL, through the pooler, of a database that doesn't exist yet, and set the variables that name it."""
    url = pooler.set(database=empty_database.database)
    monkeypatch.setenv("FLUX_DATABASE_URL", url.render_as_string(hide_password=False))
    monkeypatch.setenv("FLUX_DATABASE_PREPARED_STATEMENTS", "false")
    return url


@pytest.fixture
def command(pooled: URL, tmp_path: Path) -> Command:
    """Run a `flux` command through the pooler."""
    variables = {
        "FLUX_DATABASE_URL": pooled.render_as_string(hide_password=False),
        "FLUX_DATABASE_PREPARED_STATEMENTS": "false",
        "FLUX_HOME": str(tmp_path / "home"),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [FLUX, *arguments],
            cwd=tmp_path,
            env=clean_environment(**variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def what_sessions_keep(direct: URL, pooled: URL) -> list[str]:
    """Return what is left in the server's sessions behind the pooler: advisory locks, and settings of a session."""
    with psycopg.connect(direct.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        locks = connection.execute("SELECT mode FROM pg_locks WHERE locktype = 'advisory'").fetchall()
    kept = [f"advisory {mode}" for (mode,) in locks]
    query = text("SELECT name, setting FROM pg_settings WHERE source = 'session' AND name NOT IN ('application_name')")
    store = Store(load_settings(), pooled)
    # Two transactions at once use both sessions of the pool.
    with store.transaction(Role.OWNER) as one, store.transaction(Role.OWNER) as other:
        for connection in (one, other):
            kept += [f"{row.name} = {row.setting}" for row in connection.execute(query)]
    store.dispose()
    return kept


def test_two_upgrades_at_once_both_succeed(command: Command, pooled: URL, database_server: URL) -> None:
    with ThreadPoolExecutor() as threads:
        both = list(threads.map(lambda _: command("db", "upgrade"), range(2)))
    assert [done.returncode for done in both] == [0, 0], [done.stderr for done in both]
    assert schema_state(Store(load_settings(), pooled)).is_current
    assert what_sessions_keep(database_server, pooled) == []


def test_a_restaurant_goes_through_the_whole_chain(
    command: Command, pooled: URL, database_server: URL, tmp_path: Path
) -> None:
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    lines = [f"{yesterday - dt.timedelta(days=n)},Soup,{5 + n % 3},4.50" for n in range(40)]
    (tmp_path / "till.csv").write_text("date,item,quantity,price\n" + "\n".join(lines) + "\n")
    steps = [
        ("db", "upgrade"),
        ("restaurants", "add", "corner", "--name", "Corner", "--timezone", "UTC", "--currency", "EUR"),
        ("upload", "till.csv", "--restaurant", "corner"),
        ("run", "--restaurant", "corner"),
        ("forecast", "--restaurant", "corner"),
        ("readers", "add", "bi_pooled", "--restaurant", "corner"),
        ("readers", "remove", "bi_pooled"),
    ]
    done = [command(*step) for step in steps]
    assert [each.returncode for each in done] == [0] * len(steps), [each.stderr for each in done]
    assert "Soup" in done[-3].stdout
    assert "address of a pooler: it must know bi_pooled too" in done[-2].stdout
    assert what_sessions_keep(database_server, pooled) == []


def test_threads_of_two_tenants_never_see_each_others_rows(pooled: URL) -> None:
    store = Store(load_settings(), pooled)
    upgrade(store)
    tenants = [add_restaurant(store, NewRestaurant(slug, slug, "UTC", "EUR", "FR")) for slug in ("bistro", "cafe")]
    seen: list[uuid.UUID] = []
    sessions: set[int] = set()
    start = threading.Barrier(8)
    query = text("SELECT id, pg_backend_pid() AS session FROM restaurants")

    def look(number: int) -> None:
        own = tenants[number % 2]
        start.wait()
        for _ in range(50):
            with store.tenant(own) as tx:
                rows = tx.connection.execute(query).all()
            seen.extend(row.id for row in rows if row.id != own.id)
            sessions.update(row.session for row in rows)
            assert len(rows) == 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(look, range(8)))
    assert seen == []
    assert 1 <= len(sessions) <= POOL_SIZE, "the tenants must have shared sessions"
    # Use both sessions at once: neither has anything left of a tenant.
    with store.transaction(Role.APP) as one, store.transaction(Role.APP) as other:
        for connection in (one, other):
            assert connection.execute(query).all() == []
    store.dispose()


def test_a_backup_through_a_pooler_is_refused(pooled: URL, tmp_path: Path) -> None:
    store = Store(load_settings(), pooled)
    upgrade(store)
    with pytest.raises(PermanentError, match="A pooler answers"):
        back_up(store, tmp_path / "flux.backup", print)
    assert not list(tmp_path.glob("*backup*"))
    store.dispose()
