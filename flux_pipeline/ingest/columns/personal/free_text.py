"""Unused columns of free text: names, wishes, complaints. None of them is kept.

They can have any name and are recognised by many texts that don't depend on the item. recognise.py finds the columns of
personal data that a name or a single cell reveals.
"""

from __future__ import annotations

import re

from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.samples import Sample

# Payment types, devices and tables have fewer values; the staff of a large place may have about as many.
_MOST_TEXTS = 30

_LETTERS = re.compile(r"[^\W\d_]{2}")


def find_free_text(found: ColumnMap, sample: Sample) -> tuple[str, ...]:
    """Return the unused columns that may hold texts about persons."""
    items = [found.headers["item"]] if "item" in found.headers else []
    return tuple(
        name
        for name in found.free
        if len({text for text in sample.cells(name) if _is_text(text)}) > _MOST_TEXTS
        and not (items and sample.depends_on(name, items))
    )


def _is_text(cell: str) -> bool:
    """Return whether a cell is words, without the digits of codes and times; a longer text may have digits."""
    return bool(_LETTERS.search(cell)) and (cell.count(" ") >= 2 or not any(letter.isdigit() for letter in cell))
