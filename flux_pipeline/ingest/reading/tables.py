"""Tables made from the cells of a block, with blank rows, repeated headers and totals lines marked.

Only a complete row shows which of these it is, so the marks are set here, for text files and workbooks alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from flux_pipeline.ingest.reading.totals import find_totals
from flux_pipeline.ingest.table.table import Column, Table
from flux_pipeline.ingest.table.texts import Texts


def make_table(
    header: tuple[str, ...],
    written: Sequence[str],
    cells: Iterable[np.ndarray],
    line_numbers: np.ndarray,
    encoding: str,
    delimiter: str,
    beyond: Mapping[int, tuple[str, ...]],
) -> Table:
    """Return the table of these rows, with its marks.

    Args:
        header: the m names of the columns.
        written: the names as in the file, which a row that repeats the header repeats.
        cells: m arrays (n,) of str.
        line_numbers: (n,).
        encoding: of the file.
        delimiter: of the file.
        beyond: by row, the cells past the last column of the rows that have any with text.
    """
    columns = tuple(Column.of(column) for column in cells)
    overlong = np.zeros(len(line_numbers), dtype=bool)
    overlong[list(beyond)] = True
    blank = ~overlong
    for column in columns:
        blank &= column.texts.blank
    texts = [column.texts for column in columns]
    repeated = _find_repeats(texts, written) & ~overlong & ~blank
    totals = find_totals(texts) & ~overlong
    return Table(header, columns, line_numbers, overlong, blank, repeated, totals, encoding, delimiter, beyond)


def _find_repeats(columns: Sequence[Texts], written: Sequence[str]) -> np.ndarray:
    repeated = np.ones(len(columns[0]), dtype=bool)
    for column, name in zip(columns, written, strict=True):
        repeated &= column.spread(column.distinct == name)
        if not repeated.any():
            break
    return repeated
