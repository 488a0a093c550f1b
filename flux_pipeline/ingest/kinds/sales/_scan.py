"""Scan of a whole sales file: the meaning of its voids, dates given once per group, and totals among its items.

It runs while the survey reads the file; contract.py applies its results line by line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from flux_pipeline.ingest.contracts import FileFacts
from flux_pipeline.ingest.kinds.sales._groups import GroupScan
from flux_pipeline.ingest.kinds.sales._left_out import LeftOutScan
from flux_pipeline.ingest.kinds.sales._marks import is_known_event, read_marks, takes_off
from flux_pipeline.ingest.kinds.sales._totals import TotalsScan, check_totals
from flux_pipeline.ingest.survey import Survey
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.names import fold_name
from flux_pipeline.wording import listed

_MINUS = ("-", "\u2212", "(")
_SIGNS = str.maketrans("", "", "-\u2212() ")

# The number of unknown till words that are named; a column with more is not a column of events.
_SHOWN_WORDS = 5


class SalesScan:
    """Evidence from the whole file, gathered block by block."""

    def __init__(self) -> None:
        self._groups = GroupScan()
        self._totals = TotalsScan()
        self._left_out = LeftOutScan()
        self._events: Counter[str] = Counter()
        self._event_header = "event"
        self._void: dict[bool, Counter[tuple[str, ...]]] = {True: Counter(), False: Counter()}
        self._given_back = 0
        self._first_given_back = 0
        self._other = self._first_other = 0

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        self._groups.add(table)
        self._totals.add(table)
        self._left_out.add(table)
        if (other := table.table.other) is not None and other.any():
            self._first_other = self._first_other or int(table.line_numbers[other][0])
            self._other += int(other.sum())
        below = {name: _below_zero(table.texts(name)) for name in ("quantity", "amount", "gross_amount")}
        money_below = below["amount"] | below["gross_amount"]
        if table.has("event") or table.has("void"):
            self._add_marks(table, below["quantity"] | money_below)
        if table.has("quantity") and money_below.any():
            self._add_given_back(table, money_below & ~below["quantity"])

    def found(self, survey: Survey, blocks: Callable[[FileFacts], Iterable[MappedTable]]) -> FileFacts:
        """Return the facts found; the file is read again only if items named like totals were found."""
        groups, totals = self._groups.found(), self._totals
        takes_back = self._take_back()
        notes = [*groups.notes, *self._left_out.notes(survey), *self._notes(takes_back)]
        facts = FileFacts(filled_down=groups.fields, voids_take_back=takes_back)
        are_totals = False
        if totals.count:
            are_totals = check_totals(blocks(facts), survey)
            notes.append(totals.note(are_totals))
        return FileFacts(tuple(notes), groups.fields, takes_back, are_totals)

    def _add_marks(self, table: MappedTable, below_zero: np.ndarray) -> None:
        if table.has("event"):
            self._event_header = table.headers.get("event", "event")
            events = table.texts("event")
            for text, count in zip(events.distinct, events.counts, strict=True):
                if not is_known_event(fold_name(text)):
                    self._events[text] += int(count)
        void = read_marks(table).void & is_data(table)
        if not void.any():
            return
        group = table.texts("ticket" if table.has("ticket") else "date").rows
        items, quantities, amounts = (table.texts(name).rows for name in ("item", "quantity", "amount"))
        for row in np.flatnonzero(void).tolist():
            numbers = [text[row].translate(_SIGNS) for text in (quantities, amounts)]
            self._void[bool(below_zero[row])][(group[row], items[row], *numbers)] += 1

    def _add_given_back(self, table: MappedTable, rows: np.ndarray) -> None:
        rows &= ~table.texts("quantity").blank & ~takes_off(table.texts("item")) & is_data(table)
        marks = read_marks(table)
        rows &= ~(marks.refund | marks.void | marks.not_a_sale)
        if rows.any():
            self._first_given_back = self._first_given_back or int(table.line_numbers[rows][0])
            self._given_back += int(rows.sum())

    def _take_back(self) -> bool:
        """Return whether voids below zero cancel other lines.

        Some tills book a sale and then its opposite, and mark only the second as void: it cancels the first. Others
        mark both; then both are void, and nothing is cancelled.
        """
        below, above = self._void[True], self._void[False]
        paired = sum((below & above).values())
        return bool(below) and 2 * paired < below.total()

    def _notes(self, takes_back: bool) -> list[str]:
        notes = []
        if self._other:
            notes.append(
                f"{_lines(self._other)} from line {self._first_other} on left out: they are another table, with its "
                "own column names above it. If it holds sales too, send it as a file of its own."
            )
        if takes_back:
            notes.append(
                f"{_lines(self._void[True].total())} marked as void and below 0: taken to cancel other lines of the "
                "file, and counted against them."
            )
        if self._given_back:
            notes.append(
                f"{_lines(self._given_back)} with a quantity above 0 and an amount below 0 (the first is line "
                f"{self._first_given_back}) {'counts as a refund' if self._given_back == 1 else 'count as refunds'}."
            )
        if self._events:
            shown = [f"{word} ({count:,})" for word, count in self._events.most_common(_SHOWN_WORDS)]
            more = f" and {len(self._events) - len(shown)} more" if len(self._events) > len(shown) else ""
            notes.append(
                f"The column {listed([self._event_header])} holds words that Flux doesn't know: {', '.join(shown)}"
                f"{more}; their lines count as sales."
            )
        return notes


def _below_zero(texts: Texts) -> np.ndarray:
    """Return which cells have a minus or brackets: (n,) bool. `12.-` has no cents, and no minus."""
    return texts.spread(np.array([_has_minus(text) for text in texts.distinct], dtype=bool))


def _has_minus(text: str) -> bool:
    if not any(sign in text for sign in _MINUS):
        return False
    return any("0" <= letter <= "9" for letter in text) and not text.rstrip("-\u2013\u2014").endswith((".", ","))


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"
