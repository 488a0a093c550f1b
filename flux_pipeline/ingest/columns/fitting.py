"""Choice of the tables of a file that fit a contract. _mapping.py finds the columns of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.columns._mapping import map_header
from flux_pipeline.ingest.columns._repeated_sheets import find_repeated
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import header_fingerprint, normalised_name, split_remark
from flux_pipeline.ingest.columns.tills.presets import PRESETS
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.reading.headers import CountKnown
from flux_pipeline.ingest.reading.reader import OpenTable
from flux_pipeline.wording import listed


@dataclass(frozen=True)
class Fit:
    """`tables` that fit, each with its columns; `sheets` and `left_out` name a workbook's sheets; `notes` cover all."""

    tables: tuple[tuple[OpenTable, ColumnMap], ...]
    sheets: tuple[str, ...]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def known_names(contract: Contract, stated: Mapping[str, str]) -> CountKnown:
    """Return a counter of the distinct names in a record that `contract` knows or the sender gives (`stated`)."""
    known = {
        normalised_name(name)
        for field in contract.fields
        for name in (field.name, *field.synonyms, *field.else_synonyms)
    }
    known |= {normalised_name(header) for header in stated.values()}
    known |= {normalised_name(header) for each in PRESETS if each.kind == contract.kind for header in each.required}
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
    """Return the tables that `contract` can be read from, without hidden sheets and sheets that repeat others.

    `stated` is as in `map_header`; `known` are mappings of earlier files by the fingerprint of their header.

    Raises PermanentError if none fits (the refusal of the first table), or if a sheet may repeat others.
    """
    fitting: list[tuple[OpenTable, ColumnMap]] = []
    left_out: list[str] = []
    refusals: list[PermanentError] = []
    for table in sorted(tables, key=lambda table: table.hidden):
        try:
            same = (known or {}).get(header_fingerprint(table.header))
            columns = map_header(
                table.header, contract, stated, sample=next(table.blocks()), known=same, outer=table.outer
            )
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
            f"Every sheet of the workbook with {contract.kind} is hidden; expected one that is visible. Show it in "
            "Excel and save the workbook again."
        )
    repeated = find_repeated(fitting)
    kept = [each for place, each in enumerate(fitting) if place not in repeated]
    notes = [note for table, columns in kept for note in (*table.notes, *columns.notes)]
    again = [fitting[place][0].name or "" for place in repeated]
    notes += [f"The sheet {listed([name])} was left out: other sheets have all of its rows." for name in again]
    return Fit(
        tuple(kept),
        tuple(table.name for table, _ in kept if table.name is not None),
        (*left_out, *again),
        tuple(dict.fromkeys(notes)),
    )
