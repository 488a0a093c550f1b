"""Logins of the server for readers: members of `flux_reader`, created and dropped by the admin login.

The table `reader_logins` holds the restaurants that a login reads; the module `bi_logins` keeps the two consistent.
"""

import contextlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import URL, Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.engine import one_off_engine, plain_errors, reason_of
from flux_pipeline.store.postgres.locks import lock
from flux_pipeline.store.postgres.reader_limits import limit_login
from flux_pipeline.store.postgres.roles import Role, encrypted_password

LOGIN = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
# 192 bits can't be guessed; the URL-safe alphabet needs no escaping in a URL.
PASSWORD_BYTES = 24

# The creator of a role is a member of it with the admin option, but inherits nothing; it is not a reader.
ROLES = """
SELECT r.rolname::text AS login,
       has_database_privilege(r.oid, current_database(), 'CONNECT') AS may_connect,
       r.rolcanlogin AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)
       AND EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND m.roleid = to_regrole('flux_reader')
                   AND m.inherit_option AND NOT m.admin_option) AS is_reader
FROM pg_roles r WHERE CAST(:login AS text) IS NULL OR r.rolname = :login
"""
CREATE = """
CREATE ROLE {login} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT PASSWORD {password}
"""
SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :login AND datname = current_database()
"""
# The objects that make DROP ROLE fail. Objects in another database can't be named from this one.
DEPENDING = """
SELECT d.classid = 'pg_database'::regclass AND d.objid <> here.oid OR d.dbid NOT IN (0, here.oid) AS is_elsewhere,
       CASE WHEN d.dbid IN (0, here.oid) THEN pg_describe_object(d.classid, d.objid, d.objsubid)
            ELSE format('database %s', there.datname) END AS thing
FROM pg_shdepend d JOIN pg_database here ON here.datname = current_database()
LEFT JOIN pg_database there ON there.oid = d.dbid
WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = to_regrole(quote_ident(:login))
ORDER BY 2
"""


@dataclass(frozen=True)
class Login:
    """A reader's login, and whether it may connect to this database."""

    name: str
    may_connect: bool


@dataclass(frozen=True)
class Hold:
    """Reasons why a login can't be dropped: other databases it may connect to, and objects here it has rights on."""

    elsewhere: tuple[str, ...] = ()
    here: tuple[str, ...] = ()


@contextlib.contextmanager
def administering(store: Store) -> Iterator[Connection]:
    """Open a transaction of the admin login; only one at a time in this database."""
    url = store.admin_url.set(drivername="postgresql+psycopg")
    engine = one_off_engine(url)
    try:
        with plain_errors(url), engine.begin() as connection:
            lock(connection, "flux readers")
            yield connection
    except PermanentError as exc:
        if isinstance(exc.__cause__, psycopg.errors.InsufficientPrivilege):
            raise PermanentError(
                f"The login {url.username!r} may not do that ({reason_of(exc.__cause__)}). It needs CREATEROLE, and "
                "must be the one that created Flux's roles and this login. Let an administrator run the command."
            ) from exc
        raise
    finally:
        engine.dispose()


def check_name(login: str) -> None:
    """Raise PermanentError if a login may not have this name."""
    if not LOGIN.fullmatch(login):
        raise PermanentError(
            f"{login!r} can't be a login. Use up to 63 of a-z, 0-9, _ and -, beginning with a letter or _; for example "
            "'tableau_bistro'."
        )
    if login in list(Role) or login.startswith("pg_"):
        raise PermanentError(f"The name {login!r} is taken by Flux or PostgreSQL itself. Choose another.")


def find_login(admin: Connection, name: str) -> Login | None:
    """Return the login, None if the server has none; raise PermanentError if it is a role that is not a reader."""
    row = admin.execute(text(ROLES), {"login": name}).one_or_none()
    if row is None:
        return None
    if not row.is_reader:
        raise PermanentError(
            f"The role {name!r} was not created by Flux for reading, so it is left alone. Choose another name."
        )
    return Login(row.login, row.may_connect)


def connecting_logins(connection: Connection) -> set[str]:
    """List the readers' logins that may connect to this database; any role may do so."""
    roles = connection.execute(text(ROLES), {"login": None})
    return {role.login for role in roles if role.is_reader and role.may_connect}


def new_password(store: Store) -> str | None:
    """Generate a password, or return None if the server uses none, because the admin login has none either."""
    return secrets.token_urlsafe(PASSWORD_BYTES) if store.admin_url.password else None


def make_login(admin: Connection, login: str, password: str | None) -> None:
    """Create a login that reads through `flux_reader` and can't connect to any database yet."""
    hidden = None if password is None else encrypted_password(admin, login, password)
    _execute(admin, CREATE, login, hidden)
    # It inherits the rights of flux_reader but can't become it, so it always acts under its own name.
    _execute(admin, "GRANT flux_reader TO {login} WITH INHERIT TRUE, SET FALSE", login)
    limit_login(admin, login)


def let_connect(admin: Connection, login: str) -> None:
    """Let a login connect to this database."""
    # Granted to the login and not to flux_reader: DROP ROLE then fails while another database still admits the login.
    _execute(admin, "GRANT CONNECT ON DATABASE {database} TO {login}", login)


def let_connect_no_more(admin: Connection, login: str) -> None:
    """Stop a login from starting sessions here; open sessions continue."""
    _execute(admin, "REVOKE CONNECT ON DATABASE {database} FROM {login}", login)


def change_password(admin: Connection, login: str, password: str) -> None:
    """Change a login's password."""
    _execute(admin, "ALTER ROLE {login} PASSWORD {password}", login, encrypted_password(admin, login, password))


def drop_login(admin: Connection, login: str) -> Hold | None:
    """End a login's sessions here and drop it; return None, or what holds it if the server refuses to drop it."""
    try:
        with admin.begin_nested():
            # Ending another role's session requires membership in it; the membership ends with the login.
            _execute(admin, "GRANT {login} TO CURRENT_USER", login)
            admin.execute(text(SESSIONS), {"login": login})
            _execute(admin, "DROP ROLE {login}", login)
    except psycopg.errors.DependentObjectsStillExist:
        things = admin.execute(text(DEPENDING), {"login": login}).all()
        return Hold(
            tuple(dict.fromkeys(row.thing.removeprefix("database ") for row in things if row.is_elsewhere)),
            tuple(dict.fromkeys(row.thing for row in things if not row.is_elsewhere)),
        )
    return None


def login_url(store: Store, login: str, password: str | None) -> URL:
    """Return the login's URL, with Flux's own host and port, so through the same pooler if there is one."""
    # Not None, because URL.set would then keep the admin's password.
    return store.admin_url.set(drivername="postgresql", username=login, password=password or "")


def _execute(admin: Connection, statement: str, login: str, password: str | None = None) -> None:
    """Run DDL, which takes no bound parameters, with its names and its password quoted by psycopg."""
    driver = admin.connection.driver_connection
    assert driver is not None
    names = {"login": sql.Identifier(login), "database": sql.Identifier(str(admin.engine.url.database))}
    driver.execute(sql.SQL(statement).format(**names, password=sql.Literal(password)))
