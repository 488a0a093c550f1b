"""Dialect of a text file: its delimiter and the place of its header, found on its first lines, in any alphabet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.headers import SAMPLE_RECORDS, CountKnown, find_header, name_columns
from flux_pipeline.ingest.reading.layouts.facts import Facts, find_facts
from flux_pipeline.ingest.reading.layouts.nested import Nested, find_nested
from flux_pipeline.ingest.reading.limits import Limits

_DELIMITERS = (",", ";", "\t", "|")

# Excel's way to state the delimiter, as a line above the header.
_STATED_DELIMITER = re.compile(r'"?sep=([,;\t|])"?[ \t,;|]*\n', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """The dialect found.

    `header` names the columns, each once, and `written` has the names as in the file; `lines_before_rows` includes the
    header's last line. `nested` is the layout of a file of two tables that take turns; its header is the upper one.
    `facts` is the layout of a file with a table of facts above the header. `has_title` is whether any text is above the
    header.
    """

    delimiter: str
    header: tuple[str, ...]
    written: tuple[str, ...]
    lines_before_rows: int
    nested: Nested | None = None
    facts: Facts | None = None
    has_title: bool = False


@dataclass(frozen=True)
class _Attempt:
    """The first lines split with one delimiter; `ends` has the line that each record ends on."""

    delimiter: str
    records: list[list[str]]
    ends: list[int]
    header: int
    known: int

    @property
    def score(self) -> tuple[int, float]:
        """Known names first; then the number of columns, less if the rows below have other numbers of cells."""
        width, *rows = [len(record) for record in self.records[self.header :] if any(record)] or [1]
        # The header counts as one of the lines, so that a file of one row gets a score too.
        agreeing = 1 + sum(length == width for length in rows)
        return self.known, (width - 1) * agreeing / (1 + len(rows))


def find_dialect(head: str, count_known: CountKnown, limits: Limits, *, facts_above: bool = False) -> Dialect:
    """Return the dialect of a file that begins with `head`, whose line ends are all "\\n".

    With `facts_above`, a table of facts may be above the header.

    The delimiter is the one with which most of the header's names are known. Raises PermanentError if no header can be
    read, or if it has too many columns.
    """
    stated = _STATED_DELIMITER.match(head)
    delimiters: Sequence[str] = stated[1] if stated else _DELIMITERS
    attempts = [_try(head, delimiter, count_known, 1 if stated else 0) for delimiter in delimiters]
    best = max((attempt for attempt in attempts if attempt is not None), key=lambda each: each.score, default=None)
    if best is None or best.header < 0:
        raise PermanentError(
            "The file's first lines can't be read; expected a header line such as date,item,quantity, and every "
            "opening quote to be closed within its cell. Correct them, or export the file again."
        )
    if nested := find_nested(best.records, count_known):
        names = tuple(f"column {place}" for place in range(1, nested.width + 1))
        return Dialect(best.delimiter, names, nested.upper, best.ends[nested.place], nested)
    facts = find_facts(best.records, count_known) if facts_above else None
    place = facts.place if facts else best.header
    end = best.ends[place]
    header, written = name_columns(best.records[place], end, limits)
    has_title = any(map(str.strip, chain.from_iterable(best.records[:place])))
    return Dialect(best.delimiter, header, written, end, facts=facts, has_title=has_title)


def _try(head: str, delimiter: str, count_known: CountKnown, skipped: int) -> _Attempt | None:
    reader = csv.reader(io.StringIO(head, newline="\n"), delimiter=delimiter)
    records, ends = [], []
    try:
        for record in islice(reader, skipped, SAMPLE_RECORDS):
            records.append(record)
            ends.append(reader.line_num)
    except csv.Error:
        # An error further down is reported with its line when the rows are read.
        if not records:
            return None
    # Split before the header is known: a file may begin with blank lines only, and then has no header up to here.
    header, known = find_header(records, count_known)
    return _Attempt(delimiter, records, ends, header, known)
