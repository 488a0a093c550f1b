"""What was found out of a file's columns: which is which field, how that is known, and which are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flux_pipeline.ingest.columns.header_names import header_fingerprint

# What the sender writes in place of a header: every line is one unit; every column that is left is an item; the rows of
# every place are of this restaurant.
ONE_EACH, EVERY_COLUMN, EVERY_PLACE = "1", "*", "*"


@dataclass(frozen=True)
class ColumnMap:
    """The columns of a table.

    Attributes:
        header: the names of all columns.
        headers: header by field.
        how: by field what it was found by: "stated", "known" (the last file of this header), "preset:square" and so
            on, "name" or "content".
        constants: by field the text that every row has, for fields without a column.
        only: by field the text of the rows that are wanted, where the sender wants no others; "*" for all.
        personal: the columns that hold, or may hold, persons' data; what is in them is dropped.
        unused: the columns that nothing is made of.
        items: the columns that are an item each, in a wide table; else empty.
        lines_are_tickets: of a wide table, whether a line is one of several of its day.
        variation: the column that holds the size or sort of the item.
        keeps_people: whether the file is of persons by its kind, so that nothing of theirs is dropped.
        notes: what was decided by what the cells hold and may surprise, in sentences.
    """

    header: tuple[str, ...]
    headers: Mapping[str, str]
    how: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    lines_are_tickets: bool = False
    variation: str | None = None
    keeps_people: bool = False
    notes: tuple[str, ...] = ()

    @property
    def stated(self) -> dict[str, str]:
        """The mapping as a sender would state it, to be stored and given as `known` for the next file."""
        wide = {"item": EVERY_COLUMN} if self.items else {}
        picked = {name: f"{self.headers[name]}={text}" for name, text in self.only.items()}
        return {**self.headers, **self.constants, **picked, **wide}

    @property
    def free(self) -> tuple[str, ...]:
        """The columns that are nothing yet."""
        taken = {*self.headers.values(), self.variation, *self.personal, *self.items}
        return tuple(name for name in self.header if name not in taken)

    @property
    def preset(self) -> str | None:
        """The name of the preset that recognised the file."""
        return next((how.removeprefix("preset:") for how in self.how.values() if how.startswith("preset:")), None)

    def with_column(self, field: str, header: str, by: str) -> ColumnMap:
        """The same, with a field whose column was found."""
        return replace(self, headers={**self.headers, field: header}, how={**self.how, field: by})

    def with_constant(self, field: str, text: str, by: str) -> ColumnMap:
        """The same, with a field that has this text in every row."""
        return replace(self, constants={**self.constants, field: text}, how={**self.how, field: by})

    def without(self, *fields: str) -> ColumnMap:
        """The same without the columns of these fields, which are nothing again."""
        headers, how = (
            {name: text for name, text in found.items() if name not in fields} for found in (self.headers, self.how)
        )
        return replace(self, headers=headers, how=how)

    def noting(self, sentence: str) -> ColumnMap:
        """The same, with one more note."""
        return replace(self, notes=(*self.notes, sentence))

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
