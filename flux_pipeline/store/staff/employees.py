"""Loader of files of employees. Messages and accounting name lines and roles, never a person."""

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
from flux_pipeline.store.uploads.registry import Upload, accounting_of

VALUES = (
    "name",
    "email",
    "employee_role_id",
    "hourly_rate",
    "min_weekly_hours",
    "max_weekly_hours",
    "performance_score",
    "training_completed",
    "is_active",
)
# The table's defaults for a new person whose row has no value.
DEFAULTS = {
    "min_weekly_hours": Decimal(0),
    "max_weekly_hours": Decimal(40),
    "training_completed": False,
    "is_active": True,
}
# Flags are never empty in a parsed row; without such a column in the file they are not taken from it.
FLAGS = ("training_completed", "is_active")
DECIMALS = {"hourly_rate": 2, "min_weekly_hours": 2, "max_weekly_hours": 2, "performance_score": 3}


def load_employees(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Add a file's new people, and change stored people whose values differ in the file.

    Idempotent: a person is recognised by the email address, without one by the name, and one whose values are the same
    is left unchanged. People who are not in the file stay; `is_active` is false for those who have left.

    Args:
        tx: the restaurant's transaction.
        upload: the file.
        parsed: rows with name, role, email and the rest of the contract.

    Raises:
        PermanentError: a role is unknown (a list of people does not give its productivity), a name means several
            people, or somebody's fewest hours would be above the most.
    """
    roles = _roles(tx)
    given_flags = [name for name in FLAGS if name in parsed.detected_format["columns"]]
    roster = _Roster()
    stored = select(Employee.id, *[getattr(Employee, name) for name in VALUES]).order_by(Employee.id)
    for person in tx.connection.execute(stored).mappings():
        roster.add(person["id"], {name: person[name] for name in VALUES})
    changed_rows = 0
    for row in as_records(parsed.rows):
        line = row["line_number"]
        given = _given_values(row, given_flags) | {"employee_role_id": _role(roles, row["role"], line)}
        changed_rows += roster.take(given, line)
    if roster.new:
        rows = [{"restaurant_id": tx.restaurant.id, "id": key, **roster.people[key]} for key in roster.new]
        tx.connection.execute(insert(Employee), rows)
    if roster.changed:
        statement = update(Employee).where(Employee.id == bindparam("person"))
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in VALUES}
        rows = [_prefixed(key, roster.people[key]) for key in roster.changed]
        tx.connection.execute(statement.values(values), rows)
    return accounting_of(parsed, written=changed_rows)


@dataclass
class _Roster:
    """People by their keys, while a file's rows are applied one after the other."""

    people: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)
    new: dict[uuid.UUID, None] = field(default_factory=dict)
    changed: dict[uuid.UUID, None] = field(default_factory=dict)
    _by_email: dict[str, uuid.UUID] = field(default_factory=dict)
    _by_name: dict[str, list[uuid.UUID]] = field(default_factory=dict)

    def add(self, key: uuid.UUID, values: dict[str, Any]) -> None:
        """Add a person, stored or new."""
        self.people[key] = values
        self._by_name.setdefault(fold_name(values["name"]), []).append(key)
        if values["email"]:
            self._by_email[values["email"].casefold()] = key

    def take(self, given: Mapping[str, Any], line: int) -> bool:
        """Apply the values of a row; return whether they change anything."""
        key = self._find(given, line)
        before = dict.fromkeys(VALUES) | DEFAULTS if key is None else self.people[key]
        after = {**before, **given}
        if after["min_weekly_hours"] > after["max_weekly_hours"]:
            raise PermanentError(
                f"Line {line}: the fewest hours a week would be {_hours(after['min_weekly_hours'])} and the most "
                f"{_hours(after['max_weekly_hours'])}; expected as many or fewer. Give both in the file."
            )
        if key is None:
            key = uuid.uuid4()
            self.new[key] = None
            self.add(key, after)
            return True
        if after == before:
            return False
        self.people[key] = after
        if after["email"]:
            self._by_email[after["email"].casefold()] = key
        if key not in self.new:
            self.changed[key] = None
        return True

    def _find(self, given: Mapping[str, Any], line: int) -> uuid.UUID | None:
        email = given.get("email")
        if email and email.casefold() in self._by_email:
            return self._by_email[email.casefold()]
        same = self._by_name.get(fold_name(given["name"]), [])
        # A person with another address is somebody else of the same name.
        same = [key for key in same if not email or not self.people[key]["email"]]
        if len(same) > 1:
            raise PermanentError(
                f"Line {line}: {len(same)} people have this name; expected an email address that identifies one. Add "
                "it to the file and send it again."
            )
        return same[0] if same else None


def _roles(tx: Tenant) -> dict[str, tuple[uuid.UUID, str]]:
    found = tx.connection.execute(select(EmployeeRole.name, EmployeeRole.id).order_by(EmployeeRole.name))
    return {fold_name(name): (role_id, name) for name, role_id in found}


def _role(roles: Mapping[str, tuple[uuid.UUID, str]], name: str, line: int) -> uuid.UUID:
    if fold_name(name) not in roles:
        known = ", ".join(known for _, known in roles.values()) or "none yet"
        raise PermanentError(
            f"Line {line}: unknown role {name!r}; this restaurant has {known}. Correct the role, or add it to "
            "employee_roles with its productivity per hour, and send the file again."
        )
    return roles[fold_name(name)][0]


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
