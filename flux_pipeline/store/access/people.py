"""People: their names and roles, their right to log in, and their restaurants. `passwords` hashes their passwords.

The table `users` belongs to no restaurant and only the owner role writes it; a membership is the restaurant's own row.
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
    """A person. `memberships` maps restaurants' slugs to the person's role there, for the restaurants queried."""

    id: uuid.UUID
    email: str
    full_name: str | None
    role: str
    is_active: bool
    has_password: bool
    memberships: Mapping[str, str]


def fold_email(text: str) -> str:
    """Return an address as it is stored: in lower case, so that one person is one row.

    Raises:
        PermanentError: it is not a valid address.
    """
    email = text.strip().lower()
    if not EMAIL.fullmatch(email) or not email.isprintable() or len(email) > LONGEST_EMAIL:
        raise PermanentError(f"{text!r} is not a valid email address. Give one like 'kim@bistro.example'.")
    return email


def clean_name(text: str) -> str:
    """Return a name as it is stored: without space around it.

    Raises:
        PermanentError: the name is empty, or has invisible characters.
    """
    name = text.strip()
    if not name:
        raise PermanentError("The name is empty. Give the name that people use, like --name 'Kim Lee'.")
    # Joiners are part of how names are written in Persian and in the languages of India.
    if not name.replace(ZERO_WIDTH_JOINER, "").replace(ZERO_WIDTH_NON_JOINER, "").isprintable():
        raise PermanentError(f"The name {name!r} has invisible characters. Type it without them.")
    return name


def find_user(fleet: Connection, email: str, *, for_update: bool = False) -> User:
    """Return the person of that address, upper or lower case alike; `for_update` locks the row against other changes.

    Raises:
        PermanentError: nobody has that address.
    """
    row = _found(fleet, email, for_update=for_update)
    if row is None:
        raise PermanentError(
            f"Nobody has the address {fold_email(email)}. `flux users list` shows everybody; add a person with "
            "`flux users add`."
        )
    return _user(row, {})


def refuse_known(fleet: Connection, email: str) -> None:
    """Raise PermanentError if somebody has that address already."""
    if _found(fleet, email) is not None:
        raise _known(email)


def list_users(fleet: Connection, slug: str | None = None) -> list[User]:
    """List people by address with their memberships; with `slug`, that restaurant's people and that membership only."""
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
        full_name: the person's name; see `clean_name`.
        role: "admin", "manager" or "staff".
        password: the password, or None: the person can't log in until one is set.

    Raises:
        PermanentError: the address is taken or not valid, or the name or the password is refused.
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
    """A person before and after a change; both are equal if nothing changed."""

    before: User
    after: User


def change_user(store: Store, email: str, *, full_name: str | None = None, role: str | None = None) -> ChangedUser:
    """Give a person another name or another role in the group. Idempotent: a value that is already set is not logged.

    Args:
        store: the store.
        email: the person's address.
        full_name: the new name; None leaves it unchanged.
        role: "admin", "manager" or "staff"; None leaves it unchanged.

    Raises:
        PermanentError: nobody has that address, the name is refused, or neither is given.
    """
    if full_name is None and role is None:
        raise PermanentError("There is nothing to change. Give --name, --role or both.")
    given = {"full_name": None if full_name is None else clean_name(full_name), "role": role}
    with store.transaction(Role.OWNER) as owner:
        # A concurrent change of the same person waits, so that the values logged as "before" are right.
        user = find_user(owner, email, for_update=True)
        before = {"full_name": user.full_name, "role": user.role}
        wanted = {name: value for name, value in given.items() if value is not None}
        values: dict[str, Any] = {name: value for name, value in wanted.items() if value != before[name]}
        if values:
            owner.execute(update(UserRow).where(UserRow.id == user.id).values(**values))
            replaced = {name: before[name] for name in values}
            note_operator_act(owner, store.settings, "users.change", user.email, replaced, values)
    return ChangedUser(user, replace(user, **values))


def set_password(store: Store, email: str, password: str) -> None:
    """Give a person a new password; raise PermanentError if nobody has that address or the password is refused."""
    hashed = _hashed(password, fold_email(email))
    with store.transaction(Role.OWNER) as owner:
        user = find_user(owner, email)
        owner.execute(update(UserRow).where(UserRow.id == user.id).values(hashed_password=hashed))
        before, after = {"has_password": user.has_password}, {"has_password": True}
        note_operator_act(owner, store.settings, "users.set_password", user.email, before, after)


def set_active(store: Store, email: str, *, active: bool) -> bool:
    """Allow or forbid a person to log in; return whether that is a change. Memberships are left unchanged."""
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
    """A person's role at a restaurant before and after a change; None: not a member."""

    before: str | None
    after: str | None


def join_restaurant(store: Store, email: str, slug: str, role: str | None = None) -> Membership:
    """Record that a person works at a restaurant, and in which role.

    Args:
        store: the store.
        email: the person's address.
        slug: the restaurant's slug.
        role: "owner", "manager" or "staff"; None: the role they have there, "staff" for somebody new.

    Raises:
        PermanentError: the person or the restaurant is unknown.
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
    """Record that a person no longer works at a restaurant; raise PermanentError if either is unknown."""
    with store.fleet() as fleet:
        user = find_user(fleet, email)
    with store.tenant(slug) as tx:
        gone = delete(RestaurantMember).where(RestaurantMember.user_id == user.id)
        before = tx.connection.scalar(gone.returning(RestaurantMember.role))
        if before is not None:
            note_act(tx, "users.leave", user.email, before)
    return Membership(before, None)


def deciding_person(store: Store, slug: str, email: str | None) -> User:
    """Return the person who decides at a restaurant, by address; None for FLUX_ACTOR, if that is an address.

    Raises:
        PermanentError: nobody is named, or the person is not active, or neither works there nor is an admin.
    """
    given_email = email or (store.settings.actor if "@" in store.settings.actor else None)
    if given_email is None:
        raise PermanentError(
            "A decision needs a person. Name one with --by EMAIL, or set FLUX_ACTOR to the address. `flux users list` "
            "shows everybody."
        )
    with store.fleet() as fleet:
        person = find_user(fleet, given_email)
    if not person.is_active:
        raise PermanentError(f"{person.email} is not active and may not decide. `flux users activate` changes that.")
    with store.tenant(slug) as tx:
        works_here = select(RestaurantMember.id).where(RestaurantMember.user_id == person.id)
        if person.role != "admin" and tx.connection.scalar(works_here) is None:
            raise PermanentError(
                f"{person.email} does not work at {slug} and may not decide there. "
                f"If they do, record it with `flux users join {person.email} --restaurant {slug}`."
            )
    return person


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
        f"{fold_email(email)} already exists. `flux users set-password` gives a new password, `flux users join` a "
        "place to work."
    )


def _user(row: RowMapping, memberships: Mapping[str, str]) -> User:
    values = {column.key: row[column.key] for column in COLUMNS}
    return User(**values, memberships=memberships)
