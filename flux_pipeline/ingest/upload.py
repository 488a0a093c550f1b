"""The door of the room: from an uploaded file's bytes to what can be loaded, and what can't, with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns import map_columns
from flux_pipeline.ingest.contracts import Circumstances, Place, Reading
from flux_pipeline.ingest.kinds import KINDS
from flux_pipeline.ingest.mapped import MappedTable
from flux_pipeline.ingest.reader import read_table
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.ingest.wording import listed


def read_upload(
    content: bytes,
    *,
    kind: str,
    columns: Mapping[str, str] | None = None,
    place: Place | None = None,
    known_at: dt.datetime | None = None,
) -> ParsedUpload:
    """Reads a CSV file of one of the KINDS: finds its format and columns, normalises its rows, accounts for each.

    `columns` says which header is which field (field -> header) and goes before what the names say. `place` is needed
    for sales with times of day; `known_at` (with a timezone) is when the file came in: events became known then that
    don't say so themselves, and sales can't be later.
    A row is a record below the header: blank lines count (as skipped), and a quoted cell may hold line breaks.

    Raises PermanentError for a file that can't be read as this kind at all; single bad rows are in `rejected`, even
    when that is every row. ValueError: `known_at` without a timezone.
    """
    if kind not in KINDS:
        raise PermanentError(f"'{kind}' is no kind of upload; Flux reads {listed(KINDS)}. Choose one of these.")
    if known_at is not None and known_at.tzinfo is None:
        raise ValueError(f"known_at is {known_at.isoformat()} without a timezone; expected an instant.")
    contract = KINDS[kind]
    table = map_columns(read_table(content), contract, columns)
    reading = contract.read(table, Circumstances(place, known_at))
    verdicts = reading.verdicts
    return ParsedUpload(
        kind=kind,
        contract_version=contract.version,
        rows=contract.frame.validate(reading.rows[verdicts.kept].reset_index(drop=True)),
        rejected=verdicts.rejected(),
        skipped=verdicts.skipped(),
        read_count=table.row_count,
        detected_format=_describe(table, reading),
    )


def _describe(table: MappedTable, reading: Reading) -> dict[str, Any]:
    marks = set(reading.decimals.values())
    return {
        "encoding": table.table.encoding,
        "delimiter": table.table.delimiter,
        "decimal": "mixed" if len(marks) > 1 else next(iter(marks), "."),
        "decimals": dict(reading.decimals),
        "date_order": reading.date_order,
        "columns": dict(table.headers),
    }
