"""Columns without a field: every cell of them is looked at for words of state, such as "Voided" or "Training".

What would change the count of a line is used and reported, whatever the column is called; what may matter is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from flux_pipeline.ingest.cells.numbers import read_number
from flux_pipeline.ingest.columns.header_names import header_words, header_words_of, normalised_name
from flux_pipeline.ingest.contracts import EVENTS, WORDS, WORDS_OF_ORDERS
from flux_pipeline.ingest.kinds.sales._states import (
    ANYWHERE,
    CLOSED,
    GIVEN_BACK,
    NAMED,
    State,
    closes_refunded,
    filled_means,
    find_state,
    mentioned_state,
    states_in_header,
)
from flux_pipeline.ingest.table.mapped import MappedTable
from flux_pipeline.wording import count_of, listed

# A column in which so many cells are words of state is one of states.
_NEARLY_ALL = 0.95
# A column named after a state that is filled on more lines than this marks something else.
_MOST_FILLED = 0.5
_SHOWN_WORDS = 5
# A column of more words gives something else than the kinds of lines.
_MOST_KINDS = 12

_LONGEST_MARK = 6
_OF_LINE = (State.VOUCHER, State.DISCOUNT, State.NOT_A_SALE)
_BY_HEADER = (State.VOID, State.REFUNDED)


@dataclass
class _Seen:
    """Cells of a column: words by state, other texts, and which of those are amounts or deny the column's name.

    `mentions` are the words of state in longer texts, `unknown` the texts of a column that gives the kind of a line.
    """

    is_named_after_state: bool
    is_kind: bool
    words: dict[State, Counter[str]] = field(default_factory=dict)
    filled: int = 0
    others: int = 0
    denials: int = 0
    amounts: int = 0
    yes: int = 0
    no: int = 0
    mentions: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class StateColumns:
    """`columns` that give the state of their lines, with the meaning of their cells; `notes` report them.

    `give_back` says whether some lines are refunds or sales that were refunded, `take_off` whether some are discounts.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    give_back: bool = False
    take_off: bool = False


class StateScan:
    """Words of state in the columns that no field has, gathered block by block."""

    def __init__(self) -> None:
        self._columns: dict[str, _Seen] = {}
        self._rows = 0
        self._has_refunds = False

    def add(self, table: MappedTable) -> None:
        """Take in one more block."""
        self._rows += table.row_count
        self._has_refunds |= "refunded_quantity" in table.headers
        used = {*table.headers.values(), *table.layout.headers}
        for name in table.table.header:
            if name in used:
                continue
            texts = table.table.texts(name)
            if name not in self._columns:
                is_named = bool(states_in_header(name) & {*_BY_HEADER, State.REFUND, State.UNSOLD})
                is_kind = _is_kind_of_line(name) or _is_state_of_sale(name)
                self._columns[name] = _Seen(is_named, is_kind and name not in table.personal)
            seen = self._columns[name]
            for text, count in zip(texts.distinct, texts.counts.tolist(), strict=True):
                if text and count:
                    _count(seen, text, count)

    def found(self) -> StateColumns:
        """Return the columns that change which lines count, and the notes on these and on those that may matter."""
        columns, notes, give_back, take_off = {}, [], False, False
        has_refunds = self._has_refunds or any(State.REFUNDED in states_in_header(name) for name in self._columns)
        for name, seen in self._columns.items():
            meaning = _meaning(name, seen, self._rows, has_refunds=has_refunds)
            if meaning is not None:
                columns[name] = meaning
                give_back |= meaning in (State.REFUNDED, WORDS_OF_ORDERS) or any(
                    seen.words.get(state) for state in GIVEN_BACK
                )
                take_off |= meaning == EVENTS and bool(seen.words.get(State.DISCOUNT))
                notes.append(_used(name, seen, meaning))
            elif (note := _named(name, seen, self._rows)) is not None:
                notes.append(note)
        return StateColumns(columns, tuple(notes), give_back, take_off)


def _count(seen: _Seen, text: str, count: int) -> None:
    state, word = find_state(text)
    seen.filled += count
    if len(text) <= _LONGEST_MARK:
        seen.yes += count if normalised_name(text) in header_words_of("lines.yes") else 0
        seen.no += count if normalised_name(text) in header_words_of("lines.no") else 0
    if state is None:
        seen.others += count
        if (mentioned := mentioned_state(text)) is not None:
            seen.mentions[mentioned] += count
        if seen.is_kind:
            seen.unknown[text] += count
    else:
        seen.words.setdefault(state, Counter())[word] += count
    if seen.is_named_after_state:
        seen.denials += count if filled_means(State.VOID, text) is State.SALE else 0
        seen.amounts += count if read_number(text, ".", money=True) is not None or "," in text else 0


def _meaning(name: str, seen: _Seen, rows: int, *, has_refunds: bool) -> str | None:
    """Return what the cells of a column mean for their lines; None if they change nothing."""
    if closes_refunded([word for words in seen.words.values() for word in words], has_refunds=has_refunds):
        return WORDS_OF_ORDERS
    if any(seen.words.get(state) for state in ANYWHERE):
        return WORDS
    if _is_kind_of_line(name) and any(seen.words.get(state) for state in _OF_LINE):
        return EVENTS
    by_header = states_in_header(name)
    marked = seen.filled - seen.denials
    for state in _BY_HEADER:
        # An amount, such as that of a refund, may be a part of the line's.
        is_amount = _names_amounts(name) and seen.amounts == seen.filled
        if state in by_header and 0 < marked <= _MOST_FILLED * rows and not is_amount:
            return state.value
    # "Quote" and "Draft" may have their numbers; a mark says yes.
    if State.UNSOLD in by_header and 0 < marked <= _MOST_FILLED * rows and seen.yes == marked:
        return State.UNSOLD.value
    return None


def _is_kind_of_line(name: str) -> bool:
    words = {*header_words(name)}
    return bool(words & header_words_of("lines.kind_of") and words & header_words_of("lines.of_line"))


def _is_state_of_sale(name: str) -> bool:
    words = {*header_words(name)}
    is_kind = bool(words & header_words_of("lines.kind_of") and words & header_words_of("lines.of_sale"))
    return is_kind or bool(words & header_words_of("lines.status"))


def _names_amounts(name: str) -> bool:
    return bool({*header_words(name)} & header_words_of("lines.amounts"))


def _is_mark(name: str) -> bool:
    is_mark = bool(states_in_header(name)) or bool({*header_words(name)} & header_words_of("lines.mark"))
    return is_mark and not _names_amounts(name)


def _used(name: str, seen: _Seen, meaning: str) -> str:
    if meaning not in (EVENTS, WORDS, WORDS_OF_ORDERS):
        count = seen.filled - seen.denials
        return f"{count_of(count, 'line')} with a text in {listed([name])} taken as {meaning}."
    states = frozenset(State) - {State.SALE} - NAMED if meaning == EVENTS else ANYWHERE
    words = Counter({word: count for state in states for word, count in seen.words.get(state, {}).items()})
    others = ""
    if seen.others:
        others = f" {count_of(seen.others, 'line')} with other texts there {'counts' if seen.others == 1 else 'count'}."
    if named := {word: count for state in NAMED for word, count in seen.words.get(state, {}).items()}:
        others += f" {_shown(named)}: counted as sales."
    if meaning == WORDS_OF_ORDERS:
        words[CLOSED] = sum(count for word, count in seen.words[State.SALE].items() if word.casefold() == CLOSED)
        others += " As in Magento, closed orders are taken as wholly refunded."
    return f"The words in {listed([name])} decide what counts: {_shown(words)}.{others}"


def _named(name: str, seen: _Seen, rows: int) -> str | None:
    words = Counter({word: count for state in NAMED for word, count in seen.words.get(state, {}).items()})
    known = sum(count for found in seen.words.values() for count in found.values())
    if words and known >= _NEARLY_ALL * seen.filled:
        return f"The column {listed([name])} holds {_shown(words)}; these lines count as sales."
    marked = seen.filled - seen.denials
    if seen.mentions:
        return (
            f"The column {listed([name])} has texts with {_shown(seen.mentions)}; it is not clear what they say of "
            "their lines, and these count."
        )
    if seen.unknown and len(seen.unknown) <= _MOST_KINDS:
        return (
            f"The column {listed([name])} holds words that Flux doesn't know: {_shown(seen.unknown)}; their lines "
            "count as sales."
        )
    if seen.yes and seen.yes + seen.no == seen.filled and (seen.no or seen.yes < rows) and _is_mark(name):
        return (
            f"The column {listed([name])} says yes on {count_of(seen.yes, 'line')} and no on {seen.no:,}; all of them "
            "count."
        )
    if marked and seen.is_named_after_state:
        return f"The column {listed([name])} is filled on {count_of(marked, 'line')} and not used; all of them count."
    return None


def _shown(words: Mapping[str, int]) -> str:
    ordered = sorted(words.items(), key=lambda pair: -pair[1])
    shown = [f"{word} ({count:,})" for word, count in ordered[:_SHOWN_WORDS]]
    return ", ".join(shown) + (f" and {len(ordered) - _SHOWN_WORDS} more" if len(ordered) > _SHOWN_WORDS else "")
