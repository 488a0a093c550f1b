"""The alerts: opened and closed in the transaction that finds or ends the cause, and sent afterwards.

An alert is its own outbox: the row that says what is wrong also says when to try to send it, so nothing is sent of a
transaction that was rolled back, and nothing is lost if a receiver is down. What concerns no single restaurant is in a
table of its own, which the role of the feeds writes.
"""

import contextlib
import uuid
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Text,
    cast,
    func,
    null,
    or_,
    select,
    text,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from flux_pipeline.errors import PermanentError
from flux_pipeline.records.alerts import Alert, AlertStatus, Cause, Channel, Severity
from flux_pipeline.store.door import Store, Tenant
from flux_pipeline.store.models.records import NOT_CLOSED, OperatorAlert, TenantAlert
from flux_pipeline.store.models.tenants import Restaurant as RestaurantRow
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import note_act, note_operator_act
from flux_pipeline.wording import printable, shortened

NOW = func.now()
LONGEST_MESSAGE, LONGEST_ABOUT = 1000, 400
# One minute, two, four, ... at most an hour: a receiver may be down for a night.
NEXT_ATTEMPT = text("now() + least(interval '1 minute' * 2 ^ least(attempts, 10), interval '1 hour')")
LEAST_CHARACTERS = 4
SENT_AT = {Channel.WEBHOOK: "webhook_sent_at", Channel.EMAIL: "email_sent_at"}
Table = type[TenantAlert] | type[OperatorAlert]


def _alerts_of(table: Table, slug: Any) -> Select[Any]:
    columns = [column for column in OperatorAlert.__table__.columns if column.name not in ("created_at", "updated_at")]
    return select(slug.label("slug"), *(getattr(table, column.name) for column in columns))


EVERY = union_all(
    _alerts_of(TenantAlert, RestaurantRow.slug).join(RestaurantRow, RestaurantRow.id == TenantAlert.restaurant_id),
    _alerts_of(OperatorAlert, cast(null(), Text)),
).subquery()


def open_alert(tx: Tenant, kind: str, about: str, message: str, severity: Severity) -> None:
    """Open an alert of the restaurant, or renew the message and severity of the one that is not closed.

    Idempotent: there is one such row for each kind and `about`. One that is acknowledged stays so.

    Args:
        tx: the transaction that found the cause.
        kind: what was noticed, for example "run_failed".
        about: what it was noticed of, for example the step or the file.
        message: one sentence for people: what is wrong and what to do. No row of the restaurant, for it is sent.
        severity: how soon somebody should look.
    """
    _open(tx.connection, TenantAlert, kind, about, message, severity, restaurant_id=tx.restaurant.id)


def close_alert(tx: Tenant, kind: str, about: str) -> None:
    """Close the restaurant's alert because its cause is gone; without an open one, do nothing."""
    _close(tx.connection, TenantAlert, kind, about)


def sync_alerts(tx: Tenant, kinds: Collection[str], causes: Iterable[Cause], *, is_sent: bool) -> None:
    """Open or renew the restaurant's alerts of these causes, and close the other ones of these kinds. Idempotent.

    Args:
        tx: the transaction that looked for causes of these kinds.
        kinds: those that were looked for.
        causes: all there are of them.
        is_sent: whether new ones are sent, so that their messages leave the restaurant's own rows.
    """
    rows = {(each.kind, _line(each.about, LONGEST_ABOUT)): each for each in causes}
    gone = update(TenantAlert).where(TenantAlert.kind.in_(kinds), TenantAlert.status != AlertStatus.CLOSED)
    if rows:
        due = {"next_attempt_at": NOW if is_sent else null(), "restaurant_id": tx.restaurant.id}
        found = [
            {"kind": kind, "about": about, "message": _line(each.message, LONGEST_MESSAGE), "severity": each.severity}
            for (kind, about), each in rows.items()
        ]
        _upsert(tx.connection, TenantAlert, [each | due for each in found], ["restaurant_id"])
        gone = gone.where(tuple_(TenantAlert.kind, TenantAlert.about).not_in(list(rows)))
    tx.connection.execute(gone.values(status=AlertStatus.CLOSED, closed_at=NOW))


def open_operator_alert(feeds: Connection, kind: str, about: str, message: str, severity: Severity) -> None:
    """Open an alert that concerns no single restaurant, in a transaction of `Store.feeds`; else as `open_alert`."""
    _open(feeds, OperatorAlert, kind, about, message, severity)


def close_operator_alert(feeds: Connection, kind: str, about: str) -> None:
    """Close an alert that concerns no single restaurant, in a transaction of `Store.feeds`; else as `close_alert`."""
    _close(feeds, OperatorAlert, kind, about)


def list_alerts(
    fleet: Connection, *, slug: str | None = None, kind: str | None = None, with_closed: bool = False
) -> list[Alert]:
    """List alerts, newest first.

    Args:
        fleet: a transaction that sees all restaurants.
        slug: only this restaurant's.
        kind: only those of this kind.
        with_closed: also those whose cause is gone.
    """
    conditions = [] if with_closed else [EVERY.c.status != AlertStatus.CLOSED]
    conditions += [EVERY.c.slug == slug] if slug is not None else []
    conditions += [EVERY.c.kind == kind] if kind is not None else []
    return _read(fleet, *conditions)


def due_alerts(fleet: Connection, channels: Collection[Channel]) -> list[Alert]:
    """List the open alerts that should be sent now by at least one of the channels, newest first."""
    unsent = or_(*(EVERY.c[SENT_AT[channel]].is_(None) for channel in channels))
    return _read(fleet, EVERY.c.status == AlertStatus.OPEN, EVERY.c.next_attempt_at <= NOW, unsent)


def claim_attempt(store: Store, alert: Alert) -> bool:
    """Plan the attempt after this one, so that no other process makes this one too; return whether it is ours.

    If this process dies before it records the outcome, the alert is sent again later: at least once, not at most once.
    """
    with _row_of(store, alert) as (connection, table):
        claimed = (
            update(table)
            .where(table.id == alert.id, table.status == AlertStatus.OPEN, table.next_attempt_at <= NOW)
            .values(attempts=table.attempts + 1, next_attempt_at=NEXT_ATTEMPT)
        )
        return bool(connection.execute(claimed).rowcount)


def record_attempt(store: Store, alert: Alert, sent: Collection[Channel], error: str | None) -> None:
    """Record by which channels an alert was sent, and why not by another; without an error, it is not tried again."""
    values: dict[str, Any] = {SENT_AT[channel]: NOW for channel in sent} | {"delivery_error": error}
    if error is None:
        values["next_attempt_at"] = null()
    with _row_of(store, alert) as (connection, table):
        connection.execute(update(table).where(table.id == alert.id).values(**values))


def acknowledge(store: Store, prefix: str) -> tuple[Alert, bool]:
    """Note that a person knows of the alert whose id begins with `prefix`: it is not sent any more.

    Returns:
        The alert as it was, and whether it was open.

    Raises:
        PermanentError: no alert has such an id, or several have.
    """
    alert = _find_by_prefix(store, prefix)
    seen = {"status": AlertStatus.ACKNOWLEDGED, "acknowledged_at": NOW, "acknowledged_by": store.settings.actor}
    act = ("alerts.acknowledge", f"{alert.kind}: {alert.about}", None, {"message": alert.message})

    def mark(connection: Connection, table: Table) -> bool:
        was_open = update(table).where(table.id == alert.id, table.status == AlertStatus.OPEN)
        return bool(connection.execute(was_open.values(**seen)).rowcount)

    if alert.slug is not None:
        with store.tenant(alert.slug) as tx:
            if changed := mark(tx.connection, TenantAlert):
                note_act(tx, *act)
    else:
        # Only the owner writes the log of acts that concern no single restaurant.
        with store.transaction(Role.OWNER) as owner:
            if changed := mark(owner, OperatorAlert):
                note_operator_act(owner, store.settings, *act)
    return alert, changed


def _open(
    connection: Connection, table: Table, kind: str, about: str, message: str, severity: Severity, **key: uuid.UUID
) -> None:
    values = {"about": _line(about, LONGEST_ABOUT), "message": _line(message, LONGEST_MESSAGE), "severity": severity}
    _upsert(connection, table, [{"kind": kind, **values, **key}], [*key])


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]], key: list[str]) -> None:
    statement = postgresql.insert(table).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[*key, "kind", "about"],
            index_where=text(NOT_CLOSED),
            set_={"message": statement.excluded.message, "severity": statement.excluded.severity},
        )
    )


def _close(connection: Connection, table: Table, kind: str, about: str) -> None:
    is_it = (table.kind == kind, table.about == _line(about, LONGEST_ABOUT), table.status != AlertStatus.CLOSED)
    connection.execute(update(table).where(*is_it).values(status=AlertStatus.CLOSED, closed_at=NOW))


def _line(text_: str, longest: int) -> str:
    return shortened(printable(" ".join(text_.split())), longest)


@contextlib.contextmanager
def _row_of(store: Store, alert: Alert) -> Iterator[tuple[Connection, Table]]:
    """Open a transaction that may write the alert's row."""
    if alert.slug is None:
        with store.feeds() as connection:
            yield connection, OperatorAlert
    else:
        with store.tenant(alert.slug) as tx:
            yield tx.connection, TenantAlert


def _read(fleet: Connection, *conditions: ColumnElement[bool]) -> list[Alert]:
    query = select(EVERY).where(*conditions).order_by(EVERY.c.opened_at.desc(), EVERY.c.id)
    return [_alert(row) for row in fleet.execute(query).mappings()]


def _alert(row: RowMapping) -> Alert:
    return Alert(
        id=row["id"],
        slug=row["slug"],
        kind=row["kind"],
        about=row["about"],
        severity=Severity(row["severity"]),
        status=AlertStatus(row["status"]),
        message=row["message"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        acknowledged_by=row["acknowledged_by"],
        delivery_error=row["delivery_error"],
        unsent=frozenset(channel for channel, column in SENT_AT.items() if row[column] is None),
    )


def _find_by_prefix(store: Store, prefix: str) -> Alert:
    start = prefix.strip().lower()
    if len(start) < LEAST_CHARACTERS or not set(start) <= set("0123456789abcdef-"):
        raise PermanentError(
            f"{prefix!r} can't be the id of an alert; expected at least {LEAST_CHARACTERS} of its characters. "
            "`flux alerts list` shows the ids."
        )
    with store.fleet() as fleet:
        found = _read(fleet, cast(EVERY.c.id, Text).startswith(start))
    if len(found) != 1:
        raise PermanentError(
            f"{'No alert' if not found else 'More than one alert'} has an id that begins with {prefix!r}. "
            "`flux alerts list --all` shows them."
        )
    return found[0]
