"""Column of text, held as its distinct texts and the code of the text in each row.

A million rows of a sales file hold a few hundred dates, items and prices. So every function that examines texts
(patterns, exact decimals, white space) examines each distinct text once, and numpy spreads the results to the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Texts:
    """`distinct` (k,) objects of type str, outer white space stripped; `codes` (n,) is the text of each row."""

    distinct: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, cells: np.ndarray) -> Texts:
        """Return the texts of a column as read: (n,) objects of type str."""
        codes, values = pd.factorize(cells)
        return cls(_objects([value.strip() for value in values]), codes)

    def map(self, change: Callable[[str], str]) -> Texts:
        """Return the same rows with every text changed."""
        codes, values = pd.factorize(_objects([change(text) for text in self.distinct]))
        return Texts(_objects(list(values)), codes[self.codes])

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return one value for each row (n,) from one for each distinct text (k,)."""
        row_values: np.ndarray = values[self.codes]
        return row_values

    def where(self, test: Callable[[str], bool]) -> np.ndarray:
        """Return the rows whose text passes a test: (n,) bool."""
        return self.spread(np.array([test(text) for text in self.distinct], dtype=bool))

    @property
    def rows(self) -> np.ndarray:
        """The text of each row: (n,) objects."""
        return self.spread(self.distinct)

    def rows_or(self, default: str | None) -> np.ndarray:
        """Return the text of each row, `default` where the cell is empty: (n,) objects."""
        return self.spread(_objects([text or default for text in self.distinct]))

    @property
    def blank(self) -> np.ndarray:
        """Which rows have an empty cell: (n,) bool."""
        return self.where(lambda text: not text)

    @property
    def counts(self) -> np.ndarray:
        """The number of rows with each distinct text: (k,) int."""
        return np.bincount(self.codes, minlength=len(self.distinct))

    def __len__(self) -> int:
        return len(self.codes)


class Tally:
    """The distinct texts of a column and the number of rows with each, gathered block by block."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, texts: Texts) -> None:
        """Count the rows of one more block."""
        for text, count in zip(texts.distinct, texts.counts, strict=True):
            self._counts[text] = self._counts.get(text, 0) + int(count)

    @property
    def distinct(self) -> list[str]:
        """The texts, each once."""
        return list(self._counts)

    @property
    def counts(self) -> list[int]:
        """The number of rows with each text of `distinct`."""
        return list(self._counts.values())


def _objects(values: list[str] | list[str | None]) -> np.ndarray:
    # np.array(values) would create fixed-width text: a million short names, each as wide as the longest one.
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects
