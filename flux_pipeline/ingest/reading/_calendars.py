"""Calendars handed in as files: the occurrences of their events as a table, one row each.

The table is what is read and kept: the calendar itself also holds descriptions and addresses. Its columns are the
fields of the kinds of events.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from contextlib import ExitStack

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.calendars.cutting import is_calendar
from flux_pipeline.ingest.calendars.occurrences import Broken, Occurrence, read_occurrences
from flux_pipeline.ingest.reading.containers import Bytes, Content
from flux_pipeline.ingest.reading.limits import Limits

_COLUMNS = ("name", "kind", "starts_at", "ends_at", "latitude", "longitude", "external_id", "status")
_CANCELLED = "cancelled"
# A library holds all of a calendar; one of 10,000 events with long descriptions is 20 MB.
_MOST_BYTES = 50_000_000
_START = 256
_PIECE = 2**20
# Schools publish their holidays, and halls their seasons, about two years ahead.
_AHEAD = dt.timedelta(days=2 * 365)


def as_table(content: Content, limits: Limits, known_at: dt.datetime | None) -> Content | None:
    """Return the table made of a calendar, None for any other file.

    It has the occurrences from the first event to two years after `known_at`, when the file came in; if that isn't
    known, after the start of the last event. Times without a zone are in UTC, as in all files of events.

    Raises PermanentError for a calendar that is cut off, too large, or has too many occurrences.
    """
    if content.is_workbook or content.is_kept_sheets or content.is_joined:
        return None
    with content.stream() as stream:
        body = stream.read(_START)
        if not is_calendar(body):
            return None
        while len(body) <= _MOST_BYTES and (piece := stream.read(_PIECE)):
            body += piece
    if len(body) > _MOST_BYTES:
        raise PermanentError(
            f"The calendar is larger than {_MOST_BYTES // 1_000_000} MB; expected one of fewer events. Split it."
        )
    found = read_occurrences(body, None, known_at.date() + _AHEAD if known_at else None, "UTC", ahead=_AHEAD)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(each, "") for each in found.held)
    writer.writerows(_row(each, _CANCELLED) for each in found.cancelled)
    writer.writerows(map(_broken_row, found.broken))
    table = text.getvalue().encode("utf-8", "replace")

    def stream_of_table() -> Bytes:
        return Bytes(io.BytesIO(table), limits.text_bytes, limits, None, ExitStack())

    return Content(stream_of_table, is_workbook=False, is_joined=True)


def _row(each: Occurrence, status: str) -> Iterator[str]:
    event = each.event
    yield from (event.name, next(iter(event.categories), ""), _written(each.begin), _written(each.end))
    yield from ("" if number is None else f"{number:.6f}" for number in (event.latitude, event.longitude))
    yield from (_id(event.uid) + each.external_id.removeprefix(event.uid), status)


def _broken_row(each: Broken) -> Iterator[str]:
    """Yield the cells of an event that can't be read: no row can be read from them, and they say where and why."""
    yield from (each.name, "", f"line {each.line_number}: {each.found or each.sentence}", "", "", "", _id(each.uid), "")


def _id(uid: str) -> str:
    """Return a UID; for one that looks like the address of a person, which may not be kept, a digest of it."""
    return hashlib.sha256(uid.encode()).hexdigest()[:32] if "@" in uid else uid


def _written(at: dt.date | dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if isinstance(at, dt.datetime) else at.isoformat()
