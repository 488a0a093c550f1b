"""Loader of files of availability: weekly times replace those of a person, dated rows are exceptions."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import delete, insert

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.kinds.staff.availability import find_overlaps, times_of
from flux_pipeline.ingest.result import ParsedUpload, known_rows_skipped
from flux_pipeline.records.accounting import Accounting
from flux_pipeline.store.door import Tenant
from flux_pipeline.store.models.staff import EmployeeAvailability
from flux_pipeline.store.postgres.copying import as_records
from flux_pipeline.store.staff._words import Weekly
from flux_pipeline.store.staff.exceptions import (
    LAST_MINUTE,
    MIDNIGHT,
    Dated,
    Days,
    read_exceptions,
    replace_exceptions,
    with_exception,
)
from flux_pipeline.store.staff.overview import weekly_times
from flux_pipeline.store.staff.people import find_in_file, in_lines
from flux_pipeline.store.uploads.registry import Upload, accounting_of, refuse_incomplete

Row = Mapping[str, Any]
# What makes two rows of a person one.
KEY = ["employee", "day_of_week", "date", "start_time"]


def load_availability(tx: Tenant, upload: Upload, parsed: ParsedUpload) -> Accounting:
    """Store when people can work. Idempotent: people whose times are the same are left unchanged.

    The weekly lines of a person replace all weekly times of that person; each dated line becomes an exception, in the
    order of the lines. People who are not in the file keep theirs.

    Raises:
        PermanentError: a row was rejected though weekly times are replaced, or lines name people who are unknown, a
            name that several people have, or one person's times twice under two spellings.
    """
    if parsed.rows.day_of_week.notna().any():
        refuse_incomplete(parsed, "weekly times")
    found = find_in_file(tx, as_records(parsed.rows))
    named = parsed.rows.assign(employee=pd.Series(found, dtype=object))
    overlaps = find_overlaps(named)
    if overlaps.any():
        lines = in_lines(named.line_number[overlaps])
        raise PermanentError(
            f"{lines}: the times overlap those of an earlier line of the same person, who has another name or the "
            "address there; expected each hour of the week in one line only. Correct the file and send it again."
        )
    # A name and an address may mean one person: the later row counts.
    repeated = named.duplicated(KEY, keep="last").to_numpy(dtype=bool)
    by_person: dict[uuid.UUID, list[Row]] = {}
    for row in as_records(named[~repeated]):
        by_person.setdefault(row["employee"], []).append(row)
    weekly = {person: [row for row in of if row["date"] is None] for person, of in by_person.items()}
    dated = {person: [row for row in of if row["date"] is not None] for person, of in by_person.items()}
    written = sum(len(weekly[person]) for person in _store_weekly(tx, weekly))
    written += sum(len(dated[person]) for person in _store_dated(tx, dated))
    return accounting_of(known_rows_skipped(parsed, repeated, reason="repeated_row"), written=written)


def _store_weekly(tx: Tenant, rows: Mapping[uuid.UUID, Sequence[Row]]) -> list[uuid.UUID]:
    """Replace the weekly times of people with rows; return the people whose times differ."""
    stored = weekly_times(tx)
    wanted = {person: {each for row in of for each in _weekly(row)} for person, of in rows.items() if of}
    changed = [person for person, times in wanted.items() if times != set(stored.get(person, ()))]
    if changed:
        table = EmployeeAvailability
        tx.connection.execute(delete(table).where(table.employee_id.in_(changed)))
        keys = [{"restaurant_id": tx.restaurant.id, "employee_id": person} for person in changed]
        values = [key | each._asdict() for key in keys for each in sorted(wanted[key["employee_id"]])]
        tx.connection.execute(insert(table), values)
    return changed


def _store_dated(tx: Tenant, rows: Mapping[uuid.UUID, Sequence[Row]]) -> list[uuid.UUID]:
    """Add the exceptions of people; return the people whose exceptions differ."""
    stored, changed = read_exceptions(tx), []
    for person, of_person in rows.items():
        before = after = stored.get(person, [])
        for row in of_person:
            for new in _dated(tx, row):
                after = with_exception(after, new)
        if replace_exceptions(tx, person, before, after):
            changed.append(person)
    return changed


def _weekly(row: Row) -> list[Weekly]:
    spans = times_of(row["start_time"], row["end_time"], row["times"])
    ends = [(start, MIDNIGHT if end >= LAST_MINUTE else end) for start, end in spans]
    return [Weekly(day, start, end, row["preference"]) for day in row["day_of_week"] for start, end in ends]


def _dated(tx: Tenant, row: Row) -> Iterator[Dated]:
    first = row["date"].date()
    last = first if row["last_date"] is None else row["last_date"].date()
    is_available = row["preference"] != "unavailable"
    for start, end in times_of(row["start_time"], row["end_time"], row["times"]):
        # From midnight to midnight is all day, on the last day too.
        whole = start == end == MIDNIGHT
        days = Days(first, last, None if whole else start, None if whole else end)
        starts_at, ends_at = days.instants(tx.restaurant.timezone)
        # An hour that the clocks skip is left out.
        if starts_at < ends_at:
            yield Dated(starts_at, ends_at, is_available, "other" if is_available else row["reason"])
