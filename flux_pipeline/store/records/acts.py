"""The audit log: each act is logged in the transaction that makes the change, so that neither exists without the other.

Three exceptions: a BI tool's login is a role of the server, created in the admin's transaction beside the one that logs
it; a file that all restaurants share is logged after its load; a migration from before the log exists, or one that
drops it, is not logged.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, null, select, true, union_all
from sqlalchemy.engine import Connection

from flux_pipeline.settings import Settings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.records import AuditLog, OperatorLog
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow

WITHDRAWAL = "uploads.withdraw"


@dataclass(frozen=True)
class Act:
    """One change by a person. `slug` names the restaurant, None if the act concerns no single one."""

    occurred_at: dt.datetime
    actor: str
    slug: str | None
    action: str
    subject: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Outcome:
    """The result of an act: its subject, and whether it changed anything."""

    subject: str
    changed: bool


def note_act(tx: Tenant, action: str, subject: str, before: Any = None, after: Any = None) -> None:
    """Log a change to a restaurant.

    Args:
        tx: the transaction that makes the change; its settings name the actor.
        action: `<subject kind>.<verb>`, for example "settings.set".
        subject: what was changed, for example the setting's key.
        before: the old value, as JSON; None if there was none.
        after: the new value, as JSON; None if it was removed. Never a password.
    """
    values = _values(tx.settings, action, subject, before, after)
    tx.connection.execute(insert(AuditLog).values(restaurant_id=tx.restaurant.id, **values))


def note_operator_act(
    owner: Connection, settings: Settings, action: str, subject: str, before: Any = None, after: Any = None
) -> None:
    """Log a change that concerns no single restaurant, in the owner's transaction; arguments as in `note_act`."""
    owner.execute(insert(OperatorLog).values(**_values(settings, action, subject, before, after)))


def list_acts(
    fleet: Connection, *, slug: str | None = None, since: dt.datetime | None = None, limit: int | None = None
) -> list[Act]:
    """List the acts, newest first.

    Args:
        fleet: a transaction that sees all restaurants.
        slug: only this restaurant's.
        since: only those at or after this moment (aware).
        limit: the largest number to return.
    """
    fields = ("occurred_at", "actor", "action", "subject", "before", "after")
    tenants = select(*(getattr(AuditLog, name) for name in fields), RestaurantRow.slug.label("slug")).join(
        RestaurantRow, RestaurantRow.id == AuditLog.restaurant_id
    )
    if slug is None:
        operators = select(*(getattr(OperatorLog, name) for name in fields), null().label("slug"))
        acts = union_all(tenants, operators).subquery()
    else:
        acts = tenants.where(RestaurantRow.slug == slug).subquery()
    query = select(acts).order_by(acts.c.occurred_at.desc()).limit(limit)
    if since is not None:
        query = query.where(acts.c.occurred_at >= since)
    return [Act(**row) for row in fleet.execute(query).mappings()]


def newest_withdrawals(fleet: Connection, since: dt.datetime) -> dict[str, uuid.UUID]:
    """Return the id of the newest withdrawal of an upload since a moment (aware), by slug of its restaurant."""
    newest = (
        select(AuditLog.id)
        .where(
            AuditLog.restaurant_id == RestaurantRow.id,
            AuditLog.occurred_at >= since,
            AuditLog.action == WITHDRAWAL,
        )
        .order_by(AuditLog.occurred_at.desc())
        .limit(1)
        .lateral()
    )
    query = select(RestaurantRow.slug, newest.c.id).join(newest, true()).where(RestaurantRow.is_active)
    return {row.slug: row.id for row in fleet.execute(query)}


def _values(settings: Settings, action: str, subject: str, before: Any, after: Any) -> dict[str, Any]:
    return {
        "actor": settings.actor,
        "action": action,
        "subject": subject,
        "before": null() if before is None else before,
        "after": null() if after is None else after,
    }
