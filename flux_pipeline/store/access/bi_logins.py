"""Readers: logins of BI tools that read the rows of their restaurants and nothing else.

Which rows is decided by the policies, by `session_user` through `reader_logins`. A login belongs to the server, as the
roles of `bootstrap` do; see `reader_logins`, the module. Whatever step a crash prevents, a login is left with fewer
rights than were asked for, and the same command again completes it.
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
    """A login and what it reads here. One that can't connect, or reads nothing, was left half way by a crash."""

    login: str
    slugs: tuple[str, ...]
    since: dt.datetime | None
    may_connect: bool


@dataclass(frozen=True)
class AddedReader:
    """What became of `add_reader`.

    `added` is what it reads more, `removed` what rows of an earlier login of that name would have let it read, `reads`
    all that it reads now. `url` is where a new login connects (None: it was there).
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    reads: tuple[str, ...]
    url: URL | None


@dataclass(frozen=True)
class RemovedReader:
    """What became of `remove_reader`. `is_gone`: the login is no more on this server; `hold`: why it still is."""

    removed: tuple[str, ...]
    left: tuple[str, ...]
    is_gone: bool
    hold: logins.Hold


def list_readers(fleet: Connection) -> list[Reader]:
    """The logins that read here, by name; needs the fleet role."""
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
    """Make a login that reads these restaurants, or let one that is there read them too. Idempotent.

    The login comes into being last: until then its rows in `reader_logins` admit nobody. Rows may outlive a login that
    was dropped by hand or that a restored database knew; for one that could not connect here they are taken back first.

    Raises:
        PermanentError: the name is of the wrong form or somebody else's, there is no such restaurant, or the admin
            login may not make logins.
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
    """Take restaurants from a login, all where none is named; without any left it is removed. Idempotent.

    Raises:
        PermanentError: there is no such login, it is somebody else's, or there is no such restaurant.
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
        # Only once nobody can connect as it any more, its sessions are ended for good.
        with logins.administering(store) as admin:
            hold = logins.drop_login(admin, login)
            if hold is None:
                note_operator_act(admin, store.settings, "readers.drop_login", login)
    return RemovedReader(removed, left, not left and hold is None, hold or logins.Hold())


def set_reader_password(store: Store, login: str) -> URL:
    """Give a login a new password; returns where to connect, with it.

    Raises:
        PermanentError: there is no such login here, or the server asks for no passwords.
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
        was_there = tx.connection.execute(delete(ReaderLogin).where(ReaderLogin.login == login)).rowcount == 1
        if was_there:
            note_act(tx, "readers.remove", login)
    return was_there


def _withdraw_others(store: Store, restaurants: Sequence[Restaurant], login: str) -> tuple[str, ...]:
    """Take every restaurant but these from a login; which it had."""
    with store.fleet() as fleet:
        read = [find_restaurant(fleet, slug) for slug in _slugs(fleet, login)]
    return tuple(r.slug for r in read if r not in restaurants and _withdraw(store, r, login))


def _slugs(fleet: Connection, login: str) -> tuple[str, ...]:
    query = select(RestaurantRow.slug).join(ReaderLogin, ReaderLogin.restaurant_id == RestaurantRow.id)
    return tuple(fleet.scalars(query.where(ReaderLogin.login == login).order_by(RestaurantRow.slug)))


def _unknown(login: str) -> PermanentError:
    return PermanentError(f"No login {login!r} reads here. `flux readers list` shows those that do.")
