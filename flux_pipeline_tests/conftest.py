"""What many tests share: a real PostgreSQL for the session, a fresh database for each test, the folder of real data."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from flux_pipeline.settings import PROJECT_DIR, load_settings
from flux_pipeline.store import server
from flux_pipeline.store.migrate import upgrade
from flux_pipeline.store.onboarding import NewRestaurant, add_restaurant
from flux_pipeline.store.restaurants import Restaurant
from flux_pipeline.store.store import Store

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


@pytest.fixture(scope="session")
def database_server() -> Iterator[URL]:
    """An embedded server with a migrated database `flux_template`; gone with the session."""
    home = Path(tempfile.mkdtemp(prefix="flux-tests-"))
    admin = server.start(home)
    _administer(
        admin, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()"
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
    for name in (url.database, f"{url.database}_dagster"):
        _administer(database_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


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
    engine = create_engine(
        admin.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
