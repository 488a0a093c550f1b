"""Which tables of a file hold what a contract asks for. How a column is found stands in mapping.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns._mapping import map_header
from flux_pipeline.ingest.columns._presets import PRESETS
from flux_pipeline.ingest.columns._repeated_sheets import find_repeated
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import header_fingerprint, normalised_name, split_remark
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.reading.headers import CountKnown
from flux_pipeline.ingest.reading.reader import OpenTable
from flux_pipeline.wording import listed


@dataclass(frozen=True)
class Fit:
    """`tables` that fit, each with its columns; `sheets` names a workbook's, `left_out` its others; `notes` of all."""

    tables: tuple[tuple[OpenTable, ColumnMap], ...]
    sheets: tuple[str, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def known_names(contract: Contract, stated: Mapping[str, str]) -> CountKnown:
    """Counts the distinct names in a record that `contract` knows, or that the sender names (`stated`, by field)."""
    known = {normalised_name(name) for field in contract.fields for name in (field.name, *field.synonyms)}
    known |= {normalised_name(header) for header in stated.values()}
    if contract.counts_units:
        known |= {normalised_name(header) for preset in PRESETS for header in preset.telling}
    known.discard("")

    def count(names: Sequence[str]) -> int:
        return len(
            {normalised_name(name) for name in names} & known | {split_remark(name)[0] for name in names} & known
        )

    return count


def fit_tables(
    tables: Sequence[OpenTable],
    contract: Contract,
    stated: Mapping[str, str],
    known: Mapping[str, Mapping[str, str]] | None = None,
) -> Fit:
    """The tables whose columns `contract` can be read from; sheets that are hidden are left out, and those that say
    again what others say.

    `stated` is as in `map_header`; `known` are mappings of earlier files by the fingerprint of their header.

    Raises PermanentError, as for the first table, where none fits; and where one may say again what others say.
    """
    fitting: list[tuple[OpenTable, ColumnMap]] = []
    left_out: list[str] = []
    refusals: list[PermanentError] = []
    for table in sorted(tables, key=lambda table: table.hidden):
        try:
            same = (known or {}).get(header_fingerprint(table.header))
            columns = map_header(table.header, contract, stated, sample=next(table.blocks()), known=same)
        except PermanentError as error:
            refusals.append(error)
            left_out.append(table.name or "")
            continue
        if table.hidden:
            left_out.append(table.name or "")
        else:
            fitting.append((table, columns))
    if not fitting:
        if refusals:
            raise refusals[0]
        raise PermanentError(
            f"Every sheet of the workbook that holds {contract.kind} is hidden; expected one that is shown. Show it in "
            "Excel and save the workbook again."
        )
    repeated = find_repeated(fitting)
    kept = [each for place, each in enumerate(fitting) if place not in repeated]
    notes = [note for _, columns in kept for note in columns.notes]
    again = [fitting[place][0].name or "" for place in repeated]
    notes += [f"The sheet {listed([name])} holds only rows that other sheets hold too: left out." for name in again]
    return Fit(
        tuple(kept),
        tuple(table.name for table, _ in kept if table.name is not None),
        (*left_out, *again),
        tuple(dict.fromkeys(notes)),
    )
