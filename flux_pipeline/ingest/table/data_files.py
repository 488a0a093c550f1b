"""Data files of ingest: words for header names, in many languages, and an example of each kind of file.

They are part of the package. No other module of ingest reads a file of its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

ROOM = "flux_pipeline.ingest"


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a field by its group and name: `sales.item` is the field item in `words/sales.csv`."""
    group, field = name.split(".")
    return _words(group)[field]


def every_word(group: str) -> tuple[str, ...]:
    """Return the words of all fields of a group."""
    return tuple(word for words in _words(group).values() for word in words)


@cache
def example_of(kind: str) -> str | None:
    """Return the example file of a kind, as CSV, or None if it has none of its own."""
    path = f"examples/{kind}.csv"
    return _text(path) if files(ROOM).joinpath(path).is_file() else None


def as_csv(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of cells as CSV, in the form of the examples."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


@cache
def _words(group: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(_text(f"words/{group}.csv").splitlines()):
        found[row["field"]] = (*found.get(row["field"], ()), row["word"])
    return found


def _text(path: str) -> str:
    return files(ROOM).joinpath(path).read_text(encoding="utf-8")
