"""Scan of a whole sales file: which lines count, and what the columns that no field has say of them.

It runs while the survey reads the file; contract.py applies its results line by line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import chain

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.numbers import has_minus
from flux_pipeline.ingest.columns.messages import NeedsOptionsError
from flux_pipeline.ingest.contracts import FileFacts, ReadContext
from flux_pipeline.ingest.kinds.sales._currency import MoneyScan
from flux_pipeline.ingest.kinds.sales._groups import GroupScan
from flux_pipeline.ingest.kinds.sales._ids import LineIdScan
from flux_pipeline.ingest.kinds.sales._lines import read_sales
from flux_pipeline.ingest.kinds.sales._other_columns import StateScan
from flux_pipeline.ingest.kinds.sales._reversals import Reversals
from flux_pipeline.ingest.kinds.sales._states import GIVEN_BACK, State, state_in_name, state_of
from flux_pipeline.ingest.kinds.sales.marks import LeftOutScan
from flux_pipeline.ingest.kinds.sales.parts.combos import ComboScan
from flux_pipeline.ingest.kinds.sales.parts.discounts import DiscountScan, take_off
from flux_pipeline.ingest.kinds.sales.parts.returned import ReturnedScan
from flux_pipeline.ingest.kinds.sales.totals.groups import CategoryScan, find_categories
from flux_pipeline.ingest.kinds.sales.totals.labels import LabelScan, find_labels
from flux_pipeline.ingest.kinds.sales.totals.named import TOTALS_LINE, TotalsScan, check_totals
from flux_pipeline.ingest.table.hints import Hints
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of, listed

# The number of unknown till words that are named; a column with more is not a column of events.
_SHOWN_WORDS = 5


class SalesScan:
    """Evidence from the whole file, gathered block by block."""

    def __init__(self) -> None:
        self._groups, self._totals, self._labels = GroupScan(), TotalsScan(), LabelScan()
        self._left_out, self._categories = LeftOutScan(), CategoryScan()
        self._ids, self._states, self._combos, self._money = LineIdScan(), StateScan(), ComboScan(), MoneyScan()
        self._events: Counter[str] = Counter()
        self._event_header = "event"
        self._takes_back = self._takes_off = False
        self._discounts, self._returned = DiscountScan(), ReturnedScan()
        self._other = self._first_other = 0

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        totals = (self._totals, self._labels, self._left_out, self._categories)
        lines = (self._ids, self._states, self._combos, self._money, self._discounts, self._returned)
        for scan in (self._groups, *totals, *lines):
            scan.add(table)
        if (other := table.table.other) is not None and other.any():
            self._first_other = self._first_other or int(table.line_numbers[other][0])
            self._other += int(other.sum())
        self._takes_back |= table.has("refund") or _takes_back(table)
        if table.has("event"):
            self._event_header = table.headers.get("event", "event")
            events = table.texts("event")
            for text, count in zip(events.distinct, events.counts, strict=True):
                state = state_of(text)
                self._takes_back |= state in GIVEN_BACK
                self._takes_off |= state is State.DISCOUNT
                if state is None:
                    self._events[text] += int(count)

    def found(self, context: ReadContext, blocks: Callable[[FileFacts], Iterable[MappedTable]]) -> FileFacts:
        """Return the facts found; the file is read again only if lines may take others back or may be totals.

        Raises:
            PermanentError: the file seems to have no money, or may have it in cents; or refunds in it may take back
                sales that are marked as refunded.
        """
        self._money.check(context)
        ids, states = self._ids.found(), self._states.found()
        groups = self._groups.found(states.columns)
        combos = self._combos.found(context.survey, ids.repeated, partial(blocks, FileFacts()))
        left_out = self._left_out.notes(context.survey)
        aside = combos.set_aside(context.settings.upload_combos)
        if ids.repeated is not None:
            aside["repeated_line"] = ids.repeated
        facts = FileFacts(
            notes=tuple(
                filter(
                    None,
                    [
                        *groups.notes,
                        *left_out,
                        ids.note,
                        *states.notes,
                        *combos.notes,
                        *self._money.notes(),
                        *self._discounts.notes(),
                        *self._notes(),
                    ],
                )
            ),
            filled_down=groups.fields,
            dropped=frozenset() if ids.are_ids else frozenset({"line_id"}),
            states=states.columns,
            evidence=combos.columns,
            discounts=self._discounts.discounts(),
            vouchers=self._discounts.vouchers(),
            apart=ids.apart,
            set_aside={reason: places for reason, places in aside.items() if len(places)},
        )
        returned = self._returned.found(replace(context, facts=facts), partial(blocks, facts))
        facts = replace(facts, returned=returned.left_out, notes=(*facts.notes, *returned.notes))
        if self._takes_back or states.give_back:
            facts = _with_reversals(facts, Reversals.of(blocks(facts), facts.discounts | facts.vouchers), context.hints)
        if self._categories.applies:
            facts = _with_categories(facts, context, blocks)
        if labels := self._labels.found():
            found, note = find_labels(blocks(facts), context.survey, labels)
            facts = replace(facts, total_labels=found, notes=(*facts.notes, *([note] if note else [])))
        if self._totals.count:
            are_totals = check_totals(blocks(facts), context.survey, facts.total_labels)
            notes = (*facts.notes, self._totals.note(are_totals))
            facts = replace(facts, notes=notes, totals_in_items=are_totals)
        if facts.discounts or self._takes_off or states.take_off:
            facts = _with_discounts(facts, context, blocks)
        return facts

    def _notes(self) -> list[str]:
        notes = []
        if self._other:
            notes.append(
                f"{count_of(self._other, 'line')} from line {self._first_other} on left out: they are another table, "
                "with its own column names above it. If it holds sales too, send it as a file of its own."
            )
        if self._events:
            shown = [f"{word} ({count:,})" for word, count in self._events.most_common(_SHOWN_WORDS)]
            more = f" and {len(self._events) - len(shown)} more" if len(self._events) > len(shown) else ""
            notes.append(
                f"The column {listed([self._event_header])} holds words that Flux doesn't know: {', '.join(shown)}"
                f"{more}; their lines count as sales."
            )
        return notes


def _with_categories(
    facts: FileFacts, context: ReadContext, blocks: Callable[[FileFacts], Iterable[MappedTable]]
) -> FileFacts:
    places, note = find_categories(blocks(facts), context.survey)
    if note is None:
        return facts
    return replace(facts, notes=(*facts.notes, note), set_aside={**facts.set_aside, TOTALS_LINE: places})


def _with_discounts(
    facts: FileFacts, context: ReadContext, blocks: Callable[[FileFacts], Iterable[MappedTable]]
) -> FileFacts:
    found = take_off(blocks(facts), lambda table: read_sales(table, replace(context, facts=facts)))
    taken_off = (found.places, found.cents) if len(found.places) else None
    return replace(facts, taken_off=taken_off, notes=(*facts.notes, *found.notes))


def _with_reversals(facts: FileFacts, reversals: Reversals, hints: Hints) -> FileFacts:
    if contradiction := reversals.contradiction():
        raise PermanentError(contradiction)
    if hints.refunded is None and (question := reversals.question()):
        raise NeedsOptionsError(question, {}, others={"refunded": "sold"})
    refunds_reversed = hints.refunded == "sold"
    return replace(
        facts,
        notes=(*facts.notes, *reversals.notes(refunds_reversed=refunds_reversed)),
        voids_take_back=reversals.voids_take_back,
        set_aside={
            **facts.set_aside,
            **({"void": reversals.take_back_voids} if len(reversals.take_back_voids) else {}),
        },
        refunds_reversed=refunds_reversed,
    )


def _takes_back(table: MappedTable) -> bool:
    """Return whether a block has numbers below zero, or a refunded sale by its item's name."""
    numbers = (table.texts(name).distinct for name in ("quantity", "amount", "gross_amount"))
    return any(map(has_minus, chain(*numbers))) or any(
        state_in_name(item) in GIVEN_BACK for item in table.texts("item").distinct
    )
