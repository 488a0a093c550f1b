"""Currencies that cells and headers name: `$ 4`, `4 USD`, `Price (GBP)`. numbers.py reads the number beside them."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from flux_pipeline.ingest.cells.numbers import take_apart
from flux_pipeline.ingest.table.texts import Texts
from flux_pipeline.names import fold_name

# The words, folded, of a header whose column gives the currency of each row.
CURRENCY_HEADERS = frozenset(
    {"currency", "wahrung", "waehrung", "devise", "moneda", "moeda", "valuta", "waluta", "monnaie"}
)

# How each is written besides its code; what several share, such as $ and kr, is each of them. Codes that are also words
# of headers (ALL, CUP, TOP) are left out.
_SIGNS = {
    **dict.fromkeys(("ARS", "CLP", "COP", "MXN", "UYU", "DOP", "JMD", "TTD", "BBD", "XCD", "FJD"), "$"),
    **{"USD": "$ US$ U$", "CAD": "$ CA$ C$", "AUD": "$ AU$ A$", "NZD": "$ NZ$", "SGD": "$ SG$ S$", "HKD": "$ HK$"},
    **{"TWD": "$ NT$ \u5143", "BRL": "R$", "EUR": "\u20ac Euro", "GBP": "\u00a3", "EGP": "\u00a3", "CHF": "Fr SFr"},
    **dict.fromkeys(("SEK", "NOK", "DKK", "ISK"), "kr"),
    **{"PLN": "z\u0142", "CZK": "K\u010d", "HUF": "Ft", "RON": "lei", "MDL": "lei", "BGN": "\u043b\u0432"},
    **dict.fromkeys(("PKR", "LKR", "NPR", "MUR"), "Rs \u20a8"),
    **{"INR": "\u20b9 Rs \u20a8", "RUB": "\u20bd \u0440\u0443\u0431", "BYN": "\u0440\u0443\u0431"},
    **{"UAH": "\u20b4 \u0433\u0440\u043d", "TRY": "\u20ba TL", "ILS": "\u20aa", "NGN": "\u20a6", "GHS": "\u20b5"},
    **{"JPY": "\u00a5 \u5186", "CNY": "\u00a5 \u5143", "KRW": "\u20a9 \uc6d0", "VND": "\u20ab", "THB": "\u0e3f"},
    **{"PHP": "\u20b1", "IDR": "Rp", "MYR": "RM", "PEN": "S/", "KZT": "\u20b8", "GEL": "\u20be"},
    **dict.fromkeys(("AED", "SAR", "QAR", "KWD", "BHD", "OMR", "JOD", "ZAR", "KES", "MAD", "TND", "RSD"), ""),
}
_WORD = re.compile(r"[A-Z]{3}(?![^\W\d_])|[$\u00a3\u00a5\u20a0-\u20cf]")


def other_currencies(texts: Texts, own: str) -> np.ndarray:
    """Return the cells of money that are in another currency than `own` (ISO 4217): (n,) bool."""
    return texts.where(lambda text: _is_other(_written_in(text), own))


def is_in_other_currency(header: str, own: str) -> bool:
    """Return whether a header names a currency, and only others than `own`: `Price (USD)`, `price_usd`."""
    last = re.split(r"[\s_]+", header)[-1].upper()
    named = [word for word in (*_WORD.findall(header), last) if word in _meanings()]
    return bool(named) and all(_is_other(word, own) for word in named)


def other_codes(texts: Texts, own: str) -> np.ndarray:
    """Return the cells of a column of currencies that name another one than `own`: (n,) bool."""
    return texts.where(lambda text: _is_other(text.upper() if len(text) == len(own) else text, own))


def _written_in(text: str) -> str:
    found = take_apart(text)
    return "" if found is None else (found[1]["before"] or found[1]["after"] or "").rstrip(".")


def _is_other(word: str, own: str) -> bool:
    meant = _meanings().get(word) or _meanings().get(fold_name(word), frozenset())
    return own in _SIGNS and bool(meant) and own not in meant


@cache
def _meanings() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for code, signs in _SIGNS.items():
        for word in {code, *signs.split(), *(fold_name(sign) for sign in signs.split())}:
            found[word] = found.get(word, frozenset()) | {code}
    return found
