"""The door of the room: from an uploaded file to what can be loaded, and what can't, with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.fitting import Fit, fit_tables, known_names
from flux_pipeline.ingest.columns.messages import LacksColumnsError
from flux_pipeline.ingest.columns.one_place import settle_places, tally_places
from flux_pipeline.ingest.columns.personal.recognise import count_personal
from flux_pipeline.ingest.columns.wide import map_blocks
from flux_pipeline.ingest.contracts import Circumstances, Contract, Place, Seen, Watch
from flux_pipeline.ingest.kinds.registry import KINDS, contract_of
from flux_pipeline.ingest.reading.reader import OpenTable, open_tables
from flux_pipeline.ingest.reading.source import Source
from flux_pipeline.ingest.result import ParsedUpload
from flux_pipeline.ingest.settings import UploadSettings
from flux_pipeline.ingest.survey import take_survey
from flux_pipeline.ingest.table.filling import fill_down
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Tally


@dataclass(frozen=True)
class OpenUpload:
    """A file whose format and columns are found and whose rows are still to be read.

    `tables` are the tables of the file that fit the contract, each with its columns. `detected_format` is JSON-able:
    encoding, delimiter, decimal (".", "," or "mixed"), decimals (field -> mark), date_order (year_first,
    short_year_first, day_first, month_first or None) and date_order_by (evidence, hint, country or None), untimed
    (fields without a time of day), whole_numbers (fields in which no decimal mark stands), columns (field -> header)
    and the rest of `ColumnMap.as_format`, personal_columns (header -> how many filled cells were dropped), location
    (the one place that its rows name, or None), notes (what was decided and may surprise, in sentences); of a workbook
    also sheets and sheets_left_out.
    """

    contract: Contract
    tables: tuple[tuple[OpenTable, ColumnMap], ...]
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

    def _blocks(self, personal: dict[str, int] | None = None) -> Iterator[MappedTable]:
        """The blocks of all tables; what persons' columns hold is counted in `personal`, by header."""
        for table, columns in self.tables:
            blocks = table.blocks() if personal is None else count_personal(table.blocks(), columns.personal, personal)
            yield from fill_down(map_blocks(blocks, columns), self.circumstances.seen.filled_down)


def open_upload(
    source: Source,
    *,
    kind: str,
    hints: Hints | None = None,
    place: Place | None = None,
    known_at: dt.datetime | None = None,
    settings: UploadSettings | None = None,
    known: Mapping[str, Mapping[str, str]] | None = None,
) -> OpenUpload:
    """Finds the format and the columns of a file of one of the KINDS.

    Args:
        source: the file.
        kind: what it holds.
        hints: what the sender says of it; goes before what the file says itself.
        place: where it comes from; needed for sales with times of day.
        known_at: when it came in (aware): events became known then that don't say so themselves, and sales can't be
            later.
        settings: what the restaurant has set.
        known: how earlier files' columns were understood (`ColumnMap.stated`), by the fingerprint of their header.

    Raises:
        PermanentError: the file can't be read as this kind at all.
        ValueError: `known_at` without a timezone.
    """
    contract, said = contract_of(kind), hints or Hints()
    if known_at is not None and known_at.tzinfo is None:
        raise ValueError(f"known_at is {known_at.isoformat()} without a timezone; expected an instant.")
    opened = open_tables(source, count_known=known_names(contract, said.columns), encoding=said.encoding)
    try:
        fit = fit_tables(opened, contract, said.columns, known)
    except LacksColumnsError as error:
        raise _with_better_kind(error, opened, kind, said) from error
    upload = OpenUpload(
        contract, fit.tables, Circumstances(place, known_at, said, settings=settings or UploadSettings()), {}
    )
    personal: dict[str, int] = {}
    watch = contract.watch() if contract.watch else None
    places: dict[str, Tally] = {}
    survey = take_survey(
        watched(tally_places(upload._blocks(personal), contract, places), watch),
        {field.name: field.form.kind for field in contract.fields},
        hints=said,
        country_code=place.country_code if place else None,
        known_at=known_at,
    )
    at = settle_places(places, fit.tables[0][1], contract)
    circumstances = replace(upload.circumstances, survey=survey)
    if watch:

        def blocks(seen: Seen) -> Iterator[MappedTable]:
            return replace(upload, circumstances=replace(circumstances, seen=seen))._blocks()

        circumstances = replace(circumstances, seen=watch.found(survey, blocks))
    return replace(upload, circumstances=circumstances, detected_format=_describe(fit, circumstances, personal, at))


def _with_better_kind(error: PermanentError, tables: Sequence[OpenTable], kind: str, said: Hints) -> PermanentError:
    """The refusal of a file as this kind; where its columns are those of another kind, it says so."""
    if said.columns:
        return error
    found: dict[str, int] = {}
    for name, contract in KINDS.items():
        try:
            fit = fit_tables(tables, contract, {}) if name != kind else None
        except PermanentError:
            continue
        if fit and all(by == "name" for by in fit.tables[0][1].how.values()) and not contract.shared:
            found[name] = len(fit.tables[0][1].headers)
    best = [name for name, columns in found.items() if columns == max(found.values())]
    if len(best) != 1:
        return error
    return PermanentError(f"{error} As a file of the kind {best[0]} it could be read: --kind {best[0]}.")


def watched(tables: Iterable[MappedTable], watch: Watch | None) -> Iterator[MappedTable]:
    """The same blocks, each shown to what looks at the file."""
    for table in tables:
        if watch:
            watch.add(table)
        yield table


def _describe(
    fit: Fit, circumstances: Circumstances, personal: Mapping[str, int], places: Mapping[str, str]
) -> dict[str, Any]:
    (first, columns), survey = fit.tables[0], circumstances.survey
    sheets = {"sheets": [*fit.sheets], "sheets_left_out": [*fit.left_out]} if fit.sheets else {}
    marks = set(survey.marks.values())
    return {
        "encoding": first.encoding,
        "delimiter": first.delimiter,
        "decimal": "mixed" if len(marks) > 1 else next(iter(marks), "."),
        "decimals": dict(survey.marks),
        "whole_numbers": sorted(survey.whole_numbers),
        "date_order": survey.date_order,
        "date_order_by": survey.date_order_by,
        "untimed": sorted(survey.untimed),
        **columns.as_format(),
        "personal_columns": dict(personal),
        "location": next(iter(places.values()), None),
        "notes": [*fit.notes, *survey.notes, *circumstances.seen.notes],
        **sheets,
    }
