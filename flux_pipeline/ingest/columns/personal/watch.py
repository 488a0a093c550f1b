"""Watch over all rows of a table for what isn't kept of it, while the file is surveyed for other reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.personal.cells import cell_masks, holds_any
from flux_pipeline.ingest.columns.personal.outside import OutsideLines, Redaction
from flux_pipeline.ingest.columns.personal.unused import UnusedCells
from flux_pipeline.ingest.contracts import EVENTS, WORDS, WORDS_OF_ORDERS, Contract, FileFacts
from flux_pipeline.ingest.survey import TIMED
from flux_pipeline.ingest.table.table import Table


class Watch:
    """Watch over one table."""

    def __init__(self, columns: ColumnMap, contract: Contract, kept: Collection[str]) -> None:
        """Begin without rows; `kept` are the unused columns that the sender wants to keep."""
        self._columns, self._state_word = columns, contract.state_word
        self.row_count = 0
        timed = {field.name for field in contract.fields if field.form.kind in TIMED} | {"time", "ticket"}
        together = [header for field, header in columns.headers.items() if field in timed]
        unused = [name for name in columns.unused if name not in kept]
        self._together, self._kept = tuple(dict.fromkeys(together)), kept
        self._cells = UnusedCells(unused, columns.personal, self._together)
        self._masks, self._masked = cell_masks(contract, columns, kept), set[str]()
        self._fields: dict[str, int] = {}
        needed = {field.name for field in contract.fields if field.required}
        needed |= {field for choice in contract.choices for fields in choice for field in fields}
        used = {header for field, header in columns.headers.items() if field in needed}
        days = {header for field, header in columns.headers.items() if field in needed & timed}
        # Only a row without one of two columns can't be read, whatever it holds.
        is_certain = len(used) + bool(columns.items) > 1
        self._lines = OutsideLines(used if is_certain else (), days if is_certain else ())

    def watch(self, blocks: Iterable[Table]) -> Iterator[Table]:
        """Yield the same blocks."""
        for block in self._lines.watch(self._cells.watch(blocks)):
            for name in self._masks.keys() - self._masked:
                if holds_any(block, name, self._masks[name]):
                    self._masked.add(name)
            self.row_count += len(block.line_numbers)
            yield block

    def watch_again(self, blocks: Iterable[Table], fields: Collection[str]) -> None:
        """Take in the columns of fields that turned out not to be what their names say; they are not used."""
        headers = self._columns.headers
        names = {headers[field] for field in fields if field in headers} - {*self._kept}
        if names:
            cells = UnusedCells(names, (), self._together)
            for _ in cells.watch(blocks):
                pass
            self._fields = cells.dropped()

    @property
    def personal(self) -> dict[str, int]:
        """The number of filled cells in each column about persons."""
        return self._cells.personal

    @property
    def dropped(self) -> dict[str, int]:
        """The number of filled cells in each unused column of texts that is dropped."""
        return {**self._cells.dropped(), **self._fields}

    def columns(self) -> ColumnMap:
        """Return the columns of the table, with those that are dropped."""
        return replace(self._columns, dropped=tuple(self.dropped))

    def redaction(self, facts: FileFacts, start: int = 0) -> Redaction:
        """Return what isn't kept of the table, such that its copy shows the same facts.

        `start` is the place of its first row among all rows of the file.
        """
        words = tuple(name for name, meaning in facts.states.items() if meaning in (EVENTS, WORDS, WORDS_OF_ORDERS))
        marked = (*(name for name in facts.states if name not in words), *self._fields)
        dropped = [name for name in self.dropped if name not in facts.evidence]
        # A plain word left in another column could make it one of states.
        texts = tuple(name for name in (*dropped, *self.personal) if name in facts.states)
        emptied = tuple(name for name in (*dropped, *self.personal) if name not in facts.states)
        found = self._lines.redaction(emptied, texts, filled_down=bool(facts.filled_down.down))
        end = start + self.row_count
        return replace(
            found,
            marked=marked,
            words=words,
            word_of=self._state_word,
            masks={name: mask for name, mask in self._masks.items() if name in self._masked},
            rounded=self._columns.rounded,
            apart=dict(pair for place, pair in facts.apart.items() if start <= place < end),
            apart_in=sorted({*dropped} - {*self._fields}, key=lambda name: (name in facts.states, dropped.index(name))),
        )


def total_cells(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    """Return the sums of several counts of cells by header."""
    return {name: sum(each.get(name, 0) for each in counts) for each in counts for name in each}
