"""The door of the room: from an uploaded file to what can be loaded, and what can't, with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns import map_header
from flux_pipeline.ingest.contracts import Circumstances, Contract, Place
from flux_pipeline.ingest.kinds import KINDS
from flux_pipeline.ingest.mapped import MappedTable
from flux_pipeline.ingest.reader import OpenTable, open_tables
from flux_pipeline.ingest.result import ParsedUpload, merged
from flux_pipeline.ingest.source import Hints, Source
from flux_pipeline.ingest.survey import take_survey
from flux_pipeline.ingest.wording import listed


@dataclass(frozen=True)
class OpenUpload:
    """A file whose format and columns are found and whose rows are still to be read.

    `tables` are the tables of the file that fit the contract, each with the header of each field. `detected_format` is
    JSON-able: encoding, delimiter, decimal (".", "," or "mixed"), decimals (field -> mark), date_order (year_first,
    day_first, month_first or None), columns (field -> header).
    """

    contract: Contract
    tables: tuple[tuple[OpenTable, Mapping[str, str]], ...]
    circumstances: Circumstances
    detected_format: dict[str, Any]

    def parts(self) -> Iterator[ParsedUpload]:
        """The rows, block by block, each block accounted for by itself."""
        for table in self._blocks():
            reading = self.contract.read(table, self.circumstances)
            verdicts = reading.verdicts
            yield ParsedUpload(
                kind=self.contract.kind,
                contract_version=self.contract.version,
                rows=self.contract.frame.validate(reading.rows[verdicts.kept].reset_index(drop=True)),
                rejected=verdicts.rejected(),
                skipped=verdicts.skipped(),
                read_count=table.row_count,
                detected_format=self.detected_format,
            )

    def _blocks(self) -> Iterator[MappedTable]:
        for table, headers in self.tables:
            for block in table.blocks():
                yield MappedTable(block, headers)


def open_upload(
    source: Source,
    *,
    kind: str,
    hints: Hints | None = None,
    place: Place | None = None,
    known_at: dt.datetime | None = None,
) -> OpenUpload:
    """Finds the format and the columns of a file of one of the KINDS.

    Args:
        source: the file.
        kind: what it holds.
        hints: what the sender says of it; goes before what the file says itself.
        place: where it comes from; needed for sales with times of day.
        known_at: when it came in (aware): events became known then that don't say so themselves, and sales can't be
            later.

    Raises:
        PermanentError: the file can't be read as this kind at all.
        ValueError: `known_at` without a timezone.
    """
    if kind not in KINDS:
        raise PermanentError(f"'{kind}' is no kind of upload; Flux reads {listed(KINDS)}. Choose one of these.")
    if known_at is not None and known_at.tzinfo is None:
        raise ValueError(f"known_at is {known_at.isoformat()} without a timezone; expected an instant.")
    contract, said = KINDS[kind], hints or Hints()
    tables = tuple((table, map_header(table.header, contract, said.columns)) for table in open_tables(source))
    upload = OpenUpload(contract, tables, Circumstances(place, known_at, said), {})
    survey = take_survey(upload._blocks(), {field.name: field.form.kind for field in contract.fields})
    circumstances = replace(upload.circumstances, survey=survey)
    return replace(upload, circumstances=circumstances, detected_format=_describe(tables, circumstances))


def read_upload(
    content: bytes,
    *,
    kind: str,
    columns: Mapping[str, str] | None = None,
    place: Place | None = None,
    known_at: dt.datetime | None = None,
) -> ParsedUpload:
    """Reads a whole file that is in memory; for arguments and errors see `open_upload`.

    A row is a record below the header: blank lines count (as skipped), and a quoted cell may hold line breaks. Single
    bad rows are in `rejected`, even when that is every row.
    """
    opened = open_upload(Source.of(content), kind=kind, hints=Hints(columns or {}), place=place, known_at=known_at)
    return merged(list(opened.parts()))


def _describe(tables: tuple[tuple[OpenTable, Mapping[str, str]], ...], circumstances: Circumstances) -> dict[str, Any]:
    (first, headers), survey = tables[0], circumstances.survey
    marks = set(survey.marks.values())
    return {
        "encoding": first.encoding,
        "delimiter": first.delimiter,
        "decimal": "mixed" if len(marks) > 1 else next(iter(marks), "."),
        "decimals": dict(survey.marks),
        "date_order": survey.date_order,
        "columns": dict(headers),
    }
