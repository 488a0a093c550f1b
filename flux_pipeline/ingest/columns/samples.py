"""Samples of columns: what the first cells look like (dates, numbers, counts), to settle what names leave open.

personal/recognise.py looks for personal data. Days and numbers are read exactly elsewhere, in every cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise

import numpy as np

from flux_pipeline.ingest.cells.dates.halves import split_moment
from flux_pipeline.ingest.cells.dates.parts import NO_YEAR, read_day
from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.cells.numbers import read_number
from flux_pipeline.ingest.table.table import Table
from flux_pipeline.ingest.table.texts import Texts

_ROWS = 1_000
# Limits the cells, so that a table of a thousand columns is sampled as fast as one of ten.
_CELLS = 200_000

# A column of dates may hold a stray text, a column of numbers an "n/a"; a column of something else holds many.
NEARLY_ALL = 0.95

# More units than this of one item on one line are money or an identifier.
_MOST_UNITS = 10_000

_LONG_ENOUGH = 10

_DECIMALS = re.compile(r"(?<![0-9.,])[0-9]+[.,][0-9]{1,2}(?![0-9.,])")

# Of 12 to 30 digits, as identifiers have.
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?(?:1[1-9]|2[0-9])")
# A spreadsheet keeps as many digits of a number and writes zeros for the others.
_DIGITS_KEPT = 15

_TIMED = (Kind.DAY, Kind.INSTANT, Kind.MOMENT)
_NUMERIC = (Kind.NUMBER, Kind.MONEY)


class Sample:
    """The first thousand rows of a table, by column, without blank rows, repeated headers and totals lines."""

    def __init__(self, table: Table | None) -> None:
        self._table = table
        self._rows = np.zeros(0, dtype=np.int64)
        if table is not None:
            most = max(50, min(_ROWS, _CELLS // len(table.header)))
            self._rows = np.flatnonzero(~table.left_out[:most])

    @property
    def delimiter(self) -> str:
        """The delimiter of the file; "" for a workbook."""
        return self._table.delimiter if self._table else ""

    def texts(self, name: str) -> Texts:
        """Return a column, one text for each row."""
        if self._table is None:
            return Texts(np.zeros(0, dtype=object), self._rows)
        texts = self._table.texts(name)
        return Texts(texts.distinct, texts.codes[self._rows])

    def cells(self, name: str) -> list[str]:
        """Return the texts of a column, without the empty cells."""
        return [text for text in self.texts(name).rows if text]

    def depends_on(self, name: str, by: Sequence[str]) -> bool:
        """Return whether a column describes the columns `by` rather than the row.

        It does if it is equal wherever these are equal, in enough rows to rule out chance, and isn't constant.
        """
        texts_of: dict[tuple[str, ...], list[str]] = {}
        for text, *key in zip(self.texts(name).rows, *(self.texts(each).rows for each in by), strict=True):
            if text and any(key):
                texts_of.setdefault(tuple(key), []).append(text)
        again = [texts for texts in texts_of.values() if len(texts) > 1]
        return (
            sum(len(texts) - 1 for texts in again) >= _LONG_ENOUGH
            and all(len(set(texts)) == 1 for texts in again)
            and len({texts[0] for texts in again}) > 1
        )

    def fits(self, name: str, kind: Kind) -> bool:
        """Return whether a column may be of a kind: one of dates, one of numbers, or a text that is neither."""
        cells = self.cells(name)
        if not cells:
            return False
        if kind in _TIMED:
            return hold_dates(cells)
        if kind in _NUMERIC:
            return hold_numbers(cells)
        return kind is not Kind.TEXT or (not hold_dates(cells) and not hold_numbers(cells))


def hold_dates(cells: Sequence[str]) -> bool:
    """Return whether nearly all are dates with their year; a plain number doesn't count, even if it could be read."""
    return _share(cells, _is_date) >= NEARLY_ALL


def hold_numbers(cells: Sequence[str], share: float = NEARLY_ALL) -> bool:
    """Return whether nearly all, or a `share` of them, are numbers, with or without a currency."""
    return bool(cells) and _share(cells, lambda text: _number(text) is not None) >= share


def hold_counts(cells: Sequence[str]) -> bool:
    """Return whether all could be units sold on one line: whole, small and not negative."""
    return bool(cells) and _share(cells, _is_count) == 1


def hold_decimals(cells: Sequence[str]) -> bool:
    """Return whether some are written with decimals, as money is: `5.00`, `3,5 €`."""
    return any(_DECIMALS.search(cell) for cell in cells)


def hold_rounded(cells: Sequence[str]) -> bool:
    """Return whether nearly all are long numbers that a spreadsheet rounded, and so alike on many lines: `1.3E+18`."""
    return bool(cells) and _share(cells, _is_rounded) >= NEARLY_ALL


def never_vary(cells: Sequence[str]) -> bool:
    """Return whether all are the same number other than 1, too often for chance. 1 is the usual quantity of a line."""
    return len(cells) >= _LONG_ENOUGH and len(set(cells)) == 1 and _number(cells[0]) != 1


def run_on(cells: Sequence[str]) -> bool:
    """Return whether they number the rows: each is one more than the one before, often enough to rule out chance."""
    numbers = [_number(text) for text in cells[:_ROWS]]
    return len(numbers) >= _LONG_ENOUGH and all(
        one is not None and other is not None and other - one == 1 for one, other in pairwise(numbers)
    )


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    counts: dict[str, int] = {}
    for cell in cells:
        counts[cell] = counts.get(cell, 0) + 1
    return sum(count for cell, count in counts.items() if test(cell)) / len(cells) if cells else 0.0


def _is_rounded(text: str) -> bool:
    if text.isdecimal():
        return len(text) > _DIGITS_KEPT and not text[_DIGITS_KEPT:].strip("0")
    return _SCIENTIFIC.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    if text.isdigit():
        return False
    day, _ = split_moment(text)
    found = read_day(day)
    return found is not None and found.year != NO_YEAR


def _is_count(text: str) -> bool:
    number = _number(text)
    return number is not None and 0 <= number < _MOST_UNITS and number == number.to_integral_value()


def _number(text: str) -> Decimal | None:
    for mark in (".", ","):
        number = read_number(text, mark, money=True)
        if number is not None:
            return number
    return None
