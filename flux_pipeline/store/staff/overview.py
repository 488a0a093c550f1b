"""People as the commands list them: role, skills, hours, and when they can work in a few words.

This module does without pandas, so that these commands need not wait for it.
"""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from flux_pipeline.names import fold_name
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import Employee, EmployeeAvailability, EmployeeRole
from flux_pipeline.store.staff._words import Weekly, exception_in_words, week_in_words
from flux_pipeline.store.staff.exceptions import read_exceptions
from flux_pipeline.store.staff.people import Person
from flux_pipeline.store.staff.skills import employee_skills

# How far ahead exceptions are shown, and how many of them in a list.
DAYS_AHEAD = 60
EXCEPTIONS_SHOWN = 3
COLUMNS = (
    Employee.id,
    Employee.name,
    EmployeeRole.name.label("role"),
    Employee.min_weekly_hours,
    Employee.contract_weekly_hours,
    Employee.max_weekly_hours,
    Employee.hourly_rate,
    Employee.email,
    Employee.is_active,
)


class EmployeeLine(NamedTuple):
    """An employee in a list; `other_roles` are those that the skills give, separated by commas."""

    name: str
    role: str
    other_roles: str
    min_weekly_hours: Decimal
    contract_weekly_hours: Decimal | None
    max_weekly_hours: Decimal
    hourly_rate: Decimal | None
    availability: str
    email: str | None
    is_active: bool


class EmployeeDetails(NamedTuple):
    """What is known of one employee: levels by skill, weekly times, and the exceptions of the days ahead in words."""

    line: EmployeeLine
    skills: dict[str, int]
    weekly: list[Weekly]
    exceptions: list[str]


def list_employees(tx: Tenant, now: dt.datetime, *, also_left: bool = False) -> list[EmployeeLine]:
    """List the people of the restaurant by name, those who have left only if `also_left`."""
    return [details.line for details in _details(tx, now).values() if also_left or details.line.is_active]


def describe_employee(tx: Tenant, person: Person, now: dt.datetime) -> EmployeeDetails:
    """Return what is known of one employee."""
    return _details(tx, now)[person.id]


def weekly_times(tx: Tenant) -> dict[uuid.UUID, list[Weekly]]:
    """Return the weekly times of each person who has any; others can work at any time."""
    row = EmployeeAvailability
    query = select(row.employee_id, row.day_of_week, row.start_time, row.end_time, row.preference)
    found: dict[uuid.UUID, list[Weekly]] = {}
    for each in tx.connection.execute(query.order_by(row.day_of_week, row.start_time)):
        found.setdefault(each.employee_id, []).append(Weekly(*each[1:]))
    return found


def _details(tx: Tenant, now: dt.datetime) -> dict[uuid.UUID, EmployeeDetails]:
    zone = ZoneInfo(tx.restaurant.timezone)
    weekly, skills = weekly_times(tx), employee_skills(tx)
    ahead = read_exceptions(tx, since=now, until=now + dt.timedelta(days=DAYS_AHEAD))
    roles = {fold_name(name) for name in tx.connection.scalars(select(EmployeeRole.name))}
    people = select(*COLUMNS).join(EmployeeRole, EmployeeRole.id == Employee.employee_role_id)
    found = {}
    for row in tx.connection.execute(people.order_by(Employee.name, Employee.id)).mappings():
        own, times = skills.get(row["id"], {}), weekly.get(row["id"], [])
        exceptions = [exception_in_words(each, zone) for each in ahead.get(row["id"], [])]
        others = [name for name in own if fold_name(name) in roles - {fold_name(row["role"])}]
        found[row["id"]] = EmployeeDetails(_line(row, others, week_in_words(times), exceptions), own, times, exceptions)
    return found


def _line(row: Any, other_roles: list[str], week: str, exceptions: list[str]) -> EmployeeLine:
    more = len(exceptions) - EXCEPTIONS_SHOWN
    shown = [*exceptions[:EXCEPTIONS_SHOWN], *([f"{more} more"] if more > 0 else [])]
    values = {name: row[name] for name in EmployeeLine._fields if name in row}
    return EmployeeLine(**values, other_roles=", ".join(other_roles), availability="; ".join([week, *shown]))
