"""Readers: logins of BI tools that read the rows of their restaurants and nothing else.

The policies decide which rows, by looking up `session_user` in the table `reader_logins`. A login itself belongs to the
server, as the roles of `bootstrap` do; the module `_server_logins` creates and drops it. If adding crashes, the
login has fewer rights than intended; if removing crashes, it may have more. Run the command again.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL, Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access import _server_logins as logins
from flux_pipeline.store.door import Store
from flux_pipeline.store.models.access import ReaderLogin
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow
from flux_pipeline.store.records.acts import note_act, note_operator_act
from flux_pipeline.store.restaurant import Restaurant, find_restaurant


@dataclass(frozen=True)
class Reader:
    """A login and the restaurants it reads here. One that can't connect, or reads none, is left over from a crash."""

    login: str
    slugs: tuple[str, ...]
    since: dt.datetime | None
    may_connect: bool


@dataclass(frozen=True)
class AddedReader:
    """The result of `add_reader`.

    `added`: restaurants it reads now and did not before. `removed`: those that rows of an earlier login of that name
    would have let it read. `reads`: all it reads now. `url`: the URL of a new login; None if the login existed.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    reads: tuple[str, ...]
    url: URL | None


@dataclass(frozen=True)
class RemovedReader:
    """The result of `remove_reader`.

    `is_gone`: the server has no such login any more; `hold`: what prevents dropping the login.
    """

    removed: tuple[str, ...]
    left: tuple[str, ...]
    is_gone: bool
    hold: logins.Hold


def list_readers(fleet: Connection) -> list[Reader]:
    """List the logins that read here, by name; needs the fleet role."""
    rights = (
        select(ReaderLogin.login, RestaurantRow.slug, ReaderLogin.created_at)
        .join(RestaurantRow, RestaurantRow.id == ReaderLogin.restaurant_id)
        .order_by(RestaurantRow.slug)
    )
    rows = fleet.execute(rights).all()
    connecting = logins.connecting_logins(fleet)
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
    """Create a login that reads these restaurants, or let an existing one read them too. Idempotent.

    The transaction that creates the login commits last; until then its rows in `reader_logins` admit nobody. Such rows
    can outlive a login that was dropped by hand or that a restored database knew. If the login could not connect here
    before, they are removed first.

    Raises:
        PermanentError: the name is not valid or belongs to another role, a restaurant is unknown, or the admin login
            may not create logins.
    """
    logins.check_name(login)
    with store.fleet() as fleet:
        restaurants = [find_restaurant(fleet, slug) for slug in dict.fromkeys(slugs)]
    with logins.administering(store) as admin:
        found = logins.find_login(admin, login)
        could_connect = found is not None and found.may_connect
        removed = () if could_connect else _withdraw_others(store, restaurants, login)
        password = logins.new_password(store)
        if found is None:
            logins.make_login(admin, login, password)
            note_operator_act(admin, store.settings, "readers.make_login", login)
        logins.let_connect(admin, login)
        added = tuple(restaurant.slug for restaurant in restaurants if _admit(store, restaurant, login))
        with store.fleet() as fleet:
            reads = _slugs(fleet, login)
    return AddedReader(added, removed, reads, logins.login_url(store, login, password) if found is None else None)


def remove_reader(store: Store, login: str, slugs: Sequence[str] = ()) -> RemovedReader:
    """Take restaurants from a login (all if none is named), and remove a login that has none left. Idempotent.

    Raises:
        PermanentError: the login or a restaurant is unknown, or the login is not a reader's.
    """
    logins.check_name(login)
    with store.fleet() as fleet:
        named = [find_restaurant(fleet, slug) for slug in slugs]
        read = [find_restaurant(fleet, slug) for slug in _slugs(fleet, login)]
    with logins.administering(store) as admin:
        exists = logins.find_login(admin, login) is not None
        if not exists and not read:
            raise _unknown(login)
        removed = tuple(r.slug for r in named or read if _withdraw(store, r, login))
        with store.fleet() as fleet:
            left = _slugs(fleet, login)
        if exists and not left:
            logins.let_connect_no_more(admin, login)
    hold = None
    if exists and not left:
        # Ending its sessions is final only when the login can no longer connect.
        with logins.administering(store) as admin:
            hold = logins.drop_login(admin, login)
            if hold is None:
                note_operator_act(admin, store.settings, "readers.drop_login", login)
    return RemovedReader(removed, left, not left and hold is None, hold or logins.Hold())


def set_reader_password(store: Store, login: str) -> URL:
    """Give a login a new password; return the URL to connect with, which contains it.

    Raises:
        PermanentError: the login is unknown here, or the server uses no passwords.
    """
    logins.check_name(login)
    password = logins.new_password(store)
    if password is None:
        raise PermanentError(
            "Flux logs in to this server without a password, so there is none to set. Name a server of your own, with "
            "a password, in FLUX_DATABASE_URL."
        )
    with store.fleet() as fleet:
        read = _slugs(fleet, login)
    with logins.administering(store) as admin:
        if not read or logins.find_login(admin, login) is None:
            raise _unknown(login)
        logins.change_password(admin, login, password)
        note_operator_act(admin, store.settings, "readers.set_password", login)
    return logins.login_url(store, login, password)


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
        existed = tx.connection.execute(delete(ReaderLogin).where(ReaderLogin.login == login)).rowcount == 1
        if existed:
            note_act(tx, "readers.remove", login)
    return existed


def _withdraw_others(store: Store, restaurants: Sequence[Restaurant], login: str) -> tuple[str, ...]:
    """Take all restaurants except these from a login; return those that it had."""
    with store.fleet() as fleet:
        read = [find_restaurant(fleet, slug) for slug in _slugs(fleet, login)]
    return tuple(r.slug for r in read if r not in restaurants and _withdraw(store, r, login))


def _slugs(fleet: Connection, login: str) -> tuple[str, ...]:
    query = select(RestaurantRow.slug).join(ReaderLogin, ReaderLogin.restaurant_id == RestaurantRow.id)
    return tuple(fleet.scalars(query.where(ReaderLogin.login == login).order_by(RestaurantRow.slug)))


def _unknown(login: str) -> PermanentError:
    return PermanentError(f"No login {login!r} reads here. `flux readers list` shows the logins that do.")
