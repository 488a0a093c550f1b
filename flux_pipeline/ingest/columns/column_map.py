"""What was found out of a file's columns: which is which field, how that is known, and which are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flux_pipeline.ingest.columns.header_names import header_fingerprint

# What the sender writes in place of a header: every line is one unit; every column that is left is an item.
ONE_EACH, EVERY_COLUMN = "1", "*"


@dataclass(frozen=True)
class ColumnMap:
    """The columns of a table.

    Attributes:
        header: the names of all columns.
        headers: header by field.
        how: by field what it was found by: "stated", "known" (the last file of this header), "preset:square" and so
            on, "name" or "content".
        constants: by field the text that every row has, for fields without a column.
        personal: the columns that hold persons' data; what is in them is dropped.
        unused: the columns that nothing is made of.
        items: the columns that are an item each, in a wide table; else empty.
        lines_are_tickets: of a wide table, whether a line is one of several of its day.
        variation: the column that holds the size or sort of the item.
        keeps_people: whether the file is of persons by its kind, so that nothing of theirs is dropped.
    """

    header: tuple[str, ...]
    headers: Mapping[str, str]
    how: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    lines_are_tickets: bool = False
    variation: str | None = None
    keeps_people: bool = False

    @property
    def stated(self) -> dict[str, str]:
        """The mapping as a sender would state it, to be stored and given as `known` for the next file."""
        wide = {"item": EVERY_COLUMN} if self.items else {}
        return {**self.headers, **self.constants, **wide}

    @property
    def preset(self) -> str | None:
        """The name of the preset that recognised the file."""
        return next((how.removeprefix("preset:") for how in self.how.values() if how.startswith("preset:")), None)

    def as_format(self) -> dict[str, Any]:
        """What `detected_format` says of the columns, JSON-able. `personal_columns` has no counts yet (personal.py)."""
        return {
            "columns": self.stated,
            "columns_by": dict(self.how),
            "preset": self.preset,
            "unused_columns": list(self.unused),
            "item_columns": list(self.items),
            "personal_columns": dict.fromkeys(self.personal, 0),
            "header": list(self.header),
            "header_fingerprint": header_fingerprint(self.header),
        }
