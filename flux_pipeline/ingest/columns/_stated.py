"""Columns that are given by name: by the sender's hints, or by the mapping of an earlier file with the same header.

Instead of a header, a hint may have a special word: `quantity=1`, `amount=0`, `item=*`, `location=Store=North`, a text
of every row: `vendor==Mill & Co`, or several headers: `name=First Name + Last Name`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns.column_map import EVERY_COLUMN, EVERY_ROW, JOINED_BY, NO_MONEY, ONE_EACH, ColumnMap
from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.wording import HEADER, listed


def take_stated(found: ColumnMap, contract: Contract, stated: Mapping[str, str]) -> ColumnMap:
    """Return the map with the columns that the sender names, by field.

    Raises PermanentError if a field or a header doesn't exist.
    """
    for field, word in stated.items():
        if word.startswith(EVERY_ROW) and word not in found.header and may_be_constant(contract, field):
            found = found.with_constant(field, word.removeprefix(EVERY_ROW).strip(), "stated")
            continue
        taken = _taken_word(found, contract, field, word, "stated")
        found = taken or found.with_column(field, _find_stated(found.header, contract, field, word), "stated")
    return found


def take_known(found: ColumnMap, contract: Contract, known: Mapping[str, str]) -> ColumnMap:
    """Return the map with the columns of an earlier mapping (`ColumnMap.stated`) that exist and are still unused."""
    free = frozenset(found.free)
    for field, word in known.items():
        if field in found.how or field not in contract.field_names:
            continue
        if word in free:
            found = found.with_column(field, word, "known")
        elif word not in found.header:
            found = _taken_word(found, contract, field, word, "known") or found
    return found


def asks_for_every_column(found: ColumnMap, contract: Contract, *mappings: Mapping[str, str]) -> bool:
    """Return whether the first of the mappings that has the item takes every column of numbers as one."""
    word = next((mapping["item"] for mapping in mappings if "item" in mapping), None)
    return contract.counts_units and word == EVERY_COLUMN and EVERY_COLUMN not in found.header


def _taken_word(found: ColumnMap, contract: Contract, field: str, word: str, by: str) -> ColumnMap | None:
    """Return the map with a special word applied, or None if it is a header; a header of that name comes first."""
    if word in found.header:
        return None
    if contract.counts_units and (field, word) in (("quantity", ONE_EACH), ("amount", NO_MONEY)):
        return found.with_constant(field, word, by)
    if contract.counts_units and field == "item" and word == EVERY_COLUMN:
        return found
    if field in contract.field_names and contract.field(field).is_person and JOINED_BY in word:
        columns = tuple(part.strip() for part in word.split(JOINED_BY))
        return found.with_joined(field, columns, by) if set(columns) <= set(found.free) else None
    if field in contract.field_names and contract.field(field).is_place:
        header = max((name for name in found.header if word.startswith(f"{name}=")), key=len, default=None)
        text = word.removeprefix(f"{header}=").strip()
        if header is not None and text:
            return replace(found.with_column(field, header, by), only={**found.only, field: text})
    return None


def may_be_constant(contract: Contract, field: str) -> bool:
    """Return whether a text may hold for all rows: a vendor's list doesn't say whose it is, nor a cost sheet its dish.

    A sheet on which all was weighed doesn't say in which unit. The next file with this header may be of another, so
    such a text is not remembered.
    """
    own = contract.field(field) if field in contract.field_names else None
    if own is None or contract.counts_units:
        return False
    return own.name == "unit" or (own.is_of_group and own.form.kind in (Kind.TEXT, Kind.DAY, Kind.MOMENT))


def _find_stated(names: tuple[str, ...], contract: Contract, field: str, header: str) -> str:
    """Return the header that the sender means; raise PermanentError if it, or the field, doesn't exist."""
    if field not in contract.field_names:
        raise PermanentError(
            f"Unknown field '{field}' of a {contract.kind} file. Choose one of: {', '.join(contract.field_names)}; put "
            "it before the equals sign: --column field=header."
        )
    if header in names:
        return header
    close = [name for name in names if normalised_name(name) == normalised_name(header)]
    if len(close) == 1 and normalised_name(header):
        return close[0]
    raise NeedsOptionsError(
        f"The file has no column '{header}' for {field}; its columns are {listed(names)}. Name one of these:",
        {field: HEADER},
    )
