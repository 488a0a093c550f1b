"""Tables of uploads: files, the business days that each brought, and rejected rows."""

import datetime as dt
import uuid
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flux_pipeline.store.models.base import Base, MoneySum, QuantitySum, TenantRow, one_of, tenant_key


class UploadStatus(StrEnum):
    """The state of an uploaded file."""

    RECEIVED = "received"
    PROCESSING = "processing"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    # Checked, but of a kind that nothing uses yet.
    VALIDATED = "validated"


# The rows of the file are not read yet.
WAITING = (UploadStatus.RECEIVED, UploadStatus.PROCESSING)
# The valid rows of the file are stored.
LOADED = (UploadStatus.COMPLETED, UploadStatus.COMPLETED_WITH_ERRORS)
# The same content may be handed in again.
GONE = (UploadStatus.FAILED, UploadStatus.WITHDRAWN)

DAY_STATUSES = ("current", "superseded", "withdrawn")


class DataUpload(TenantRow, Base):
    """A row is a file that a restaurant handed in, with the counts of its rows."""

    __tablename__ = "data_uploads"
    __table_args__ = (
        CheckConstraint(one_of("status", tuple(UploadStatus)), name="status_is_known"),
        CheckConstraint("row_count = loaded_count + skipped_count + rejected_count", name="rows_are_accounted_for"),
        CheckConstraint("least(loaded_count, skipped_count, rejected_count) >= 0", name="counts_not_negative"),
        # A failed file may be tried again with other hints, and a withdrawn one loaded again; any other is stored
        # once.
        Index(
            "uq_data_uploads_content",
            "restaurant_id",
            "kind",
            "content_sha256",
            unique=True,
            postgresql_where=text(f"NOT {one_of('status', GONE)}"),
        ),
        Index("ix_data_uploads_header", "restaurant_id", "kind", "header_fingerprint", "received_at"),
        Index("ix_data_uploads_waiting", "received_at", postgresql_where=text(one_of("status", WAITING))),
    )

    storage_uri: Mapped[str] = mapped_column(doc="Where the archive keeps it")
    kind: Mapped[str] = mapped_column(doc="What it holds: sales, menu, operating_hours and so on")
    file_name: Mapped[str]
    content_sha256: Mapped[str] = mapped_column(doc="Hash of its bytes; the same content is stored once")
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(server_default=text("'received'"))
    contract_version: Mapped[str | None] = mapped_column(doc="By which rules it was read")
    hints: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'"), doc="What the sender said about its columns and dates"
    )
    header_fingerprint: Mapped[str | None] = mapped_column(doc="Hash of its header, equal for files of one till")
    drift: Mapped[list[Any]] = mapped_column(
        JSONB, server_default=text("'[]'"), doc="What is new in it, compared with the files before it; sentences"
    )
    detected_format: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, doc="Encoding, delimiter, columns and more, as detected"
    )
    row_count: Mapped[int] = mapped_column(server_default=text("0"), doc="Rows read: loaded, skipped and rejected ones")
    loaded_count: Mapped[int] = mapped_column(server_default=text("0"))
    skipped_count: Mapped[int] = mapped_column(
        server_default=text("0"), doc="Rows that carry nothing or were loaded already"
    )
    rejected_count: Mapped[int] = mapped_column(
        server_default=text("0"), doc="Rows that can not be trusted; see rejected_rows"
    )
    reasons: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'"), doc="Skipped and rejected rows by reason"
    )
    error: Mapped[str | None] = mapped_column(doc="Why nothing of it was loaded")
    first_business_date: Mapped[dt.date | None]
    last_business_date: Mapped[dt.date | None]
    received_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"), doc="When it was handed in")
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    superseded_by: Mapped[uuid.UUID | None] = mapped_column(doc="The upload that replaced its rows")
    dismissed_at: Mapped[dt.datetime | None] = mapped_column(
        doc="When a person set it aside, though nothing was loaded"
    )


class RejectedRow(TenantRow, Base):
    """A row is a rejected line of an upload, with its full content and the reason."""

    __tablename__ = "rejected_rows"
    __table_args__ = (
        tenant_key("data_upload_id", "data_uploads"),
        Index("ix_rejected_rows_upload", "restaurant_id", "data_upload_id", "line_number"),
    )

    data_upload_id: Mapped[uuid.UUID]
    sheet_name: Mapped[str | None]
    line_number: Mapped[int]
    reason_code: Mapped[str]
    column_name: Mapped[str | None]
    message: Mapped[str]
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)


class UploadDay(TenantRow, Base):
    """A row is the sum of what an upload brought for one business day, with a status: current, superseded, withdrawn.

    Lines with and without a ticket have separate rows: a later file may supersede the one and not the other.
    """

    __tablename__ = "upload_days"
    __table_args__ = (
        tenant_key("data_upload_id", "data_uploads"),
        tenant_key("superseded_by", "data_uploads"),
        UniqueConstraint("restaurant_id", "data_upload_id", "business_date", "is_ticketed", name="uq_upload_days_part"),
        CheckConstraint(one_of("status", DAY_STATUSES), name="status_is_known"),
        CheckConstraint("(status = 'superseded') = (superseded_by IS NOT NULL)", name="by_whom"),
        Index("ix_upload_days_business_date", "restaurant_id", "business_date"),
    )

    data_upload_id: Mapped[uuid.UUID]
    business_date: Mapped[dt.date]
    is_ticketed: Mapped[bool]
    line_count: Mapped[int]
    item_count: Mapped[int]
    quantity: Mapped[Decimal] = mapped_column(QuantitySum)
    line_amount: Mapped[Decimal] = mapped_column(MoneySum)
    status: Mapped[str] = mapped_column(server_default=text("'current'"))
    superseded_by: Mapped[uuid.UUID | None]
