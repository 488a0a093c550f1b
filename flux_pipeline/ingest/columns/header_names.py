"""Comparison of headers: normalised names, words, remarks and fingerprints. _mapping.py finds the field of a header."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import cache, lru_cache

from flux_pipeline.ingest.table.data_files import words_of

_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_WORD = re.compile(r"[^\W\d_]+|[0-9]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CURRENCY_SIGN = re.compile(r"[$\u00a2-\u00a5\u20a0-\u20cf]")
CURRENCIES = frozenset(
    (
        *("eur", "euro", "euros", "usd", "gbp", "chf", "sek", "nok", "dkk", "isk", "pln", "czk", "huf", "ron", "bgn"),
        *("try", "uah", "cad", "aud", "nzd", "jpy", "krw", "cny", "hkd", "sgd", "inr", "idr", "thb", "vnd", "brl"),
        *("mxn", "ars", "clp", "cop", "zar", "aed", "ils", "kr", "zl", "kc"),
    )
)
_OF_CENTS = re.compile(
    r"(?:[ _-]+|(?<=[a-z])(?=[CPM]))\(?(?:in[ _-])?(?:cents?|pence|centimes|minor(?:[ _-]?units?)?)\)?\s*$",
    re.IGNORECASE,
)
_BEFORE_CURRENCY = frozenset({"in", "en", "em", "i", "w"})


@lru_cache(maxsize=2**14)
def normalised_name(name: str) -> str:
    """Return a header without case, accents, spaces and signs: "Qté " and "QTE" are both "qte"."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(filter(str.isalnum, plain))


def header_words(name: str) -> tuple[str, ...]:
    """Return the words of a header, normalised: "Customer_Name", "customerName" and "CUSTOMER NAME" are alike."""
    return tuple(normalised_name(word) for word in _WORD.findall(_CAMEL.sub(" ", name)))


@cache
def header_words_of(name: str) -> frozenset[str]:
    """Return the words of a field, as `words_of` does, normalised like those of headers."""
    return frozenset(map(normalised_name, words_of(name)))


def columns_named(names: Iterable[str], known: Collection[str]) -> list[str]:
    """Return the headers that, without remark and currency, are one of the normalised names `known`."""
    return [name for name in names if split_remark(name)[0] in known]


@lru_cache(maxsize=2**14)
def split_remark(name: str) -> tuple[str, str]:
    """Return a header's normalised name without remark and currency, and the normalised remark.

    "Item Name (as sold)" gives "itemname" and "assold"; "Umsatz in €" and "Umsatz EUR" give "umsatz" and "", as does
    "umsatz_cents" and "umsatz_eur".
    """
    remark = " ".join(_BRACKETS.findall(name))
    rest = _BRACKETS.sub(" ", _OF_CENTS.sub("", name))
    words = [word for word in (normalised_name(word) for word in re.split(r"[\s_]+", rest)) if word]
    priced = bool(_CURRENCY_SIGN.search(rest))
    while len(words) > 1 and words[-1] in CURRENCIES:
        words.pop()
        priced = True
    if priced and len(words) > 1 and words[-1] in _BEFORE_CURRENCY:
        words.pop()
    return "".join(words), "" if normalised_name(remark) in CURRENCIES else normalised_name(remark)


def says_cents(name: str) -> bool:
    """Return whether a header says that its money is in cents: "amount_cents", "Total (pence)"."""
    return _OF_CENTS.search(name) is not None


def header_fingerprint(header: Sequence[str]) -> str:
    """Return a SHA-256 (hex) of the normalised names in order: equal for two exports of one report."""
    return hashlib.sha256("\n".join(normalised_name(name) for name in header).encode()).hexdigest()
