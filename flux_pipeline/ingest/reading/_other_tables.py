"""Recognition of a second table below the first, as reports print them: its rows don't belong to the first table.

A row begins another table if it holds only names, a header would know at least half of them, and they differ from this
table's header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from flux_pipeline.ingest.reading.headers import CountKnown
from flux_pipeline.ingest.table.table import Table

_FEWEST_NAMES = 2
_LONGEST = 60
_DIGIT = re.compile("[0-9]")


def mark_other_tables(blocks: Iterable[Table], count_known: CountKnown) -> Iterator[Table]:
    """Yield the blocks of a sheet or file with the rows of tables below the first one marked.

    The marked rows begin with the header of such a table, or a title right above it, and end where the first table's
    header is repeated.
    """
    within = has_begun = False
    for table in blocks:
        headers = _find_headers(table, count_known)
        if headers and not has_begun:
            # A second line of the header itself comes before all rows.
            rows = np.flatnonzero(~(table.blank | table.repeated_header)).tolist()
            first = next((row for row in rows if row not in headers), len(table.line_numbers))
            headers = {row for row in headers if row > first}
        has_begun |= bool((~(table.blank | table.repeated_header)).any())
        if not within and not headers:
            yield table
            continue
        other = np.zeros(len(table.line_numbers), dtype=bool)
        ends = np.flatnonzero(table.repeated_header).tolist()
        start = 0 if within else None
        for row in sorted([*headers, *ends]):
            if row in headers and start is None:
                start = _title_above(table, row)
            elif row not in headers and start is not None:
                other[start:row] = True
                start = None
        within = start is not None
        if start is not None:
            other[start:] = True
        yield replace(table, other=other & ~table.blank & ~table.repeated_header)


def _find_headers(table: Table, count_known: CountKnown) -> set[int]:
    """Return the rows that are the header of another table: only names, half of them known, not this table's own."""
    may_be = ~(table.blank | table.repeated_header | table.overlong)
    # In the columns with the fewest texts, days or quantities, nearly every row has a digit, which rules it out.
    for column in sorted(table.columns, key=lambda each: len(each.read)):
        names = np.array([_may_name(text) for text in column.texts.distinct], dtype=bool)
        may_be &= column.texts.spread(names)
        if not may_be.any():
            return set()
    return {row for row in np.flatnonzero(may_be).tolist() if _is_header(_cells(table, row), table.header, count_known)}


def _is_header(cells: Sequence[str], header: Sequence[str], count_known: CountKnown) -> bool:
    filled = [cell for cell in cells if cell]
    known = count_known(filled)
    is_another = any(cell != name and count_known([cell]) for cell, name in zip(cells, header, strict=True) if cell)
    return known >= _FEWEST_NAMES and 2 * known >= len(filled) and is_another


def _cells(table: Table, row: int) -> list[str]:
    return [str(column.texts.distinct[column.texts.codes[row]]) for column in table.columns]


def _may_name(text: str) -> bool:
    return len(text) <= _LONGEST and not _DIGIT.search(text)


def _title_above(table: Table, row: int) -> int:
    """Return the row itself, or the row above if it has only one cell, as a title has."""
    above = row - 1
    filled = sum(not column.texts.blank[above] for column in table.columns) if above >= 0 else 0
    return above if filled == 1 else row
