"""Kinds that are plain lists: every field is read by its form alone, and a row is refused for its first wrong field.

A kind of this sort is a list of fields, its natural key and perhaps a rule that holds across fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from flux_pipeline.ingest.contracts import Circumstances, Contract, Field, Reading
from flux_pipeline.ingest.days import find_order
from flux_pipeline.ingest.forms import Form, Kind, parse_cells
from flux_pipeline.ingest.mapped import MappedTable
from flux_pipeline.ingest.moments import END_OF_DAY, MomentTexts, parse_clocks, parse_moments, split_moments, utc_index
from flux_pipeline.ingest.numbers import find_marks
from flux_pipeline.ingest.verdicts import Verdicts

_TIMED = (Kind.DAY, Kind.INSTANT)
_NUMERIC = (Kind.NUMBER, Kind.MONEY)


@dataclass(frozen=True)
class RowRule:
    """A rule across fields: rows for which `is_broken` (frame -> (n,) bool) holds are rejected for `reason`."""

    reason: str
    field: str
    message: str
    is_broken: Callable[[pd.DataFrame], np.ndarray]


def plain_contract(
    kind: str,
    description: str,
    fields: Sequence[Field],
    *,
    key: Sequence[str],
    rules: Sequence[RowRule] = (),
    choices: tuple[tuple[tuple[str, ...], ...], ...] = (),
    day_column: str | None = None,
    version: str = "1",
) -> Contract:
    """The contract of a plain list.

    Args:
        kind: its name.
        description: what a file of it holds, a sentence.
        fields: each with its form.
        key: the fields by which two rows mean the same thing; of those the last one counts.
        rules: what must hold across fields.
        choices: requirements that can be met in more than one way, as in `Contract`.
        day_column: the field whose first and last day describe the file; None where there is none.
        version: of the contract.
    """
    columns = {"line_number": pa.Column("int64", pa.Check.ge(2), unique=True)}
    columns |= {field.name: _form(field).column(field.required) for field in fields}

    def read(table: MappedTable, _circumstances: Circumstances) -> Reading:
        return _read(table, tuple(fields), tuple(key), tuple(rules))

    return Contract(
        kind=kind,
        version=version,
        description=description,
        shared=False,
        fields=tuple(fields),
        choices=choices,
        frame=pa.DataFrameSchema(columns, strict=True, ordered=True, unique=list(key)),
        day_column=day_column,
        read=read,
    )


def _read(table: MappedTable, fields: tuple[Field, ...], key: tuple[str, ...], rules: tuple[RowRule, ...]) -> Reading:
    """Reads every row: blank_line (skipped), too_many_fields, then missing_<field> and bad_<field> in the order of the
    contract, then its rules, then repeated_row (skipped; the last of its key counts)."""
    verdicts = Verdicts(table)
    verdicts.set_aside_malformed()
    halves = {field.name: split_moments(table.texts(field.name)) for field in fields if _form(field).kind in _TIMED}
    order = find_order([half.days for half in halves.values()])
    numeric = {f.name: table.texts(f.name) for f in fields if _form(f).kind in _NUMERIC and table.has(f.name)}
    marks = find_marks(numeric, table.table.delimiter)
    columns: dict[str, object] = {"line_number": table.line_numbers}
    for field in fields:
        cells = table.texts(field.name)
        if field.required:
            verdicts.reject(
                cells.blank, f"missing_{field.name}", field.name, f"The row has no {field.name} ({field.description})."
            )
        if field.name in halves:
            values, bad = _read_moments(halves[field.name], order, _form(field))
        elif _form(field).kind is Kind.CLOCK:
            values, bad = parse_clocks(cells)
        else:
            values, bad = parse_cells(cells, _form(field), marks.get(field.name, "."))
        verdicts.reject(
            bad,
            f"bad_{field.name}",
            field.name,
            f"'{{found}}' can't be the {field.name}; expected {_form(field).expected}, such as {field.example}.",
        )
        columns[field.name] = _column(values, _form(field))
    rows = pd.DataFrame(columns)
    for rule in rules:
        verdicts.reject(rule.is_broken(rows), rule.reason, rule.field, rule.message)
    verdicts.skip_repeated(rows[list(key)])
    return Reading(rows, verdicts, order, marks)


def _form(field: Field) -> Form:
    if field.form is None:
        raise ValueError(f"The field {field.name} of a plain list has no form; expected one of forms.py.")
    return field.form


def _column(values: object, form: Form) -> object:
    if form.kind is Kind.WEEKDAY:
        return pd.array(values, dtype="Int64")  # type: ignore[call-overload]
    if form.kind in (Kind.TEXT, Kind.CHOICE, Kind.CLOCK):
        return pd.Series(values, dtype=object)
    return values


def _read_moments(halves: MomentTexts, order: str | None, form: Form) -> tuple[object, np.ndarray]:
    moments = parse_moments(halves, order)
    bad = moments.bad | (moments.bad_clock & ~moments.blank)
    if form.kind is Kind.DAY:
        return moments.day.astype("datetime64[s]"), bad
    return utc_index(moments.utc(END_OF_DAY)), bad
