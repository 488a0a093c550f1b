"""The proof that a reader holds up nobody: attempts of a login that is made for them and then dropped.

What each login may do is in `store.postgres.reader_limits`.
"""

import contextlib
import datetime as dt
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.engine import URL

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access import _server_logins as logins
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.engine import is_pooled, plain_errors, where
from flux_pipeline.store.postgres.reader_limits import (
    MOST_CONNECTIONS,
    SETTINGS,
    TEMPORARY_FILES,
    closing_statements,
    hold_readers,
    open_functions,
)
from flux_pipeline.store.tenancy.proof import Finding

PROBE = "flux_probe_"
AS_ADMIN = "as a superuser of the server, in Flux's database"
# What a reader tries, and what it could do if the server did not refuse.
CALLS = {
    "SELECT lo_create(0)": "can store large objects, without a bound",
    "SELECT pg_try_advisory_xact_lock(1)": "can take advisory locks, as many as the server has for all",
    "SELECT pg_logical_emit_message(false, 'flux', 'x')": "can write to the server's log of changes",
}
CREATIONS = {
    "CREATE TEMPORARY TABLE flux_probe ()": (
        "can create temporary tables, without a bound",
        'REVOKE TEMPORARY ON DATABASE "{}" FROM PUBLIC',
    ),
    "CREATE TABLE public.flux_probe ()": ("can create tables", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
}
OTHER_DATABASES = """
SELECT datname FROM pg_database
WHERE datallowconn AND datname <> current_database() AND has_database_privilege(:login, oid, 'CONNECT') ORDER BY 1
"""


@dataclass(frozen=True)
class ReaderProof:
    """The result: the number of limits that hold, and the others with what to do.

    `changes`: sentences on what was set back for other readers. `elsewhere`: databases of the server that are not
    Flux's and admit a reader too.
    """

    passed: int
    findings: tuple[Finding, ...]
    changes: tuple[str, ...]
    elsewhere: tuple[str, ...]


def prove_reader_limits(store: Store) -> ReaderProof:
    """Try, as a reader, to hold up others. The login that tries is new, may read nothing, and is dropped at the end.

    Raises:
        PermanentError: the admin login may not create logins, or a pooler is in front of the server.
        TransientError: the database does not answer.
    """
    with store.fleet() as fleet:
        if is_pooled(fleet):
            raise PermanentError(
                f"A pooler answers at {where(store.admin_url)}, so a reader's own session can't be tried. Name the "
                "server itself in FLUX_DATABASE_URL for this command."
            )
    changes = hold_readers(store.admin_url)
    with _probe(store) as url, plain_errors(url):
        login = str(url.username)
        with store.fleet() as fleet:
            elsewhere = tuple(fleet.scalars(text(OTHER_DATABASES), {"login": login}))
        verdicts = [*_calls(store, url), *_creations(url), *_own_settings(store, url), *_temporary_files(store, url)]
        verdicts += [_prepared(url), _long_transaction(store, url), _connections(url)]
    findings = tuple(verdict for verdict in verdicts if verdict is not None)
    return ReaderProof(len(verdicts) - len(findings), findings, changes, elsewhere)


@contextlib.contextmanager
def _probe(store: Store) -> Iterator[URL]:
    """Create a login as `flux readers add` does, and drop it at the end; `flux readers list` shows one that is left."""
    login = f"{PROBE}{secrets.token_hex(4)}"
    password = logins.new_password(store)
    with logins.administering(store) as admin:
        logins.make_login(admin, login, password)
        logins.let_connect(admin, login)
    try:
        yield logins.login_url(store, login, password)
    finally:
        with logins.administering(store) as admin:
            logins.let_connect_no_more(admin, login)
            logins.drop_login(admin, login)


def _calls(store: Store, url: URL) -> Iterator[Finding | None]:
    for call, wrong in CALLS.items():
        if _is_refused(url, call):
            yield None
            continue
        with store.fleet() as fleet:
            statements = "; ".join(closing_statements(store.admin_url.username, open_functions(fleet)))
        yield Finding("readers", f"a reader {wrong}", f"{AS_ADMIN}: {statements}")


def _creations(url: URL) -> Iterator[Finding | None]:
    for statement, (wrong, remedy) in CREATIONS.items():
        found = Finding("readers", f"a reader {wrong}", f"{AS_ADMIN}: {remedy.format(url.database)}")
        yield None if _is_refused(url, statement) else found


def _own_settings(store: Store, url: URL) -> Iterator[Finding | None]:
    """Let the login change its settings for good, let Flux set them back, and look at those of its next session."""
    for name in SETTINGS:
        with _connected(url) as reader:
            _write(reader, f"ALTER ROLE CURRENT_USER SET {name} = 0")
    hold_readers(store.admin_url, only=url.username)
    for name, value in SETTINGS.items():
        with _connected(url) as reader:
            now = _shown(reader, name)
        wrong = f"a reader's {name} is {now} and not {value}, after it was changed and set back"
        remedy = f"run `flux db upgrade` with the login that created it, or ALTER ROLE ... SET {name} = '{value}'"
        yield None if now == value else Finding("readers", wrong, remedy)


def _temporary_files(store: Store, url: URL) -> Iterator[Finding | None]:
    ((name, value),) = TEMPORARY_FILES.items()
    with _connected(url) as reader:
        now = _shown(reader, name)
    holds = now == value and _is_refused(url, f"SET {name} = -1")
    wrong = f"a reader's {name} is {now} and not {value}, so a query may fill the disk"
    remedy = f'{AS_ADMIN}: GRANT SET ON PARAMETER {name} TO "{store.admin_url.username}"; then run `flux db upgrade`'
    yield None if holds else Finding("readers", wrong, remedy)


def _prepared(url: URL) -> Finding | None:
    """Try to leave a transaction behind that no session has."""
    with _connected(url) as reader, contextlib.suppress(psycopg.Error):
        reader.execute("BEGIN")
        reader.execute(f"PREPARE TRANSACTION '{url.username}'")
        reader.execute(f"ROLLBACK PREPARED '{url.username}'")
        remedy = f"{AS_ADMIN}: ALTER SYSTEM SET max_prepared_transactions = 0, then restart the server"
        return Finding("readers", "a reader can leave prepared transactions, which no limit ends", remedy)
    return None


def _long_transaction(store: Store, url: URL) -> Finding | None:
    """Open a transaction that has switched its limits off, and see whether Flux ends it."""
    with _connected(url) as reader:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            reader.execute(f"SET {name} = 0")
        reader.execute("BEGIN")
        reader.execute("SELECT 1")
        hold_readers(store.admin_url, only=url.username, longest=dt.timedelta())
        with contextlib.suppress(psycopg.Error):
            reader.execute("SELECT 1")
            remedy = "let FLUX_DATABASE_URL name the login that created the readers"
            return Finding("readers", "a reader's transaction without limits can't be ended", remedy)
    return None


def _connections(url: URL) -> Finding | None:
    with contextlib.ExitStack() as opened:
        try:
            for _ in range(MOST_CONNECTIONS + 1):
                opened.enter_context(_connected(url))
        except psycopg.OperationalError:
            return None
    wrong = f"a reader can have more than {MOST_CONNECTIONS} connections at once"
    return Finding("readers", wrong, f"ALTER ROLE ... CONNECTION LIMIT {MOST_CONNECTIONS}")


def _is_refused(url: URL, statement: str) -> bool:
    """Return whether the server refuses the login a statement for want of a right, also where it may write."""
    with _connected(url) as reader:
        try:
            _write(reader, statement, undo=True)
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def _write(reader: psycopg.Connection[Any], statement: str, *, undo: bool = False) -> None:
    with reader.transaction(force_rollback=undo):
        reader.execute("SET TRANSACTION READ WRITE")
        reader.execute(statement)


def _shown(reader: psycopg.Connection[Any], name: str) -> str:
    row = reader.execute(f"SHOW {name}").fetchone()
    return str(row[0]) if row else ""


@contextlib.contextmanager
def _connected(url: URL) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as reader:
        yield reader
