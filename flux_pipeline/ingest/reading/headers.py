"""Place of a table's header, and the names of its columns. columns/_mapping.py finds what the names mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.cells.contacts import masked
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.table.table import bare

CountKnown = Callable[[Sequence[str]], int]

# Reports print a title, a period and a branch above their header, but not a page of text.
HEADER_RECORDS = 25
# Enough rows below the header to distinguish a delimiter from a comma within names, few enough to be fast.
SAMPLE_RECORDS = HEADER_RECORDS + 50


def find_header(records: Sequence[Sequence[str]], count_known: CountKnown) -> tuple[int, int]:
    """Return the place of the header among the first records of a table, and how many of its names are known.

    It is the first record with the most known names; if none has any, the first with any text. (-1, 0) if no record
    has text.
    """
    written = [place for place, record in enumerate(records[:HEADER_RECORDS]) if any(cell.strip() for cell in record)]
    if not written:
        return -1, 0
    known = {place: _known(records[place], count_known) for place in written}
    best = max(written, key=lambda place: (known[place], -place))
    return best, known[best]


def name_columns(record: Sequence[str], line: int, limits: Limits) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the columns, each once, and the same as written.

    A column without a name is `column 3`; the second one named `price` is `price (2)`. Raises PermanentError if there
    are too many columns.
    """
    written = [name.strip() for name in record]
    while len(written) > 1 and not written[-1]:
        written.pop()  # a delimiter at the end of each line makes no column
    if len(written) > limits.columns:
        raise PermanentError(
            f"The header on line {line} has {len(written):,} columns; expected {limits.columns:,} at most. "
            "Export the columns that are needed, with one row for each sale or day."
        )
    return unique_names([bare(name) or f"column {place}" for place, name in enumerate(written, start=1)]), tuple(
        written
    )


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, each once: the second `price` is `price (2)`. What reaches a person is masked in them."""
    unique: list[str] = []
    for name in map(masked, names):
        unique.append(_free(name, unique))
    return tuple(unique)


def _known(record: Sequence[str], count_known: CountKnown) -> int:
    known = count_known([cell.strip() for cell in record])
    # A row of a file with an unknown header may hold one word that is a header elsewhere ("Total") next to its figures.
    if known == 1 and any(cell.strip()[:1].isdigit() for cell in record):
        return 0
    return known


def _free(name: str, taken: list[str]) -> str:
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name} ({count})"
    return free
