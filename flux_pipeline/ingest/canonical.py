"""Cells of a file in the one form that reads alike everywhere: days as YYYY-MM-DD, numbers with a decimal point.

For rows that leave Flux and come back by themselves, when the rest of their file no longer tells how they are meant.
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

# A day in numbers with the year last, or anywhere where it has two digits; what begins with four is beyond doubt.
_NUMBERED_DAY = re.compile(r"(?<![0-9./-])[0-9]{1,2}([-/.])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})(?![0-9])")


def in_canonical_form(cells: Mapping[str, str], kind: str, found: Mapping[str, Any]) -> dict[str, str]:
    """A row as read, with its days and numbers as they were understood; what could not be read stays as it stands.

    Args:
        cells: text by header.
        kind: what the file holds.
        found: what was understood of its form (`OpenUpload.detected_format`).
    """
    canonical = dict(cells)
    forms = {field.name: field.form.kind for field in KINDS[kind].fields}
    marks, columns = found.get("decimals") or {}, found.get("columns") or {}
    numbered = {header: marks[field] for field, header in columns.items() if field in marks}
    # The numbers of a wide table have no header of their own.
    apart = [mark for field, mark in marks.items() if field not in columns]
    if len(set(apart)) == 1:
        numbered |= dict.fromkeys(found.get("item_columns") or (), apart[0])
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
