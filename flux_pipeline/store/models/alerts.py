"""Tables of alerts: one for each restaurant's, one for what concerns no single restaurant."""

import datetime as dt

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.records.alerts import AlertStatus, Severity
from flux_pipeline.store.models.base import Base, SharedRow, TenantRow, one_of

NOT_CLOSED = "status <> 'closed'"


def _rules(table: str, *key: str) -> tuple[Index | CheckConstraint, ...]:
    return (
        # One cause is one alert until the cause is gone.
        Index(f"uq_{table}_not_closed", *key, "kind", "about", unique=True, postgresql_where=text(NOT_CLOSED)),
        # The sensor looks for alerts to send at each tick.
        Index(f"ix_{table}_due", "next_attempt_at", postgresql_where=text("status = 'open'")),
        CheckConstraint(one_of("severity", tuple(Severity)), name="severity_is_known"),
        CheckConstraint(one_of("status", tuple(AlertStatus)), name="status_is_known"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at_a_time"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged_by_somebody"),
    )


class AlertColumns:
    """The columns of both tables: the cause, its state, and when it was or will be sent."""

    kind: Mapped[str]
    about: Mapped[str]
    severity: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'open'"))
    message: Mapped[str]
    opened_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    closed_at: Mapped[dt.datetime | None]
    acknowledged_at: Mapped[dt.datetime | None]
    acknowledged_by: Mapped[str | None]
    webhook_sent_at: Mapped[dt.datetime | None]
    email_sent_at: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[dt.datetime | None] = mapped_column(server_default=text("now()"))
    delivery_error: Mapped[str | None]


class TenantAlert(TenantRow, AlertColumns, Base):
    """A row is something wrong with one restaurant that somebody should know, until it is closed."""

    __tablename__ = "alerts"
    __table_args__ = _rules("alerts", "restaurant_id")


class OperatorAlert(SharedRow, AlertColumns, Base):
    """A row is something wrong that concerns no single restaurant: a feed, a folder that belongs to nobody."""

    __tablename__ = "operator_alerts"
    __table_args__ = _rules("operator_alerts")
