"""Connections: one pooled engine for each role and process, the check of the server's version, and database errors.

Driver errors become Flux's errors here. No function in this module knows a table.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError

from flux_pipeline.errors import FluxError, PermanentError, TransientError, is_transient
from flux_pipeline.settings import Settings

OLDEST_SERVER = 16

# SQLSTATEs of a server without room, memory or a free connection, and of one whose disk fails.
SHORTAGE_CLASSES = ("53", "58")
REFUSALS = ("does not exist", "password authentication failed", "permission denied for database")
# Errors in a value and not in the database, worded for the person who handed the file in.
_TOO_LONG = "A text is too long to be stored; a name or number may have 2,000 characters, and most have fewer than 100."
_TOO_LARGE = "A number or a sum is too large to be stored; amounts may have ten digits before the point."
_BAD_CHARACTER = "A text holds a character that can't be stored, such as NUL."
UNFIT = {"54000": _TOO_LONG, "22001": _TOO_LONG, "22003": _TOO_LARGE, "22021": _BAD_CHARACTER, "22P05": _BAD_CHARACTER}
CONNECT_ARGS: dict[str, Any] = {"application_name": "flux", "connect_timeout": 10}
# For a transaction that waits for something outside the database or reads every row; valid until the transaction ends.
NO_TIME_LIMIT = text("""
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
""")


def make_engine(url: URL, settings: Settings) -> Engine:
    """Create an engine whose pool follows the settings and that refuses a server older than OLDEST_SERVER."""
    connect_args = dict(CONNECT_ARGS)
    if not settings.database_prepared_statements:
        connect_args["prepare_threshold"] = None
    engine = create_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=settings.pool_max_overflow,
        pool_recycle=settings.pool_recycle_seconds,
        pool_pre_ping=True,
        connect_args=connect_args,
    )

    @event.listens_for(engine, "connect")
    def _check(connection: psycopg.Connection[Any], _record: object) -> None:
        check_version(connection.info.server_version)

    return engine


def one_off_engine(url: URL, **options: Any) -> Engine:
    """Create an engine that keeps no connection and prepares no statement, so that it works behind any pooler."""
    return create_engine(url, poolclass=NullPool, connect_args=CONNECT_ARGS | {"prepare_threshold": None}, **options)


def is_pooled(connection: Connection) -> bool:
    """Return whether a pooler is in front of the server: the session that answers then has another process id."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return bool(driver.info.backend_pid != connection.scalar(text("SELECT pg_backend_pid()")))


def check_version(server_version: int) -> None:
    """Refuse a server older than PostgreSQL 16.

    Args:
        server_version: libpq's number, for example 160004.

    Raises:
        PermanentError: it is too old.
    """
    if server_version // 10000 < OLDEST_SERVER:
        raise PermanentError(
            f"The server is PostgreSQL {server_version // 10000}.{server_version % 10000}; Flux needs {OLDEST_SERVER} "
            "or newer. Name a newer server with FLUX_DATABASE_URL, or unset it to use the embedded one."
        )


@contextlib.contextmanager
def plain_errors(url: URL) -> Iterator[None]:
    """Turn the driver's errors into Flux's, so that a step knows whether trying again helps."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as exc:
        raise as_flux_error(exc, url) from exc


def as_flux_error(exc: DBAPIError | psycopg.Error, url: URL) -> FluxError:
    """Convert a database error: a TransientError if trying again may help, else a PermanentError.

    Args:
        exc: SQLAlchemy's error, or psycopg's own if COPY bypassed SQLAlchemy.
        url: the database that raised it.
    """
    cause: BaseException = (exc.orig or exc) if isinstance(exc, DBAPIError) else exc
    reason = reason_of(exc)
    sqlstate = getattr(cause, "sqlstate", None)
    if sqlstate is None and is_refused(exc):
        return PermanentError(
            f"The database at {where(url)} refuses the login {url.username} ({reason}). Run `flux db upgrade` as an "
            "administrator, or correct FLUX_DATABASE_URL."
        )
    if sqlstate is None and is_transient(cause):
        return TransientError(
            f"The database at {where(url)} does not answer {url.username} ({reason}). Start the server or correct "
            "FLUX_DATABASE_URL; `flux doctor` checks what a run needs."
        )
    if sqlstate and sqlstate.startswith(SHORTAGE_CLASSES):
        return TransientError(
            f"The database at {where(url)} has no room, memory or connection left ({reason}). Make room on its disk or "
            "raise its limit, then try again."
        )
    if is_transient(cause):
        return TransientError(f"The database at {where(url)} is busy or unavailable ({reason}). Try again.")
    if sqlstate in UNFIT:
        return PermanentError(f"{UNFIT[sqlstate]} Correct it and send it again. (PostgreSQL reports: {reason}.)")
    return PermanentError(f"The database at {where(url)} refused the statement: {reason}.")


def is_refused(exc: DBAPIError | psycopg.Error) -> bool:
    """Return whether the server answers but refuses this role or this database, or has no such role or database.

    For a failed connection libpq gives a text and no SQLSTATE; by design a wrong password reads like a missing role.
    """
    return any(words in str(exc) for words in REFUSALS)


def reason_of(exc: DBAPIError | psycopg.Error) -> str:
    """Return the first line of the server's error message."""
    cause = exc.orig if isinstance(exc, DBAPIError) else exc
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def where(url: URL) -> str:
    """Describe the server and database of a URL, without login and password."""
    host = url.host or url.query.get("host") or "the local socket"
    return f"{host}{f':{url.port}' if url.port else ''}/{url.database}"
