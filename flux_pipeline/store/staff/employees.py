"""Loaders of files of employees and of their skills. Messages and accounting name lines and roles, never a person."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.names import fold_name
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import Employee, EmployeeRole
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.staff.people import KnownPeople, find_in_file, several_named
from flux_pipeline.store.staff.skills import give_skills, split_names
from flux_pipeline.store.uploads.registry import Upload, accounting_of

VALUES = (
    "name",
    "email",
    "employee_role_id",
    "hourly_rate",
    "min_weekly_hours",
    "max_weekly_hours",
    "contract_weekly_hours",
    "performance_score",
    "training_completed",
    "is_active",
)
# The table's defaults for a new person whose row has no value.
DEFAULTS: Mapping[str, Any] = {
    "min_weekly_hours": Decimal(0),
    "max_weekly_hours": Decimal(40),
    "training_completed": False,
    "is_active": True,
}
# Flags are never empty in a parsed row; without such a column in the file they are not taken from it.
FLAGS = ("training_completed", "is_active")
DECIMALS = {
    "hourly_rate": 2,
    "min_weekly_hours": 2,
    "max_weekly_hours": 2,
    "contract_weekly_hours": 2,
    "performance_score": 3,
}


def load_employees(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Add a file's new people, and change stored people whose values differ in the file.

    Idempotent: a person is recognised by the email address, without one by the name, and one whose values are the same
    is left unchanged. People who are not in the file stay; `is_active` is false for those who have left. Skills are
    added, and of several roles in a cell all but the first: none is taken away.

    Args:
        tx: the restaurant's transaction.
        upload: the file.
        parsed: rows with name, role, email and the rest of the contract.

    Raises:
        PermanentError: a role is unknown (a list of people does not give its productivity), a name means several
            people, or somebody's fewest or contract hours would be above the most.
    """
    roles = known_roles(tx)
    given_flags = [name for name in FLAGS if name in parsed.detected_format["columns"]]
    roster = _Roster()
    stored = select(Employee.id, *[getattr(Employee, name) for name in VALUES]).order_by(Employee.id)
    for person in tx.connection.execute(stored).mappings():
        roster.add(person["id"], {name: person[name] for name in VALUES})
    changed_lines: set[int] = set()
    skills: dict[tuple[uuid.UUID, str], int] = {}
    for row in as_records(parsed.rows):
        line = row["line_number"]
        role, *others = _roles_of_row(roles, row["role"], line)
        key, is_changed = roster.take(_given_values(row, given_flags) | {"employee_role_id": role}, line)
        changed_lines |= {line} if is_changed else set()
        skills |= {(key, name): line for name in (*others, *split_names(row["skills"] or ""))}
    if roster.new:
        rows = [{"restaurant_id": tx.restaurant.id, "id": key, **roster.people[key]} for key in roster.new]
        tx.connection.execute(insert(Employee), rows)
    if roster.changed:
        statement = update(Employee).where(Employee.id == bindparam("person"))
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in VALUES}
        rows = [_prefixed(key, roster.people[key]) for key in roster.changed]
        tx.connection.execute(statement.values(values), rows)
    changed_lines |= {skills[key] for key in give_skills(tx, dict.fromkeys(skills))}
    return accounting_of(parsed, written=len(changed_lines))


def load_skills(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Give people the skills of a file. Idempotent: a skill with the same level is left unchanged.

    Skills that are not in the file stay; `flux employees skill` removes one. A line without a level keeps a stored one.

    Raises:
        PermanentError: lines name people who are unknown, or a name that several people have.
    """
    rows = as_records(parsed.rows)
    people = find_in_file(tx, rows)
    levels = [
        {(person, name): row["level"] for name in split_names(row["skill"])}
        for person, row in zip(people, rows, strict=True)
    ]
    changed = give_skills(tx, {key: level for of_row in levels for key, level in of_row.items()})
    return accounting_of(parsed, written=sum(not changed.isdisjoint(of_row) for of_row in levels))


@dataclass
class _Roster:
    """People by their keys, while a file's rows are applied one after the other."""

    people: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)
    new: dict[uuid.UUID, None] = field(default_factory=dict)
    changed: dict[uuid.UUID, None] = field(default_factory=dict)
    _known: KnownPeople = field(default_factory=KnownPeople)

    def add(self, key: uuid.UUID, values: dict[str, Any]) -> None:
        """Add a person, stored or new."""
        self.people[key] = values
        self._known.add(key, values["name"], values["email"])

    def take(self, given: Mapping[str, Any], line: int) -> tuple[uuid.UUID, bool]:
        """Apply the values of a row; return the person, and whether the values change anything."""
        key = self._find(given, line)
        before = _new_values(given) if key is None else self.people[key]
        after = {**before, **given}
        _check_hours(after, line)
        if key is None:
            key = uuid.uuid4()
            self.new[key] = None
            self.add(key, after)
            return key, True
        if after == before:
            return key, False
        self.people[key] = after
        self._known.add_address(key, after["email"])
        if key not in self.new:
            self.changed[key] = None
        return key, True

    def _find(self, given: Mapping[str, Any], line: int) -> uuid.UUID | None:
        email = given.get("email")
        if email and (key := self._known.with_address(email)):
            return key
        # A person with another address is somebody else of the same name.
        same = [key for key in self._known.named(given["name"]) if not email or not self.people[key]["email"]]
        if len(same) > 1:
            raise several_named(line, len(same))
        return same[0] if same else None


def _new_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a new person; the most hours are at least those of the contract."""
    most = max(DEFAULTS["max_weekly_hours"], given.get("contract_weekly_hours", 0))
    return {**dict.fromkeys(VALUES), **DEFAULTS, "max_weekly_hours": most}


def _check_hours(person: Mapping[str, Any], line: int) -> None:
    for name, words in (("min_weekly_hours", "fewest hours"), ("contract_weekly_hours", "contract hours")):
        if (person[name] or 0) > person["max_weekly_hours"]:
            raise PermanentError(
                f"Line {line}: the {words} a week would be {_hours(person[name])} and the most "
                f"{_hours(person['max_weekly_hours'])}; expected as many or fewer. Give both in the file."
            )


def known_roles(tx: Tenant) -> dict[str, tuple[uuid.UUID, str]]:
    """Return the id and the name of each role by its folded name."""
    found = tx.connection.execute(select(EmployeeRole.name, EmployeeRole.id).order_by(EmployeeRole.name))
    return {fold_name(name): (role_id, name) for name, role_id in found}


def find_role(roles: Mapping[str, tuple[uuid.UUID, str]], name: str, line: int) -> uuid.UUID:
    """Return the role of a name in a line of a file; raise PermanentError if it is unknown."""
    if fold_name(name) not in roles:
        known = ", ".join(known for _, known in roles.values()) or "none yet"
        raise PermanentError(
            f"Line {line}: unknown role {name!r}; this restaurant has {known}. Correct the role, or add it with "
            "`flux roles add NAME --items-per-hour N`, and send the file again."
        )
    return roles[fold_name(name)][0]


def _roles_of_row(roles: Mapping[str, tuple[uuid.UUID, str]], text: str, line: int) -> list[Any]:
    """Return the id of the role that a cell names, and the names of others after it: "Bar, Service"."""
    if fold_name(text) in roles:
        return [roles[fold_name(text)][0]]
    first, *others = split_names(text) or [text]
    for name in others:
        find_role(roles, name, line)
    return [find_role(roles, first, line), *others]


def _given_values(row: Mapping[str, Any], given_flags: list[str]) -> dict[str, Any]:
    """Return the values that a row gives, as the table stores them."""
    names = [name for name in VALUES if name in row and (name not in FLAGS or name in given_flags)]
    return {name: _kept(name, row[name]) for name in names if row[name] is not None}


def _kept(name: str, value: Any) -> Any:
    if name in DECIMALS:
        return round(Decimal(repr(float(value))), DECIMALS[name])
    return bool(value) if name in FLAGS else value


def _hours(value: Decimal) -> str:
    return f"{float(value):g}"


def _prefixed(key: uuid.UUID, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"person": key, **{f"new_{name}": value for name, value in values.items()}}
