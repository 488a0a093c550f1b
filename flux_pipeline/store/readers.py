"""Logins of BI tools: PostgreSQL logins that read the rows of their restaurants and nothing else.

Which rows is decided by the policies, by `session_user` through `reader_logins`. A login belongs to the server, as the
roles of `bootstrap` do, so the admin login makes it. Whatever step a crash prevents, a login is left with fewer rights
than were asked for, and the same command again completes it.
"""

import contextlib
import datetime as dt
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import delete, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL, Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.audit_logs import note_act, note_operator_act
from flux_pipeline.store.engine import one_off_engine, plain_errors, reason_of
from flux_pipeline.store.models import ReaderLogin
from flux_pipeline.store.models import Restaurant as RestaurantRow
from flux_pipeline.store.restaurants import Restaurant, find_restaurant
from flux_pipeline.store.roles import Role
from flux_pipeline.store.store import Store, lock

LOGIN = re.compile(r"[a-z_][a-z0-9_-]{0,62}")
# 192 bits: nobody guesses it, and it needs no escaping in a URL.
PASSWORD_BYTES = 24

# Whoever makes a role is a member of it with the admin option and inherits nothing: that is no reader.
ROLES = """
SELECT r.rolname::text AS login,
       has_database_privilege(r.oid, current_database(), 'CONNECT') AS may_connect,
       r.rolcanlogin AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)
       AND EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND m.roleid = to_regrole('flux_reader')
                   AND m.inherit_option AND NOT m.admin_option) AS is_reader
FROM pg_roles r WHERE CAST(:login AS text) IS NULL OR r.rolname = :login
"""
MAKE = """
CREATE ROLE {login} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT PASSWORD {password}
"""
SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :login AND datname = current_database()
"""


@dataclass(frozen=True)
class Reader:
    """A login and what it reads here. One that can't connect, or reads nothing, was left half way by a crash."""

    login: str
    slugs: tuple[str, ...]
    since: dt.datetime | None
    may_connect: bool


@dataclass(frozen=True)
class AddedReader:
    """What became of `add_reader`: what it reads more, and where a new login connects (None: it was there)."""

    added: tuple[str, ...]
    url: URL | None


@dataclass(frozen=True)
class RemovedReader:
    """What became of `remove_reader`. `is_gone`: the login is no more on this server."""

    removed: tuple[str, ...]
    left: tuple[str, ...]
    is_gone: bool


def list_readers(fleet: Connection) -> list[Reader]:
    """The logins that read here, by name; needs the fleet role."""
    rights = (
        select(ReaderLogin.login, RestaurantRow.slug, ReaderLogin.created_at)
        .join(RestaurantRow, RestaurantRow.id == ReaderLogin.restaurant_id)
        .order_by(RestaurantRow.slug)
    )
    rows = fleet.execute(rights).all()
    roles = fleet.execute(text(ROLES), {"login": None}).all()
    connecting = {role.login for role in roles if role.is_reader and role.may_connect}
    return [
        Reader(
            login,
            tuple(row.slug for row in rows if row.login == login),
            min((row.created_at for row in rows if row.login == login), default=None),
            login in connecting,
        )
        for login in sorted(connecting | {row.login for row in rows})
    ]


def add_reader(store: Store, login: str, slugs: Sequence[str]) -> AddedReader:
    """Make a login that reads these restaurants, or let one that is there read them too. Idempotent.

    The login comes into being last: until then its rows in `reader_logins` admit nobody.

    Raises:
        PermanentError: the name is of the wrong form or somebody else's, there is no such restaurant, or the admin
            login may not make logins.
    """
    _check_name(login)
    with store.fleet() as fleet:
        restaurants = [find_restaurant(fleet, slug) for slug in dict.fromkeys(slugs)]
    with _administering(store) as admin:
        is_new = not _exists(admin, login)
        password = _new_password(store)
        if is_new:
            _make_login(admin, login, password)
        # To itself and not through flux_reader: DROP ROLE then fails while another database still admits the login.
        _execute(admin, "GRANT CONNECT ON DATABASE {database} TO {login}", login)
        added = tuple(restaurant.slug for restaurant in restaurants if _admit(store, restaurant, login))
    return AddedReader(added, _url(store, login, password) if is_new else None)


def remove_reader(store: Store, login: str, slugs: Sequence[str] = ()) -> RemovedReader:
    """Take restaurants from a login, all where none is named; without any left it is removed. Idempotent.

    Raises:
        PermanentError: there is no such login, it is somebody else's, or there is no such restaurant.
    """
    _check_name(login)
    with store.fleet() as fleet:
        named = [find_restaurant(fleet, slug) for slug in slugs]
        read = [find_restaurant(fleet, slug) for slug in _slugs(fleet, login)]
    with _administering(store) as admin:
        exists = _exists(admin, login)
        if not exists and not read:
            raise _unknown(login)
        removed = tuple(r.slug for r in named or read if _withdraw(store, r, login))
        with store.fleet() as fleet:
            left = _slugs(fleet, login)
        if exists and not left:
            _execute(admin, "REVOKE CONNECT ON DATABASE {database} FROM {login}", login)
    # Only once nobody can connect as it any more, its sessions are ended for good.
    is_gone = not left and (not exists or _drop_login(store, login))
    return RemovedReader(removed, left, is_gone)


def set_reader_password(store: Store, login: str) -> URL:
    """Give a login a new password; returns where to connect, with it.

    Raises:
        PermanentError: there is no such login here, or the server asks for no passwords.
    """
    _check_name(login)
    password = _new_password(store)
    if password is None:
        raise PermanentError(
            "This server lets local logins in without a password, so there is none to set. One of your own with "
            "passwords is named by FLUX_DATABASE_URL."
        )
    with store.fleet() as fleet:
        read = _slugs(fleet, login)
    with _administering(store) as admin:
        if not read or not _exists(admin, login):
            raise _unknown(login)
        _execute(admin, "ALTER ROLE {login} PASSWORD {password}", login, _encrypted(admin, login, password))
        note_operator_act(admin, store.settings, "readers.set_password", login)
    return _url(store, login, password)


@contextlib.contextmanager
def _administering(store: Store) -> Iterator[Connection]:
    """A transaction of the admin login, one at a time in this database."""
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
                "must be the one that made Flux's roles and this login; let an administrator run the command."
            ) from exc
        raise
    finally:
        engine.dispose()


def _make_login(admin: Connection, login: str, password: str | None) -> None:
    _execute(admin, MAKE, login, None if password is None else _encrypted(admin, login, password))
    # It inherits what flux_reader may, and can't become it: nothing is then done in another name than its own.
    _execute(admin, "GRANT flux_reader TO {login} WITH INHERIT TRUE, SET FALSE", login)
    _execute(admin, "ALTER ROLE {login} SET default_transaction_read_only = on", login)


def _drop_login(store: Store, login: str) -> bool:
    """End the login's sessions here and drop it; False where another database still admits it."""
    with _administering(store) as admin:
        try:
            with admin.begin_nested():
                # Ending another's session takes its rights; the membership goes with the login.
                _execute(admin, "GRANT {login} TO CURRENT_USER", login)
                admin.execute(text(SESSIONS), {"login": login})
                _execute(admin, "DROP ROLE {login}", login)
        except psycopg.errors.DependentObjectsStillExist:
            return False
    return True


def _admit(store: Store, restaurant: Restaurant, login: str) -> bool:
    with store.tenant(restaurant) as tx:
        query = postgresql.insert(ReaderLogin).values(restaurant_id=restaurant.id, login=login)
        query = query.on_conflict_do_nothing(index_elements=["restaurant_id", "login"])
        is_new = tx.connection.scalar(query.returning(ReaderLogin.id)) is not None
        if is_new:
            note_act(tx, "readers.add", login)
    return is_new


def _withdraw(store: Store, restaurant: Restaurant, login: str) -> bool:
    with store.tenant(restaurant) as tx:
        was_there = tx.connection.execute(delete(ReaderLogin).where(ReaderLogin.login == login)).rowcount == 1
        if was_there:
            note_act(tx, "readers.remove", login)
    return was_there


def _slugs(fleet: Connection, login: str) -> tuple[str, ...]:
    query = select(RestaurantRow.slug).join(ReaderLogin, ReaderLogin.restaurant_id == RestaurantRow.id)
    return tuple(fleet.scalars(query.where(ReaderLogin.login == login).order_by(RestaurantRow.slug)))


def _check_name(login: str) -> None:
    if not LOGIN.fullmatch(login):
        raise PermanentError(
            f"{login!r} can't be a login: use up to 63 of a-z, 0-9, _ and -, beginning with a letter or _; for example "
            "'tableau_bistro'."
        )
    if login in list(Role) or login.startswith("pg_"):
        raise PermanentError(f"The name {login!r} is taken by Flux or PostgreSQL itself; choose another.")


def _exists(admin: Connection, login: str) -> bool:
    """Whether the login is there; PermanentError where it is, but was not made to read."""
    row = admin.execute(text(ROLES), {"login": login}).one_or_none()
    if row is not None and not row.is_reader:
        raise PermanentError(
            f"The server has a role {login!r} that Flux did not make to read, so it is left alone. Choose another name."
        )
    return row is not None


def _unknown(login: str) -> PermanentError:
    return PermanentError(f"No login {login!r} reads here. `flux readers list` shows those that do.")


def _new_password(store: Store) -> str | None:
    """A random password, or None where the server asks for none: the admin login has none either."""
    return secrets.token_urlsafe(PASSWORD_BYTES) if store.admin_url.password else None


def _encrypted(admin: Connection, login: str, password: str) -> str:
    """The password as the server stores it, so that it stands in no log of statements."""
    driver = admin.connection.driver_connection
    assert driver is not None
    hidden: bytes = driver.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    return hidden.decode()


def _url(store: Store, login: str, password: str | None) -> URL:
    # Not None: URL.set would then leave the admin's password where it is.
    return store.admin_url.set(drivername="postgresql", username=login, password=password or "")


def _execute(admin: Connection, statement: str, login: str, password: str | None = None) -> None:
    """Run DDL, which takes no bound parameters, with its names and its password quoted by psycopg."""
    driver = admin.connection.driver_connection
    assert driver is not None
    names = {"login": sql.Identifier(login), "database": sql.Identifier(str(admin.engine.url.database))}
    driver.execute(sql.SQL(statement).format(**names, password=sql.Literal(password)))
