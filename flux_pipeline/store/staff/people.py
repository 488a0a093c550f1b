"""People who work at a restaurant, found by their email address or their name.

Messages about files name lines, never a person; those about what somebody typed may repeat it.
"""

import uuid
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from flux_pipeline.errors import PermanentError
from flux_pipeline.names import fold_name, near_duplicates
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import Employee

# More lines or names than this say no more.
SHOWN = 5


@dataclass(frozen=True)
class Person:
    """An employee with the name."""

    id: uuid.UUID
    name: str


@dataclass
class KnownPeople:
    """Ids of people by their addresses and their folded names."""

    _by_email: dict[str, uuid.UUID] = field(default_factory=dict)
    _by_name: dict[str, list[uuid.UUID]] = field(default_factory=dict)

    def add(self, key: uuid.UUID, name: str, email: str | None) -> None:
        """Add a person."""
        self._by_name.setdefault(fold_name(name), []).append(key)
        self.add_address(key, email)

    def add_address(self, key: uuid.UUID, email: str | None) -> None:
        """Add the address of a person, if there is one."""
        if email:
            self._by_email[email.casefold()] = key

    def with_address(self, email: str) -> uuid.UUID | None:
        """Return the person with an address, None if nobody has it."""
        return self._by_email.get(email.casefold())

    def named(self, name: str) -> list[uuid.UUID]:
        """Return the people of a name."""
        return self._by_name.get(fold_name(name), [])

    def find(self, text: str) -> list[uuid.UUID]:
        """Return the person with this address, else the people of this name."""
        key = self.with_address(text.strip())
        return self.named(text) if key is None else [key]


def known_people(tx: Tenant) -> KnownPeople:
    """Return all people of the restaurant, also those who have left."""
    known = KnownPeople()
    for row in tx.connection.execute(select(Employee.id, Employee.name, Employee.email).order_by(Employee.id)):
        known.add(row.id, row.name, row.email)
    return known


def find_employee(tx: Tenant, text: str) -> Person:
    """Find the employee that an email address or a name means.

    Raises:
        PermanentError: nobody has it, or several people have the name; the message says what to type instead.
    """
    rows = tx.connection.execute(select(Employee.id, Employee.name, Employee.email).order_by(Employee.name)).all()
    known = KnownPeople()
    for row in rows:
        known.add(row.id, row.name, row.email)
    found = known.find(text)
    if not found:
        raise PermanentError(
            f"Nobody at {tx.restaurant.slug} is called {text!r} or has this address.{_near(text, rows)} "
            f"`flux employees list --restaurant {tx.restaurant.slug}` shows them."
        )
    if len(found) > 1:
        addresses = ", ".join(row.email or "one without an address" for row in rows if row.id in found)
        raise PermanentError(
            f"{len(found)} people at {tx.restaurant.slug} are called {text!r}; expected an email address that "
            f"identifies one: {addresses}."
        )
    return next(Person(row.id, row.name) for row in rows if row.id == found[0])


def find_in_file(tx: Tenant, rows: Iterable[Mapping[str, Any]]) -> list[uuid.UUID]:
    """Return the employee of each row of a file (employee, line_number).

    Raises:
        PermanentError: lines name nobody who is known, or a name that several people have. Then nothing may be loaded,
            because the rows of these people would be lost.
    """
    known, found, unknown = known_people(tx), [], []
    for row in rows:
        people = known.find(row["employee"])
        if len(people) > 1:
            raise several_named(row["line_number"], len(people))
        found += people
        if not people:
            unknown.append(row["line_number"])
    if unknown:
        raise PermanentError(
            f"{in_lines(unknown)}: nobody here has this name or address; expected people of a file of employees. "
            "Correct the names, or load these people first (`flux upload FILE --kind employees`), and send the file "
            "again."
        )
    return found


def several_named(line: Hashable, count: int) -> PermanentError:
    """Return the error for a line of a file whose name several people have."""
    return PermanentError(
        f"Line {line}: {count} people have this name; expected an email address that identifies one. Add it to the "
        "file and send it again."
    )


def in_lines(lines: Iterable[int]) -> str:
    """Return "Line 3" or "Lines 3, 5 and 2 more"."""
    every = [str(line) for line in lines]
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return f"Line{'' if len(every) == 1 else 's'} {', '.join(every[:SHOWN])}{more}"


def _near(text: str, rows: Iterable[Any]) -> str:
    """Return a question with the names that may be meant: nearly the same, or with all the words typed."""
    names = {fold_name(row.name): row.name for row in rows}
    alike = [names[each.known] for each in near_duplicates([fold_name(text)], names)]
    words = {*fold_name(text).split()}
    longer = [name for folded, name in names.items() if words and words <= {*folded.split()}]
    near = list(dict.fromkeys([*alike, *longer]))[:SHOWN]
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
