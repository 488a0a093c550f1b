"""The roles that Flux logs in as, one a task, and what follows from the server's URL: URLs, passwords, lock keys.

Nothing here changes a server: `bootstrap` makes the roles, migrations grant them their rights.
"""

import base64
import hashlib
import hmac
from enum import StrEnum

from sqlalchemy.engine import URL, Connection


class Role(StrEnum):
    """A PostgreSQL role and what it is for."""

    OWNER = "flux_owner"
    APP = "flux_app"
    FLEET = "flux_fleet"
    FEEDS = "flux_feeds"
    READER = "flux_reader"
    DAGSTER = "flux_dagster"


def role_password(admin_url: URL, role: Role) -> str | None:
    """The password of `role`, derived from the admin login's, or None where the server asks for none.

    Every process that knows FLUX_DATABASE_URL can derive it, nothing needs to be stored, and a role's URL that is
    handed out does not give the admin's password away (HMAC-SHA256, RFC 2104).
    """
    if not admin_url.password:
        return None
    return base64.urlsafe_b64encode(_derived(admin_url, f"flux role {role.value}")).decode().rstrip("=")


def encrypted_password(connection: Connection, login: str, password: str) -> str:
    """The password as the server stores it, made on this side of the connection.

    In clear it would stand in the server's log and in pg_stat_statements, for others to read.

    Args:
        connection: any open one; the driver's library does the work.
        login: whose password it is to be.
        password: in clear.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    hidden: bytes = driver.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    return hidden.decode()


def lock_key(url: URL, task: str) -> int:
    """The number of the advisory lock on `task`, from -2^63 up to 2^63 - 1.

    Anybody who may connect may take an advisory lock whose number they know, and so keep others waiting. This one
    follows from the URL's password, which a BI tool's login doesn't have. Whoever takes the lock of a task must come by
    the same login. Without a password anybody can be anybody, and the number is no secret.
    """
    return int.from_bytes(_derived(url, f"flux lock {task}")[:8], signed=True)


def role_url(admin_url: URL, role: Role, *, driver: str | None = "psycopg") -> URL:
    """Where and as whom to connect for `role`: the same server, Dagster's database for DAGSTER, else Flux's."""
    database = dagster_database(admin_url) if role is Role.DAGSTER else admin_url.database
    return admin_url.set(
        drivername=f"postgresql+{driver}" if driver else "postgresql",
        username=role.value,
        password=role_password(admin_url, role),
        database=database,
    )


def dagster_database(admin_url: URL) -> str:
    """Dagster's own database: both use Alembic's version table and can't share one."""
    return f"{admin_url.database}_dagster"


def _derived(url: URL, purpose: str) -> bytes:
    return hmac.new(str(url.password or "").encode(), purpose.encode(), hashlib.sha256).digest()
