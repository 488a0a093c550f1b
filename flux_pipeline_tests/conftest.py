"""What many tests share: a real PostgreSQL for the session, a fresh database for each test, the folder of real data.

With several workers (`make test`) each has a server of its own: roles and their rights belong to the whole server.
"""

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from sqlalchemy.engine import URL

from flux_pipeline.settings import PROJECT_DIR, load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import server
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant

NUMBERS = itertools.count(1)

# On CI the property-based tests try the same examples every time: what landed yesterday must not fail today by chance.
hypothesis.settings.register_profile("ci", derandomize=True)
if "CI" in os.environ:
    hypothesis.settings.load_profile("ci")

# Servers' programs are not on everybody's PATH.
TOOL_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `tool(name)` is skipped where that program is missing; on CI it fails."""
    names = [name for mark in item.iter_markers("tool") for name in mark.args]
    missing = [name for name in names if shutil.which(name, path=TOOL_PATH) is None]
    if missing:
        end = pytest.fail if os.environ.get("FLUX_TEST_REQUIRE_TOOLS") == "1" else pytest.skip
        end(f"{', '.join(missing)} is not installed (try: apt-get install {' '.join(missing)})")


# Where Linux keeps files in memory. Each test's database is hundreds of small files, made and deleted again; ext4 does
# not use the number of a file deleted in the last seconds and searches for another: 200 ms of CPU a database, here 20.
MEMORY = Path("/dev/shm")
# A worker's servers were seen to take up to 0.5 GB; the 64 MB that a container has by default are too little.
MEMORY_NEEDED = 2 * 1024**3


def folder_for_servers(prefix: str) -> Path:
    """A fresh folder for an embedded server: in memory where there is room for it, else where temporary files are."""
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if has_room else None))


@contextlib.contextmanager
def one_worker_at_a_time(base: Path) -> Iterator[None]:
    """Wait until no other worker is in here. `base` is the temporary folder of this worker, beside the others'."""
    with (base.parent / "one-worker.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """An embedded server with a migrated database `flux_template`; gone with the session."""
    home = folder_for_servers("flux-tests-")
    # On a fresh machine the first server of root's makes the system's user that servers run as.
    with one_worker_at_a_time(tmp_path_factory.getbasetemp()):
        admin = server.start(home)
    _administer(
        admin,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "ALTER SYSTEM SET max_wal_size = '128MB'",
        "SELECT pg_reload_conf()",
    )
    template = Store(load_settings(home=home), admin.set(database="flux_template"))
    upgrade(template)
    template.dispose()
    yield admin
    server.stop(home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def empty_database(database_server: URL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[URL]:
    """The URL of a database that is not there yet, and settings that name it."""
    url = database_server.set(database=f"flux_{next(NUMBERS)}")
    monkeypatch.setenv("FLUX_DATABASE_URL", url.render_as_string(hide_password=False))
    monkeypatch.setenv("FLUX_HOME", str(tmp_path / "home"))
    # The files of tests are whole when they are dropped.
    monkeypatch.setenv("FLUX_LANDING_QUIET_SECONDS", "0")
    yield url
    names = (url.database, f"{url.database}_dagster")
    _administer(database_server, *(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names))


@pytest.fixture
def store(empty_database: URL, database_server: URL) -> Iterator[Store]:
    """A store over a fresh database with the whole schema and no row."""
    _administer(
        database_server,
        f'CREATE DATABASE "{empty_database.database}" OWNER flux_owner TEMPLATE flux_template STRATEGY file_copy',
    )
    opened = Store.connect(load_settings())
    yield opened
    opened.dispose()


@pytest.fixture
def bistro(store: Store) -> Restaurant:
    """A restaurant in Paris."""
    return add_restaurant(store, NewRestaurant("bistro", "Bistro", "Europe/Paris", "EUR", "FR", 48.86, 2.35))


@pytest.fixture
def cafe(store: Store) -> Restaurant:
    """Another restaurant, elsewhere."""
    return add_restaurant(store, NewRestaurant("cafe", "Café", "America/New_York", "USD", "US", 40.71, -74.01))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real sales beside the checkout; it is no part of the project."""
    folder = PROJECT_DIR.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real sales are not here (no folder {folder})")
    return folder


def _administer(admin: URL, *statements: str) -> None:
    url = admin.set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
