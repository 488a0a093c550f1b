"""Who changed what. Rows are only ever added: triggers refuse to change, delete or truncate them.

They bind every role while they stand. The owner of the tables can drop them or the tables, a superuser can switch them
off, and a downgrade below 004_access takes both logs away.
"""

import datetime as dt
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, SharedRow, TenantRow


class Act:
    """What is noted of a change: who, when, what it was before and what it is now."""

    occurred_at: Mapped[dt.datetime] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[Any | None] = mapped_column(JSONB)
    after: Mapped[Any | None] = mapped_column(JSONB)


class AuditLog(TenantRow, Act, Base):
    """A row is one change that somebody made to a restaurant."""

    __tablename__ = "audit_logs"
    __table_args__ = (Index("ix_audit_logs_occurred_at", "restaurant_id", "occurred_at"),)


class OperatorLog(SharedRow, Act, Base):
    """A row is one change that concerns no restaurant: of users, of the schema."""

    __tablename__ = "operator_logs"
