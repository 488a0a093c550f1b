"""A block of a file's rows as read: every cell is text, none is changed. How it is read stands in blocks.py, sheets.py.

Which rows are blank, a header again or a line of totals is told here too, because only the whole row can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from flux_pipeline.ingest.reading.totals import find_totals
from flux_pipeline.ingest.table.texts import Texts

_FORMULA_STARTS = frozenset("=+-@\t\r")


@dataclass(frozen=True, eq=False)
class Column:
    """A column: `read` (k,) holds its distinct cells as read, `texts` the same without outer white space, and where.

    Nor have the texts the apostrophe before `=`, `+`, `-` or `@` by which programs tell a spreadsheet that a text is no
    formula.
    """

    read: np.ndarray
    texts: Texts

    @classmethod
    def of(cls, cells: np.ndarray) -> Column:
        """From the cell of each row: (n,) objects of type str."""
        codes, read = pd.factorize(cells)
        distinct = np.empty(len(read), dtype=object)
        distinct[:] = [_bare(text.strip()) for text in read]
        return cls(read, Texts(distinct, codes))


@dataclass(frozen=True, eq=False)
class Table:
    """A file as read: n rows below a header of m names; every cell is text, none is changed.

    `line_numbers` (n,) count the file's lines from 1, the header's line included; a row whose quoted cell holds line
    breaks has the number of its first line; in a workbook they are the sheet's row numbers. `columns` are m of n rows;
    a row that ends early has "" in the rest. `overlong` (n,) marks rows with text beyond the last header; `beyond`
    holds those cells by row. `blank` (n,) marks rows without any text, `repeated_header` (n,) those that are the header
    again, `totals` (n,) those that look like a line of totals, `other` (n,) those of another table below this one, if
    there is any. `delimiter` is "" in a workbook.
    """

    header: tuple[str, ...]
    columns: tuple[Column, ...]
    line_numbers: np.ndarray
    overlong: np.ndarray
    blank: np.ndarray
    repeated_header: np.ndarray
    totals: np.ndarray
    encoding: str
    delimiter: str
    beyond: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    other: np.ndarray | None = None

    def texts(self, name: str) -> Texts:
        """The column below a name of the header, outer white space stripped."""
        return self.columns[self.header.index(name)].texts

    def raws(self, rows: np.ndarray) -> list[dict[str, str]]:
        """Rows as read, by their numbers (m,): header -> text; cells beyond the header as `column 5` and so on."""
        cells = zip(*(column.read[column.texts.codes[rows]] for column in self.columns), strict=True)
        texts = [dict(zip(self.header, row, strict=True)) for row in cells]
        for text, row in zip(texts, rows.tolist(), strict=True):
            for place, cell in enumerate(self.beyond.get(row, ()), start=len(self.header) + 1):
                text[f"column {place}"] = cell
        return texts


def make_table(
    header: tuple[str, ...],
    written: Sequence[str],
    cells: Iterable[np.ndarray],
    line_numbers: np.ndarray,
    encoding: str,
    delimiter: str,
    beyond: Mapping[int, tuple[str, ...]],
) -> Table:
    """The table of these rows, each with what it is told by.

    Args:
        header: the m names of the columns.
        written: the names as the file has them, where a row that repeats the header repeats these.
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


def _bare(text: str) -> str:
    return text[1:].lstrip() if text[:1] == "'" and text[1:2] in _FORMULA_STARTS else text


def _find_repeats(columns: Sequence[Texts], written: Sequence[str]) -> np.ndarray:
    repeated = np.ones(len(columns[0]), dtype=bool)
    for column, name in zip(columns, written, strict=True):
        repeated &= column.spread(column.distinct == name)
        if not repeated.any():
            break
    return repeated
