"""Skills of people, with their levels. A skill with the name of a role lets a person work in that role too."""

import re
import uuid
from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import EmployeeRole, EmployeeSkill, Skill
from flux_pipeline.store.records.acts import Outcome, note_act
from flux_pipeline.store.staff.people import find_employee

LOWEST = 1
BETWEEN = re.compile(r"\s*[,;|\n]\s*")

# Levels by person and skill; None for one that was not given.
Levels = Mapping[tuple[uuid.UUID, str], int | None]


def employee_skills(tx: Tenant) -> dict[uuid.UUID, dict[str, int]]:
    """Return the levels of each person who has skills, by the name of the skill."""
    query = (
        select(EmployeeSkill.employee_id, Skill.name, EmployeeSkill.level)
        .join(Skill, Skill.id == EmployeeSkill.skill_id)
        .order_by(func.lower(Skill.name))
    )
    found: dict[uuid.UUID, dict[str, int]] = {}
    for employee_id, name, level in tx.connection.execute(query):
        found.setdefault(employee_id, {})[name] = level
    return found


def split_names(text: str) -> list[str]:
    """Return the names of a list such as "Grill, Bar"."""
    return [name for name in BETWEEN.split(text.strip()) if name]


def give_skills(tx: Tenant, levels: Levels) -> set[tuple[uuid.UUID, str]]:
    """Store the levels of people, and the skills that are new; return the keys that changed anything.

    A level None is that which is stored, else the lowest. Names are compared folded; the last of two of a skill counts.
    """
    names = _names_of_skills(tx)
    stored = {
        (person, fold_name(name)): level for person, of in employee_skills(tx).items() for name, level in of.items()
    }
    wanted: dict[tuple[uuid.UUID, str], int] = {}
    changed = set()
    for (person, name), level in levels.items():
        key = (person, fold_name(name))
        before = wanted.get(key, stored.get(key))
        wanted[key] = (before or LOWEST) if level is None else int(level)
        names.setdefault(key[1], name)
        if wanted[key] != stored.get(key):
            changed.add((person, name))
    new = {key: level for key, level in wanted.items() if stored.get(key) != level}
    if not new:
        return set()
    ids = _ids_of_skills(tx, {folded: names[folded] for _, folded in new})
    rows = [
        {"restaurant_id": tx.restaurant.id, "employee_id": person, "skill_id": ids[folded], "level": level}
        for (person, folded), level in new.items()
    ]
    statement = upsert(EmployeeSkill)
    key_columns = ["restaurant_id", "employee_id", "skill_id"]
    tx.connection.execute(
        statement.on_conflict_do_update(index_elements=key_columns, set_={"level": statement.excluded.level}), rows
    )
    return changed


def set_skill(tx: Tenant, text: str, skill: str, level: int | None) -> Outcome:
    """Give a person a skill, or change its level, and note the act.

    Raises:
        PermanentError: nobody or several people are meant.
    """
    tx.lock()
    person = find_employee(tx, text)
    before = employee_skills(tx).get(person.id, {})
    changed = give_skills(tx, {(person.id, skill.strip()): level})
    if changed:
        after = employee_skills(tx)[person.id]
        note_act(tx, "employees.skill", person.name, before or None, after)
    return Outcome(person.name, bool(changed))


def remove_skill(tx: Tenant, text: str, skill: str) -> Outcome:
    """Take a skill from a person, and note the act.

    Raises:
        PermanentError: nobody or several people are meant, or the person doesn't have the skill.
    """
    tx.lock()
    person = find_employee(tx, text)
    before = employee_skills(tx).get(person.id, {})
    name = next((name for name in before if fold_name(name) == fold_name(skill)), None)
    if name is None:
        raise PermanentError(
            f"{person.name} has no skill {skill!r}; expected one of: {', '.join(before) or 'none yet'}."
        )
    skill_id = select(Skill.id).where(Skill.name == name).scalar_subquery()
    own = (EmployeeSkill.employee_id == person.id) & (EmployeeSkill.skill_id == skill_id)
    tx.connection.execute(delete(EmployeeSkill).where(own))
    note_act(tx, "employees.skill", person.name, before, employee_skills(tx).get(person.id))
    return Outcome(person.name, True)


def _names_of_skills(tx: Tenant) -> dict[str, str]:
    """Return the spelling of each skill by its folded name: that of a role, if there is one, or of a stored skill."""
    names = {fold_name(name): name for name in tx.connection.scalars(select(EmployeeRole.name))}
    return names | {fold_name(name): name for name in tx.connection.scalars(select(Skill.name))}


def _ids_of_skills(tx: Tenant, names: Mapping[str, str]) -> dict[str, uuid.UUID]:
    """Return the id of each skill by its folded name; skills that are not stored yet are added."""
    stored = {fold_name(row.name): row.id for row in tx.connection.execute(select(Skill.name, Skill.id))}
    new = {folded: uuid.uuid4() for folded in names if folded not in stored}
    if new:
        rows = [{"restaurant_id": tx.restaurant.id, "id": new[folded], "name": names[folded]} for folded in new]
        tx.connection.execute(insert(Skill), rows)
    return stored | new
