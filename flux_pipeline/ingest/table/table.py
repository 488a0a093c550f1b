"""Block of a file's rows as read: every cell is unchanged text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from flux_pipeline.ingest.table.texts import Texts

_FORMULA_STARTS = frozenset("=+-@\t\r")


@dataclass(frozen=True, eq=False)
class Column:
    """A column: `read` (k,) holds its distinct cells as read, `texts` the cleaned texts and the rows that have them.

    Cleaned texts have no outer white space, nor the apostrophe before `=`, `+`, `-`, `@` or nothing with which programs
    mark a text for a spreadsheet as not a formula.
    """

    read: np.ndarray
    texts: Texts

    @classmethod
    def of(cls, cells: np.ndarray) -> Column:
        """Return a column from the cell of each row: (n,) objects of type str."""
        codes, read = pd.factorize(cells)
        distinct = np.empty(len(read), dtype=object)
        distinct[:] = [bare(text.strip()) for text in read]
        return cls(read, Texts(distinct, codes))


@dataclass(frozen=True, eq=False)
class Table:
    """A block of a file as read: n rows below a header of m names; every cell is unchanged text.

    `line_numbers` (n,) count the file's lines from 1, including the header's line; a row whose quoted cell holds line
    breaks has the number of its first line; in a workbook they are the sheet's row numbers. `columns` are m of n rows;
    a row that ends early has "" in the rest. `overlong` (n,) marks rows with text beyond the last header; `beyond`
    holds those cells by row. `blank` (n,) marks rows without any text, `repeated_header` (n,) rows that repeat the
    header, `totals` (n,) rows that look like totals, `other` (n,) rows of another table below this one, if there is
    one, `heading` (n,) rows whose cells the rows below them have too. `delimiter` is "" in a workbook.
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
    heading: np.ndarray | None = None

    @property
    def left_out(self) -> np.ndarray:
        """The rows that are not records: blank, repeated headers, totals, headings or of another table: (n,) bool."""
        left_out: np.ndarray = self.blank | self.repeated_header | self.totals
        for rows in (self.other, self.heading):
            left_out = left_out if rows is None else left_out | rows
        return left_out

    def texts(self, name: str) -> Texts:
        """Return the column with a name of the header, outer white space stripped."""
        return self.columns[self.header.index(name)].texts

    def raws(self, rows: np.ndarray) -> list[dict[str, str]]:
        """Return rows as read, by their numbers (m,): header -> text; cells beyond the header as `column 5` etc."""
        cells = zip(*(column.read[column.texts.codes[rows]] for column in self.columns), strict=True)
        texts = [dict(zip(self.header, row, strict=True)) for row in cells]
        for text, row in zip(texts, rows.tolist(), strict=True):
            for place, cell in enumerate(self.beyond.get(row, ()), start=len(self.header) + 1):
                text[f"column {place}"] = cell
        return texts


def bare(text: str) -> str:
    """Return a text without the apostrophe that marks it as not a formula."""
    return text[1:].lstrip() if text == "'" or (text[:1] == "'" and text[1:2] in _FORMULA_STARTS) else text
