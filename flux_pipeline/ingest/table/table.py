"""Block of a file's rows as read: every cell is text, none is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

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


def _bare(text: str) -> str:
    return text[1:].lstrip() if text[:1] == "'" and text[1:2] in _FORMULA_STARTS else text
