"""Preset of a program's export: the headers that only it has, and how its columns give the fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.table.mapped import Combined


@dataclass(frozen=True)
class Preset:
    """A program's export.

    Attributes:
        name: of the program, and of the export if it has several.
        required: headers that must all be there.
        fields: the possible headers of each field; the first one present counts.
        constants: the text of each field without a column.
        combined: by field the headers that give it together and must all be there, and the function that returns
            its text from theirs.
        once_per_order: the fields that are given on the first line of an order only.
        day_only: the fields whose time of day is not that of the sale.
        note: what the export does not say, in sentences for its sender.
        kind: what the export holds.
    """

    name: str
    required: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)
    combined: Mapping[str, tuple[tuple[str, ...], Callable[..., str]]] = field(default_factory=dict)
    once_per_order: frozenset[str] = frozenset()
    day_only: frozenset[str] = frozenset()
    note: str | None = None
    kind: str = "sales"

    def matches(self, header: Sequence[str]) -> bool:
        """Return whether the file has all required headers."""
        there = {normalised_name(name) for name in header}
        return all(normalised_name(name) in there for name in self.required)

    def columns(self, header: Sequence[str]) -> dict[str, str]:
        """Return the header in the file for each field that it has."""
        there = _by_name(header)
        found = {}
        for name, choices in self.fields.items():
            present = [there[normalised_name(choice)] for choice in choices if normalised_name(choice) in there]
            if present:
                found[name] = present[0]
        return found

    def combinations(self, header: Sequence[str]) -> dict[str, Combined]:
        """Return the fields that several columns of the file give together."""
        there = _by_name(header)
        found = {}
        for name, (wanted, text) in self.combined.items():
            headers = tuple(there.get(normalised_name(each), "") for each in wanted)
            if all(headers):
                found[name] = Combined(headers, text)
        return found


def _by_name(header: Sequence[str]) -> dict[str, str]:
    return {normalised_name(name): name for name in reversed(header)}
