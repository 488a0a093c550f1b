"""How a text file is delimited, and where its header stands: decided on its first lines, in any alphabet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading.headers import HEADER_RECORDS, CountKnown, find_header, name_columns
from flux_pipeline.ingest.reading.limits import Limits

_DELIMITERS = (",", ";", "\t", "|")

# Enough rows below the header to tell a delimiter from a comma inside some names, few enough to cost nothing.
_SAMPLE_RECORDS = HEADER_RECORDS + 50

# Excel's own way of saying the delimiter, as a line above the header.
_STATED_DELIMITER = re.compile(r'"?sep=([,;\t|])"?[ \t,;|]*\n', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """`header` names the columns, each once, and `written` has the same as the file has them; `lines_before_rows` end
    with the header's last."""

    delimiter: str
    header: tuple[str, ...]
    written: tuple[str, ...]
    lines_before_rows: int


@dataclass(frozen=True)
class _Attempt:
    """What the first lines come to with one delimiter; `ends` has the line that each record ends on."""

    delimiter: str
    records: list[list[str]]
    ends: list[int]
    header: int
    known: int

    @property
    def score(self) -> tuple[int, float]:
        """Known names first; then the number of columns, less where the rows below have other numbers."""
        width, *rows = [len(record) for record in self.records[self.header :] if any(record)] or [1]
        # The header counts as one of the lines: a file of one row is judged too.
        agreeing = 1 + sum(length == width for length in rows)
        return self.known, (width - 1) * agreeing / (1 + len(rows))


def find_dialect(head: str, count_known: CountKnown, limits: Limits) -> Dialect:
    """The dialect of a file of which `head` is the beginning, its line ends all "\\n".

    The delimiter is the one with which the header's names are known best; PermanentError where there is no header that
    can be read, or one of too many columns.
    """
    stated = _STATED_DELIMITER.match(head)
    delimiters: Sequence[str] = stated[1] if stated else _DELIMITERS
    attempts = [_try(head, delimiter, count_known, 1 if stated else 0) for delimiter in delimiters]
    best = max((attempt for attempt in attempts if attempt is not None), key=lambda each: each.score, default=None)
    if best is None or best.header < 0:
        raise PermanentError(
            "The file's first lines can't be read; expected a header line such as date,item,quantity, and each quote "
            "that opens a cell to close it. Correct them, or export the file again."
        )
    end = best.ends[best.header]
    header, written = name_columns(best.records[best.header], end, limits)
    return Dialect(best.delimiter, header, written, end)


def _try(head: str, delimiter: str, count_known: CountKnown, skipped: int) -> _Attempt | None:
    reader = csv.reader(io.StringIO(head, newline="\n"), delimiter=delimiter)
    records, ends = [], []
    try:
        for record in islice(reader, skipped, _SAMPLE_RECORDS):
            records.append(record)
            ends.append(reader.line_num)
    except csv.Error:
        # What stands further down is told with its line when the rows are read.
        if not records:
            return None
    # Cut before they are known: a file of blank lines only up to here has none.
    header, known = find_header(records, count_known)
    return _Attempt(delimiter, records, ends, header, known)
