"""Fixtures that many tests share: a real PostgreSQL for the session, a fresh database for each test, real data.

Each worker (`make test`) has a server of its own, because roles and their rights belong to the whole server.
"""

import contextlib
import fcntl
import functools
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from sqlalchemy.engine import URL

from flux_pipeline.settings import PROJECT_DIR, load_settings
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres import server
from flux_pipeline.store.postgres.bootstrap import bootstrap
from flux_pipeline.store.postgres.roles import dagster_database as dagster_database_of
from flux_pipeline.store.restaurant import Restaurant
from flux_pipeline.store.schema.migrate import upgrade
from flux_pipeline.store.tenants.onboarding import NewRestaurant, add_restaurant

NUMBERS = itertools.count(1)

# The restaurants of the fixtures `bistro`, in Paris, and `cafe`, in New York.
RESTAURANTS = {
    "bistro": NewRestaurant("bistro", "Bistro", "Europe/Paris", "EUR", "FR", 48.86, 2.35),
    "cafe": NewRestaurant("cafe", "Café", "America/New_York", "USD", "US", 40.71, -74.01),
}

# How long an example takes says more about the machine than about the code, and fifty find nearly what a hundred do. On
# CI the property-based tests try the same examples every time, so that merged code does not fail later by chance.
hypothesis.settings.register_profile("flux", deadline=None, max_examples=50)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True)
hypothesis.settings.load_profile("ci" if "CI" in os.environ else "flux")

# Nearly all objects that are made while tests are imported and collected are kept until the end. To look for garbage
# among them again and again is more than a third of that time, in each worker.
gc.disable()

# A test's server stops with its last user, so that no test leaves one running.
os.environ["FLUX_SERVER_IDLE_MINUTES"] = "0"

# Programs of servers are not on every user's PATH.
TOOL_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
# Debian's packages of programs whose name is not that of their package.
PACKAGES = {"chromedriver": "chromium-driver"}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let Python look for garbage once the tests are collected, and only among what they make."""
    yield
    gc.freeze()
    gc.set_threshold(20_000)  # as each command of `flux` does
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `tool(name)` if that program is missing; on CI, fail it."""
    names = [name for mark in item.iter_markers("tool") for name in mark.args]
    missing = [name for name in names if shutil.which(name, path=TOOL_PATH) is None]
    if missing:
        end = pytest.fail if os.environ.get("FLUX_TEST_REQUIRE_TOOLS") == "1" else pytest.skip
        packages = [PACKAGES.get(name, name) for name in missing]
        end(f"not installed: {', '.join(missing)} (try: apt-get install {' '.join(packages)})")


# Linux keeps these files in memory. Each test's database is hundreds of small files that are created and deleted; ext4
# doesn't reuse the inode of a file deleted seconds ago but searches another: 200 ms of CPU for a database, here 20.
MEMORY = Path("/dev/shm")
# The servers of a worker take up to 0.5 GB; the 64 MB that a container has by default are too little.
MEMORY_NEEDED = 2 * 1024**3


def folder_for_servers(prefix: str) -> Path:
    """Return a fresh folder for an embedded server, in memory if there is room, else with the temporary files."""
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if has_room else None))


@contextlib.contextmanager
def one_worker_at_a_time(base: Path) -> Iterator[None]:
    """Hold a lock that only one worker has at a time; `base` is this worker's temporary folder, beside the others'."""
    with (base.parent / "one-worker.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """Start an embedded server with a migrated database `flux_template`, and remove it after the session."""
    home = folder_for_servers("flux-tests-")
    # On a fresh machine, the first server that root starts creates the system user that servers run as.
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
    """Return the URL of a database that doesn't exist yet, and set the variables that name it."""
    url = database_server.set(database=f"flux_{next(NUMBERS)}")
    set_variables(monkeypatch, url, tmp_path / "home")
    yield url
    names = (url.database, f"{url.database}_dagster")
    _administer(database_server, *(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names))


def set_variables(patch: pytest.MonkeyPatch, url: URL, home: Path) -> None:
    """Set the variables that name a database and a home."""
    patch.setenv("FLUX_DATABASE_URL", url.render_as_string(hide_password=False))
    patch.setenv("FLUX_HOME", str(home))
    # Tests drop complete files, so there is nothing to wait for.
    patch.setenv("FLUX_LANDING_QUIET_SECONDS", "0")


@dataclass(frozen=True)
class Template:
    """A database that tests get copies of, its restaurants, its home, and what the function that filled it returned."""

    name: str
    restaurants: dict[str, Restaurant]
    home: Path | None = None
    made: Any = None


@pytest.fixture(scope="session")
def templates(database_server: URL, tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], Template]:
    """Return a function that makes, once for the session, a template with some of RESTAURANTS.

    To add a restaurant takes as long as to copy the database, and most tests have one.
    """
    home = tmp_path_factory.mktemp("templates")

    @functools.cache
    def with_restaurants(slugs: tuple[str, ...]) -> Template:
        name = "_".join(("flux_template", *slugs))
        if slugs:
            _administer(database_server, f'CREATE DATABASE "{name}" OWNER flux_owner TEMPLATE flux_template')
        store = Store(load_settings(home=home), database_server.set(database=name))
        restaurants = {slug: add_restaurant(store, RESTAURANTS[slug]) for slug in slugs}
        store.dispose()
        return Template(name, restaurants)

    return with_restaurants


@pytest.fixture(scope="session")
def filled_templates(
    database_server: URL, templates: Callable[[tuple[str, ...]], Template], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[tuple[str, ...], Callable[[Store], object]], Template]:
    """Return a function that makes, once for the session, a template with what another function writes."""

    @functools.cache
    def with_rows(slugs: tuple[str, ...], write: Callable[[Store], object]) -> Template:
        empty = templates(slugs)
        url = database_server.set(database=f"{empty.name}_{next(NUMBERS)}")
        home = tmp_path_factory.mktemp("filled")
        _copy(database_server, empty.name, str(url.database))
        with pytest.MonkeyPatch.context() as patch:
            set_variables(patch, url, home)
            store = Store.connect(load_settings())
            made = write(store)
            store.dispose()
        return Template(str(url.database), empty.restaurants, home, made)

    return with_rows


@pytest.fixture
def template(
    request: pytest.FixtureRequest,
    templates: Callable[[tuple[str, ...]], Template],
    filled_templates: Callable[[tuple[str, ...], Callable[[Store], object]], Template],
) -> Template:
    """Return the template with the restaurants that the test asks for.

    If a fixture that it asks for is one of its module's BEGINNINGS, the template has what that function writes: tests
    that begin with the same long work do it once, and each of them gets a copy of the database and of the home.
    """
    slugs = tuple(slug for slug in RESTAURANTS if slug in request.fixturenames)
    for name, write in getattr(request.module, "BEGINNINGS", {}).items():
        if name in request.fixturenames:
            return filled_templates(slugs, write)
    return templates(slugs)


@pytest.fixture
def store(empty_database: URL, database_server: URL, template: Template) -> Iterator[Store]:
    """Open a store over a fresh database with the whole schema and no row but those of the template."""
    _copy(database_server, template.name, str(empty_database.database))
    opened = Store.connect(load_settings())
    if template.home is not None:
        shutil.copytree(template.home, opened.settings.home, dirs_exist_ok=True)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def dagster_template(database_server: URL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make Dagster's tables in a database to copy from, once for the session: that takes half a second."""
    from flux_pipeline.orchestration.instance import instance_environment, open_instance

    home = tmp_path_factory.mktemp("dagster")
    template = Store(load_settings(home=home), database_server.set(database="flux_template"))
    with pytest.MonkeyPatch.context() as patch:
        for name in instance_environment(template):
            patch.setenv(name, "")
        with open_instance(template):
            pass
    template.dispose()
    return dagster_database_of(template.admin_url)


@pytest.fixture
def dagster_database(store: Store, database_server: URL, dagster_template: str) -> None:
    """Make the database for Dagster's records beside the store's, with its tables, as a first run does."""
    name = dagster_database_of(store.admin_url)
    _administer(
        database_server,
        f'CREATE DATABASE "{name}" OWNER flux_dagster TEMPLATE "{dagster_template}" STRATEGY file_copy',
    )
    bootstrap(store.admin_url)


@pytest.fixture
def bistro(store: Store, template: Template) -> Restaurant:
    """Return a restaurant in Paris, which the store has."""
    return template.restaurants["bistro"]


@pytest.fixture
def cafe(store: Store, template: Template) -> Restaurant:
    """Return another restaurant, in New York, which the store has."""
    return template.restaurants["cafe"]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real sales beside the checkout, which is not part of the project."""
    folder = PROJECT_DIR.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real sales are not here (no folder {folder})")
    return folder


@pytest.fixture
def second_admin(database_server: URL) -> Iterator[Callable[[str], URL]]:
    """Give another admin login a password and return its URL; Flux's roles get their own passwords back afterwards."""
    name = "second_admin"
    _administer(database_server, f"CREATE ROLE {name} SUPERUSER LOGIN")

    def with_password(password: str) -> URL:
        _administer(database_server, f"ALTER ROLE {name} PASSWORD '{password}'")
        return database_server.set(username=name, password=password)

    yield with_password
    bootstrap(database_server.set(database="flux_template"))
    _administer(database_server, f"DROP ROLE {name}")


def _copy(admin: URL, template: str, name: str) -> None:
    _administer(admin, f'CREATE DATABASE "{name}" OWNER flux_owner TEMPLATE "{template}" STRATEGY file_copy')


def _administer(admin: URL, *statements: str) -> None:
    url = admin.set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
