"""Map of a file's columns: which column is which field, how it was found, and which columns are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flux_pipeline.ingest.columns.header_names import header_fingerprint
from flux_pipeline.ingest.contracts import Matrix
from flux_pipeline.ingest.table.mapped import Combined, Layout

# Special words that the sender may write instead of a header: every line is one unit; every remaining column is an
# item; the rows of every place are of this restaurant; the file has no money.
ONE_EACH, EVERY_COLUMN, EVERY_PLACE, NO_MONEY = "1", "*", "*", "0"
# Between the headers of columns that are joined: `name=First Name + Last Name`.
# Before a text that holds for every row; a count or money has a word of its own.
EVERY_ROW = "="
_COUNTED = ("quantity", "amount")
JOINED_BY = " + "


# Fields of an order: a file with columns of its lines may give them on its first line only.
ORDER_FIELDS = frozenset({"date", "time", "channel", "covers", "event", "void", "refund", "location"})


@dataclass(frozen=True)
class ColumnMap:
    """The columns of a table.

    Attributes:
        header: the names of all columns.
        headers: header by field.
        how: by field how it was found: "stated", "known" (the last file with this header), "preset:square" and so
            on, "name" or "content".
        constants: by field the text that every row has, for fields without a column.
        only: by field the text of the rows to take, if the sender wants only some; "*" for all.
        personal: the columns that hold, or may hold, personal data; their contents are dropped.
        unused: the columns that are not used.
        dropped: the unused columns of texts, which may be about persons; only the whole file shows which these are.
        items: the columns that are one item each, in a wide table, or one row each of a matrix; else empty.
        matrix: what the headers and cells of `items` are, unless these are items and quantities.
        lines_are_tickets: in a wide table, whether several lines share a day.
        layout: the fields that are not simply one column each, such as an item with its size in a column of its own.
        line_columns: the columns that a common prefix marks as those of an order's lines (`Lineitem price`).
        evidence: columns without a field that decide about rows: states of lines, parents of combos.
        rounded: the columns of identifiers that a spreadsheet rounded; they are not used.
        joined: by field the columns whose texts are combined into one; `headers` has the first of them.
        outer: the columns whose cells hold for several rows; only fields that may be given once per group are in them.
        keeps_people: whether the kind of file is about persons, so that its fields may hold personal data.
        notes: decisions made by contents that may surprise, in sentences.
    """

    header: tuple[str, ...]
    headers: Mapping[str, str]
    how: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    matrix: Matrix | None = None
    lines_are_tickets: bool = False
    layout: Layout = field(default_factory=Layout)
    line_columns: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    rounded: tuple[str, ...] = ()
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outer: tuple[str, ...] = ()
    keeps_people: bool = False
    notes: tuple[str, ...] = ()

    @property
    def stated(self) -> dict[str, str]:
        """The mapping as a sender would state it, to be stored and given as `known` for the next file."""
        wide = {"item": EVERY_COLUMN} if self.items and self.matrix is None else {}
        picked = {name: f"{self.headers[name]}={text}" for name, text in self.only.items()}
        joined = {name: JOINED_BY.join(columns) for name, columns in self.joined.items()}
        constants = {name: text if name in _COUNTED else f"{EVERY_ROW}{text}" for name, text in self.constants.items()}
        return {**self.headers, **joined, **constants, **picked, **wide}

    @property
    def free(self) -> tuple[str, ...]:
        """The columns that have no use yet."""
        joined = {name for columns in self.joined.values() for name in columns}
        taken = {*self.headers.values(), *self.layout.headers, *joined, *self.personal, *self.items}
        taken |= {*self.evidence, *self.rounded}
        return tuple(name for name in self.header if name not in taken)

    @property
    def free_of_rows(self) -> tuple[str, ...]:
        """The columns that have no use yet and describe their row."""
        return tuple(name for name in self.free if name not in self.outer)

    @property
    def preset(self) -> str | None:
        """The name of the preset that recognised the file."""
        return next((how.removeprefix("preset:") for how in self.how.values() if how.startswith("preset:")), None)

    def is_settled(self, field: str) -> bool:
        """Return whether the sender says which column a field is, now or with an earlier file of this header."""
        return self.how.get(field) in ("stated", "known")

    def with_column(self, field: str, header: str, by: str) -> ColumnMap:
        """Return the same map with a column for a field."""
        return replace(self, headers={**self.headers, field: header}, how={**self.how, field: by})

    def with_joined(self, field: str, columns: tuple[str, ...], by: str) -> ColumnMap:
        """Return the same map with several columns for a field."""
        return replace(self.with_column(field, columns[0], by), joined={**self.joined, field: columns})

    def with_constant(self, field: str, text: str, by: str) -> ColumnMap:
        """Return the same map with a field that has this text in every row."""
        return replace(self, constants={**self.constants, field: text}, how={**self.how, field: by})

    def with_combined(self, field: str, combined: Combined) -> ColumnMap:
        """Return the same map with a field that has a column and is read from several."""
        return replace(self, layout=replace(self.layout, combined={**self.layout.combined, field: combined}))

    def without(self, *fields: str) -> ColumnMap:
        """Return the same map without these fields; their columns are unused again."""
        headers, how = (
            {name: text for name, text in found.items() if name not in fields} for found in (self.headers, self.how)
        )
        combined = {name: each for name, each in self.layout.combined.items() if name not in fields}
        return replace(self, headers=headers, how=how, layout=replace(self.layout, combined=combined))

    def with_evidence(self, dropped: Iterable[str], evidence: Iterable[str]) -> ColumnMap:
        """Return the same map without the `dropped` fields, and with the columns of the table that are evidence."""
        found = replace(self.without(*dropped), evidence=tuple(name for name in evidence if name in self.header))
        return replace(found, unused=(*found.free, *found.rounded))

    def noting(self, sentence: str) -> ColumnMap:
        """Return the same map with one more note."""
        return replace(self, notes=(*self.notes, sentence))

    def as_format(self) -> dict[str, Any]:
        """Return the columns' part of `detected_format`, JSON-able; `personal_columns` has no counts yet."""
        return {
            "columns": self.stated,
            "columns_by": dict(self.how),
            "preset": self.preset,
            "unused_columns": list(self.unused),
            "item_columns": list(self.items),
            "evidence_columns": list(self.evidence),
            "personal_columns": dict.fromkeys(self.personal, 0),
            "header": list(self.header),
            "header_fingerprint": header_fingerprint(self.header),
        }
