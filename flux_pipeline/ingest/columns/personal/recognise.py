"""Columns of personal data (guests, staff, cards): recognised by name and by content, so that none of it is kept.

Exports of tills contain them; Flux needs none. redaction.py empties them in a file that is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from flux_pipeline.ingest.cells.contacts import holds_card, is_phone, is_surely_personal
from flux_pipeline.ingest.columns.header_names import header_words, normalised_name
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.ingest.table.table import Table

# Shorter parts of a word are found by chance: "Sekunden" are no customers ("Kunden").
_SHORTEST_START, _SHORTEST_END = 4, 6

# One address in a column of notes is too many; numbers may look like a card or a telephone by chance.
_MOST_BY_CHANCE = 0.5


def is_personal_name(header: str) -> bool:
    """Return whether a column of this name holds personal data.

    A header of words for persons alone is about one ("Customer ID", "Order Employee Name"); with any other word it may
    be something else ("Guest count", "Customer group"). A header that ends in a word such as "by" names who did it
    ("Kassiert durch"); "von" alone is the beginning of something. A word for notes, or for ways to reach a person (also
    cards and identity documents), is enough; some names count only as a whole. A word may be compounded
    ("Kundenstraße", "Rechnungsempfänger").
    """
    words = [word for word in header_words(header) if not word.isdigit()]
    if normalised_name(header) in _names("whole"):
        return True
    if any(word in _names("reaching") or word in _names("free_text") for word in words) or {"e", "mail"} <= {*words}:
        return True
    if len(words) > 1 and words[-1] in _names("who"):
        return True
    if any(_is_compound(word) for word in words):
        return True
    persons = _names("persons")
    return any(word in persons for word in words) and all(word in persons | _names("beside_persons") for word in words)


@cache
def _is_compound(word: str) -> bool:
    """Return whether a word ends in one for a person or a way to reach one, or joins a person with a name or number."""
    ends = _names("persons") | _names("reaching")
    for place in range(_SHORTEST_START, len(word) - 1):
        start, end = word[:place], word[place:]
        if end in ends and len(end) >= _SHORTEST_END:
            return True
        if end in _names("beside_persons") and start in _names("persons"):
            return True
    return False


@cache
def _names(field: str) -> frozenset[str]:
    return frozenset(map(normalised_name, words_of(f"personal.{field}")))


def holds_personal_data(cells: Sequence[str]) -> bool:
    """Return whether a column with these texts holds personal data.

    It does with a single e-mail address, personal tax number or telephone among words, or with mostly cards or
    telephones.
    """
    if any(map(is_surely_personal, cells)):
        return True
    found = sum(holds_card(cell) or is_phone(cell) for cell in cells)
    return found > _MOST_BY_CHANCE * len(cells)


def without_personal_text(cell: str) -> str:
    """Return a cell, emptied if it holds an e-mail address, a card number or a telephone number among words."""
    return "" if is_surely_personal(cell) or holds_card(cell) else cell


def find_personal(header: Iterable[str], sample: Table | None) -> tuple[str, ...]:
    """Return the columns that hold personal data, by name or by the first rows."""
    return tuple(name for name in header if is_personal_name(name) or holds_personal_data(_first_cells(sample, name)))


def _first_cells(sample: Table | None, name: str) -> list[str]:
    return [] if sample is None else [text for text in sample.texts(name).distinct[:1_000] if text]
