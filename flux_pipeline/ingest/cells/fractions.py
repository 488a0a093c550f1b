"""Fractions in quantities, as kitchens write them: `1 1/2`, `1½`, `3/4`. numbers.py reads what they become."""

from __future__ import annotations

import re
import unicodedata
from decimal import Context, Decimal

import numpy as np

from flux_pipeline.ingest.table.texts import Texts

# `1 13/20` may be a date or a share of something; spoons, cups and scales have these parts.
_DENOMINATORS = frozenset({2, 3, 4, 5, 6, 8, 10, 12, 16, 32})
_DECIMALS = 9
_ROUNDED = Context(prec=30)

_SIGN = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_MIXED = re.compile(
    r"([-\u2212]?)(?:([0-9]{1,4})(?:[ \u00a0]+|[ \u00a0]*[-\u2013+&][ \u00a0]*))?([0-9]{1,2})[/\u2044]([0-9]{1,2})"
)


def without_fractions(texts: Texts, *, alone: bool) -> Texts:
    """Return the texts with fractions written as decimals that any decimal mark reads: `1 1/2` becomes `15e-1`.

    `alone` allows two plain numbers with a slash, `1/2`, which elsewhere may be the first of two.
    """
    found = [_as_decimal(text, alone) for text in texts.distinct]
    if not any(found):
        return texts
    written = np.empty(len(found), dtype=object)
    written[:] = [number or text for number, text in zip(found, texts.distinct, strict=True)]
    return Texts(written, texts.codes)


def _as_decimal(text: str, alone: bool) -> str | None:
    has_sign = _SIGN.search(text) is not None
    if not has_sign and "/" not in text and "\u2044" not in text:
        return None
    spelled = _SIGN.sub(lambda match: f" {unicodedata.normalize('NFKC', match[0])}", text)
    match = _MIXED.fullmatch(re.sub(r"([-\u2212]) ", r"\1", spelled.strip(), count=1) if has_sign else spelled)
    if match is None or (not match[2] and not has_sign and not alone):
        return None
    numerator, denominator = int(match[3]), int(match[4])
    if denominator not in _DENOMINATORS or not 0 < numerator < denominator:
        return None
    number = Decimal(match[2] or 0) + _ROUNDED.divide(Decimal(numerator), Decimal(denominator))
    scaled = int(number.scaleb(_DECIMALS).to_integral_value())
    return f"{'-' if match[1] else ''}{scaled}e-{_DECIMALS}"
