"""Recognition of totals lines: `Total,,,1234.50`. verdicts.py skips them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from flux_pipeline.ingest.cells.dates.names import is_weekday, month_of
from flux_pipeline.ingest.cells.dates.parts import read_day
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.names import fold_name

_BETWEEN = " :=-\u2013.,("

_AMOUNT = re.compile(
    r"[-+(]?[^\w\s]{0,2} ?(?:[A-Za-z]{3} )?[0-9][0-9.,'\u2019 \u00a0\u202f]*(?: ?[^\w\s]|[A-Za-z]{3})?\)?"
)


def find_totals(columns: Sequence[Texts]) -> np.ndarray:
    """Return the rows that look like totals: (n,) bool.

    Their first text is a word for totals, alone or with a day; they lack a cell and hold only numbers besides. So an
    item named "Total" in a full row, or in one with a date, is not a total.
    """
    rows = len(columns[0])
    candidates = np.zeros(rows, dtype=bool)
    before = np.zeros(rows, dtype=bool)
    word_in = np.full(rows, -1)
    for place, column in enumerate(columns):
        is_word = np.array([names_total(text) for text in column.distinct], dtype=bool)
        if is_word.any():
            found = column.spread(is_word) & ~before
            candidates |= found
            word_in[found] = place
        before |= ~column.blank
        if before.all():
            break
    totals = np.zeros(rows, dtype=bool)
    for row in np.flatnonzero(candidates).tolist():
        others = [column.distinct[column.codes[row]] for place, column in enumerate(columns) if place != word_in[row]]
        filled = [text for text in others if text]
        totals[row] = (not others or len(filled) < len(others)) and all(map(_AMOUNT.fullmatch, filled))
    return totals


@dataclass(frozen=True)
class _Totals:
    """The words for totals as fold_name writes them, and bounds that spare most texts the folding.

    `longest` is the length of the longest word with a date and its weekday, `starts` are the words' first two letters.
    """

    words: frozenset[str]
    longest: int
    starts: frozenset[str]


@cache
def _totals() -> _Totals:
    words = frozenset(words_of("totals.total"))
    return _Totals(words, max(map(len, words)) + 30, frozenset(word[:2] for word in words))


def names_total(text: str) -> bool:
    """Return whether a text is a word for totals, alone or with its day: `Tagessumme`, `Total 2024-03-01`."""
    totals = _totals()
    if not 2 <= len(text) <= totals.longest or text[0].isdigit() or _start(text[:2]) not in totals.starts:
        return False
    folded = fold_name(text).rstrip(_BETWEEN)
    if folded in totals.words:
        return True
    words = folded.split(" ")
    for count in range(len(words) - 1, 0, -1):
        if " ".join(words[:count]).rstrip(_BETWEEN) in totals.words:
            return _is_day(" ".join(words[count:]).strip(_BETWEEN + ")"))
    return False


def mentions_total(text: str) -> bool:
    """Return whether a text names a total, or begins or ends with a word for one: `Total produce`, `Soups subtotal`."""
    if names_total(text):
        return True
    words = fold_name(text).split(" ")
    known = _totals().words
    return len(words) > 1 and any(word.strip(_BETWEEN) in known for word in (words[0], words[-1]))


def _start(letters: str) -> str:
    return letters.casefold() if letters.isascii() else fold_name(letters)[:2]


def _is_day(text: str) -> bool:
    return read_day(text) is not None or is_weekday(text) or month_of(text) is not None
