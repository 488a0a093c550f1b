"""Tables of settings, algorithm runs, audit logs and alerts."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.records.alerts import AlertStatus, Severity
from flux_pipeline.store.models.base import Base, SharedRow, TenantRow, one_of

RUN_STATUSES = ("running", "succeeded", "failed", "skipped")
NOT_CLOSED = "status <> 'closed'"


class RestaurantSetting(TenantRow, Base):
    """A row is one key that a restaurant has set; the settings models in the code declare the known keys."""

    __tablename__ = "restaurant_settings"
    __table_args__ = (UniqueConstraint("restaurant_id", "setting_key"),)

    setting_key: Mapped[str]
    setting_value: Mapped[Any] = mapped_column(JSONB)
    description: Mapped[str | None]


class AlgorithmRun(TenantRow, Base):
    """A row is one run of an algorithm for a restaurant, including failed runs."""

    __tablename__ = "algorithm_runs"
    __table_args__ = (
        CheckConstraint(one_of("status", RUN_STATUSES), name="status_is_known"),
        CheckConstraint("row_count >= 0", name="row_count_not_negative"),
        Index("ix_algorithm_runs_latest", "restaurant_id", "algorithm", "as_of", text("started_at DESC")),
    )

    algorithm: Mapped[str]
    version: Mapped[str] = mapped_column(doc="Package version and commit")
    status: Mapped[str] = mapped_column(server_default=text("'running'"))
    as_of: Mapped[dt.date] = mapped_column(doc="The last day whose data was used")
    input_params: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'"), doc="The settings it ran with"
    )
    input_hash: Mapped[str | None] = mapped_column(doc="Hash of all that goes in: the same inputs are published once")
    output_summary: Mapped[dict[str, Any] | None] = mapped_column(JSONB, doc="The summary that the UI shows")
    row_count: Mapped[int | None]
    error: Mapped[str | None]
    started_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    finished_at: Mapped[dt.datetime | None]
    dagster_run_id: Mapped[str | None] = mapped_column(doc="Dagster's run")


class Act:
    """The columns of both audit logs: time, actor, action, subject, and the values before and after."""

    occurred_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[Any | None] = mapped_column(JSONB)
    after: Mapped[Any | None] = mapped_column(JSONB)


class AuditLog(TenantRow, Act, Base):
    """A row is one act that changed a restaurant."""

    __tablename__ = "audit_logs"
    __table_args__ = (Index("ix_audit_logs_occurred_at", "restaurant_id", "occurred_at"),)


class OperatorLog(SharedRow, Act, Base):
    """A row is one act that concerns no single restaurant: a change of users or of the schema."""

    __tablename__ = "operator_logs"


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


class TenantAlert(TenantRow, AlertColumns, Base):
    """A row is something wrong with one restaurant that somebody should know, until it is closed."""

    __tablename__ = "alerts"
    __table_args__ = _rules("alerts", "restaurant_id")


class OperatorAlert(SharedRow, AlertColumns, Base):
    """A row is something wrong that concerns no single restaurant: a feed, a folder that belongs to nobody."""

    __tablename__ = "operator_alerts"
    __table_args__ = _rules("operator_alerts")
