"""Cells of columns that are used: what reaches a person is masked in them before anything else reads them.

cells/contacts.py finds it. The same masks are applied to the copy of the file that is kept (redaction.py), so that both
are read alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from flux_pipeline.ingest.cells.contacts import masked, masked_code
from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.personal.unused import is_harmless
from flux_pipeline.ingest.contracts import Contract
from flux_pipeline.ingest.table.table import Column, Table
from flux_pipeline.ingest.table.texts import Texts

Mask = Callable[[str], str]

# A quantity or an amount with its sign; a telephone number has more digits.
_SIGNED = re.compile(r"\+[0-9]{1,9}(?:[.,][0-9]*)?")
_TIMED = (Kind.DAY, Kind.MOMENT, Kind.INSTANT, Kind.CLOCK)


def cell_masks(contract: Contract, found: ColumnMap, kept: Iterable[str] = ()) -> dict[str, Mask]:
    """Return the mask of each column that is used or `kept`; none for a kind about people."""
    if contract.keeps_people:
        return {}
    masks: dict[str, Mask] = {name: masked for name in kept if name in found.header}
    masks |= dict.fromkeys(found.items, masked_value)
    for field in contract.fields:
        if field.name not in found.headers:
            continue
        mask: Mask = masked_value
        if field.form.kind is Kind.TEXT:
            mask = masked_code if field.is_code else masked
        elif field.form.kind in _TIMED:
            mask = masked_time
        combined = found.layout.combined.get(field.name)
        names = [found.headers[field.name], *found.joined.get(field.name, ()), *(combined.headers if combined else ())]
        # A column of several fields keeps what any of them needs.
        masks |= {name: mask for name in names if name not in masks}
    return masks


def masked_value(text: str) -> str:
    """Return a cell of numbers or words of choice: what is one stays, anything else is masked like a text."""
    changed = masked(text)
    return text if changed == text or _SIGNED.fullmatch(text) or is_harmless(text) else changed


def masked_time(text: str) -> str:
    """Return a cell of days or times, of which a file may have as many as rows."""
    return text if ":" in text and not text.strip("0123456789.:-/ TZ,+") else masked_value(text)


def masked_as_written(cell: str, text: str, mask: Mask) -> str:
    """Return a cell as it is written in the file, perhaps in quotes, if `text` is what it says."""
    if mask(text) == text:
        return cell
    return masked_code(cell) if mask is masked_code else masked(cell)


def masked_columns(block: Table, masks: Mapping[str, Mask]) -> Table:
    """Return a block with its columns masked; the same block if nothing changes."""
    changed = {name: _masked_column(block.columns[block.header.index(name)], mask) for name, mask in masks.items()}
    if not any(changed.values()):
        return block
    columns = zip(block.header, block.columns, strict=True)
    return replace(block, columns=tuple(changed.get(name) or column for name, column in columns))


def _masked_column(column: Column, mask: Mask) -> Column | None:
    texts = [mask(text) for text in column.texts.distinct]
    if all(new is old or new == old for new, old in zip(texts, column.texts.distinct, strict=True)):
        return None
    read, distinct = (np.empty(len(texts), dtype=object) for _ in range(2))
    pairs = zip(column.read, column.texts.distinct, strict=True)
    read[:] = [masked_as_written(cell, text, mask) for cell, text in pairs]
    distinct[:] = texts
    return Column(read, Texts(distinct, column.texts.codes))


def holds_any(block: Table, name: str, mask: Mask) -> bool:
    """Return whether a mask changes any cell of a column."""
    return any(mask(text) != text for text in block.texts(name).distinct)
