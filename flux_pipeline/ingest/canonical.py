"""Canonical form of cells, readable without their file: days as YYYY-MM-DD, numbers with a decimal point.

Used for rows that leave Flux and come back alone, when the rest of their file can no longer settle how to read them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from flux_pipeline.ingest.cells.dates.parts import read_day
from flux_pipeline.ingest.cells.numbers import with_point
from flux_pipeline.ingest.kinds.registry import KINDS
from flux_pipeline.ingest.survey import NUMERIC, TIMED

# A day written in numbers with the year last, or with a two-digit year anywhere. A day that begins with a four-digit
# year is unambiguous.
_NUMBERED_DAY = re.compile(r"(?<![0-9./-])[0-9]{1,2}([-/.])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})(?![0-9])")


def in_canonical_form(cells: Mapping[str, str], kind: str, found: Mapping[str, Any]) -> dict[str, str]:
    """Return a row with its days and numbers in canonical form; cells that could not be read stay unchanged.

    Args:
        cells: text by header.
        kind: the kind of file.
        found: the format found for the file (`OpenUpload.detected_format`).
    """
    canonical = dict(cells)
    forms = {field.name: field.form.kind for field in KINDS[kind].fields}
    marks, columns = found.get("decimals") or {}, found.get("columns") or {}
    numbered = {header: marks[field] for field, header in columns.items() if field in marks}
    # The quantities of a wide table have no header of their own.
    unnamed = [mark for field, mark in marks.items() if field not in columns]
    if len(set(unnamed)) == 1:
        numbered |= dict.fromkeys(found.get("item_columns") or (), unnamed[0])
    for header, text in cells.items():
        kinds = {forms.get(field) for field, head in columns.items() if head == header}
        if kinds & {*TIMED}:
            canonical[header] = _with_iso_days(text, found.get("date_order"))
        elif header in numbered and (not kinds or kinds & {*NUMERIC}):
            canonical[header] = with_point(text, numbered[header])
    return canonical


def _with_iso_days(text: str, order: str | None) -> str:
    return _NUMBERED_DAY.sub(lambda match: _iso(match[0], order), text)


def _iso(text: str, order: str | None) -> str:
    parts = read_day(text)
    try:
        return dt.date(*parts.in_order(order)).isoformat() if parts else text
    except ValueError:
        return text
