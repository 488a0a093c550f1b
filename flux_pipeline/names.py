"""Comparison of names: when two spellings are equal, and when they may mean the same item.

The restaurant's aliases decide which item a spelling means; they are kept elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

# Of the 94 items of a bakery and the 146 of another, these limits pair typing errors and plurals and no two items that
# are sold separately. Checking a suggestion costs a glance; a wrong merge costs a history.
SIMILAR_NAMES = 0.85
SIMILAR_WORDS = 0.75
# All names are compared with all others: fine for a menu, too slow for a column that holds something else.
MOST_NAMES = 5_000

_WORDS = re.compile(r"\w+")
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class NearDuplicate:
    """A name, another name that may mean the same, and their similarity, from 0 to 1."""

    name: str
    known: str
    similarity: float


def fold_name(name: str) -> str:
    """Return the form in which names are compared: compatibility form (NFKD), no accents, one case, single spaces."""
    if name.isascii():  # most names, and there are thousands
        return " ".join(name.casefold().split())
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())


def near_duplicates(new: Sequence[str], known: Iterable[str]) -> list[NearDuplicate]:
    """Return the new names that are spelled almost like another: a plural, a typing error, a blank, words reordered.

    Numbers must agree ("Menu 1" is not "Menu 2"), and so must every word except for a letter or so, because "with" and
    "without", or two sizes, are different items. Returns nothing if either list has more than MOST_NAMES names.

    Args:
        new: folded names, the most important first: each is compared with the known names and the new ones before it.
        known: folded names.

    Returns:
        For each new name with a near-duplicate, the most similar one.
    """
    pool = [_Spelling.of(name) for name in known]
    if len(new) > MOST_NAMES or len(pool) > MOST_NAMES:
        return []
    by_letters: dict[str, list[_Spelling]] = {}
    for spelling in pool:
        by_letters.setdefault(spelling.letters, []).append(spelling)
    found = []
    for spelling in map(_Spelling.of, new):
        same = by_letters.setdefault(spelling.letters, [])
        best = _same_letters(spelling, same) or _most_similar(spelling, pool)
        if best is not None:
            found.append(best)
        pool.append(spelling)
        same.append(spelling)
    return found


def near_duplicates_among(uses: Mapping[str, int]) -> list[NearDuplicate]:
    """Return the names that may mean the same as one of them that is used more, as they are spelled.

    Args:
        uses: how often each name is used.
    """
    names = {fold_name(name): name for name in uses}
    ordered = sorted(names, key=lambda folded: (-uses[names[folded]], folded))
    return [
        NearDuplicate(names[each.name], names[each.known], each.similarity) for each in near_duplicates(ordered, ())
    ]


@dataclass(frozen=True)
class _Spelling:
    """A name and what is compared of it, found once because each name is compared with all others.

    Attributes:
        letters: the name without the signs between its words: "cocacola" for "coca-cola".
        words: in sorted order.
        joined: the sorted words, between blanks.
        numbers: in sorted order.
    """

    name: str
    letters: str
    words: tuple[str, ...]
    joined: str
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> _Spelling:
        found = _WORDS.findall(name)
        words = tuple(sorted(found))
        return cls(name, "".join(found), words, " ".join(words), tuple(sorted(_NUMBERS.findall(name))))


def _same_letters(spelling: _Spelling, others: Iterable[_Spelling]) -> NearDuplicate | None:
    """Return another name that differs only by blanks and signs, which may change the order of the sorted words."""
    for other in others:
        if other.name != spelling.name and other.numbers == spelling.numbers:
            return NearDuplicate(spelling.name, other.name, round(fuzz.ratio(spelling.name, other.name) / 100, 3))
    return None


def _most_similar(spelling: _Spelling, pool: Sequence[_Spelling]) -> NearDuplicate | None:
    # What is None is not compared.
    choices = [None if other.name == spelling.name else other.joined for other in pool]
    close = process.extract(spelling.joined, choices, scorer=fuzz.ratio, score_cutoff=100 * SIMILAR_NAMES - 5, limit=20)
    for _, score, number in close:
        other = pool[number]
        if spelling.numbers == other.numbers and _words_agree(spelling, other):
            return NearDuplicate(spelling.name, other.name, round(score / 100, 3))
    return None


def _words_agree(one: _Spelling, other: _Spelling) -> bool:
    if one.joined == other.joined:
        return True
    if len(one.words) != len(other.words):
        return False
    pairs = [(a, b) for a, b in zip(one.words, other.words, strict=True) if a != b]
    alike = all(min(len(a), len(b)) > 2 and fuzz.ratio(a, b) > 100 * SIMILAR_WORDS for a, b in pairs)
    return alike and fuzz.ratio(one.joined, other.joined) >= 100 * SIMILAR_NAMES
