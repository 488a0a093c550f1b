"""The password of the embedded server's superuser, kept in the data directory; those of Flux's roles derive from it.

A data directory of an earlier version of Flux, which let everybody in without a password, gets them here, and so does
one whose file is lost.
"""

import re
import secrets
from pathlib import Path

from sqlalchemy.engine import URL

from flux_pipeline.store.postgres._cluster import PASSWORD_FILE, SUPERUSER, run_alone, store_password
from flux_pipeline.store.postgres._os_user import owner_of, replace_file
from flux_pipeline.store.postgres.roles import Role, role_password

# 192 bits can't be guessed; the URL-safe alphabet needs no quoting in SQL.
PASSWORD_BYTES = 24
PASSWORD = re.compile(r"[A-Za-z0-9_-]{32}")
TRUST = re.compile(r"^([^#\n]*\s)trust\b", re.MULTILINE)
SET_PASSWORD = (
    "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
    "ALTER ROLE {role} PASSWORD '{password}'; END IF; END $$"
)


def password_of(pgdata: Path) -> str | None:
    """Return the stored password; None if there is none, or only a part of one."""
    try:
        stored = (pgdata / PASSWORD_FILE).read_text().strip()
    except FileNotFoundError:
        return None
    return stored if PASSWORD.fullmatch(stored) else None


def new_password() -> str:
    """Return a new password."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def asks_for_passwords(pgdata: Path) -> bool:
    """Return whether the server lets nobody in without a password, and the superuser's is stored."""
    return password_of(pgdata) is not None and not TRUST.search((pgdata / "pg_hba.conf").read_text())


def secure(pgdata: Path) -> None:
    """Set passwords for the superuser and Flux's roles, and let nobody in without one; the server must not run.

    If this is killed, the next call begins again.

    Raises:
        subprocess.SubprocessError: the server can't set the passwords; the message is its own.
    """
    password = new_password()
    admin = URL.create("postgresql", SUPERUSER, password)
    derived = {role.value: role_password(admin, role) for role in Role if role is not Role.READER}
    passwords = {SUPERUSER: password} | derived
    run_alone(pgdata, [SET_PASSWORD.format(role=role, password=each) for role, each in passwords.items()])
    store_password(pgdata, password)
    rules = pgdata / "pg_hba.conf"
    replace_file(rules, TRUST.sub(r"\1scram-sha-256", rules.read_text()), owner_of(rules))
