"""The roles that Flux logs in as, one a task, and how each one's URL follows from the server's.

Only names, passwords and URLs: `bootstrap` makes the roles, migrations grant them their rights.
"""

import base64
import hashlib
import hmac
from enum import StrEnum

from sqlalchemy.engine import URL


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
    digest = hmac.new(str(admin_url.password).encode(), f"flux role {role.value}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


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
