"""What has changed in a restaurant's files of one kind since the last one: columns, and how things are written.

Only compares what `detected_format` says. What follows from a change (take it, freeze, refuse), the settings say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flux_pipeline.wording import listed

# How a file is written, and what it is called in a sentence.
_WRITTEN = {
    "encoding": "The encoding",
    "delimiter": "The delimiter",
    "date_order": "The order of the dates",
    "preset": "The sort of export",
    "location": "The restaurant that the file names",
}


@dataclass(frozen=True)
class Change:
    """A change: `what` ("column_gone", "column_new", "field_gone", "field_new", "field_moved", or what changed of
    "encoding", "delimiter", "date_order", "decimal", "preset", "location"), the column or field it is about, and a
    sentence."""

    what: str
    about: str
    sentence: str

    @property
    def is_breaking(self) -> bool:
        """Whether the file says less than the last one, or says it elsewhere; anything else is read as before."""
        return self.what in ("column_gone", "field_gone", "field_moved")

    @property
    def is_of_form(self) -> bool:
        """Whether it is about how things are written, not about which columns there are."""
        return self.what in (*_WRITTEN, "decimal")


def find_drift(previous: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """The changes from the `detected_format` of one file to that of another of the same kind and restaurant.

    Formats that say nothing of a thing (they are of an older version) are taken to agree in it. Columns of persons are
    no part of what a restaurant hands in: nothing of them is kept, so they may come and go.
    """
    changes: list[Change] = []
    personal = {*previous.get("personal_columns", ()), *now.get("personal_columns", ())}
    changes += _columns(previous.get("header"), now.get("header"), personal)
    changes += _fields(previous.get("columns"), now.get("columns"))
    # A workbook holds numbers and days themselves, so it is written in no way that a text could differ from.
    alike = _is_workbook(previous) == _is_workbook(now)
    for key, name in _WRITTEN.items() if alike else ():
        before, after = previous.get(key), now.get(key)
        # A file without dates, or with all of them beyond doubt, contradicts nothing.
        if before != after and None not in (before, after):
            changes.append(Change(key, key, f"{name} was '{before}' and is '{after}' now."))
    if not alike:
        return changes
    before_marks, after_marks = previous.get("decimals") or {}, now.get("decimals") or {}
    whole = {*previous.get("whole_numbers", ()), *now.get("whole_numbers", ())}
    for field in (field for field in before_marks if field not in whole):
        before, after = before_marks[field], after_marks.get(field, before_marks[field])
        if before != after:
            changes.append(
                Change("decimal", field, f"The decimal mark of {field} was '{before}' and is '{after}' now.")
            )
    return changes


def _is_workbook(found: Mapping[str, Any]) -> bool:
    return found.get("delimiter") == ""


def _columns(before: Sequence[str] | None, after: Sequence[str] | None, personal: Collection[str]) -> list[Change]:
    if before is None or after is None:
        return []
    gone = [name for name in before if name not in after and name not in personal]
    new = [name for name in after if name not in before and name not in personal]
    return [
        *(Change("column_gone", name, f"The column {listed([name])} isn't in the file any more.") for name in gone),
        *(Change("column_new", name, f"The column {listed([name])} is new.") for name in new),
    ]


def _fields(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> list[Change]:
    if before is None or after is None:
        return []
    changes = []
    for field, header in before.items():
        if field not in after:
            changes.append(
                Change("field_gone", field, f"The {field}, once in {listed([header])}, isn't found any more.")
            )
        elif after[field] != header:
            changes.append(
                Change(
                    "field_moved", field, f"The {field} was in {listed([header])} and is in {listed([after[field]])}."
                )
            )
    new = [field for field in after if field not in before]
    return [
        *changes,
        *(
            Change("field_new", field, f"The {field} is found for the first time, in {listed([after[field]])}.")
            for field in new
        ),
    ]
