"""Changes between a restaurant's files of one kind: their columns, and the way they are written.

Only compares two values of `detected_format`. What follows from a change (take, freeze, refuse) is decided by the
settings.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flux_pipeline.wording import listed

# Properties of the written form, each with its name in a sentence.
_WRITTEN = {
    "encoding": "The encoding",
    "delimiter": "The delimiter",
    "date_order": "The order of the dates",
    "preset": "The export preset",
    "location": "The restaurant named in the file",
}


@dataclass(frozen=True)
class Change:
    """A change between two files.

    `what` is "column_gone", "column_new", "field_gone", "field_new", "field_moved", "decimal", or the part of the
    written form that changed ("encoding", "delimiter", "date_order", "preset", "location"). `about` is the column or
    field, and `sentence` describes the change.
    """

    what: str
    about: str
    sentence: str

    @property
    def is_breaking(self) -> bool:
        """Whether data is missing or moved to another column; files with other changes are read as before."""
        return self.what in ("column_gone", "field_gone", "field_moved")

    @property
    def is_of_form(self) -> bool:
        """Whether the written form changed, rather than the set of columns."""
        return self.what in (*_WRITTEN, "decimal")


def find_drift(previous: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Return the changes from one file's `detected_format` to that of another of the same kind and restaurant.

    A key that an older format lacks counts as unchanged. Columns about persons are ignored: nothing of them is kept, so
    they may come and go.
    """
    changes: list[Change] = []
    personal = {*previous.get("personal_columns", ()), *now.get("personal_columns", ())}
    changes += _columns(previous.get("header"), now.get("header"), personal)
    changes += _fields(previous.get("columns"), now.get("columns"))
    # A workbook stores numbers and days as such, so its written form can't differ from that of a text file.
    same_form = _is_workbook(previous) == _is_workbook(now)
    for key, name in _WRITTEN.items() if same_form else ():
        before, after = previous.get(key), now.get(key)
        # A file without dates, or with unambiguous ones only, has no date order that could differ.
        if before != after and None not in (before, after):
            changes.append(Change(key, key, f"{name} was '{before}' and is now '{after}'."))
    if not same_form:
        return changes
    before_marks, after_marks = previous.get("decimals") or {}, now.get("decimals") or {}
    whole_numbers = {*previous.get("whole_numbers", ()), *now.get("whole_numbers", ())}
    for field in (field for field in before_marks if field not in whole_numbers):
        before, after = before_marks[field], after_marks.get(field, before_marks[field])
        if before != after:
            changes.append(
                Change("decimal", field, f"The decimal mark of {field} was '{before}' and is now '{after}'.")
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
        *(Change("column_gone", name, f"The column {listed([name])} is no longer in the file.") for name in gone),
        *(Change("column_new", name, f"The column {listed([name])} is new.") for name in new),
    ]


def _fields(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> list[Change]:
    if before is None or after is None:
        return []
    changes = []
    for field, header in before.items():
        if field not in after:
            changes.append(
                Change("field_gone", field, f"The {field}, formerly in {listed([header])}, is no longer found.")
            )
        elif after[field] != header:
            changes.append(
                Change(
                    "field_moved",
                    field,
                    f"The {field} was in {listed([header])} and is now in {listed([after[field]])}.",
                )
            )
    new = [field for field in after if field not in before]
    return [
        *changes,
        *(Change("field_new", field, f"The {field} is new, in {listed([after[field]])}.") for field in new),
    ]
