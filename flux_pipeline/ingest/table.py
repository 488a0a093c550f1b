"""A block of a file's rows as read: every cell is text, none is changed. How it is read stands in reader.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Table:
    """A file as read: n rows below a header of m names; every cell is text, none is changed.

    `line_numbers` (n,) count the file's lines from 1, the header's line included; a row whose quoted cell holds line
    breaks has the number of its first line. `cells` are m arrays of (n,) str; a row that ends early has "" in the rest.
    `overlong` (n,) marks rows with text beyond the last header; `beyond` holds those cells by row. `blank` (n,) marks
    rows without any text.
    """

    header: tuple[str, ...]
    cells: tuple[np.ndarray, ...]
    line_numbers: np.ndarray
    overlong: np.ndarray
    blank: np.ndarray
    encoding: str
    delimiter: str
    beyond: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def raws(self, rows: np.ndarray) -> list[dict[str, str]]:
        """Rows as read, by their numbers (m,): header -> text; cells beyond the header as `column 5` and so on."""
        cells = zip(*(column[rows] for column in self.cells), strict=True)
        texts = [dict(zip(self.header, row, strict=True)) for row in cells]
        for text, row in zip(texts, rows.tolist(), strict=True):
            for place, cell in enumerate(self.beyond.get(row, ()), start=len(self.header) + 1):
                text[f"column {place}"] = cell
        return texts
