"""Entry point of ingest: from an uploaded file to its valid rows, and its rejected rows with their reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.fitting import Fit, fit_tables, known_names
from flux_pipeline.ingest.columns.messages import LacksColumnsError, NeedsOptionsError
from flux_pipeline.ingest.columns.one_place import settle_places, tally_places
from flux_pipeline.ingest.columns.personal.cells import cell_masks
from flux_pipeline.ingest.columns.personal.outside import Redaction
from flux_pipeline.ingest.columns.personal.unused import find_kept
from flux_pipeline.ingest.columns.personal.watch import Watch, total_cells
from flux_pipeline.ingest.columns.wide import map_blocks
from flux_pipeline.ingest.contracts import Contract, FileFacts, FileScan, Place, ReadContext
from flux_pipeline.ingest.kinds.plain import SentenceRule, reject_with_sentences
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

_CENT = 0.01

# A date alone is in most files and does not show their kind.
_FEWEST_FIELDS = 2


@dataclass(frozen=True)
class OpenUpload:
    """A file whose format and columns are known and whose rows are still to be read.

    `tables` are the tables of the file that fit the contract, each with its columns. `detected_format` is JSON-able:
    encoding, delimiter, decimal (".", "," or "mixed"), decimals (field -> mark), date_order (year_first,
    short_year_first, day_first, month_first or None) and date_order_by (evidence, hint, country or None), untimed
    (fields without a time of day), whole_numbers (fields without any decimal mark), columns (field -> header) and the
    rest of `ColumnMap.as_format`, checks (comparisons of the file with itself, in sentences; filled by `parts`),
    skipped_amounts (reason -> money of the rows skipped for it; filled by `parts`, for kinds with money),
    personal_columns and dropped_columns (header -> number of filled cells that were dropped), location (the one place
    that its rows name, or None), notes (decisions that may surprise, in sentences); for a workbook also sheets and
    sheets_left_out. `redactions` are what isn't kept of each table.
    """

    contract: Contract
    tables: tuple[tuple[OpenTable, ColumnMap], ...]
    context: ReadContext
    detected_format: dict[str, Any]
    redactions: tuple[Redaction, ...] = ()

    def parts(self, rules: Sequence[SentenceRule] = ()) -> Iterator[ParsedUpload]:
        """Yield the rows block by block, each block with its own accounting.

        `rules` are further ones than the contract's, for what only the restaurant's other data show.
        After the last, `detected_format["checks"]` holds what the file was compared with, in sentences, and
        `detected_format["skipped_amounts"]` the money of skipped rows by reason.
        """
        audit = self.contract.audit(self.context) if self.contract.audit else None
        amounts: dict[str, float] = {}
        for table in self._blocks():
            reading = self.contract.read(table, self.context)
            verdicts = reading.verdicts
            for rule in rules:
                reject_with_sentences(verdicts, rule, reading.rows)
            if audit:
                audit.add(table, reading.rows, verdicts.kept)
            if self.contract.amount_column:
                for reason, sum_of_block in verdicts.skipped_sums(
                    reading.rows[self.contract.amount_column].to_numpy()
                ).items():
                    amounts[reason] = amounts.get(reason, 0.0) + sum_of_block
            yield ParsedUpload(
                kind=self.contract.kind,
                contract_version=self.contract.version,
                rows=self.contract.frame.validate(reading.rows[verdicts.kept].reset_index(drop=True)),
                rejected=verdicts.rejected(),
                skipped=verdicts.skipped(),
                read_count=table.row_count,
                detected_format=self.detected_format,
            )
        self.detected_format["checks"] = audit.sentences() if audit else []
        self.detected_format["skipped_amounts"] = {
            reason: round(amount, 2) for reason, amount in amounts.items() if abs(amount) >= _CENT
        }

    def first_rows(self, count: int = 5) -> pd.DataFrame:
        """Return the first valid rows, at most `count`; no more blocks are read than needed."""
        return next((part.rows.head(count) for part in self.parts() if len(part.rows)), pd.DataFrame())

    def _blocks(self, watches: Sequence[Watch] = ()) -> Iterator[MappedTable]:
        """Yield the blocks of all tables, each table watched by one of `watches`."""
        start = 0
        for place, (table, columns) in enumerate(self.tables):
            masks = cell_masks(self.contract, columns)
            blocks = watches[place].watch(table.blocks()) if watches else table.blocks()
            for mapped in fill_down(map_blocks(blocks, columns, masks), self.context.facts.filled_down):
                yield self.context.facts.applied(mapped, start)
                start += mapped.row_count


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
    """Find the format and the columns of a file of one of the KINDS.

    Args:
        source: the file.
        kind: the kind of file.
        hints: the sender's hints; they take precedence over what the file shows.
        place: the restaurant; needed for sales with times of day.
        known_at: when the file came in (aware): the default for events without their own known_at, and the limit for
            sales, which can't be later.
        settings: the restaurant's settings.
        known: the columns of earlier files (`ColumnMap.stated`), by the fingerprint of their header.

    Raises:
        PermanentError: the file can't be read as this kind at all.
        ValueError: `known_at` without a timezone.
    """
    contract, hints = contract_of(kind), hints or Hints()
    if known_at is not None and known_at.tzinfo is None:
        raise ValueError(f"known_at is {known_at.isoformat()} without a timezone; expected an instant.")
    opened = open_tables(
        source,
        count_known=known_names(contract, hints.columns),
        encoding=hints.encoding,
        facts_above=contract.facts_above,
        known_at=known_at,
    )
    try:
        fit = fit_tables(opened, contract, hints.columns, known)
    except LacksColumnsError as error:
        raise _with_better_kind(error, opened, kind, hints) from error
    upload = OpenUpload(
        contract, fit.tables, ReadContext(place, known_at, hints, settings=settings or UploadSettings()), {}
    )
    kept = find_kept([columns for _, columns in fit.tables], hints.keep_columns)
    watches = [Watch(columns, contract, kept) for _, columns in fit.tables]
    scan = contract.scan() if contract.scan else None
    places: dict[str, Tally] = {}
    survey = take_survey(
        scanned(tally_places(upload._blocks(watches), contract, places), scan),
        {field.name: field.form.kind for field in contract.fields},
        hints=hints,
        country_code=place.country_code if place else None,
        known_at=known_at,
    )
    at = settle_places(places, fit.tables[0][1], contract)
    context = replace(upload.context, survey=survey)
    tables = tuple((table, watch.columns()) for (table, _), watch in zip(fit.tables, watches, strict=True))
    upload = replace(upload, tables=tables)
    if scan:

        def blocks(facts: FileFacts) -> Iterator[MappedTable]:
            return replace(upload, context=replace(context, facts=facts))._blocks()

        context = replace(context, facts=scan.found(context, blocks))
    facts = context.facts
    for (table, _), watch in zip(tables, watches, strict=True):
        watch.watch_again(table.blocks(), facts.dropped)
    evidence = (*facts.states, *facts.evidence)
    tables = tuple(
        (table, watch.columns().with_evidence(facts.dropped, evidence))
        for (table, _), watch in zip(tables, watches, strict=True)
    )
    return replace(
        upload,
        tables=tables,
        context=context,
        detected_format=_describe(replace(fit, tables=tables), context, watches, at),
        redactions=_redactions(watches, facts),
    )


def _with_better_kind(
    error: LacksColumnsError, tables: Sequence[OpenTable], kind: str, hints: Hints
) -> NeedsOptionsError:
    """Return the refusal, with another kind suggested if the file's columns are those of exactly one other kind.

    Nearly every file has a date, so a kind is suggested only if at least two of its fields are found by name.
    """
    if hints.columns:
        return error
    found: dict[str, int] = {}
    for name, contract in KINDS.items():
        try:
            fit = fit_tables(tables, contract, {}) if name != kind else None
        except PermanentError:
            continue
        if fit is None or contract.shared or any(by != "name" for by in fit.tables[0][1].how.values()):
            continue
        if len(fit.tables[0][1].headers) >= _FEWEST_FIELDS:
            found[name] = len(fit.tables[0][1].headers)
    best = [name for name, columns in found.items() if columns == max(found.values())]
    if len(best) != 1:
        return error
    return NeedsOptionsError(f"{error} The file could be read as kind {best[0]}:", {}, best[0])


def scanned(tables: Iterable[MappedTable], scan: FileScan | None) -> Iterator[MappedTable]:
    """Yield the same blocks, passing each to the scan."""
    for table in tables:
        if scan:
            scan.add(table)
        yield table


def _redactions(watches: Sequence[Watch], facts: FileFacts) -> tuple[Redaction, ...]:
    starts = accumulate((watch.row_count for watch in watches), initial=0)
    return tuple(watch.redaction(facts, start) for watch, start in zip(watches, starts, strict=False))


def _describe(fit: Fit, context: ReadContext, watches: Sequence[Watch], places: Mapping[str, str]) -> dict[str, Any]:
    (first, columns), survey = fit.tables[0], context.survey
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
        "personal_columns": total_cells([watch.personal for watch in watches]),
        "dropped_columns": total_cells([watch.dropped for watch in watches]),
        "location": next(iter(places.values()), None),
        "notes": [*fit.notes, *survey.notes, *context.facts.notes],
        **sheets,
    }
