"""Quantities with a unit or a word behind them: `2x`, `1 Stk`, `0,250 kg`. numbers.py reads the number."""

from __future__ import annotations

import re

import numpy as np

from flux_pipeline.ingest.cells.forms import fold_choice
from flux_pipeline.ingest.cells.units import UNIT
from flux_pipeline.ingest.table.texts import Texts

_TIMES = "x\u00d7"
_BEFORE = re.compile(rf"[{_TIMES}X]\s*([-+\u2212]?[0-9].*)")
_AFTER = re.compile(r"([-+\u2212(]?\s*[0-9][0-9.,'\u2019 \u00a0\u202f]*\)?)\s*([^\W\d_]+|\u00d7)\.?")
_EACH = frozenset(
    map(
        fold_choice, (*_TIMES, "mal", "fois", "vez", "veces", "times", "개", "잔", "그릇", "個", "个", "件", "份", "杯")
    )
)
# Weighed and measured items are kept in kilos and litres, whatever the unit of a line.
_EXPONENTS = {"mg": -6, "g": -3, "ml": -3, "cl": -2, "dl": -1}
_LONGEST = 24


def without_units(texts: Texts) -> Texts:
    """Return the texts without their units; 250 g becomes 250e-3, which is 0.25 kg. Texts without a unit stay."""
    found = [_without_unit(text) for text in texts.distinct]
    if not any(found):
        return texts
    bare = np.empty(len(found), dtype=object)
    bare[:] = [number or text for number, text in zip(found, texts.distinct, strict=True)]
    return Texts(bare, texts.codes)


def _without_unit(text: str) -> str | None:
    if not text or (text[-1].isdigit() and text[0] not in "xX\u00d7") or len(text) > _LONGEST:
        return None
    if match := _BEFORE.fullmatch(text):
        return match[1]
    match = _AFTER.fullmatch(text)
    if match is None:
        return None
    word = fold_choice(match[2])
    unit = None if word in _EACH else (UNIT.choices or {}).get(word)
    if word not in _EACH and unit is None:
        return None
    exponent = _EXPONENTS.get(unit or "", 0)
    number = match[1].strip()
    return f"{number}e{exponent}" if exponent else number
