"""Columns that nothing is made of and in which people write what they like: names, wishes, complaints. None is kept.

They bear any name; what tells them is that they hold many texts that don't go by the item. Persons' columns that are
known by their name or by what one cell holds: personal.py.
"""

from __future__ import annotations

import re

from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.samples import Sample

# Payment types, devices and tables are fewer; the staff of a large place are about as many.
_MOST_TEXTS = 30

_LETTERS = re.compile(r"[^\W\d_]{2}")


def find_free_text(found: ColumnMap, sample: Sample) -> tuple[str, ...]:
    """Which of the columns that nothing is made of may hold texts about persons."""
    items = [found.headers["item"]] if "item" in found.headers else []
    return tuple(
        name
        for name in found.free
        if len({text for text in sample.cells(name) if _is_text(text)}) > _MOST_TEXTS
        and not (items and sample.tells_of(name, items))
    )


def _is_text(cell: str) -> bool:
    """Words, without the digits that codes and moments have; a longer text may have any."""
    return bool(_LETTERS.search(cell)) and (cell.count(" ") >= 2 or not any(letter.isdigit() for letter in cell))
