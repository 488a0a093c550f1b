"""Limits of readers' logins, so that a BI tool holds up nobody: what each has, and how it gets it back.

PostgreSQL lets every login change most of its own settings, so those are only where a session begins. What a login has
changed for good is set back here, and a transaction that lasts too long is ended: before each upgrade, before
`flux run`, and every half minute while Flux's daemon runs. The rest is out of a login's reach: its number of
connections, its temporary files, and the functions that only Flux's roles may call.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import URL, Connection

from flux_pipeline.errors import FluxError
from flux_pipeline.store.postgres.engine import one_off_engine, plain_errors
from flux_pipeline.store.postgres.locks import lock
from flux_pipeline.store.postgres.roles import Role

# A BI tool opens a few connections for each of its users; without a limit one tool could use up the server's.
MOST_CONNECTIONS = 10
SETTINGS = {
    "default_transaction_read_only": "on",
    # A dashboard's query takes seconds, an extract of all sales a minute or two.
    "statement_timeout": "5min",
    # Nobody works on while a transaction is idle, but migrations and vacuum wait for it.
    "idle_in_transaction_session_timeout": "1min",
}
# Only a login with the right to set it may give it to others. An extract of a million lines sorts about 200 MB.
TEMPORARY_FILES = {"temp_file_limit": "1GB"}
# Twice the time of a statement.
LONGEST_TRANSACTION = dt.timedelta(minutes=10)
# Large objects fill the disk and break backups, advisory locks use up the table of all locks, messages fill the WAL.
CLOSED = "^(lo_|loread$|lowrite$|pg_(try_)?advisory_|pg_logical_emit_message$)"

OPEN_FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ :closed
  AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
ORDER BY 1
"""
# Members that inherit, which the creator of flux_reader does not, and that this login may change.
READERS = """
SELECT r.rolname::text AS login, r.rolconnlimit AS connections,
       (SELECT jsonb_object_agg(coalesce(d.datname, ''), s.setconfig) FROM pg_db_role_setting s
        LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE s.setrole = r.oid) AS settings,
       EXISTS (SELECT FROM pg_stat_activity a WHERE a.usename = r.rolname AND a.datname = current_database())
           AS has_session
FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid
WHERE m.roleid = to_regrole('flux_reader') AND m.inherit_option AND NOT m.admin_option
  AND r.rolcanlogin AND NOT r.rolsuper AND pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')
  AND (CAST(:only AS text) IS NULL OR r.rolname = :only)
ORDER BY 1
"""
END_TRANSACTIONS = """
SELECT pid, extract(epoch FROM now() - xact_start) AS seconds, pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE usename = :login AND datname = current_database() AND xact_start <= clock_timestamp() - CAST(:longest AS interval)
"""

CALLERS = (Role.OWNER, Role.APP, Role.FLEET, Role.FEEDS)


def open_functions(connection: Connection) -> list[str]:
    """List the functions that everybody may call in this database and readers should not."""
    return list(connection.scalars(text(OPEN_FUNCTIONS), {"closed": CLOSED}))


def closing_statements(admin: str | None, functions: list[str]) -> Iterator[str]:
    """Yield the SQL, for a superuser, that leaves these functions to Flux's roles and its admin login."""
    roles = ", ".join([*(role.value for role in CALLERS), f'"{admin}"'])
    if functions:
        names = ", ".join(f"pg_catalog.{function}" for function in functions)
        yield f"GRANT EXECUTE ON FUNCTION {names} TO {roles}"
        yield f"REVOKE EXECUTE ON FUNCTION {names} FROM PUBLIC"


def close_functions(connection: Connection) -> None:
    """Leave the functions to Flux's roles, if this login is a superuser; `flux doctor --tenancy` checks it."""
    if connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        for statement in closing_statements(connection.engine.url.username, open_functions(connection)):
            connection.exec_driver_sql(statement)


def limit_login(admin: Connection, login: str) -> None:
    """Give a login its limits, and nothing else that outlives a session."""
    limit = sql.SQL("ALTER ROLE {login} CONNECTION LIMIT {number}")
    _execute(admin, limit, login=sql.Identifier(login), number=sql.Literal(MOST_CONNECTIONS))
    _execute(admin, sql.SQL("ALTER ROLE {login} RESET ALL"), login=sql.Identifier(login))
    for name, value in _settings(admin).items():
        change = sql.SQL("ALTER ROLE {login} SET {name} = {value}")
        _execute(admin, change, login=sql.Identifier(login), name=sql.Identifier(name), value=sql.Literal(value))


def hold_readers(
    admin_url: URL, only: str | None = None, longest: dt.timedelta = LONGEST_TRANSACTION
) -> tuple[str, ...]:
    """Give logins their limits back, and end their transactions in this database that are too long. Idempotent.

    Args:
        admin_url: Flux's database, with the admin login.
        only: this login; default: every reader of the server.
        longest: how long a transaction may be open.

    Returns:
        A sentence on each change.

    Raises:
        PermanentError: the admin login may not change a login that another has created.
        TransientError: the database does not answer.
    """
    url = admin_url.set(drivername="postgresql+psycopg")
    engine = one_off_engine(url)
    try:
        with plain_errors(url), engine.begin() as admin:
            return hold_readers_by(admin, only, longest)
    finally:
        engine.dispose()


def look_after_readers(admin_url: URL) -> tuple[str, ...]:
    """Do as `hold_readers` does before other work, which an error must not stop: it is one of the sentences."""
    try:
        return hold_readers(admin_url)
    except FluxError as exc:
        return (f"The limits of readers could not be looked after. {exc}",)


def hold_readers_by(
    admin: Connection, only: str | None = None, longest: dt.timedelta = LONGEST_TRANSACTION
) -> tuple[str, ...]:
    """Do as `hold_readers` does, in a transaction of the admin login."""
    least = {f"{name}={value}" for name, value in _settings(admin).items()}
    most = {f"{name}={value}" for name, value in (SETTINGS | TEMPORARY_FILES).items()}
    done = []
    for reader in admin.execute(text(READERS), {"only": only}).all():
        settings = dict(reader.settings or {})
        own = set(settings.pop("", []))
        if reader.connections != MOST_CONNECTIONS or settings or not least <= own <= most:
            lock(admin, "flux readers")
            for database in settings:
                reset = sql.SQL("ALTER ROLE {login} IN DATABASE {database} RESET ALL")
                _execute(admin, reset, login=sql.Identifier(reader.login), database=sql.Identifier(database))
            limit_login(admin, reader.login)
            done.append(f"The reader {reader.login} had other limits; it has those of Flux again.")
        if reader.has_session:
            done += _end_transactions(admin, reader.login, longest)
    return tuple(done)


def _end_transactions(admin: Connection, login: str, longest: dt.timedelta) -> list[str]:
    """End the login's transactions that are too long; only a member of a role sees and ends its sessions."""
    membership = admin.begin_nested()
    _execute(admin, sql.SQL("GRANT {login} TO CURRENT_USER"), login=sql.Identifier(login))
    ended = admin.execute(text(END_TRANSACTIONS), {"login": login, "longest": longest}).all()
    membership.rollback()
    return [f"A transaction of the reader {login}, open for {row.seconds:,.0f} s, was ended." for row in ended]


def _settings(admin: Connection) -> dict[str, str]:
    """Return the settings that the admin login may give to others."""
    may_limit_files = admin.scalar(text("SELECT has_parameter_privilege('temp_file_limit', 'SET')"))
    return SETTINGS | (TEMPORARY_FILES if may_limit_files else {})


def _execute(admin: Connection, statement: sql.SQL, **names: Any) -> None:
    """Run DDL, which takes no bound parameters, with names and values quoted by psycopg."""
    driver = admin.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    driver.execute(statement.format(**names))
