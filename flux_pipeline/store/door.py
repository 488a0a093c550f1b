"""The door to PostgreSQL: this module alone decides whose rows a transaction may touch.

`Store.tenant` is the only way to a restaurant's rows. The statements that read and write them are in the modules of
each subject.
"""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, Connection, make_url

from flux_pipeline.settings import Settings
from flux_pipeline.store.postgres import server
from flux_pipeline.store.postgres.engine import make_engine, plain_errors
from flux_pipeline.store.postgres.locks import lock
from flux_pipeline.store.postgres.roles import Role, role_url
from flux_pipeline.store.restaurant import Restaurant, find_restaurant


@dataclass(frozen=True)
class Tenant:
    """An open transaction in which only one restaurant's rows exist.

    If `is_rehearsal`, it is rolled back at the end, so nothing outside of it may be changed for its sake.
    """

    restaurant: Restaurant
    connection: Connection
    settings: Settings
    is_rehearsal: bool = False

    def lock(self) -> None:
        """Wait until no other transaction writes for this restaurant; the lock ends with the transaction."""
        lock(self.connection, f"flux {self.restaurant.id}", self.restaurant.slug)


class Store:
    """Flux's database, with one kind of transaction for each task: a tenant's rows, the whole fleet, the shared feeds.

    Each role's engine is created on first use and lives as long as the process.
    """

    def __init__(self, settings: Settings, admin_url: URL) -> None:
        """Args: the process's settings; the URL of Flux's database with the admin login."""
        self.settings = settings
        self.admin_url = admin_url
        self._engines: dict[Role, Engine] = {}

    @classmethod
    def connect(cls, settings: Settings, *, stay: bool = False) -> "Store":
        """Return the store for the database in the settings; without one there, start the embedded server.

        Args:
            settings: the process's settings.
            stay: leave an embedded server running until `flux db stop`.
        """
        if settings.database_url is not None:
            return cls(settings, make_url(settings.database_url.get_secret_value()))
        admin = server.start(settings.home, stay=stay, idle_minutes=settings.server_idle_minutes)
        return cls(settings, admin.set(database="flux"))

    def url(self, role: Role, *, driver: str | None = "psycopg") -> URL:
        """Return the URL that a role connects with."""
        return role_url(self.admin_url, role, driver=driver)

    def engine(self, role: Role) -> Engine:
        """Return the pooled engine of a role."""
        if role not in self._engines:
            self._engines[role] = make_engine(self.url(role), self.settings)
        return self._engines[role]

    @contextlib.contextmanager
    def transaction(self, role: Role) -> Iterator[Connection]:
        """Open a transaction as `role`: committed at the end, rolled back on an error; driver errors become Flux's."""
        with plain_errors(self.url(role)), self.engine(role).begin() as connection:
            yield connection

    @contextlib.contextmanager
    def fleet(self) -> Iterator[Connection]:
        """Open a transaction that sees all restaurants (for lists, backups, diagnosis) and writes no tenant's rows."""
        with self.transaction(Role.FLEET) as connection:
            yield connection

    @contextlib.contextmanager
    def feeds(self) -> Iterator[Connection]:
        """Open a transaction that may write the shared feed tables and the operator's alerts, and nothing else."""
        with self.transaction(Role.FEEDS) as connection:
            yield connection

    @contextlib.contextmanager
    def tenant(self, restaurant: Restaurant | str) -> Iterator[Tenant]:
        """Open a transaction as `flux_app` in which row-level security shows this restaurant's rows only.

        Args:
            restaurant: the restaurant, or its slug.

        Raises:
            PermanentError: no restaurant has that slug, or the database refuses a statement.
            TransientError: the database does not answer, or a lock or serialization failure ended the transaction.
        """
        found = self.restaurant(restaurant) if isinstance(restaurant, str) else restaurant
        with self.transaction(Role.APP) as connection:
            enter_tenant(connection, found.id)
            yield Tenant(found, connection, self.settings)

    @contextlib.contextmanager
    def rehearsal(self, restaurant: Restaurant) -> Iterator[Tenant]:
        """Open a transaction like `tenant`, in which everything can be tried because all of it is rolled back."""
        with self.tenant(restaurant) as tx:
            yield replace(tx, is_rehearsal=True)
            tx.connection.rollback()

    @contextlib.contextmanager
    def alone(self, restaurant: Restaurant, task: str) -> Iterator[None]:
        """Run the block while no other process on any machine does `task` for this restaurant; wait for one that does.

        The lock lives in a transaction of its own, so it ends with the process whatever happens to it, and a pooler in
        transaction mode keeps it too.
        """
        with self.transaction(Role.APP) as connection:
            lock(connection, f"flux {restaurant.id} {task}", f"{restaurant.slug} ({task})")
            yield

    def restaurant(self, slug: str) -> Restaurant:
        """Return the restaurant of that slug; raise PermanentError if there is none."""
        with self.fleet() as connection:
            return find_restaurant(connection, slug)

    def acting_as(self, actor: str) -> "Store":
        """Return the same store, with its connections, whose acts are logged in the name of `actor`."""
        acting = Store(self.settings.model_copy(update={"actor": actor}), self.admin_url)
        acting._engines = self._engines
        return acting

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()


def enter_tenant(connection: Connection, restaurant_id: uuid.UUID) -> None:
    """Show only this restaurant's rows until the transaction ends; works behind a pooler in transaction mode too."""
    connection.execute(text("SELECT set_config('app.restaurant_id', :id, true)"), {"id": str(restaurant_id)})
