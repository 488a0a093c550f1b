"""A person's name in several columns, such as First Name and Last Name, which are combined into one.

A column with the whole name beside them is preferred, if it holds their words. In some languages the word for a name
alone means one of its parts: Nom beside Prénom, Nombre beside Apellidos.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from flux_pipeline.ingest.cells.forms import Kind
from flux_pipeline.ingest.columns.column_map import ColumnMap
from flux_pipeline.ingest.columns.header_names import normalised_name
from flux_pipeline.ingest.columns.samples import NEARLY_ALL, Sample
from flux_pipeline.ingest.contracts import Contract, Field
from flux_pipeline.ingest.table.data_files import words_of
from flux_pipeline.names import fold_name


@dataclass(frozen=True)
class _Parts:
    """The columns of each part of a name."""

    first: tuple[str, ...]
    infix: tuple[str, ...]
    last: tuple[str, ...]
    second_last: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, in the order of a name."""
        return (*self.first, *self.infix, *self.last, *self.second_last)


def join_names(found: ColumnMap, contract: Contract, sample: Sample) -> ColumnMap:
    """Return the map with persons' names found in several columns; unchanged if the file has none.

    Two columns of one part leave it open which is meant, so nothing is joined.
    """
    for field in contract.fields:
        if field.is_person and field.name not in found.how:
            found = _with_name(found, field, sample)
    return found


def _with_name(found: ColumnMap, field: Field, sample: Sample) -> ColumnMap:
    parts = _Parts(*(_named(found, part) for part in ("first", "infix", "last", "second_last")))
    if not (parts.first or parts.last) or max(len(parts.first), len(parts.last)) > 1:
        return found
    names = {normalised_name(name) for name in (field.name, *field.synonyms)}
    wholes = [name for name in found.free if normalised_name(name) in names]
    wholes += [name for name in _named(found, "part") if name not in wholes]
    whole = next((name for name in wholes if _holds_all(name, parts.columns, sample)), None)
    if whole:
        return found.with_column(field.name, whole, "name")
    if not (parts.first and parts.last):
        single = [name for name in wholes if name in _named(found, "part")]
        if len(single) != 1:
            return found
        first, last = (parts.first, tuple(single)) if parts.first else (tuple(single), parts.last)
        parts = _Parts(first, parts.infix, last, parts.second_last)
    return found.with_joined(field.name, parts.columns, "name")


def _named(found: ColumnMap, part: str) -> tuple[str, ...]:
    known = _known()[part]
    return tuple(name for name in found.free if normalised_name(name) in known)


@cache
def _known() -> Mapping[str, frozenset[str]]:
    """Return the normalised headers of each part; those of `part` mean a part only beside the other one."""
    words = {
        "first": words_of("person_names.first"),
        "infix": words_of("person_names.infix"),
        "last": words_of("person_names.last"),
        "second_last": words_of("person_names.second_last"),
        "part": words_of("person_names.part"),
    }
    return {part: frozenset(map(normalised_name, names)) for part, names in words.items()}


def _holds_all(name: str, parts: tuple[str, ...], sample: Sample) -> bool:
    """Return whether nearly all cells of a column hold the words of these parts, and some hold more than one part."""
    if not sample.fits(name, Kind.TEXT):
        return False
    rows = list(zip(sample.texts(name).rows, *(sample.texts(part).rows for part in parts), strict=True))
    words = [tuple(set(_words(cell)) for cell in row) for row in rows]
    holding = sum(set().union(*row[1:]) <= row[0] for row in words)
    return holding >= NEARLY_ALL * len(words) and any(len(row[0]) > len(set(row[1])) for row in words)


def _words(text: str) -> list[str]:
    return fold_name(text.replace(",", " ").replace("-", " ")).split()
