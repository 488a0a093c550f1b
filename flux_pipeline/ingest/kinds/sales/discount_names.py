"""Names of items that are discounts or vouchers: "10% off", "Rabatt 10 %", "Staff discount", "Coupon".

The words are in words/states.csv. A dish may have one in its name, so the money of the lines decides too
(parts/discounts.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache, lru_cache

from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.names import fold_name

_WORD = re.compile(r"[^\W\d_]+")
_OFF = re.compile(r"[0-9] ?(?:%|percent|[$\u20ac\u00a3])? ?off\b")
# A shorter word is part of other words by chance.
_FEWEST_LETTERS = 5


@lru_cache(maxsize=2**14)
def mentions_discount(name: str) -> bool:
    """Return whether a name has a word for discounts, as "Personalrabatt" and "Discount Tuesday" do."""
    folded = fold_name(name)
    return _OFF.search(folded) is not None or _mentions(folded, _discounts())


@lru_cache(maxsize=2**14)
def mentions_voucher(name: str) -> bool:
    """Return whether a name has a word for coupons and vouchers."""
    return _mentions(fold_name(name), _folded(words_of("states.voucher")))


@lru_cache(maxsize=2**14)
def is_only_discount(name: str) -> bool:
    """Return whether a name says nothing but that it is a discount, and for whom: "Staff discount 10%"."""
    if not mentions_discount(name):
        return False
    folded = fold_name(name)
    words, beside = _WORD.findall(folded), _folded(words_of("lines.beside_discount"))
    maybe = _folded(words_of("lines.maybe_discount"))
    known = [word for word in words if word not in beside | maybe]
    is_named = bool(known) or _OFF.search(folded) is not None
    return is_named and all(_ends_with(word, _discounts()) for word in known)


@cache
def _discounts() -> frozenset[str]:
    return _folded(words_of("states.discount"))


@cache
def _folded(words: Collection[str]) -> frozenset[str]:
    return frozenset(map(fold_name, words))


def _mentions(folded: str, words: Collection[str]) -> bool:
    if not any(word in folded for word in words):
        return False
    if not folded.isascii() and any(not word.isascii() and word in folded for word in words):
        return True
    found = _WORD.findall(folded)
    if any(_ends_with(word, words) or _begins_with(word, words) for word in found):
        return True
    joined = f" {' '.join(found)} "
    return any(" " in word and f" {word} " in joined for word in words)


def _ends_with(text: str, words: Collection[str]) -> bool:
    if text in words or (not text.isascii() and any(word in text for word in words if not word.isascii())):
        return True
    return any(text.endswith(word) for word in words if len(word) >= _FEWEST_LETTERS)


def _begins_with(text: str, words: Collection[str]) -> bool:
    return any(text.startswith(word) for word in words if len(word) >= _FEWEST_LETTERS)
