"""Bootstrap of the server: it creates the roles and the two databases, and changes nothing that exists already.

It runs as the admin login before the first migration. Migrations create everything inside the databases.
"""

import logging

import psycopg
from psycopg import sql
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.postgres.engine import (
    as_flux_error,
    check_version,
    is_refused,
    one_off_engine,
    reason_of,
    where,
)
from flux_pipeline.store.postgres.locks import one_at_a_time
from flux_pipeline.store.postgres.reader_limits import close_functions, hold_readers_by
from flux_pipeline.store.postgres.roles import Role, dagster_database, encrypted_password, role_password, role_url
from flux_pipeline.wording import count_of

# The fleet role lists tenants and makes backups, so it must see all restaurants' rows.
SEES_ALL = {Role.FLEET}
SYSTEM_DATABASES = ("postgres", "template0", "template1")
IS_EMBEDDED = "SELECT current_setting('flux.data_directory', true) IS NOT NULL"
USER_TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg_toast%'
"""


log = logging.getLogger(__name__)


def bootstrap(admin_url: URL) -> None:
    """Create missing roles and databases, and reset the password of a role whose login the server refuses.

    Args:
        admin_url: the server, Flux's database, and a login that may create roles and databases.

    Raises:
        PermanentError: the login lacks a right (the message names it), or the server refuses a statement.
        TransientError: the server does not answer, or a lock was not free in time.
    """
    # Flux's database may not exist yet, so this connects to the server's maintenance database.
    url = admin_url.set(drivername="postgresql+psycopg", database="postgres")
    engine = one_off_engine(url, isolation_level="AUTOCOMMIT")
    try:
        # Two processes that start at the same moment must not create the same role or database.
        with _admitted(engine, admin_url) as connection, one_at_a_time(url, "flux bootstrap"):
            for role in Role:
                _make_role(connection, admin_url, role)
            _show_statistics_to_fleet(connection)
            _make_database(connection, admin_url, str(admin_url.database), Role.OWNER)
            _make_database(connection, admin_url, dagster_database(admin_url), Role.DAGSTER)
            _limit_readers(admin_url)
    except (DBAPIError, psycopg.Error) as exc:
        cause = exc.orig if isinstance(exc, DBAPIError) else exc
        if not isinstance(cause, psycopg.errors.InsufficientPrivilege):
            raise as_flux_error(exc, url) from exc
        raise PermanentError(
            f"The login {admin_url.username!r} can't prepare the server ({reason_of(exc)}). It needs the right to "
            "create roles (with BYPASSRLS) and databases. Grant it, or let an administrator run `flux db upgrade` once."
        ) from exc
    finally:
        engine.dispose()


def _admitted(engine: Engine, admin_url: URL) -> Connection:
    """Connect as the admin login and check that the server is new enough."""
    try:
        connection = engine.connect()
    except DBAPIError as exc:
        if not is_refused(exc):
            raise as_flux_error(exc, admin_url) from exc
        raise PermanentError(
            f"The server at {where(admin_url)} refuses the login {admin_url.username!r} ({reason_of(exc)}). Correct "
            "the login and password in FLUX_DATABASE_URL."
        ) from exc
    driver = connection.connection.driver_connection
    assert driver is not None
    check_version(driver.info.server_version)
    return connection


def _make_role(connection: Connection, admin_url: URL, role: Role) -> None:
    can_log_in = connection.scalar(text("SELECT rolcanlogin FROM pg_roles WHERE rolname = :name"), {"name": role.value})
    is_new = can_log_in is None
    options: list[sql.Composable] = []
    if can_log_in != (role is not Role.READER):
        options.append(sql.SQL("NOLOGIN" if role is Role.READER else "LOGIN"))
    if role in SEES_ALL and is_new:
        # Only a superuser may name this attribute, even to leave it unchanged; so it is set once, at creation.
        options.append(sql.SQL("BYPASSRLS"))
    password = None if role is Role.READER else role_password(admin_url, role)
    if password is not None and (is_new or not _is_let_in(admin_url, role)):
        hidden = encrypted_password(connection, role.value, password)
        options.append(sql.SQL("PASSWORD {}").format(sql.Literal(hidden)))
    if options:
        verb = sql.SQL("CREATE" if is_new else "ALTER")
        _execute(
            connection,
            sql.SQL("{} ROLE {} {}").format(verb, sql.Identifier(role.value), sql.SQL(" ").join(options)),
        )
    if is_new and role in (Role.OWNER, Role.DAGSTER):
        # CREATE DATABASE ... OWNER requires that the login may act as the owner; a superuser may anyway.
        _execute(
            connection,
            sql.SQL("GRANT {} TO {}").format(sql.Identifier(role.value), sql.Identifier(str(admin_url.username))),
        )


def _is_let_in(admin_url: URL, role: Role) -> bool:
    """Return whether the server accepts the password in the role's URL; False if the server asks for none."""
    url = role_url(admin_url, role).set(database="postgres").update_query_dict({"require_auth": "!none"})
    engine = one_off_engine(url)
    try:
        engine.connect().close()
    except DBAPIError as exc:
        # The server checks rights only after it has accepted the password.
        return "permission denied for database" in str(exc)
    finally:
        engine.dispose()
    return True


def _show_statistics_to_fleet(connection: Connection) -> None:
    """Let the fleet role see other roles' statements, for `flux doctor --database`, if the login may grant that right.

    Idempotent: the right is granted once. If the login may not grant it, an administrator has to.
    """
    query = "SELECT pg_has_role(:role, :right, 'MEMBER') OR NOT pg_has_role(:right, 'MEMBER WITH ADMIN OPTION')"
    right = "pg_read_all_stats"
    if not connection.scalar(text(query), {"role": Role.FLEET.value, "right": right}):
        grant = sql.SQL("GRANT {} TO {}")
        _execute(connection, grant.format(sql.Identifier(right), sql.Identifier(Role.FLEET.value)))


def _make_database(connection: Connection, admin_url: URL, name: str, owner: Role) -> None:
    names = {"name": sql.Identifier(name), "owner": sql.Identifier(owner.value)}
    owned_by = connection.scalar(
        text("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = :name"), {"name": name}
    )
    if owned_by is None:
        _execute(connection, sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(**names))
    elif owned_by != owner.value:
        _refuse_unless_empty(admin_url, name)
        _execute(connection, sql.SQL("ALTER DATABASE {name} OWNER TO {owner}").format(**names))
    # Only the roles named below may connect, so PUBLIC loses the right.
    _execute(connection, sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
    # READER gets no right here: a BI tool's own login gets it, for the one database of this server that it reads.
    own_roles = [role for role in Role if role not in (Role.DAGSTER, Role.READER)]
    members = [Role.DAGSTER] if owner is Role.DAGSTER else own_roles
    for role in members:
        grant = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {role}")
        _execute(connection, grant.format(**names, role=sql.Identifier(role.value)))


def _limit_readers(admin_url: URL) -> None:
    """Keep readers of Flux's database from holding up others, as far as the admin login may."""
    engine = one_off_engine(admin_url.set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            close_functions(connection)
            if connection.scalar(text(IS_EMBEDDED)):
                # These databases admit everybody, and their locks and disk are those of Flux's.
                connection.execute(text("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC"))
            for sentence in hold_readers_by(connection):
                log.warning(sentence)
    finally:
        engine.dispose()


def _refuse_unless_empty(admin_url: URL, name: str) -> None:
    """Refuse a database that belongs to somebody else and has tables: a slip in a URL must not hand it to Flux."""
    engine = one_off_engine(admin_url.set(drivername="postgresql+psycopg", database=name))
    try:
        with engine.connect() as connection:
            tables = connection.scalar(text(USER_TABLES))
    finally:
        engine.dispose()
    if tables or name in SYSTEM_DATABASES:
        raise PermanentError(
            f"The database {name!r} belongs to another role and has {count_of(tables, 'table')}, so it is not Flux's. "
            "Name a new or an empty database at the end of FLUX_DATABASE_URL; Flux creates it."
        )


def _execute(connection: Connection, statement: sql.Composable) -> None:
    """Run a statement whose names and literals psycopg has quoted (DDL takes no bound parameters)."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(statement)
