"""Numbers that a spreadsheet has rounded: identifiers of more than 15 digits, which are then alike on many lines."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flux_pipeline.ingest.columns.samples import NEARLY_ALL, Sample

# Of 12 to 30 digits, as identifiers have.
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?(?:1[1-9]|2[0-9])")
# A spreadsheet keeps as many digits of a number and writes zeros for the others.
_DIGITS_KEPT = 15


def find_rounded(header: Iterable[str], sample: Sample) -> tuple[str, ...]:
    """Return the columns of which nearly all cells are such numbers."""
    return tuple(name for name in header if _are_rounded(sample.cells(name)))


def _are_rounded(cells: list[str]) -> bool:
    return bool(cells) and sum(map(_is_rounded, cells)) >= NEARLY_ALL * len(cells)


def _is_rounded(text: str) -> bool:
    if text.isdecimal():
        return len(text) > _DIGITS_KEPT and not text[_DIGITS_KEPT:].strip("0")
    return _SCIENTIFIC.fullmatch(text) is not None
