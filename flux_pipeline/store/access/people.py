"""People: who they are, whether they may log in, and where they work. Passwords are hashed in `passwords`.

`users` belongs to no restaurant and only the owner writes it; who works where is the restaurant's own row.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access.passwords import check_password, hash_password
from flux_pipeline.store.door import Store
from flux_pipeline.store.models.access import RestaurantMember
from flux_pipeline.store.models.access import User as UserRow
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import note_act, note_operator_act

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
# The longest address that mail can be sent to (RFC 5321, 4.5.3.1.3, without its brackets).
LONGEST_EMAIL = 254
ZERO_WIDTH_JOINER, ZERO_WIDTH_NON_JOINER = "\u200d", "\u200c"

COLUMNS = (
    UserRow.id,
    UserRow.email,
    UserRow.full_name,
    UserRow.role,
    UserRow.is_active,
    UserRow.hashed_password.is_not(None).label("has_password"),
)


@dataclass(frozen=True)
class User:
    """A person. `memberships` is the role by the slug of the restaurant, of those that were asked for."""

    id: uuid.UUID
    email: str
    full_name: str | None
    role: str
    is_active: bool
    has_password: bool
    memberships: Mapping[str, str]


def fold_email(text: str) -> str:
    """An address as it is stored: in lower case, so that one person is one row.

    Raises:
        PermanentError: it is no address.
    """
    email = text.strip().lower()
    if not EMAIL.fullmatch(email) or not email.isprintable() or len(email) > LONGEST_EMAIL:
        raise PermanentError(f"{text!r} is no email address; it should be like 'kim@bistro.example'.")
    return email


def clean_name(text: str) -> str:
    """A name as it is stored: without space around it.

    Raises:
        PermanentError: nothing is left of it, or it has characters that nobody sees.
    """
    name = text.strip()
    if not name:
        raise PermanentError("The name is empty; say what people call them, like --name 'Kim Lee'.")
    # Joiners are part of how names are written in Persian and in the languages of India.
    if not name.replace(ZERO_WIDTH_JOINER, "").replace(ZERO_WIDTH_NON_JOINER, "").isprintable():
        raise PermanentError(f"The name {name!r} has characters that nobody sees; type it without them.")
    return name


def find_user(fleet: Connection, email: str, *, for_update: bool = False) -> User:
    """The person of that address, in whatever case it is written; with `for_update` nobody else may change them.

    Raises:
        PermanentError: there is none.
    """
    row = _found(fleet, email, for_update=for_update)
    if row is None:
        raise PermanentError(
            f"Nobody has the address {fold_email(email)}. `flux users list` shows who there is; add somebody with "
            "`flux users add`."
        )
    return _user(row, {})


def refuse_known(fleet: Connection, email: str) -> None:
    """Raise PermanentError where somebody has that address already."""
    if _found(fleet, email) is not None:
        raise _known(email)


def list_users(fleet: Connection, slug: str | None = None) -> list[User]:
    """Everybody by address, with where they work; or who works at one restaurant, with that membership only."""
    query = (
        select(*COLUMNS, RestaurantRow.slug, RestaurantMember.role.label("member_role"))
        .outerjoin(RestaurantMember, RestaurantMember.user_id == UserRow.id)
        .outerjoin(RestaurantRow, RestaurantRow.id == RestaurantMember.restaurant_id)
        .order_by(UserRow.email, RestaurantRow.slug)
    )
    if slug is not None:
        query = query.where(RestaurantRow.slug == slug)
    rows = fleet.execute(query).mappings().all()
    memberships: dict[uuid.UUID, dict[str, str]] = {row["id"]: {} for row in rows}
    for row in rows:
        if row["slug"] is not None:
            memberships[row["id"]][row["slug"]] = row["member_role"]
    return [_user(row, memberships[row["id"]]) for row in {row["id"]: row for row in rows}.values()]


def add_user(store: Store, email: str, full_name: str, role: str, password: str | None) -> None:
    """Add a person.

    Args:
        store: the store.
        email: the address, in any case.
        full_name: what people call them; see `clean_name`.
        role: "admin", "manager" or "staff".
        password: None: cannot log in until one is set.

    Raises:
        PermanentError: the address is taken or none, or the name or the password is refused.
    """
    values: dict[str, Any] = {"email": fold_email(email), "full_name": clean_name(full_name), "role": role}
    hashed = None if password is None else _hashed(password, values["email"])
    with store.transaction(Role.OWNER) as owner:
        query = postgresql.insert(UserRow).values(**values, hashed_password=hashed)
        query = query.on_conflict_do_nothing(index_elements=["email"])
        if owner.scalar(query.returning(UserRow.id)) is None:
            raise _known(email)
        after = {"full_name": values["full_name"], "role": role, "has_password": hashed is not None}
        note_operator_act(owner, store.settings, "users.add", values["email"], after=after)


@dataclass(frozen=True)
class ChangedUser:
    """A person before and after a change; the same where nothing was to be changed."""

    before: User
    after: User


def change_user(store: Store, email: str, *, full_name: str | None = None, role: str | None = None) -> ChangedUser:
    """Give a person another name or another role in the group. Idempotent: what is so already is not noted.

    Args:
        store: the store.
        email: the person's address.
        full_name: what people call them; None: as it is.
        role: "admin", "manager" or "staff"; None: as it is.

    Raises:
        PermanentError: nobody has that address, the name is refused, or neither is given.
    """
    if full_name is None and role is None:
        raise PermanentError("Nothing is to be changed: give --name, --role or both.")
    asked = {"full_name": None if full_name is None else clean_name(full_name), "role": role}
    with store.transaction(Role.OWNER) as owner:
        # Who changes the same person at once waits, so that what is noted as before was so.
        user = find_user(owner, email, for_update=True)
        before = {"full_name": user.full_name, "role": user.role}
        wanted = {name: value for name, value in asked.items() if value is not None}
        values: dict[str, Any] = {name: value for name, value in wanted.items() if value != before[name]}
        if values:
            owner.execute(update(UserRow).where(UserRow.id == user.id).values(**values))
            kept = {name: before[name] for name in values}
            note_operator_act(owner, store.settings, "users.change", user.email, kept, values)
    return ChangedUser(user, replace(user, **values))


def set_password(store: Store, email: str, password: str) -> None:
    """Give a person a new password; PermanentError where nobody has that address or the password is refused."""
    hashed = _hashed(password, fold_email(email))
    with store.transaction(Role.OWNER) as owner:
        user = find_user(owner, email)
        owner.execute(update(UserRow).where(UserRow.id == user.id).values(hashed_password=hashed))
        before, after = {"has_password": user.has_password}, {"has_password": True}
        note_operator_act(owner, store.settings, "users.set_password", user.email, before, after)


def set_active(store: Store, email: str, *, active: bool) -> bool:
    """Let a person log in, or no longer; whether that is a change. Where they work stays as it is."""
    with store.transaction(Role.OWNER) as owner:
        user = find_user(owner, email)
        query = update(UserRow).where(UserRow.id == user.id, UserRow.is_active != active).values(is_active=active)
        if owner.execute(query).rowcount == 0:
            return False
        action = "users.activate" if active else "users.deactivate"
        note_operator_act(owner, store.settings, action, user.email, {"is_active": not active}, {"is_active": active})
    return True


@dataclass(frozen=True)
class Membership:
    """Somebody's role at a restaurant before and after a change; None: no member."""

    before: str | None
    after: str | None


def join_restaurant(store: Store, email: str, slug: str, role: str | None = None) -> Membership:
    """Note that a person works at a restaurant, and as what.

    Args:
        store: the store.
        email: the person's address.
        slug: the restaurant's.
        role: "owner", "manager" or "staff"; None: the role they have there, "staff" for somebody new.

    Raises:
        PermanentError: there is no such person or restaurant.
    """
    with store.fleet() as fleet:
        user = find_user(fleet, email)
    with store.tenant(slug) as tx:
        tx.lock()
        before = tx.connection.scalar(select(RestaurantMember.role).where(RestaurantMember.user_id == user.id))
        after = role or before or "staff"
        if before is None:
            values = {"restaurant_id": tx.restaurant.id, "user_id": user.id, "role": after}
            tx.connection.execute(insert(RestaurantMember).values(values))
        elif after != before:
            changed = update(RestaurantMember).where(RestaurantMember.user_id == user.id)
            tx.connection.execute(changed.values(role=after))
        if after != before:
            note_act(tx, "users.join", user.email, before, after)
    return Membership(before, after)


def leave_restaurant(store: Store, email: str, slug: str) -> Membership:
    """Note that a person works at a restaurant no longer; PermanentError where there is no such one of either."""
    with store.fleet() as fleet:
        user = find_user(fleet, email)
    with store.tenant(slug) as tx:
        gone = delete(RestaurantMember).where(RestaurantMember.user_id == user.id)
        before = tx.connection.scalar(gone.returning(RestaurantMember.role))
        if before is not None:
            note_act(tx, "users.leave", user.email, before)
    return Membership(before, None)


def _hashed(password: str, email: str) -> str:
    check_password(password, email)
    return hash_password(password)


def _found(connection: Connection, email: str, *, for_update: bool = False) -> RowMapping | None:
    query = select(*COLUMNS).where(UserRow.email == fold_email(email))
    if for_update:
        query = query.with_for_update()
    return connection.execute(query).mappings().one_or_none()


def _known(email: str) -> PermanentError:
    return PermanentError(
        f"{fold_email(email)} is there already. `flux users set-password` gives a new password, `flux users join` a "
        "place to work."
    )


def _user(row: RowMapping, memberships: Mapping[str, str]) -> User:
    values = {column.key: row[column.key] for column in COLUMNS}
    return User(**values, memberships=memberships)
