"""From the bytes of a delimited text file to a table of texts: encoding, delimiter, header, cells, line numbers.

What the columns mean is not known here (columns.py), nor what the texts say (numbers.py, days.py, moments.py).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.encoding import decode
from flux_pipeline.ingest.source import Source
from flux_pipeline.ingest.table import Table
from flux_pipeline.ingest.texts import Texts
from flux_pipeline.ingest.wording import listed

_DELIMITERS = (",", ";", "\t", "|")

# Enough lines to tell a delimiter from a comma inside some names, few enough to cost nothing.
_SAMPLE_RECORDS = 50


@dataclass(frozen=True)
class OpenTable:
    """A table of a file: its header is known, its rows are read as often as they are asked for.

    `name` is the sheet's in a workbook, None elsewhere.
    """

    name: str | None
    header: tuple[str, ...]
    encoding: str
    delimiter: str
    blocks: Callable[[], Iterator[Table]]


def open_tables(source: Source) -> list[OpenTable]:
    """The tables of a file."""
    with source.stream() as stream:
        table = read_table(stream.read())
    return [OpenTable(None, table.header, table.encoding, table.delimiter, lambda: iter([table]))]


def read_table(content: bytes) -> Table:
    """Reads a delimited text file (`,` `;` tab or `|`; UTF-8 or Windows-1252; any line ending; quotes doubled).

    Raises PermanentError for an empty or binary file, broken text, a quote that is never closed, or two columns of the
    same name.
    """
    text, encoding = decode(content)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blank_lines = _blank_lines_at_start(text)
    text = _after_lines(text, blank_lines)
    delimiter = _find_delimiter(text)
    header, header_lines = _read_header(text, delimiter)
    body = _after_lines(text, header_lines)
    first_line = blank_lines + header_lines + 1
    columns, extra, too_long = _read_cells(body, delimiter, len(header), first_line)
    line_count = body.count("\n") + (bool(body) and not body.endswith("\n"))
    overlong = ~_is_blank(extra)
    beyond: Mapping[int, tuple[str, ...]] = {}
    line_numbers = np.arange(first_line, first_line + len(extra), dtype=np.int64)
    if len(extra) != line_count or too_long or overlong.any():
        line_numbers, beyond = _scan_records(body, delimiter, len(header), first_line)
        if len(line_numbers) != len(extra):
            raise _unreadable(first_line, "two readers count different rows")
        overlong = np.zeros(len(extra), dtype=bool)
        overlong[list(beyond)] = True
    blank = ~overlong
    for column in columns:
        blank &= _is_blank(column)
    return Table(header, columns, line_numbers, overlong, blank, encoding, delimiter, beyond)


def _read_cells(
    body: str, delimiter: str, width: int, first_line: int
) -> tuple[tuple[np.ndarray, ...], np.ndarray, bool]:
    """The cells of each column, the cells just beyond the last one, and whether any row is longer still."""
    # The first line tells the parser the width, so that a file of short rows is read as well; with low_memory it would
    # decide the width anew for every chunk.
    text = delimiter * width + "\n" + body
    longer = False
    try:
        try:
            frame = _parse(text, delimiter, width, usecols=None)
        except pd.errors.ParserError:
            # Told which columns to use, the parser takes longer rows too, and drops what is beyond.
            frame = _parse(text, delimiter, width, usecols=range(width + 1))
            longer = True
    except pd.errors.ParserError as error:
        row = re.search(r"starting at row ([0-9]+)", str(error))
        raise _unreadable(first_line + (int(row[1]) - 1 if row else 0), "a quote is never closed") from error
    cells = [frame[number].to_numpy()[1:] for number in range(width + 1)]
    return tuple(cells[:-1]), cells[-1], longer


def _parse(text: str, delimiter: str, width: int, usecols: range | None) -> pd.DataFrame:
    return pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=None,
        names=range(width + 1),
        usecols=usecols,
        # None would let a first column become the index where rows are longer than the names.
        index_col=False if usecols else None,
        dtype=object,
        na_filter=False,
        skip_blank_lines=False,
        low_memory=False,
        engine="c",
    )


def _scan_records(
    body: str, delimiter: str, width: int, first_line: int
) -> tuple[np.ndarray, dict[int, tuple[str, ...]]]:
    """The line on which each record begins, and the cells beyond the last column of the records that have any.

    Only for files with quoted line breaks or rows that are too long: a second reading, 0.3 s for a million rows.
    """
    reader = csv.reader(io.StringIO(body, newline="\n"), delimiter=delimiter)
    starts = []
    beyond = {}
    line = 0
    try:
        for row, record in enumerate(reader):
            starts.append(line)
            line = reader.line_num
            if len(record) > width and any(cell.strip() for cell in record[width:]):
                beyond[row] = tuple(record[width:])
    except csv.Error as error:
        raise _unreadable(first_line + line, str(error)) from error
    return first_line + np.array(starts, dtype=np.int64), beyond


def _read_header(text: str, delimiter: str) -> tuple[tuple[str, ...], int]:
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader)]
    except csv.Error as error:
        raise _unreadable(1, str(error)) from error
    while len(names) > 1 and not names[-1]:
        names.pop()  # a delimiter at the end of each line makes no column
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise PermanentError(
            f"The file has more than one column named {listed(doubled)}; expected each name once. "
            "Rename or remove the column that isn't meant."
        )
    return tuple(name or f"column {place}" for place, name in enumerate(names, start=1)), reader.line_num


def _find_delimiter(text: str) -> str:
    """The delimiter that gives the header most columns and the lines below it as many: the score is their product."""
    end = 0
    for _ in range(_SAMPLE_RECORDS):
        end = text.find("\n", end) + 1
        if not end:
            break
    sample = text[:end] if end else text
    scores = {delimiter: _score(sample, delimiter) for delimiter in _DELIMITERS}
    return max(_DELIMITERS, key=lambda delimiter: scores[delimiter])


def _score(sample: str, delimiter: str) -> float:
    try:
        records = list(csv.reader(io.StringIO(sample, newline="\n"), delimiter=delimiter))
    except csv.Error:
        return 0.0
    header, *rows = [len(record) for record in records if any(record)] or [1]
    # The header counts as one of the lines: a file of one row is judged too.
    agreeing = 1 + sum(length == header for length in rows)
    return (header - 1) * agreeing / (1 + len(rows))


def _blank_lines_at_start(text: str) -> int:
    return text[: len(text) - len(text.lstrip())].count("\n")


def _after_lines(text: str, count: int) -> str:
    start = 0
    for _ in range(count):
        start = text.find("\n", start) + 1
        if not start:
            return ""
    return text[start:]


def _is_blank(cells: np.ndarray) -> np.ndarray:
    return Texts.of(cells).blank


def _unreadable(line: int, why: str) -> PermanentError:
    return PermanentError(
        f"The file can't be read from about line {line} on ({why}); expected each quote that opens a cell to close it. "
        "Correct the quotes there, or export the file again."
    )
