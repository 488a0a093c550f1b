"""Marks of a sales line besides its numbers: void, refund, tip or fee, dine in or delivery."""

from __future__ import annotations

import fnmatch
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np

from flux_pipeline.ingest.cells.forms import FLAG, parse_cells
from flux_pipeline.ingest.cells.numbers import read_number
from flux_pipeline.ingest.contracts import EVENTS, WORDS, WORDS_OF_ORDERS
from flux_pipeline.ingest.kinds.measures import MISSING
from flux_pipeline.ingest.kinds.sales._states import (
    ANYWHERE,
    State,
    filled_means,
    state_in_name,
    state_of,
    state_of_order,
    states_in_header,
)
from flux_pipeline.ingest.kinds.sales.discount_names import mentions_discount, mentions_voucher
from flux_pipeline.ingest.survey import Survey, numbers_of
from flux_pipeline.ingest.table.filling import is_data
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.ingest.verdicts import Verdicts
from flux_pipeline.names import fold_name
from flux_pipeline.wording import shortened

_STATES = tuple(State)

CHANNELS = ("dine_in", "takeaway", "delivery", "unknown")

# The number of types of lines that are named, and the length of a name.
_MOST_TYPES, _LONGEST = 8, 60
_NUMBERS = ("quantity", "price", "amount")

# Searched anywhere in the text: tills write "For Here", "DINE-IN (Table 4)", "Uber Eats Delivery".
_CHANNEL_WORDS = (
    ("delivery", ("deliver", "liefer", "livraison", "domicilio", "consegna", "bezorg", "uber", "doordash", "wolt")),
    ("takeaway", ("take", "to go", "togo", "pick", "carry", "abhol", "mitnahme", "emporter", "llevar", "asporto")),
    ("dine_in", ("dine", "for here", "eat in", "table", "im haus", "vor ort", "sur place", "salle", "sala", "tavolo")),
)


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of each line, each (n,) bool; `bad` maps a flag's field to the lines where it can't be read.

    `refund` lines give back; `refunded` ones are sales that were given back later, and their numbers are those of the
    sale. `voucher` lines are coupons and gift cards by their type, `discount` lines discounts.
    """

    void: np.ndarray
    refund: np.ndarray
    refunded: np.ndarray
    not_a_sale: np.ndarray
    voucher: np.ndarray
    discount: np.ndarray
    bad: Mapping[str, np.ndarray]


def read_marks(table: MappedTable) -> Marks:
    """Read the flags, events and states of each line, and the states beside the names of items."""
    columns = [(_state_codes(table.texts("event"), state_of), frozenset(State))]
    columns.append((_state_codes(table.texts("item"), state_in_name), ANYWHERE))
    for header, meaning in table.states.items():
        texts = table.filled.get(header, table.table.texts(header))
        if meaning in (EVENTS, WORDS, WORDS_OF_ORDERS):
            read = state_of_order if meaning == WORDS_OF_ORDERS else state_of
            columns.append((_state_codes(texts, read), frozenset(State) if meaning == EVENTS else ANYWHERE))
        else:
            columns.append((_state_codes(texts, partial(filled_means, State(meaning))), ANYWHERE))
    flags, bad = {}, {}
    for field, meant in (("void", {State.VOID}), ("refund", {State.REFUND, State.REFUNDED})):
        flags[field], bad[field] = _read_flag(table, field, meant)

    def marked(state: State) -> np.ndarray:
        found = np.zeros(table.row_count, dtype=bool)
        for codes, states in columns:
            if state in states:
                found |= codes == _STATES.index(state)
        return found

    # A flag named "Refunded" is about the sale itself, one named "Refund" about the line.
    is_about_sale = State.REFUNDED in states_in_header(table.headers.get("refund", ""))
    return Marks(
        void=flags["void"] | marked(State.VOID),
        refund=marked(State.REFUND) | (flags["refund"] & (not is_about_sale)),
        refunded=marked(State.REFUNDED) | (flags["refund"] & is_about_sale),
        not_a_sale=marked(State.NOT_A_SALE) | marked(State.UNSOLD),
        voucher=marked(State.VOUCHER),
        discount=marked(State.DISCOUNT),
        bad=bad,
    )


def judge_marks(marks: Marks, verdicts: Verdicts, takes_back: np.ndarray) -> None:
    """Set void lines aside, except for the lines of `takes_back` (n,) bool, which cancel another line of the file."""
    for field, bad in marks.bad.items():
        verdicts.reject(bad, f"bad_{field}", field, f"'{{found}}' is not a valid {field} mark; expected yes or no.")
    verdicts.skip(marks.void & ~takes_back, "void")
    verdicts.skip(marks.not_a_sale, "not_a_sale")


def name_discounts(items: Texts) -> np.ndarray:
    """Return the lines whose item has a word for discounts or vouchers in its name: (n,) bool."""
    return items.where(lambda name: mentions_voucher(name) or mentions_discount(name))


def ignored_items(items: Texts, patterns: Sequence[str]) -> np.ndarray:
    """Return the lines whose item matches one of `patterns` (* is any text; case and accents are ignored): (n,)."""
    folded = [fold_name(pattern) for pattern in patterns]
    names = [fold_name(name) for name in items.distinct]
    matches = np.array([any(fnmatch.fnmatchcase(name, each) for each in folded) for name in names], dtype=bool)
    return items.spread(matches)


def channel_of(text: str) -> str:
    """Return the one of CHANNELS that a till's text about the order means."""
    folded = fold_name(text).replace("-", " ")
    return next((name for name, words in _CHANNEL_WORDS if any(word in folded for word in words)), "unknown")


def _read_flag(table: MappedTable, field: str, meant: Collection[State]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines that a flag marks, and those where it can't be read.

    The flag's own name also means yes, such as `Storno` in a column of that name.
    """
    texts = table.texts(field)
    values, bad = parse_cells(texts, FLAG, ".")
    if not bad.any():
        return values.astype(bool), bad
    name = fold_name(table.headers.get(field, field))
    means_yes = texts.where(lambda text: state_of(text) in meant or (bool(text) and fold_name(text) == name))
    means_no = texts.where(lambda text: state_of(text) is State.SALE or fold_name(text) in MISSING)
    return values.astype(bool) | (bad & means_yes), bad & ~means_yes & ~means_no


def _state_codes(texts: Texts, state_of_text: Callable[[str], State | None]) -> np.ndarray:
    """Return the place of each line's state among _STATES, -1 for a text that means none: (n,) int8."""
    found = [state_of_text(text) for text in texts.distinct]
    return texts.spread(np.array([-1 if state is None else _STATES.index(state) for state in found], dtype=np.int8))


class LeftOutScan:
    """Lines that a till's export marks as no sale by a type of its own: how many of each type, and their money.

    Discounts and deposits are among them, so the sender sees by how much the sales differ from the till's total.
    """

    def __init__(self) -> None:
        self._lines: Counter[tuple[str, ...]] = Counter()

    def add(self, table: MappedTable) -> None:
        """Take in one more block; only files that give the type of a line by several columns or codes count."""
        if "event" not in table.layout.combined:
            return
        rows = np.flatnonzero(read_marks(table).not_a_sale & is_data(table))
        types = [table.table.texts(name).rows[rows] for name in table.layout.combined["event"].headers]
        numbers = [numbers_of(table, name).rows[rows] for name in _NUMBERS]
        names = [" / ".join(filter(None, each)) for each in zip(*types, strict=True)]
        self._lines.update(zip(names, *numbers, strict=True))

    def notes(self, survey: Survey) -> tuple[str, ...]:
        """Return a sentence on these lines, if there are any."""
        counts: Counter[str] = Counter()
        money: defaultdict[str, Decimal] = defaultdict(Decimal)
        for (name, *texts), count in self._lines.items():
            quantity, price, amount = (
                read_number(text, survey.mark(field), money=True) for field, text in zip(_NUMBERS, texts, strict=True)
            )
            counts[name] += count
            money[name] += count * (amount if amount is not None else (quantity or Decimal(0)) * (price or Decimal(0)))
        if not counts:
            return ()
        shown = ", ".join(
            f"{shortened(name or 'no type', _LONGEST)} ({count:,} {'line' if count == 1 else 'lines'}, "
            f"{money[name]:,.2f})"
            for name, count in counts.most_common(_MOST_TYPES)
        )
        more = f" and {len(counts) - _MOST_TYPES} more types" if len(counts) > _MOST_TYPES else ""
        return (f"Left out as no sale, with their money: {shown}{more}.",)
