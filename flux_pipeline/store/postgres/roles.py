"""Roles that Flux logs in as, one for each task, with the URLs, passwords and lock keys derived from the server's URL.

This module changes nothing on a server: `bootstrap` creates the roles, migrations grant them their rights.
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
    """Derive the password of `role` from the admin login's; None if the admin login has none.

    Every process that knows FLUX_DATABASE_URL can derive it, nothing needs to be stored, and handing out a role's URL
    does not reveal the admin's password (HMAC-SHA256, RFC 2104).
    """
    if not admin_url.password:
        return None
    return base64.urlsafe_b64encode(_derived(admin_url, f"flux role {role.value}")).decode().rstrip("=")


def encrypted_password(connection: Connection, login: str, password: str) -> str:
    """Hash a password the way the server stores it, on this side of the connection.

    A plain password would appear in the server's log and in pg_stat_statements, for others to read.

    Args:
        connection: any open connection; the driver's library computes the hash.
        login: the login that gets the password.
        password: the plain password.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    hidden: bytes = driver.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    return hidden.decode()


def lock_key(url: URL, task: str) -> int:
    """Return the number of the advisory lock on `task`, from -2^63 up to 2^63 - 1.

    Any login that may connect can take an advisory lock whose number it knows, and keep others waiting. This number is
    derived from the URL's password, which a BI tool's login doesn't have. Every process that takes the lock of a task
    must therefore use the same login. Without a password anybody can log in as any role, and the number is not secret.
    """
    return int.from_bytes(_derived(url, f"flux lock {task}")[:8], signed=True)


def role_url(admin_url: URL, role: Role, *, driver: str | None = "psycopg") -> URL:
    """Return the URL that `role` connects with: the same server, Dagster's database for DAGSTER, else Flux's."""
    database = dagster_database(admin_url) if role is Role.DAGSTER else admin_url.database
    return admin_url.set(
        drivername=f"postgresql+{driver}" if driver else "postgresql",
        username=role.value,
        password=role_password(admin_url, role),
        database=database,
    )


def dagster_database(admin_url: URL) -> str:
    """Name Dagster's own database: Dagster and Flux both use Alembic's version table, so they can't share one."""
    return f"{admin_url.database}_dagster"


def _derived(url: URL, purpose: str) -> bytes:
    return hmac.new(str(url.password or "").encode(), purpose.encode(), hashlib.sha256).digest()
