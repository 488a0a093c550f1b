"""States of a sales line in a till's words: sold, cancelled, refunded, training, ... in many languages.

The words are in words/states.csv. They are found in a column of events, in any other column, or beside an item's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache

from flux_pipeline.ingest.columns.header_names import header_words
from flux_pipeline.ingest.kinds.measures import MISSING
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.names import fold_name


class State(StrEnum):
    """The meaning of a till's word for a line.

    `REFUND` is a line that gives back, `REFUNDED` a sale that was given back later, `PARTLY_REFUNDED` one of which a
    part was. `UNSOLD` are quotes, drafts and training, `NOT_A_SALE` till operations, `PENDING` what is not paid yet.
    """

    SALE = "sale"
    VOID = "void"
    REFUND = "refund"
    REFUNDED = "refunded"
    PARTLY_REFUNDED = "partly_refunded"
    UNSOLD = "unsold"
    NOT_A_SALE = "not_a_sale"
    VOUCHER = "voucher"
    PENDING = "pending"


# States that a column of any name gives its lines. The words of the others mean something else in other columns: a gift
# card is a way to pay, a deposit an item.
ANYWHERE = frozenset({State.VOID, State.REFUND, State.REFUNDED, State.UNSOLD})
# States whose lines are counted, but that a person should know about.
NAMED = frozenset({State.PARTLY_REFUNDED, State.PENDING})

# Part of any such word of a German, Italian or Polish till: Storno, storniert, Sofortstorno, stornato.
_VOID_STEM = "storn"
_LONGEST = 40
NO = frozenset({"no", "n", "false", "f", "nein", "non", "nie", "nej", "nao"})
_BRACKETED = re.compile(r"[(\[*]+\s*([^()\[\]*]+?)\s*[)\]*]+")
_BEFORE = re.compile(r"\W*([^\W\d_]+(?: [^\W\d_]+)?)\s*[-:)\]*\u2013]+\s*\S")


@cache
def _words() -> Mapping[str, State]:
    lists = {
        State.SALE: words_of("states.sale"),
        State.VOID: words_of("states.void"),
        State.REFUND: words_of("states.refund"),
        State.REFUNDED: words_of("states.refunded"),
        State.PARTLY_REFUNDED: words_of("states.partly_refunded"),
        State.UNSOLD: words_of("states.unsold"),
        State.NOT_A_SALE: words_of("states.not_a_sale"),
        State.VOUCHER: words_of("states.voucher"),
        State.PENDING: words_of("states.pending"),
    }
    return {_folded(word): state for state, words in lists.items() for word in words}


@lru_cache(maxsize=4_096)
def state_of(text: str) -> State | None:
    """Return the state that a cell means as a whole; None for an unknown word, SALE for an empty cell."""
    if len(text) > _LONGEST or any(letter.isdigit() for letter in text):
        return None
    folded = _folded(text)
    if not folded:
        return State.SALE
    found = _words().get(folded)
    if found is None and _VOID_STEM in folded:
        return State.VOID
    return found


def filled_means(state: State, text: str) -> State:
    """Return the state of a line whose cell in a column of that state's name is `text`; SALE if the cell denies it."""
    folded = _folded(text)
    denies = folded in MISSING or folded in NO or not folded.strip("0.,") or state_of(text) is State.SALE
    return State.SALE if denies else state


@lru_cache(maxsize=4_096)
def state_in_name(item: str) -> State | None:
    """Return the state that is written beside an item's name, as in "Ribs (Voided)" or "VOID - Ribs"; else None."""
    before = _BEFORE.match(item)
    for text in (*_BRACKETED.findall(item), *([before[1]] if before else [])):
        found = state_of(text)
        if found in (State.VOID, State.REFUNDED):
            return found
    return None


def states_in_header(header: str) -> frozenset[State]:
    """Return the states that the words of a header mean: "Is Voided" means void, "Cancelled at" too."""
    found = {_words().get(word) for word in header_words(header)} | {_words().get(_folded(header))}
    return frozenset(state for state in found if state is not None)


def _folded(text: str) -> str:
    return " ".join(fold_name(text).replace("_", " ").replace("-", " ").split())
