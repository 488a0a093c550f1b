"""Detection of rows joined by a stray quote: `2024-03-02,"Pizza,1,2` up to the next stray quote, fifty lines below.

A cell may hold line breaks; a cell with swallowed rows is recognised because its lines are rows of the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from flux_pipeline.ingest.table.table import Column

# A swallowed row may hold a delimiter in quotes of its own, or lack one.
_NEARLY_ALL = 0.8


def find_swallowed(columns: Sequence[Column], delimiter: str) -> tuple[int, int] | None:
    """Return the first row with a cell that holds other rows, and that cell's number of line breaks, or None."""
    width = len(columns)
    if width < 2:
        return None
    for place, column in enumerate(columns):
        for code, text in enumerate(column.read):
            if "\n" not in text:
                continue
            row = int((column.texts.codes == code).argmax())
            own = [str(other.read[other.texts.codes[row]]) for other in columns]
            if _holds_rows(text, own, place, delimiter):
                return row, text.count("\n")
    return None


def _holds_rows(text: str, own: Sequence[str], place: int, delimiter: str) -> bool:
    """Return whether the lines of a cell, joined with the rest of its row, have the number of cells of a row.

    They must also have digits where the row has digits, as in its date or its numbers.
    """
    first, *between, last = (line.split(delimiter) for line in text.split("\n"))
    if not (first[0].strip() or "".join(between[0] if between else last).strip()):
        return False
    rows = [[*own[:place], *first], *between, [*last, *own[place + 1 :]]]
    complete = [len(row) == len(own) for row in rows]
    if sum(complete) < _NEARLY_ALL * len(rows) or not (complete[0] or complete[-1]):
        return False
    full_rows = [row for row, is_complete in zip(rows, complete, strict=True) if is_complete]
    numbered = [number for number, cell in enumerate(own) if number != place and _has_digit(cell)]
    matching = sum(
        all(_has_digit(one[number]) and _has_digit(other[number]) for number in numbered)
        for one, other in pairwise([*full_rows, full_rows[0]])
    )
    return bool(numbered) and matching >= _NEARLY_ALL * len(full_rows)


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)
