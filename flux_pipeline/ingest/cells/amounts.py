"""Quantities with their unit in one cell, as recipes have them: `250 g`, `1 1/2 cups`, `16.8oz`, `2 x 500 g`."""

from __future__ import annotations

import re
from functools import lru_cache

from flux_pipeline.kitchen.packs import PackError, read_pack
from flux_pipeline.kitchen.units import fold_word, plain, unit_words

_NUMBER = r"[0-9][0-9.,'\u2019]*(?:[ \u00a0]*[/\u2044][ \u00a0]*[0-9]+)?|[.,][0-9]+"
_SIGN = "[\u00bc-\u00be\u2150-\u215e]"
_AMOUNT = re.compile(rf"((?:{_NUMBER})(?:[ \u00a0]+[0-9]+/[0-9]+|[ \u00a0]*{_SIGN})?|{_SIGN})[ \u00a0]*([^\W\d_#].*|#)")
_TIMES = re.compile(r"[0-9]+[ \u00a0]*[x*\u00d7][ \u00a0]*[0-9].*", re.IGNORECASE)


@lru_cache(maxsize=2**14)
def split_amount(text: str) -> tuple[str, str] | None:
    """Return the number and the unit of a text; None if it isn't a number, or a product, before a known unit."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or fold_word(match[2]) not in unit_words():
        return _product(text.strip())
    return match[1], match[2]


def _product(text: str) -> tuple[str, str] | None:
    if _TIMES.fullmatch(text) is None:
        return None
    try:
        pack = read_pack(text)
    except PackError:
        return None
    # With the mark that the text has, so that the column keeps one.
    number = plain(pack.quantity)
    return number.replace(".", ",") if "," in text else number, pack.unit.name


def number_of(text: str) -> str:
    """Return the number of a text with a unit; the text itself if it has none."""
    found = split_amount(text)
    return text if found is None else found[0]


def unit_of(text: str) -> str:
    """Return the unit of a text, "" if it has none."""
    found = split_amount(text)
    return "" if found is None else found[1]
