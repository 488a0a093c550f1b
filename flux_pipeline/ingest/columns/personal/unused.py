"""Unused columns: numbers, days and a few texts that clearly repeat are kept; any other text may be about a person.

The whole file decides, because a column may begin with repeated texts and go on with names. recognise.py finds the
columns that are dropped whatever they hold, redaction.py empties both sorts in a file that is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.dates.clocks import NONE, parse_clock_texts
from flux_pipeline.ingest.cells.dates.halves import split_moment
from flux_pipeline.ingest.cells.dates.parts import read_day
from flux_pipeline.ingest.cells.numbers import read_number
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import CURRENCIES, normalised_name
from flux_pipeline.ingest.table.data_files import every_word, words_of
from flux_pipeline.ingest.table.table import Table
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.names import fold_name
from flux_pipeline.wording import listed

# Tables, tills and ways to pay are fewer and occur on many tickets each. A text on one or two tickets may be a guest,
# and in a short file no text is on enough of them.
_MOST_TEXTS, _FEWEST_EACH, _FEWEST_ON_AVERAGE = 100, 3, 20

# A whole number from here on may be a telephone, a card or an account; with cents it is money.
_SHORT, _LONG_NUMBER = 6, 10**6
_CENTS = re.compile(r"[.,][0-9]{2}\D*$")

_SHORT_NUMBER = re.compile(r"[-+]?[0-9]{1,6}(?:[.,][0-9]{1,18})?%?")
_CLOCK = r"(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
_COMMON_MOMENT = re.compile(
    rf"(?:(?:19|20)[0-9]{{2}}([-/.])[01]?[0-9]\1[0-3]?[0-9]|[0-3]?[0-9]([-/.])[0-3]?[0-9]\2(?:19|20)[0-9]{{2}})?"
    rf"(?:(?:^|[T ]){_CLOCK} ?(?:[AaPp][Mm]|Z|[-+][0-9]{{2}}:?[0-9]{{2}})?)?"
)
_LETTERS = re.compile(r"[^\W\d_]+")
_LONGEST = 60
_REMEMBERED = 2**16


def is_harmless(text: str) -> bool:
    """Return whether a text can't be about a person: a number, a day, a time, or a word such as "cash" or "void"."""
    if _SHORT_NUMBER.fullmatch(text) or _COMMON_MOMENT.fullmatch(text) or not any(map(str.isalnum, text)):
        return True
    return len(text) <= _LONGEST and _is_harmless(text)


def is_plain_word(text: str) -> bool:
    """Return whether a text is one of the words that tills write and nobody is called, such as "cash" or "void"."""
    return text.casefold().replace("_", " ").replace("-", " ") in _plain_words()


@lru_cache(maxsize=_REMEMBERED)
def _is_harmless(text: str) -> bool:
    if is_plain_word(text):
        return True
    letters = [word.casefold() for word in _LETTERS.findall(text)]
    numbers = [read_number(text, mark, money=True, percent=True) for mark in (".", ",")]
    found = [abs(number) for number in numbers if number is not None]
    if found and {*letters} <= CURRENCIES | {"e"}:
        return max(found) < _LONG_NUMBER or bool(_CENTS.search(text))
    day, clock = split_moment(text)
    is_clock = bool(clock) and parse_clock_texts(np.array([clock], dtype=object))[0, 0] != NONE
    is_day = bool(day.strip(" ,")) and not day.isdigit() and read_day(day.strip(" ,")) is not None
    return (is_day and (is_clock or not clock)) or (is_clock and not day.strip(" ,"))


@cache
def _plain_words() -> frozenset[str]:
    words = [word.casefold().replace("-", " ") for word in (*words_of("plain.word"), *every_word("states"))]
    # Some tills write no accents.
    return frozenset((*words, *map(fold_name, words)))


@dataclass
class _Column:
    """The filled cells of a column, and for each text that is not harmless the number of tickets or days with it."""

    filled: int = 0
    has_any_text: bool = False

    def __post_init__(self) -> None:
        self._together: dict[str, int] = {}

    def add(self, texts: Texts, number_occasions: Callable[[], np.ndarray]) -> None:
        """Take in the cells of one more block; `number_occasions` returns the number (n,) of each ticket or day."""
        counts = texts.counts
        filled = np.array([bool(text) for text in texts.distinct], dtype=bool)
        self.filled += int(counts[filled].sum())
        if self.has_any_text:
            return
        places = [place for place in np.flatnonzero(filled & (counts > 0)) if not is_harmless(texts.distinct[place])]
        if not places:
            return
        new = {texts.distinct[place] for place in places}
        if len(new | self._together.keys()) > _MOST_TEXTS or any(map(_has_long_number, new)):
            self.has_any_text = True
            return
        wanted = np.zeros(len(texts.distinct), dtype=bool)
        wanted[places] = True
        rows, occasions = wanted[texts.codes], number_occasions()
        width = int(occasions.max()) + 1
        pairs = np.unique(texts.codes[rows].astype(np.int64) * width + occasions[rows])
        for code, count in zip(*np.unique(pairs // width, return_counts=True), strict=True):
            text = texts.distinct[code]
            self._together[text] = self._together.get(text, 0) + int(count)

    @property
    def may_be_kept(self) -> bool:
        """Whether all its texts are harmless, or few that clearly repeat."""
        if self.has_any_text or not self._together:
            return not self.has_any_text
        counts = self._together.values()
        return min(counts) >= _FEWEST_EACH and sum(counts) >= _FEWEST_ON_AVERAGE * len(counts)


class UnusedCells:
    """Cells of columns that are not used, gathered block by block over all rows of a table.

    Attributes:
        personal: the number of filled cells in each column that is dropped whatever it holds.
    """

    def __init__(self, unused: Iterable[str], personal: Iterable[str], together: Collection[str]) -> None:
        """Begin without cells; rows that are equal in the columns `together` are of one ticket or day."""
        self.personal = dict.fromkeys(personal, 0)
        self._columns = {name: _Column() for name in unused}
        self._together = together

    def watch(self, blocks: Iterable[Table]) -> Iterator[Table]:
        """Yield the same blocks, gathering their cells."""
        for block in blocks:
            for name in self.personal:
                self.personal[name] += int((~block.texts(name).blank).sum())
            self._add(block)
            yield block

    def _add(self, block: Table) -> None:
        if not self._columns:
            return
        # Of these rows nothing is kept in any unused column, or only what may be kept.
        left_out = block.blank | block.repeated_header | block.totals | block.overlong
        rows = np.flatnonzero(~(left_out if block.other is None else left_out | block.other))
        if not len(rows):
            return
        number_occasions = cache(lambda: self._occasions(block, rows))
        for name, column in self._columns.items():
            texts = block.texts(name)
            column.add(Texts(texts.distinct, texts.codes[rows]), number_occasions)

    def _occasions(self, block: Table, rows: np.ndarray) -> np.ndarray:
        """Return a number for each row (n,), equal for rows of one ticket or day."""
        if not self._together:
            return np.arange(len(rows))
        occasions = np.zeros(len(rows), dtype=np.int64)
        for name in self._together:
            texts = block.texts(name)
            occasions = np.unique(occasions * len(texts.distinct) + texts.codes[rows], return_inverse=True)[1]
        return occasions

    def dropped(self) -> dict[str, int]:
        """Return the number of filled cells in each column that may not be kept."""
        return {name: column.filled for name, column in self._columns.items() if not column.may_be_kept}


def find_kept(tables: Sequence[ColumnMap], names: Iterable[str]) -> frozenset[str]:
    """Return the columns of a file's tables that the sender wants to keep, given in `names`.

    Raises:
        PermanentError: the file has no such column, or the column is about people; such columns are never kept.
    """
    header = [*dict.fromkeys(name for columns in tables for name in columns.header)]
    personal = {name for columns in tables for name in columns.personal}
    kept = set()
    for name in names:
        alike = [each for each in header if normalised_name(each) == normalised_name(name)]
        found = [name] if name in header else alike
        if len(found) != 1:
            raise PermanentError(
                f"The file has no column '{name}' to keep; its columns are {listed(header)}. Name one of these: "
                f"--keep-column '{header[0]}'."
            )
        if found[0] in personal:
            raise PermanentError(
                f"The column '{found[0]}' is about people, and such columns are never kept; expected another "
                f"column of text. Leave out --keep-column '{name}'."
            )
        kept.add(found[0])
    return frozenset(kept)


def _has_long_number(text: str) -> bool:
    """Return whether a text holds the digits of a long number, or is one that a spreadsheet rounded (1.3E+18)."""
    number = read_number(text, ".", money=False)
    return sum(map(str.isdigit, text)) > _SHORT or (number is not None and abs(number) >= _LONG_NUMBER)
