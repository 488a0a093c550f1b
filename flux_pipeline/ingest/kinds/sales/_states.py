"""States of a sales line in a till's words: sold, cancelled, refunded, training, ... in many languages.

The words are in words/states.csv. They are found in a column of events, in any other column, or beside an item's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache, lru_cache

from flux_pipeline.ingest.columns.header_names import header_words, header_words_of
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
    DISCOUNT = "discount"
    PENDING = "pending"


# States that a column of any name gives its lines. The words of the others mean something else in other columns: a gift
# card is a way to pay, a deposit an item.
ANYWHERE = frozenset({State.VOID, State.REFUND, State.REFUNDED, State.UNSOLD})
# States of lines that give back, or that others may take back.
GIVEN_BACK = frozenset({State.REFUND, State.REFUNDED})
# States whose lines are counted, but that a person should know about.
NAMED = frozenset({State.PARTLY_REFUNDED, State.PENDING})

# An order of Magento that is wholly refunded is closed; a till closes a bill that is paid. Magento's other words for an
# order tell the two apart, if the column has none of a till's.
CLOSED = "closed"
_OF_MAGENTO = frozenset({"complete", "processing", "pending_payment", "holded", "payment_review", "fraud"})
_OF_TILLS = frozenset({"open", "opened", "paid", "voided", "void", "completed", "unpaid"})

# Part of any such word of a German, Italian or Polish till: Storno, storniert, Sofortstorno, stornato.
_VOID_STEM = "storn"
_LONGEST = 60
# Words around that of the state, which add nothing to it.
_AROUND = frozenset(
    (
        *("order", "status", "state", "bill", "line", "item", "ticket", "receipt", "check", "sale", "transaction"),
        *("payment", "is", "was", "auto", "fully", "has", "been", "bon", "beleg", "ist", "wurde", "pos"),
    )
)
# Of several words, the first of these counts.
_FIRST = (
    *(State.VOID, State.UNSOLD, State.REFUNDED, State.REFUND, State.NOT_A_SALE, State.VOUCHER),
    State.DISCOUNT,
    *(State.PARTLY_REFUNDED, State.PENDING, State.SALE),
)
# In a header, words of what may happen, and has not.
_POSSIBLE = frozenset(
    {"can", "may", "allowed", "allow", "if", "policy", "fee", "until", "before", "deadline", "not", "non", "nicht"}
)
_LISTED = re.compile(r"[,;|/+]")
_WORD = re.compile(r"[^\W\d_]+")
_REASONED = re.compile(
    r"\W*([^\W\d_]+(?:[ _-][^\W\d_]+){0,3}?)"
    r"(?:\s*[:(\[]|\s+[-\u2013\u2014]+\s|[ _](?:by|von|durch|par|por|da|door|due to|because)[ _])",
    re.IGNORECASE,
)
# How databases write that there is no date.
_NO_DATE = re.compile(r"(?:0001|1899|1900|1970)[ ./]?(?:01|12)[ ./]?(?:01|30|31)(?:[ t]00:00.*)?$")
_BRACKETED = re.compile(r"[(\[*]+\s*([^()\[\]*]+?)\s*[)\]*]+")
_AFTER = re.compile(r"\S\s+[-\u2013*:]+\s*([^\W\d_]+(?: [^\W\d_]+)?)\W*$")
# Beside an item, other words of state may be a part of its name: a "formation" or an "oferta".
_IN_NAMES = frozenset({State.VOID, State.REFUNDED, State.REFUND})
_TRAINING = "train"
# Beside a name, these need no capitals to be seen.
_VOID_FIRST = frozenset({"void", "voided", "storno", "storniert"})
_STATE_LAST = _VOID_FIRST | {"cancelled", "canceled", "refunded"}
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
        State.DISCOUNT: words_of("states.discount"),
        State.PENDING: words_of("states.pending"),
    }
    return {form: state for state, words in lists.items() for word in words for form in (_folded(word), _letters(word))}


def state_of(text: str) -> State | None:
    """Return the state that a cell means as a whole; None for an unknown word, SALE for an empty cell."""
    return find_state(text)[0]


def state_of_order(text: str) -> State | None:
    """Return the state of an order in a shop system that closes what was wholly given back, and no other order."""
    return State.REFUNDED if _folded(text) == CLOSED else state_of(text)


@lru_cache(maxsize=16_384)
def find_state(text: str) -> tuple[State | None, str]:
    """Return the state that a cell means as a whole, and the word for it.

    What follows the word may give the reason ("Void: wrong table", "Cancelled by staff"); of several words
    ("paid, cancelled"), all known, the one that changes most counts.
    """
    if not text:
        return State.SALE, ""
    if len(text) > _LONGEST or text[0] in "0123456789":
        return None, ""
    if (whole := _state_of_words(text)) is not None:
        return whole, _shown(text)
    parts = _LISTED.split(text)
    found = [(_state_of_words(part), _shown(part)) for part in parts]
    if len(parts) > 1 and all(state is not None for state, _ in found):
        return min(found, key=lambda pair: _FIRST.index(pair[0]) if pair[0] else len(_FIRST))
    if len(parts) == 1 and (reasoned := _REASONED.match(text)):
        word = reasoned[1].strip()
        state = _state_of_words(word)
        if state in ANYWHERE:
            return state, _shown(word)
    return None, ""


def closes_refunded(words: Collection[str], *, has_refunds: bool) -> bool:
    """Return whether the words of a column are those of a shop system that closes what was wholly given back.

    `has_refunds` says whether another column is about refunds.
    """
    found = {word.casefold() for word in words}
    enough = 1 if has_refunds else 2
    return CLOSED in found and len(found & _OF_MAGENTO) >= enough and not found & _OF_TILLS


def state_word(text: str) -> str:
    """Return the word of a cell that changes how its line counts, "" if it has none."""
    state, word = find_state(text)
    return word if state not in (None, State.SALE) else ""


def mentioned_state(text: str) -> str | None:
    """Return the word of a cancelled or refunded sale that a longer text mentions, else None."""
    if " " not in text or text.upper() == text.lower():
        return None
    for word in _WORD.findall(_folded(text)):
        if _words().get(word) in (State.VOID, State.REFUNDED):
            return str(word)
    return None


def _state_of_words(text: str) -> State | None:
    """Return the state of a word or phrase, whatever its signs, numbers and words such as "order" around it."""
    folded = _letters(text)
    if not folded:
        return None if any(letter.isdigit() for letter in text) else State.SALE
    found = _words().get(folded)
    if found is None:
        bare = " ".join(word for word in folded.split() if word not in _AROUND)
        found = _words().get(bare) if bare else None
    if found is None and _VOID_STEM in folded:
        return State.VOID
    return found


def filled_means(state: State, text: str) -> State:
    """Return the state of a line whose cell in a column of that state's name is `text`; SALE if the cell denies it."""
    folded = _folded(text)
    denies = (
        folded in MISSING
        or folded in header_words_of("lines.no")
        or not folded.strip("0.,:-/ ")
        or state_of(text) is State.SALE
    )
    return State.SALE if denies or _NO_DATE.match(folded) else state


@lru_cache(maxsize=4_096)
def state_in_name(item: str) -> State | None:
    """Return the state that is written beside an item's name, as in "Ribs (Voided)" or "VOID - Ribs"; else None."""
    beside = [found[1] for found in (_BEFORE.match(item), _AFTER.search(item)) if found]
    for text in (*_BRACKETED.findall(item), *beside):
        found = state_of(text)
        if found in _IN_NAMES or (found is State.UNSOLD and _TRAINING in _folded(text)):
            return found
    first, _, after_first = item.partition(" ")
    before_last, _, last = item.rpartition(" ")
    for word, rest, alone, states in (
        (first, after_first, _VOID_FIRST, {State.VOID}),
        (last, before_last, _STATE_LAST, {State.VOID, State.REFUNDED}),
    ):
        state = State.VOID if word.casefold() in _VOID_FIRST else _words().get(_folded(word))
        is_apart = word.isupper() and not rest.isupper()
        if rest and state in states and (is_apart or word.casefold() in alone):
            return state
    return None


def states_in_header(header: str) -> frozenset[State]:
    """Return the states that the words of a header mean: "Is Voided" means void, "Cancelled at" too."""
    words = header_words(header)
    if _POSSIBLE & {*words}:
        return frozenset()
    found = {State.VOID if _VOID_STEM in word else _words().get(word) for word in words}
    found |= {_words().get(_folded(header))}
    return frozenset(state for state in found if state is not None)


def _folded(text: str) -> str:
    plain = text.casefold() if text.isascii() else fold_name(text)
    return " ".join(plain.replace("_", " ").replace("-", " ").split())


def _shown(text: str) -> str:
    """Return a word of state as written, without numbers beside it."""
    text = text.strip()
    return " ".join(_WORD.findall(text)) if any(letter.isdigit() for letter in text) else text


def _letters(text: str) -> str:
    return " ".join(_WORD.findall(_folded(text)))
