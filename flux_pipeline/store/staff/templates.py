"""Loader of files of shift templates: the shifts that a role's people can have."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import delete, insert, select, tuple_

from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import ShiftTemplate
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.staff.employees import find_role, known_roles
from flux_pipeline.store.uploads.registry import Upload, accounting_of, refuse_incomplete


class Template(NamedTuple):
    """A template of a role, with its days in order."""

    employee_role_id: uuid.UUID
    name: str
    start_time: dt.time
    end_time: dt.time
    days: tuple[int, ...]


def load_templates(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Replace the templates of the roles that a file names. Idempotent: a role with the same templates is unchanged.

    Lines of one role, name and times are one template with the days of all of them. Lines of one name with other times
    are another template, which has its times in its name.

    Raises:
        PermanentError: a row was rejected, or a role is unknown.
    """
    refuse_incomplete(parsed, "the shifts of a role")
    roles, rows = known_roles(tx), as_records(parsed.rows)
    roles_of_rows = [find_role(roles, row["role"], row["line_number"]) for row in rows]
    days: dict[tuple[uuid.UUID, str, dt.time, dt.time], set[int]] = {}
    for role_id, row in zip(roles_of_rows, rows, strict=True):
        days.setdefault((role_id, row["name"], row["start_time"], row["end_time"]), set()).update(row["days"])
    after = {Template(*key, tuple(sorted(found))) for key, found in _with_own_names(days).items()}
    before = _stored(tx)
    changed = {
        role_id
        for role_id in roles_of_rows
        if {each for each in before if each[0] == role_id} != {each for each in after if each[0] == role_id}
    }
    gone = [each[:2] for each in before - after if each.employee_role_id in changed]
    if gone:
        key = tuple_(ShiftTemplate.employee_role_id, ShiftTemplate.name)
        tx.connection.execute(delete(ShiftTemplate).where(key.in_(gone)))
    new = [
        {"restaurant_id": tx.restaurant.id, **each._asdict(), "days": list(each.days)}
        for each in sorted(after - before)
    ]
    if new:
        tx.connection.execute(insert(ShiftTemplate), new)
    return accounting_of(parsed, written=sum(role_id in changed for role_id in roles_of_rows))


def _with_own_names(
    days: Mapping[tuple[uuid.UUID, str, dt.time, dt.time], set[int]],
) -> dict[tuple[uuid.UUID, str, dt.time, dt.time], set[int]]:
    """Return the same templates, with the times in the names of those whose role has the name already."""
    taken: set[tuple[uuid.UUID, str]] = set()
    named = {}
    for (role_id, name, start, end), found in days.items():
        own = name if (role_id, name) not in taken else f"{name} {start:%H:%M}-{end:%H:%M}"
        taken.add((role_id, name))
        named[role_id, own, start, end] = found
    return named


def _stored(tx: Tenant) -> set[Template]:
    row = ShiftTemplate
    query = select(row.employee_role_id, row.name, row.start_time, row.end_time, row.days)
    return {Template(*each[:4], tuple(sorted(each.days))) for each in tx.connection.execute(query)}
