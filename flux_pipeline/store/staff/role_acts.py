"""Acts on roles: a person adds one or changes what it needs; every change is logged. Listing them is here too.

This module does without numpy and pandas, so that the commands need not wait for them.
"""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import RowMapping, and_, collate, func, insert, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name
from flux_pipeline.staffing.settings import RoleDefaults
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import Employee, EmployeeRole, EmployeeSkill, Skill
from flux_pipeline.store.records.acts import note_act
from flux_pipeline.wording import shown_name

# The settings call the rate of a role otherwise than its table.
RATE = "productivity_per_hour"
COLUMNS = tuple("items_per_hour" if name == RATE else name for name in RoleDefaults.model_fields)


class RosterRole(NamedTuple):
    """A role of the roster, and how many active people have it."""

    name: str
    items_per_hour: float
    minutes_per_open_hour: float
    minimum_heads: int
    maximum_heads: int | None
    heads_by: str
    opening_minutes: float
    closing_minutes: float
    prep_share: float
    channels: list[str] | None
    required_skills: list[str]
    hourly_cost: float | None
    is_active: bool
    people: int


def list_roles(tx: Tenant) -> list[RosterRole]:
    """List the restaurant's roles, active ones first, by name."""
    has_it = and_(Employee.employee_role_id == EmployeeRole.id, Employee.is_active)
    people = select(func.count()).where(has_it).scalar_subquery().label("people")
    table = EmployeeRole.__table__.c
    query = select(*(table[name] for name in RosterRole._fields[:-1]), people)
    query = query.order_by(table.is_active.desc(), collate(table.name, "C"))
    return [RosterRole(**_plain(row)) for row in tx.connection.execute(query).mappings()]


def add_role(tx: Tenant, values: Mapping[str, Any]) -> str:
    """Add a role and log it; return its name as it is stored.

    Args:
        tx: the restaurant's transaction.
        values: its name and rate, and further `COLUMNS`.

    Raises:
        PermanentError: the restaurant has a role of that name, or a value is out of bounds.
    """
    tx.lock()
    role = _checked(tx, values)
    _refuse_taken(tx, role.name)
    tx.connection.execute(insert(EmployeeRole).values(restaurant_id=tx.restaurant.id, **as_columns(role)))
    note_act(tx, "roles.add", role.name, after=_stored(tx, _find(tx, role.name)[0]))
    return role.name


def change_role(tx: Tenant, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Change a role and log it; return its values that are different now, by column. Idempotent.

    Args:
        tx: the restaurant's transaction.
        name: the role; upper and lower case are alike.
        values: new values of `COLUMNS` and `is_active`.

    Raises:
        PermanentError: no role has that name, the new name is taken, or a value is out of bounds.
    """
    tx.lock()
    role_id, stored_name = _find(tx, name)
    before = _stored(tx, role_id)
    given = dict(values)
    is_active = given.pop("is_active", before["is_active"])
    role = _checked(tx, {key: before[key] for key in COLUMNS} | given)
    if fold_name(role.name) != fold_name(stored_name):
        _refuse_taken(tx, role.name)
    new = {key: value for key, value in as_columns(role).items() if key in given} | {"is_active": is_active}
    tx.connection.execute(update(EmployeeRole).where(EmployeeRole.id == role_id).values(new))
    after = _stored(tx, role_id)
    changed = {key: after[key] for key in after if after[key] != before[key]}
    if changed:
        note_act(tx, "roles.set", stored_name, {key: before[key] for key in changed}, changed)
    return changed


def skills_nobody_has(tx: Tenant, names: Sequence[str]) -> list[str]:
    """Return those of the skills that no active person has."""
    had = (
        select(Skill.name)
        .join(EmployeeSkill, EmployeeSkill.skill_id == Skill.id)
        .join(Employee, and_(Employee.id == EmployeeSkill.employee_id, Employee.is_active))
        .distinct()
    )
    found = {fold_name(name) for name in tx.connection.scalars(had)}
    return [name for name in names if fold_name(name) not in found]


def unknown_role(tx: Tenant, name: str) -> PermanentError:
    """Return the error that no role has a name; it suggests those that are spelled nearly like it."""
    known = {fold_name(each): each for each in tx.connection.scalars(select(EmployeeRole.name))}
    near = [known[each] for each in get_close_matches(fold_name(name), known, n=3)]
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    slug = tx.restaurant.slug
    return PermanentError(
        f"{slug} has no role {shown_name(name)!r}; expected one of: {', '.join(sorted(known.values())) or 'none yet'}."
        f"{meant} Add it with `flux roles add NAME --items-per-hour N --restaurant {slug}`."
    )


def as_columns(role: RoleDefaults) -> dict[str, Any]:
    """Return a role's values by column of its table."""
    values = role.model_dump(mode="json")
    return {"items_per_hour": values.pop(RATE), **values}


def _checked(tx: Tenant, values: Mapping[str, Any]) -> RoleDefaults:
    """Return the values within their bounds; raise PermanentError with what was found and expected."""
    given = {RATE if key == "items_per_hour" else key: value for key, value in values.items()}
    given["name"] = " ".join(given["name"].split())
    given["required_skills"] = _spelled(tx, given.get("required_skills") or ())
    try:
        return RoleDefaults(**given)
    except ValidationError as exc:
        wrong = "; ".join(_in_words(error) for error in exc.errors())
        raise PermanentError(
            f"The role {shown_name(given['name'])!r} can't be stored: {wrong}. Correct it and try again."
        ) from exc


def _in_words(error: Any) -> str:
    if not error["loc"]:
        return str(error["msg"]).removeprefix("Value error, ")
    column = "items_per_hour" if error["loc"][0] == RATE else error["loc"][0]
    expected = str(error["msg"]).removeprefix("Input should be ").removeprefix("String should have ")
    return f"{column} is {error['input']!r}; expected {expected}"


def _spelled(tx: Tenant, skills: Sequence[str]) -> tuple[str, ...]:
    """Return skills as they are stored, each once; one that isn't stored yet as it was given."""
    stored = {fold_name(name): name for name in tx.connection.scalars(select(Skill.name))}
    given = {fold_name(name): " ".join(name.split()) for name in skills}
    return tuple(stored.get(key, name) for key, name in given.items())


def _find(tx: Tenant, name: str) -> tuple[uuid.UUID, str]:
    rows = tx.connection.execute(select(EmployeeRole.id, EmployeeRole.name))
    for role_id, stored in rows:
        if fold_name(stored) == fold_name(name):
            return role_id, stored
    raise unknown_role(tx, name)


def _refuse_taken(tx: Tenant, name: str) -> None:
    taken = {fold_name(each): each for each in tx.connection.scalars(select(EmployeeRole.name))}
    if fold_name(name) in taken:
        raise PermanentError(
            f"{tx.restaurant.slug} has the role {taken[fold_name(name)]!r} already; expected another name. Change that "
            f"role with `flux roles set`, or choose another name."
        )


def _stored(tx: Tenant, role_id: uuid.UUID) -> dict[str, Any]:
    """Return a role's values as JSON."""
    table = EmployeeRole.__table__.c
    query = select(*(table[name] for name in (*COLUMNS, "is_active"))).where(table.id == role_id)
    return _plain(tx.connection.execute(query).mappings().one())


def _plain(row: RowMapping) -> dict[str, Any]:
    """Return a row with floats for the database's exact numbers."""
    return {str(key): float(value) if isinstance(value, Decimal) else value for key, value in row.items()}
