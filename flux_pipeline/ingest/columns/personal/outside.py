"""Lines outside a table: other tables below it, and lines such as "Clerk: Ada" between its rows or at its end.

No sale is read from them, so their texts aren't kept. redaction.py replaces them; titles above the header too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from flux_pipeline.ingest.columns.personal.cells import Mask
from flux_pipeline.ingest.columns.personal.unused import is_harmless
from flux_pipeline.ingest.table.table import Table

# A line of two cells in a wider table is "Clerk:" and a name, if it has a word where its day should be.
_FEW_CELLS, _WIDER = 2, 4


class Line(Enum):
    """A line that isn't redacted like most rows: of another table, right above one, outside, or a repeated header."""

    OTHER_TABLE = "other table"
    ABOVE_OTHER_TABLE = "above other table"
    OUTSIDE = "outside"
    HEADER = "header"


@dataclass(frozen=True)
class Redaction:
    """Parts of a table that aren't kept.

    Attributes:
        columns: the columns that are emptied.
        texts: the columns of which only plain words ("void") are kept.
        words: columns of which the word of state is kept that `word_of` returns for a cell, "" for none.
        marked: columns of which only matters whether a cell is filled; a text that isn't kept leaves a mark.
        rounded: columns of identifiers that a spreadsheet rounded, of which only that is kept.
        apart: the number of its version for a line that must stay apart from a line like it, by line number.
        apart_in: the columns whose cells that aren't kept may leave that number, best first.
        lines: the lines that are redacted in their own way, by number.
        masks: the columns that are used in which something is masked, each with its mask.
        has_overlong: whether any row has cells beyond the header.
    """

    columns: Collection[str]
    texts: Collection[str] = ()
    marked: Collection[str] = ()
    words: Collection[str] = ()
    word_of: Callable[[str], str] = lambda _: ""
    rounded: Collection[str] = ()
    apart: Mapping[int, int] = field(default_factory=dict)
    apart_in: Sequence[str] = ()
    lines: Mapping[int, Line] = field(default_factory=dict)
    masks: Mapping[str, Mask] = field(default_factory=dict)
    has_overlong: bool = False

    @property
    def is_needed(self) -> bool:
        """Whether anything may change."""
        has_lines = any(line is not Line.HEADER for line in self.lines.values())
        return bool(self.columns or self.texts or self.masks) or self.has_overlong or has_lines


class OutsideLines:
    """Lines outside a table, gathered block by block."""

    def __init__(self, used: Collection[str], days: Collection[str]) -> None:
        """Begin without lines.

        Args:
            used: the columns of which a row needs at least two, so that a line with one cell is none; else empty.
            days: those of them with a day.
        """
        self._used, self._days = used, days
        self._lines: dict[int, Line] = {}
        self._has_overlong = False
        self._last_line = 0

    def watch(self, blocks: Iterable[Table]) -> Iterator[Table]:
        """Yield the same blocks, gathering their lines."""
        for block in blocks:
            self._add(block)
            yield block

    def redaction(self, columns: Collection[str], texts: Collection[str] = (), *, filled_down: bool) -> Redaction:
        """Return what isn't kept: these columns, all or their texts, and the lines found.

        If a table has fields that are filled down, a line with one cell may be a row.
        """
        lines = self._lines
        if filled_down:
            lines = {number: line for number, line in lines.items() if line is not Line.OUTSIDE}
        return Redaction(columns, texts, lines=lines, has_overlong=self._has_overlong)

    def _add(self, block: Table) -> None:
        numbers = np.asarray(block.line_numbers)
        self._has_overlong |= bool(block.overlong.any())
        self._note(numbers[block.repeated_header], Line.HEADER)
        ordinary = ~(block.blank | block.repeated_header | block.overlong | block.totals)
        if block.other is not None:
            ordinary &= ~block.other
            self._note(numbers[block.other], Line.OTHER_TABLE)
            starts = np.flatnonzero(block.other & ~np.concatenate([[False], block.other[:-1]]))
            above = [int(numbers[row - 1]) if row else self._last_line for row in starts]
            for number in above:
                self._lines.setdefault(number, Line.ABOVE_OTHER_TABLE)
        self._last_line = int(numbers[-1]) if len(numbers) else self._last_line
        if self._used:
            self._note(numbers[ordinary & self._are_outside(block)], Line.OUTSIDE)

    def _are_outside(self, block: Table) -> np.ndarray:
        filled = np.zeros(len(block.line_numbers), dtype=np.int32)
        for column in block.columns:
            filled += ~column.texts.blank
        alone = filled == 1
        few = (filled <= _FEW_CELLS) if len(block.header) >= _WIDER else np.zeros(len(filled), dtype=bool)
        outside = np.zeros(len(filled), dtype=bool)
        for name in self._used:
            outside |= alone & _where(block, name, alone, _is_text)
        for name in self._days:
            outside |= few & _where(block, name, few, _is_word)
        return outside

    def _note(self, numbers: np.ndarray, line: Line) -> None:
        self._lines |= dict.fromkeys(numbers.tolist(), line)


def _where(block: Table, name: str, rows: np.ndarray, test: Callable[[str], bool]) -> np.ndarray:
    """Return the rows (n,) among `rows` whose cell passes a test; only their texts are tested."""
    texts = block.texts(name)
    passed = np.zeros(len(texts.distinct), dtype=bool)
    for code in np.unique(texts.codes[rows]):
        passed[code] = test(texts.distinct[code])
    found: np.ndarray = rows & texts.spread(passed)
    return found


def _is_text(text: str) -> bool:
    return bool(text) and not is_harmless(text)


def _is_word(text: str) -> bool:
    return _is_text(text) and not any(map(str.isdigit, text))
