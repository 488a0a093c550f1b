"""Who changed what: noted in the transaction that makes the change, so that neither stands without the other.

Not so where that can't be: a BI tool's login is a role of the server, made in the admin's transaction beside the noted
one; a file that all restaurants share is noted after its load; a migration before the log is there, or one that takes
it away, is not noted.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, null, select, union_all
from sqlalchemy.engine import Connection

from flux_pipeline.settings import Settings
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.records import AuditLog, OperatorLog
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow


@dataclass(frozen=True)
class Act:
    """One change. `slug` is the restaurant's, None where it concerns none."""

    occurred_at: dt.datetime
    actor: str
    slug: str | None
    action: str
    subject: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Outcome:
    """What an act came to: of which subject, and whether it changed anything."""

    subject: str
    changed: bool


def note_act(tx: Tenant, action: str, subject: str, before: Any = None, after: Any = None) -> None:
    """Note a change of a restaurant.

    Args:
        tx: the transaction that makes the change; its settings say who does.
        action: what was done, as `<subject kind>.<verb>`, for example "settings.set".
        subject: to what, for example the setting's key.
        before: what stood before, as JSON; None where there was nothing.
        after: what stands now, as JSON; None where it is gone. Never a password.
    """
    values = _values(tx.settings, action, subject, before, after)
    tx.connection.execute(insert(AuditLog).values(restaurant_id=tx.restaurant.id, **values))


def note_operator_act(
    owner: Connection, settings: Settings, action: str, subject: str, before: Any = None, after: Any = None
) -> None:
    """Note a change that concerns no restaurant, in a transaction of the owner's; arguments as in `note_act`."""
    owner.execute(insert(OperatorLog).values(**_values(settings, action, subject, before, after)))


def list_acts(
    fleet: Connection, *, slug: str | None = None, since: dt.datetime | None = None, limit: int | None = None
) -> list[Act]:
    """The changes, newest first.

    Args:
        fleet: a transaction that sees all restaurants.
        slug: of this restaurant only.
        since: not earlier than this moment (aware).
        limit: at most so many.
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


def _values(settings: Settings, action: str, subject: str, before: Any, after: Any) -> dict[str, Any]:
    return {
        "actor": settings.actor,
        "action": action,
        "subject": subject,
        "before": null() if before is None else before,
        "after": null() if after is None else after,
    }
