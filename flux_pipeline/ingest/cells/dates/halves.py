"""Splitting of cells into a day and a time of day, before either is read.

A column may hold a million different cells, but few days and few times. numpy splits the common forms all at once, so
that only the others are examined cell by cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline.ingest.table.texts import Texts

_CLOCK_AT_END = re.compile(
    r"(?:^|(?<=[0-9])T|[\s,]+(?:(?:at|um|à|alle|om)\s+)?)"
    r"((?:[\uc624\u4e0a\u4e0b\u5348][\uc804\ud6c4\u5348\u524d\u5f8c]\s*)?[0-9]{1,2}(?::[0-9]|[hH][0-9]{2}|\s*[hH]$|\s*[AaPp]\.?\s?[Mm]).*)$"
)
_DIGITS_AFTER_DAY = re.compile(r"([0-9]+[-/.][0-9]+[-/.][0-9]+|[0-9]{8})(?:T|\s+)([0-9].*)")
_CLOCK_OF_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})(.*)")

# A longer cell holds a text, not a day; no pattern should be tried at each of its places.
_LONGEST = 100

# Bytes of a cell, its day and its time in the common forms; each a multiple of eight.
_CELL, _DAY, _CLOCK = 48, 24, 24

# Cells split at once: some 20 MB of scratch memory.
_CHUNK = 65_536

_IS_DIGIT = np.isin(np.arange(256), np.frombuffer(b"0123456789", dtype=np.uint8))
_IN_DAYS = _IS_DIGIT | np.isin(np.arange(256), np.frombuffer(b"-/.", dtype=np.uint8))
_COLON = ord(":")


@dataclass(frozen=True, eq=False)
class MomentTexts:
    """The two halves of each cell of a column: `days` and `clocks`, both n rows, empty where the half is absent."""

    days: Texts
    clocks: Texts


def split_moments(texts: Texts) -> MomentTexts:
    """Split cells into days and times: `2024-03-01T10:15Z`, `3 Mar 2024, 9:05 PM`, `10:15`, bare days and the like."""
    distinct = texts.distinct
    chunks = [_split_common(distinct[start : start + _CHUNK]) for start in range(0, max(len(distinct), 1), _CHUNK)]
    common, days, clocks = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    others = np.flatnonzero(~common)
    split = [split_moment(distinct[place]) for place in others]
    halves = []
    for side, cells in enumerate((days, clocks)):
        codes, found = _factorized(cells)
        halves.append(_with_others(codes, found, others, [half[side] for half in split]))
    return MomentTexts(*(Texts(found, codes[texts.codes]) for codes, found in halves))


def split_moment(text: str) -> tuple[str, str]:
    """Return the day and the time of one cell, "" for a missing one."""
    if len(text) > _LONGEST:
        return text, ""
    match = _CLOCK_AT_END.search(text)
    if match:
        return text[: match.start()], match[1]
    match = _DIGITS_AFTER_DAY.fullmatch(text)
    if match is None:
        return text, ""
    digits = _CLOCK_OF_DIGITS.fullmatch(match[2])
    return match[1], f"{digits[1]}:{digits[2]}:{digits[3]}{digits[4]}" if digits else match[2]


def _split_common(distinct: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split the cells that are numbers with `-/.`, a time as in `9:05...`, or both separated by a space or T.

    Returns which cells these are, (k,) bool, and the bytes of their days, (k, _DAY) uint8, and their times, (k, _CLOCK)
    uint8.
    """
    fits = np.array([len(text) <= _CELL and text.isascii() for text in distinct], dtype=bool)
    cells = np.where(fits, distinct, "").astype(f"S{_CELL}").view(np.uint8).reshape(-1, _CELL)
    length = (cells != 0).sum(axis=1)
    separates = (cells == ord(" ")) | (cells == ord("T"))
    at = np.where(separates.any(axis=1), separates.argmax(axis=1), length)
    at[_starts_as_clock(cells, np.zeros(len(cells), dtype=np.int64))] = -1
    places = np.arange(_CELL)
    is_day = (_IN_DAYS[cells] | (places >= at[:, None])).all(axis=1) & (at <= _DAY)
    has_clock = at < length
    is_clock = _starts_as_clock(cells, at + 1) & (length - at - 1 <= _CLOCK)
    common = fits & is_day & (~has_clock | is_clock)
    days = np.where((places[:_DAY] < at[:, None]) & common[:, None], cells[:, :_DAY], 0).astype(np.uint8)
    after = at[:, None] + 1 + places[:_CLOCK]
    clocks = np.take_along_axis(cells, np.minimum(after, _CELL - 1), axis=1)
    clocks[(after >= length[:, None]) | ~common[:, None]] = 0
    return common, days, clocks


def _starts_as_clock(cells: np.ndarray, at: np.ndarray) -> np.ndarray:
    first, second, third = (cells[np.arange(len(cells)), np.minimum(at + place, _CELL - 1)] for place in range(3))
    found: np.ndarray = _IS_DIGIT[first] & ((second == _COLON) | (_IS_DIGIT[second] & (third == _COLON)))
    return found


def _factorized(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return codes (k,) and distinct texts of rows of bytes (k, w), w a multiple of eight, compared as integers."""
    codes = np.zeros(len(cells), dtype=np.int64)
    for word in np.ascontiguousarray(cells).view(np.uint64).T:
        if word.any():
            fresh = pd.factorize(word)[0]
            codes = pd.factorize(codes * (fresh.max() + 1) + fresh)[0]
    example = np.zeros(codes.max(initial=-1) + 1, dtype=np.int64)
    example[codes] = np.arange(len(codes))
    texts = cells[example].view(f"S{cells.shape[1]}").ravel()
    return codes, texts.astype(str).astype(object)


def _with_others(
    codes: np.ndarray, found: np.ndarray, others: np.ndarray, texts: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    if not texts:
        return codes, found
    other_codes, other_texts = pd.factorize(np.array([*texts, None], dtype=object)[:-1])
    codes[others] = len(found) + other_codes
    # Texts found in both ways get one code, and texts without a row are dropped.
    again, distinct = pd.factorize(np.concatenate([found, other_texts])[codes])
    return again, distinct
