"""Report of an upload, for a person to verify: what it brought on each day, and what was left out.

In a rehearsal it is what the load would store.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.uploads import UploadDay
from flux_pipeline.store.sales.tickets import count_tickets
from flux_pipeline.store.uploads.log import first_rejected, format_of_upload
from flux_pipeline.store.uploads.registry import Upload, find_upload


@dataclass(frozen=True)
class DayReport:
    """What a sales file brought for one business day.

    Attributes:
        business_date: the day.
        tickets: how many tickets; None if its rows name none, or a later file superseded them.
        lines, units, amount: of its rows, with and without tickets.
        status: "current", "superseded" or "withdrawn", or several of them.
    """

    business_date: dt.date
    tickets: int | None
    lines: int
    units: float
    amount: float
    status: str


@dataclass(frozen=True)
class UploadReport:
    """What became of a file.

    Attributes:
        upload: its upload.
        currency: of its restaurant.
        found: its detected format (`OpenUpload.detected_format`).
        days: what it brought, by business day; empty for kinds other than sales.
        rejected: its first rejected rows: the line in the file, and what is wrong with it.
        added_tickets: how many tickets were added to one that was stored before.
    """

    upload: Upload
    currency: str
    found: Mapping[str, Any]
    days: tuple[DayReport, ...]
    rejected: tuple[tuple[int, str], ...]
    added_tickets: int


def report_of_upload(tx: Tenant, upload_id: uuid.UUID) -> UploadReport:
    """Report what is stored of an upload."""
    upload = find_upload(tx, upload_id)
    counted = count_tickets(tx, upload_id) if upload.kind == "sales" else {}
    day, status = UploadDay.business_date, func.string_agg(UploadDay.status.distinct(), ", ")
    lines, units, amount = map(func.sum, (UploadDay.line_count, UploadDay.quantity, UploadDay.line_amount))
    query = select(day, lines, units, amount, status).group_by(day).order_by(day)
    found = tx.connection.execute(query.where(UploadDay.data_upload_id == upload_id)).all()
    days = [
        DayReport(day, counted[day].tickets if day in counted else None, lines, float(units), float(amount), status)
        for day, lines, units, amount, status in found
    ]
    return UploadReport(
        upload,
        tx.restaurant.currency,
        format_of_upload(tx, upload_id),
        tuple(days),
        tuple(first_rejected(tx, upload_id)),
        sum(each.added for each in counted.values()),
    )
