"""Plain kinds: every field is read by its form alone, and a row is rejected for its first wrong field.

Such a kind is a list of fields, its natural key and perhaps rules across fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.cells.dates.clocks import parse_clocks
from flux_pipeline.ingest.cells.dates.moments import END_OF_DAY, Moments, utc_index
from flux_pipeline.ingest.cells.forms import Form, Kind, parse_cells
from flux_pipeline.ingest.contracts import Contract, Field, FileFacts, Matrix, ReadContext, Reading
from flux_pipeline.ingest.kinds._currencies import reject_other_currencies
from flux_pipeline.ingest.kinds._groups import GroupScan, is_heading
from flux_pipeline.ingest.kinds._sums import Totals, TotalsCheck, names_thing, rows_among
from flux_pipeline.ingest.kinds.days import Happened, reject_future
from flux_pipeline.ingest.kinds.measures import MISSING
from flux_pipeline.ingest.kinds.texts import judge_text
from flux_pipeline.ingest.table.filling import Filling
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.ingest.verdicts import Verdicts
from flux_pipeline.names import fold_name

# Values that follow from others, such as the time in the cell of a day: what was read, by column, and where.
Complete = Callable[[pd.DataFrame, MappedTable, ReadContext], pd.DataFrame]

# Names of fields, or a function from the rows to the values to compare (n, any).
Key = Sequence[str] | Callable[[pd.DataFrame], pd.DataFrame]

_TIMED = (Kind.DAY, Kind.INSTANT)


@dataclass(frozen=True)
class RowRule:
    """A rule across fields: rows for which `is_broken` (frame -> (n,) bool) holds are rejected for `reason`.

    Without a message they are skipped: such rows are fine but carry nothing.
    """

    reason: str
    field: str
    message: str
    is_broken: Callable[[pd.DataFrame], np.ndarray]


@dataclass(frozen=True)
class SentenceRule:
    """A rule that says for each row what is wrong with it: `sentences` returns a sentence, or None if nothing is."""

    reason: str
    field: str
    sentences: Callable[[pd.DataFrame], Sequence[str | None]]


# Headers whose numbers are in per cent: `Yield %`.
_PER_CENT = re.compile(r"%|per ?cent|pct|prozent|pourcent|porcentaje|percentual", re.IGNORECASE)
_AT_LEAST_TEN = re.compile(r"[1-9][0-9]+(?:[.,][0-9]+)?")
# A number of twelve digits or more that a spreadsheet shortened: its last digits are lost.
_ROUNDED = r"[0-9](?:[.,][0-9]+)?[eE]\+?(?:1[1-9]|2[0-9])"


def rounded_code(reason: str, field: str) -> RowRule:
    """Return the rule that a code is not a number that a spreadsheet rounded, such as 4.01E+12."""
    return RowRule(
        reason,
        field,
        f"'{{found}}' is a {field} that a spreadsheet converted to a number and shortened; expected all its digits. "
        "Format the column as text, fill it in again and export the file again, or leave the column out.",
        lambda rows: rows[field].fillna("").astype(str).str.fullmatch(_ROUNDED).to_numpy(dtype=bool),
    )


def plain_contract(
    kind: str,
    description: str,
    fields: Sequence[Field],
    *,
    key: Key = (),
    rules: Sequence[RowRule | SentenceRule] = (),
    complete: Complete = lambda rows, _table, _context: rows,
    choices: tuple[tuple[tuple[str, ...], ...], ...] = (),
    day_column: str | None = None,
    happened: Happened | None = None,
    keeps_people: bool = False,
    matrix: Matrix | None = None,
    doubts: Callable[..., None] | None = None,
    version: str = "1",
) -> Contract:
    """Return the contract of a plain list.

    Args:
        kind: its name.
        description: what a file of the kind holds, a sentence.
        fields: each with its form.
        key: the fields by which two rows mean the same thing, however they are spelled; the last such row counts. Empty
            if equal rows are different things, such as two crates of one delivery.
        rules: what must hold across fields.
        complete: fills in what follows from other fields, before the rules apply.
        choices: requirements that can be met in more than one way, as in `Contract`.
        day_column: the field whose first and last day describe the file; None if there is none.
        happened: the fields of a day and its time, which are read together; both are moments.
        keeps_people: whether the kind is about persons, as in `Contract`.
        matrix: the columns that may be rows, as in `Contract`.
        doubts: asks the sender about columns that can be understood in two ways, as in `Contract`.
        version: of the contract.
    """

    either = [name for choice in choices for way in choice for name in way]

    def read(table: MappedTable, context: ReadContext) -> Reading:
        return _read(table, context, tuple(fields), key, tuple(rules), complete, happened)

    return Contract(
        kind=kind,
        version=version,
        description=description,
        shared=False,
        fields=tuple(fields),
        choices=choices,
        frame=_frame(fields, key, happened, lines_are_rows=matrix is None),
        day_column=day_column,
        read=read,
        keeps_people=keeps_people,
        matrix=matrix,
        doubts=doubts,
        scan=lambda: PlainScan(fields, day_column, either),
    )


class PlainScan:
    """Scan of a whole list for fields that are given once per group, and for totals among its rows."""

    def __init__(self, fields: Sequence[Field], day: str | None, either: Sequence[str] = ()) -> None:
        of_group = [field for field in fields if field.is_of_group]
        lead = next((field for field in of_group if field.required), None)
        others = [field for field in of_group if field is not lead]
        needed = [field.name for field in fields if field.required and field is not lead]
        labels = [field.name for field in fields if names_thing(field) and field is not lead]
        self._groups = GroupScan(lead, others, needed or either, labels) if lead else None
        counted = any(field.name == "quantity" for field in fields)
        self._totals = TotalsCheck(fields, day) if counted else None

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        if self._groups:
            self._groups.add(table)
        if self._totals:
            self._totals.add(table)

    def found(self, context: ReadContext, blocks: Callable[[FileFacts], Iterable[MappedTable]]) -> FileFacts:
        """Return the facts found; the file is read again only if rows named like totals were found."""
        filled = Filling(down=self._groups.found() if self._groups else frozenset())
        notes = (self._groups.note(),) if self._groups and filled.down else ()
        totals = Totals()
        if self._totals and self._totals.applies:
            totals = self._totals.found(blocks(FileFacts(filled_down=filled)), context.survey)
        return FileFacts((*notes, *totals.notes), filled_down=filled, totals=totals.sums, unclear_totals=totals.unclear)


def _frame(fields: Sequence[Field], key: Key, happened: Happened | None, *, lines_are_rows: bool) -> pa.DataFrameSchema:
    columns = {"line_number": pa.Column("int64", pa.Check.ge(2), unique=lines_are_rows)}
    moments = happened.columns if happened else {}
    for field in fields:
        column = moments.get(field.name) or field.form.column(field.required)
        columns[column.name or field.name] = column
    return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=None if callable(key) else list(key) or None)


def _read(
    table: MappedTable,
    context: ReadContext,
    fields: tuple[Field, ...],
    key: Key,
    rules: tuple[RowRule | SentenceRule, ...],
    complete: Complete,
    happened: Happened | None,
) -> Reading:
    """Read every row.

    The rules, first to last: blank_line (skipped), too_many_fields, group_heading (skipped: nothing but a field that
    holds for the rows below), totals_line (skipped), unclear_total, then missing_<field>, bad_<field>, bad_currency and
    <field>_too_long in the order of the contract, then the contract's rules, then repeated_row (skipped; the last row
    of its key counts).
    """
    verdicts = Verdicts(table)
    verdicts.set_aside_malformed()
    _set_aside_headings(table, context.facts, fields, verdicts)
    columns: dict[str, object] = {"line_number": table.line_numbers}
    for field in fields:
        cells = _cells(table, field)
        if field.required:
            verdicts.reject(
                cells.blank, f"missing_{field.name}", field.name, f"The row has no {field.name} ({field.description})."
            )
        if happened and field.name in (happened.day, happened.time):
            columns |= happened.read(table, context, verdicts) if field.name == happened.day else {}
        else:
            columns[field.name] = _read_field(table, context, field, cells, verdicts)
    rows = complete(pd.DataFrame(columns), table, context)
    for rule in rules:
        if isinstance(rule, SentenceRule):
            reject_with_sentences(verdicts, rule, rows)
        elif rule.message:
            verdicts.reject(rule.is_broken(rows), rule.reason, rule.field, rule.message)
        else:
            verdicts.skip(rule.is_broken(rows), rule.reason)
    if key:
        identity = key(rows) if callable(key) else rows[list(key)]
        verdicts.skip_repeated(identity.map(_as_compared))
    return Reading(rows, verdicts)


def _read_field(table: MappedTable, context: ReadContext, field: Field, cells: Texts, verdicts: Verdicts) -> object:
    survey = context.survey
    if field.form.kind in (Kind.TEXT, Kind.EMAIL):
        judge_text(table, verdicts, field.name, cells)
    if field.form.kind in _TIMED:
        values, bad = _read_moments(survey.moments(table, field.name), field)
        bad &= ~cells.blank
    elif field.form.kind is Kind.CLOCK:
        values, bad = parse_clocks(cells)
    else:
        values, bad = parse_cells(
            cells, field.form, survey.mark(field.name), in_per_cent=field.name in survey.in_per_cent
        )
    verdicts.reject(
        bad,
        f"bad_{field.name}",
        field.name,
        f"'{{found}}' can't be the {field.name}; expected {field.form.expected}, such as {field.example}.",
    )
    if field.is_past:
        reject_future(verdicts, context, field.name, np.asarray(values))
    if field.form.kind is Kind.MONEY:
        reject_other_currencies(table, context, field, cells, verdicts)
    return _column(values, field.form)


def reject_with_sentences(verdicts: Verdicts, rule: SentenceRule, rows: pd.DataFrame) -> None:
    """Reject the rows that a rule says something about."""
    kept = np.flatnonzero(verdicts.kept)
    sentences = dict(zip(kept.tolist(), rule.sentences(rows.iloc[kept]), strict=True))
    for sentence in dict.fromkeys(found for found in sentences.values() if found):
        broken = np.zeros(len(rows), dtype=bool)
        broken[[place for place, found in sentences.items() if found == sentence]] = True
        verdicts.reject(broken, rule.reason, rule.field, sentence)


def _set_aside_headings(table: MappedTable, facts: FileFacts, fields: tuple[Field, ...], verdicts: Verdicts) -> None:
    if facts.filled_down.down:
        verdicts.skip(is_heading(table, facts.filled_down.down), "group_heading")
    labels = [field.name for field in fields if names_thing(field)]
    verdicts.skip(rows_among(table, labels, facts.totals), "totals_line")
    verdicts.reject(
        rows_among(table, labels, facts.unclear_totals),
        "unclear_total",
        next((name for name in labels if table.has(name)), None),
        "The row is named like a total ('{found}'), but its numbers are not the sum of other rows; expected the total "
        "to be left out, or another name.",
    )


def _cells(table: MappedTable, field: Field) -> Texts:
    cells = table.texts(field.name)
    if field.form.kind is Kind.TEXT:
        return cells
    cells = cells.map(lambda cell: "" if cell.casefold() in MISSING and not field.form.only_empty else cell)
    if field.form.percents and _PER_CENT.search(table.headers.get(field.name, "")):
        # A spreadsheet may have written 85% as 0.85.
        return cells.map(lambda cell: f"{cell}%" if _AT_LEAST_TEN.fullmatch(cell) else cell)
    return cells


def _as_compared(value: object) -> object:
    return fold_name(value) if isinstance(value, str) else value


def _column(values: object, form: Form) -> object:
    if form.kind is Kind.WEEKDAY or form.is_whole:
        return pd.array(values, dtype="Int64")  # type: ignore[call-overload]
    if form.kind in (Kind.TEXT, Kind.CHOICE, Kind.CLOCK, Kind.EMAIL, Kind.WEEKDAYS):
        return pd.Series(values, dtype=object)
    return values


def _read_moments(moments: Moments, field: Field) -> tuple[object, np.ndarray]:
    if field.form.kind is Kind.DAY:
        return moments.day.astype("datetime64[s]"), moments.bad
    return utc_index(moments.utc(END_OF_DAY)), moments.bad
