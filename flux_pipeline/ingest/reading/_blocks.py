"""Blocks of a text file's rows, each ending at the end of a row, so that a file larger than the memory can be read.

_dialect.py has found the header and the delimiter; _encoding.py has read every byte once.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from flux_pipeline.errors import PermanentError
from flux_pipeline.ingest.reading._dialect import Dialect
from flux_pipeline.ingest.reading._encoding import Text
from flux_pipeline.ingest.reading._quotes import find_swallowed
from flux_pipeline.ingest.reading.containers import Bytes
from flux_pipeline.ingest.reading.limits import Limits
from flux_pipeline.ingest.reading.tables import make_table
from flux_pipeline.ingest.table.table import Table


class _OpenQuoteError(Exception):
    """A quote is still open at the end of the text."""


def read_pieces(opens: Callable[[], Bytes], text: Text, size: int) -> Iterator[str]:
    """Yield the text of a file in pieces of about `size` characters, with every line end as "\\n"; at least one piece.

    Raises PermanentError, at the end, if the file has changed since it was read through.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(text.encoding)(), translate=True)
    read = checksum = 0
    final = False
    with opens() as stream:
        while not final:
            chunk = stream.read(size)
            read, checksum = read + len(chunk), zlib.crc32(chunk, checksum)
            final = not chunk or read > text.size
            try:
                piece = decoder.decode(chunk, final)
            except UnicodeError:
                break
            if not final or piece or not read:
                yield piece
    if (read, checksum) != (text.size, text.checksum):
        raise PermanentError(
            f"The file changed while it was read (from {text.size:,} bytes to {read:,}, or in its content); expected a "
            "finished file. Upload it again when nothing writes to it any more."
        )


def read_blocks(pieces: Iterator[str], dialect: Dialect, encoding: str, limits: Limits) -> Iterator[Table]:
    """Yield the rows below the header, block by block; one empty block if there are none.

    Raises PermanentError for a quote that is never closed.
    """
    line, to_skip, carried = 1, dialect.lines_before_rows, ""
    empty = True
    for piece, last in _with_last(pieces):
        text = carried + piece
        if to_skip:
            skipped = min(to_skip, text.count("\n"))
            text, to_skip, line = _after_lines(text, skipped), to_skip - skipped, line + skipped
            if last and to_skip:
                text, line = "", line + to_skip
            elif to_skip:
                carried = text
                continue
        table, carried = _read_whole_rows(text, dialect, encoding, line, last, limits)
        if table is not None and (len(table.line_numbers) or (last and empty)):
            yield table
            empty = False
        line += text.count("\n") - carried.count("\n")


def _with_last(pieces: Iterator[str]) -> Iterator[tuple[str, bool]]:
    before = next(pieces)
    for piece in pieces:
        yield before, False
        before = piece
    yield before, True


def _read_whole_rows(
    text: str, dialect: Dialect, encoding: str, line: int, last: bool, limits: Limits
) -> tuple[Table | None, str]:
    """Return the rows that end within `text`, and the rest of it."""
    end = len(text) if last else text.rfind("\n") + 1
    table = None
    try:
        if end or last:
            table = _read_rows(text[:end], dialect, encoding, line)
    except _OpenQuoteError as error:
        if last:
            raise _unreadable(line + error.args[0], "a quote is never closed") from error
        starts, _ = _scan_records(text[:end], dialect, line)
        end = len(text) - len(_after_lines(text, int(starts[-1]) - line))
        try:
            table = _read_rows(text[:end], dialect, encoding, line) if end else None
        except _OpenQuoteError as second_error:
            raise _unreadable(line + second_error.args[0], "two readers see different quotes") from second_error
    if len(text) - end > limits.line_characters:
        raise _unreadable(line + text[:end].count("\n"), f"a row of more than {limits.line_characters:,} characters")
    return table, text[end:]


def _read_rows(body: str, dialect: Dialect, encoding: str, first_line: int) -> Table:
    cells, extra, too_long = _read_cells(body, dialect.delimiter, len(dialect.header))
    line_count = body.count("\n") + (bool(body) and not body.endswith("\n"))
    beyond: dict[int, tuple[str, ...]] = {}
    line_numbers = np.arange(first_line, first_line + len(extra), dtype=np.int64)
    if len(extra) != line_count or too_long or any(map(str.strip, pd.unique(extra))):
        line_numbers, beyond = _scan_records(body, dialect, first_line)
        if len(line_numbers) != len(extra):
            raise _unreadable(first_line, "two readers count different rows")
    table = make_table(dialect.header, dialect.written, cells, line_numbers, encoding, dialect.delimiter, beyond)
    if len(extra) != line_count and (found := find_swallowed(table.columns, dialect.delimiter)):
        raise _swallowed(int(line_numbers[found[0]]), found[1])
    return table


def _read_cells(body: str, delimiter: str, width: int) -> tuple[list[np.ndarray], np.ndarray, bool]:
    """Return the cells of each column, the cells just beyond the last one, and whether any row is even longer."""
    # The first line gives the parser the width, so that a file of short rows can be read too; with low_memory it would
    # determine the width again for every chunk.
    text = delimiter * width + "\n" + body
    longer = False
    try:
        try:
            frame = _parse(text, delimiter, width, usecols=None)
        except pd.errors.ParserError as error:
            if "EOF inside string" in str(error):
                raise
            # With the columns given, the parser accepts longer rows too, and drops what is beyond.
            frame = _parse(text, delimiter, width, usecols=range(width + 1))
            longer = True
    except pd.errors.ParserError as error:
        row = re.search(r"starting at row ([0-9]+)", str(error))
        raise _OpenQuoteError(int(row[1]) - 1 if row else 0) from error
    cells = [frame[number].to_numpy()[1:] for number in range(width + 1)]
    return cells[:-1], cells[-1], longer


def _parse(text: str, delimiter: str, width: int, usecols: range | None) -> pd.DataFrame:
    return pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        header=None,
        names=range(width + 1),
        usecols=usecols,
        # With None, a first column would become the index if rows are longer than the names.
        index_col=False if usecols else None,
        # The distinct cells are found afterwards: sorting categories would take the parser half as long again.
        dtype=object,
        na_filter=False,
        skip_blank_lines=False,
        low_memory=False,
        engine="c",
    )


def _scan_records(body: str, dialect: Dialect, first_line: int) -> tuple[np.ndarray, dict[int, tuple[str, ...]]]:
    """Return the line on which each record begins, and the cells beyond the last column of records that have any.

    Only for blocks with quoted line breaks or rows that are too long: a second reading, 0.3 s for a million rows.
    """
    width = len(dialect.header)
    reader = csv.reader(io.StringIO(body, newline="\n"), delimiter=dialect.delimiter)
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
        longest = csv.field_size_limit()
        why = f"a cell of more than {longest:,} characters" if str(longest) in str(error) else str(error)
        raise _unreadable(first_line + line, why) from error
    return first_line + np.array(starts, dtype=np.int64), beyond


def _after_lines(text: str, count: int) -> str:
    start = 0
    for _ in range(count):
        start = text.find("\n", start) + 1
        if not start:
            return ""
    return text[start:]


def _swallowed(line: int, breaks: int) -> PermanentError:
    return PermanentError(
        f"A quote that opens a cell on line {line} is not closed before line {line + breaks}, and the text in between "
        "looks like rows of the file; expected every opening quote to be closed within its cell. Remove the quotes on "
        "these two lines and send the file again."
    )


def _unreadable(line: int, why: str) -> PermanentError:
    return PermanentError(
        f"The file can't be read from about line {line} on ({why}); expected every opening quote to be closed within "
        "its cell. Correct the quotes there, or export the file again."
    )
